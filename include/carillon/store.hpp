// A store that records, events and transactions live in: a directory, memory, or DynamoDB.

#pragma once

#include "carillon/failure.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace carillon {

namespace library {
class StoreEngine;
class WriteList;
}  // namespace library

struct StoreOptions {
    /// `embedded:DIRECTORY` (one process at a time), `memory:`, or `dynamodb://REGION`, for a
    /// server of your own `dynamodb://local?endpoint=http://127.0.0.1:8000`. AWS's credentials and
    /// region come from where its own tools find them (environment, shared files, metadata).
    std::string url = "embedded:./var/carillon";
    /// Whether every write to a directory is on disk before a call returns. Without it, writes
    /// survive the death of the process, but not of the machine.
    bool sync = true;
    /// Gets lines worth reading (warnings and errors), one at a time, from a thread of the store.
    /// It must not call the store.
    std::function<void(std::string_view line)> log{};
};

/// Every call may come from any thread, and blocks until it is done; the work is done on a thread
/// of the store's own. Everything that was made with a store keeps it open: it closes when the last
/// of them is gone.
class Store {
public:
    /// A directory is created when it is not there; nothing is sent to a server yet.
    [[nodiscard]] static Expected<Store> open(const StoreOptions& options);

    Store(const Store& other);
    Store& operator=(const Store& other);
    Store(Store&& other) noexcept;
    Store& operator=(Store&& other) noexcept;
    ~Store();

    /// For the library.
    [[nodiscard]] library::StoreEngine& engine() const { return *engine_; }

private:
    explicit Store(std::shared_ptr<library::StoreEngine> engine);
    std::shared_ptr<library::StoreEngine> engine_;
};

/// Writes that happen together or not at all: at most 100, no record twice.
///
///     carillon::Transaction transaction(store);
///     orders.put(transaction, order);
///     outbox.emit(transaction, event);
///     transaction.commit();
///
/// One thread at a time.
class Transaction {
public:
    explicit Transaction(const Store& store);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&& other) noexcept;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    /// Without a commit() before, nothing has happened.
    ~Transaction();

    [[nodiscard]] std::size_t size() const;
    /// Once. `conflict`: a condition of one of the writes did not hold (a version that moved on, a
    /// new record that was there already), or others write the same records; then none has
    /// happened.
    [[nodiscard]] Expected<> commit();

    /// For the library.
    [[nodiscard]] library::WriteList& writes() const { return *writes_; }

private:
    Store store_;
    std::unique_ptr<library::WriteList> writes_;
};

}  // namespace carillon
