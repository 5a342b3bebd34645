// Names to addresses that may be called.
//
// Lookups run on the blocking pool (Asio's own resolver does one at a time), equal lookups are made
// once, and answers are kept for a few seconds. The guard has checked every address that leaves
// here, and the client connects to no other.

#pragma once

#include "net/address_guard.hpp"
#include "net/operation.hpp"
#include "runtime/blocking.hpp"
#include "runtime/task_group.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace carillon::net {

/// Never empty. Shared, because answers are handed to many requests and replaced meanwhile.
using Addresses = std::shared_ptr<const std::vector<IpAddress>>;

class Resolver {
public:
    Resolver(runtime::Loop& loop,
             runtime::BlockingPool& pool,
             runtime::TaskGroup& lookups,
             AddressGuard guard)
        : loop_(loop), pool_(pool), lookups_(lookups), guard_(std::move(guard)) {}

    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// The answer, if it is known without waiting.
    [[nodiscard]] std::optional<Addresses> known(const std::string& host);
    /// Errors: `denied`, `unavailable`; also `timeout` and `cancelled` when `operation` ended.
    [[nodiscard]] Task<Result<Addresses>> resolve(std::string host, Operation& operation);

private:
    struct Entry {
        Addresses addresses;  ///< Null until a lookup has succeeded.
        std::int64_t learned_at = 0;
        bool looking_up = false;
        bool literal = false;  ///< The name is an address: nothing to look up, ever.
    };

    struct Waiting {
        explicit Waiting(runtime::Loop& loop) : waiter(loop) {}

        Waiter waiter;
        std::optional<Result<Addresses>> answer;
    };

    void start_lookup(const std::string& host, Entry& entry);
    Task<> look_up(std::string host);
    Result<Addresses> take_literal(const std::string& host, const IpAddress& literal);
    void leave(const std::string& host, const Waiting& waiting);
    [[nodiscard]] Result<Addresses> check(const std::vector<IpAddress>& found) const;
    void forget_old();

    runtime::Loop& loop_;
    runtime::BlockingPool& pool_;
    runtime::TaskGroup& lookups_;
    AddressGuard guard_;
    std::unordered_map<std::string, Entry> entries_;
    std::unordered_multimap<std::string, Waiting*> waiting_;
};

}  // namespace carillon::net
