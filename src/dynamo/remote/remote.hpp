// The remote engine: the storage port over DynamoDB, and over what speaks its protocol (DynamoDB
// Local, Alternator, dynalite, Carillon's own endpoint).
//
// The domains are told nothing of the network: what a server leaves undone is done again here, what
// was asked too fast is asked more slowly, and what may or may not have been done is told apart
// from what failed. README.md says how.

#pragma once

#include "aws/environment.hpp"
#include "aws/sigv4.hpp"
#include "core/random.hpp"
#include "dynamo/database.hpp"
#include "net/url.hpp"
#include "observability/log.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace carillon::dynamo {

struct RemoteOptions {
    std::string region{};                ///< Required; that of signatures, and of AWS's endpoint.
    std::optional<net::Url> endpoint{};  ///< Instead of AWS's.
    std::string table_prefix{};          ///< Put before every table's name; others are not seen.
    std::string profile{};               ///< Of the shared files, instead of the standard chain.
    aws::Environment environment{};
    aws::ReadFile read_file = aws::system_files();
    /// Instead of profile and chain.
    std::optional<aws::Credentials> credentials{};
    /// False for servers that have none (Alternator, dynalite). What cannot be done without them is
    /// refused by name.
    bool transactions = true;
    /// False for servers without DynamoDB Streams (dynalite): then nobody can follow a table.
    bool streams = true;
    std::size_t connections_max = 64;
    std::size_t batch_concurrency = 32;  ///< Requests of one batch under way at a time.
    Duration request_timeout{15'000};    ///< Of one attempt.
    bool verify_tls = true;
    std::string ca_file{};
};

/// Figures for people and metrics.
struct RemoteStats {
    std::uint64_t calls = 0;
    std::uint64_t attempts = 0;
    std::uint64_t throttled = 0;
    std::uint64_t unclear = 0;  ///< Attempts whose effect is unknown.
};

/// Thread-safe as every Database; the requests themselves run on the loop that it was opened with.
class RemoteDatabase : public Database {
public:
    [[nodiscard]] virtual RemoteStats stats() const = 0;
    /// Waits for what is under way. On its loop, and before it is destroyed.
    [[nodiscard]] virtual Task<> close() = 0;
};

/// `invalid` when the options make no sense. Nothing is sent yet. Everything given must outlive the
/// database; `random` is used on the loop.
[[nodiscard]] Result<std::unique_ptr<RemoteDatabase>> open_remote(RemoteOptions options,
                                                                  runtime::Loop& loop,
                                                                  runtime::BlockingPool& pool,
                                                                  Random& random,
                                                                  Log& log);

}  // namespace carillon::dynamo
