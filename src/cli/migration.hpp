// Copies tables from one store to another, item for item.
//
// Works between any two engines, since it knows only the storage port. It remembers how far it
// came, so that one that was interrupted goes on; in the end what arrived is counted and its
// checksum compared. Memory is bounded by a page (1 MB) of the source.

#pragma once

#include "core/result.hpp"
#include "dynamo/database.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::cli {

/// Of any number of items, whatever their order: the sum of a hash of each.
struct ItemSum {
    std::uint64_t count = 0;
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    void add(const dynamo::Item& item);
    bool operator==(const ItemSum&) const = default;
    /// 32 hexadecimal digits.
    [[nodiscard]] std::string digits() const;
};

/// How far one table came.
struct TableProgress {
    std::optional<dynamo::Item> last_key{};  ///< Where the scan of the source goes on.
    ItemSum copied{};
    bool copied_all = false;
    bool verified = false;
};

struct MigrationState {
    std::string from{};
    std::string to{};
    std::map<std::string, TableProgress> tables{};
};

/// A file's text, and back. `invalid` when it is not one of these.
[[nodiscard]] std::string to_text(const MigrationState& state);
[[nodiscard]] Result<MigrationState> read_migration_state(std::string_view text);

struct MigrationOptions {
    std::vector<std::string> tables{};  ///< Empty: all.
    bool dry_run = false;
    /// Drops what has the same name in the target first.
    bool overwrite = false;
    /// Goes on into tables that hold items, though nothing is remembered of them.
    bool resume = false;
};

/// What there is to tell and to keep on the way.
struct MigrationHooks {
    /// After each page: `table`, and how many of about `total` items were copied or verified.
    std::function<void(
        const std::string& table, std::string_view step, std::uint64_t done, std::uint64_t total)>
        progress{};
    /// A table is finished, or would be copied (dry run).
    std::function<void(const std::string& line)> told{};
    /// Keeps the state; called after each page was written.
    std::function<Result<>(const MigrationState& state)> keep{};
};

struct MigrationOutcome {
    std::uint64_t tables = 0;
    std::uint64_t items = 0;
    /// Tables whose count or checksum differs in the end.
    std::vector<std::string> different{};
};

/// Everything must outlive the call. `already_exists` when a table of the target holds items that
/// nobody allowed to touch.
[[nodiscard]] Task<Result<MigrationOutcome>> migrate(dynamo::Database& from,
                                                     dynamo::Database& to,
                                                     MigrationOptions options,
                                                     MigrationState& state,
                                                     const MigrationHooks& hooks);

}  // namespace carillon::cli
