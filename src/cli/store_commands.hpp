// `carillon store tables|scan|get|put|query`: looking into a store, whatever engine keeps it.
//
// What needs the directory itself (stats, check, backup, restore, compact) is in app, which opens
// stores; here is what the storage port can do.

#pragma once

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/item_text.hpp"
#include "dynamo/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace carillon::cli {

struct ExpressionTexts {
    std::string names{};
    std::string values{};
};

/// Scan and query.
struct ReadOptions {
    std::string table{};
    std::optional<std::string> index{};
    std::optional<std::string> key{};  ///< KeyConditionExpression; of queries.
    std::optional<std::string> filter{};
    std::optional<std::string> projection{};
    ExpressionTexts expressions{};
    std::optional<std::int64_t> limit{};  ///< Items shown.
    bool descending = false;
    bool count = false;  ///< Only how many.
};

struct GetOptions {
    std::string table{};
    std::string key{};
    std::optional<std::string> projection{};
    ExpressionTexts expressions{};
};

struct PutOptions {
    std::string table{};
    /// An item, `@FILE`, or `-` for standard input: one or more, a line each.
    std::string item{};
    std::optional<std::string> condition{};
    ExpressionTexts expressions{};
};

/// Lives on a loop; all references must outlive it.
class StoreCommands {
public:
    StoreCommands(dynamo::Database& database, Console& console, bool json, ItemForm form)
        : database_(database), console_(console), json_(json), form_(form) {}

    [[nodiscard]] Task<ExitCode> tables();
    /// One item a line, as they are read.
    [[nodiscard]] Task<ExitCode> scan(ReadOptions options);
    [[nodiscard]] Task<ExitCode> query(ReadOptions options);
    [[nodiscard]] Task<ExitCode> get(GetOptions options);
    [[nodiscard]] Task<ExitCode> put(PutOptions options);

private:
    /// Pages of either, until nothing is left or enough was shown.
    template <class Request, class Fetch>
    [[nodiscard]] Task<ExitCode> show_pages(Request request, ReadOptions options, Fetch fetch);
    ExitCode report(const Error& error);

    dynamo::Database& database_;
    Console& console_;
    bool json_;
    ItemForm form_;
};

/// `1.5 MB`, for people.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

}  // namespace carillon::cli
