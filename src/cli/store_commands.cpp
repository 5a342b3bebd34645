#include "cli/store_commands.hpp"

#include "cli/item_input.hpp"
#include "cli/table.hpp"
#include "core/json.hpp"

#include <fmt/format.h>

#include <iterator>
#include <ostream>
#include <utility>

namespace carillon::cli {

namespace {

using dynamo::BoundCondition;
using dynamo::ExpressionNames;
using dynamo::ExpressionValues;

constexpr std::size_t items_per_write = 500;

Error prefixed(Error error, std::string_view what) {
    error.message = fmt::format("{}: {}", what, error.message);
    return error;
}

Result<std::optional<BoundCondition>> read_condition(const std::optional<std::string>& text,
                                                     std::string_view what,
                                                     const ExpressionNames& names,
                                                     const ExpressionValues& values) {
    if (!text) return std::nullopt;
    auto parsed = dynamo::Condition::parse(*text, names);
    if (!parsed) return std::unexpected(prefixed(std::move(parsed).error(), what));
    auto checked = parsed->check(values);
    if (!checked) return std::unexpected(prefixed(std::move(checked).error(), what));
    return BoundCondition{*std::move(parsed), values};
}

Result<std::optional<dynamo::Projection>> read_projection(const std::optional<std::string>& text,
                                                          const ExpressionNames& names) {
    if (!text) return std::nullopt;
    auto parsed = dynamo::Projection::parse(*text, names);
    if (!parsed) return std::unexpected(prefixed(std::move(parsed).error(), "--project"));
    return *std::move(parsed);
}

/// What queries and scans share: which items are shown, and what of them.
struct Shown {
    dynamo::ExpressionNames names;
    dynamo::ExpressionValues values;
    std::optional<BoundCondition> filter{};
    std::optional<dynamo::Projection> projection{};
};

Result<Shown> read_shown(const ReadOptions& options, ItemForm form) {
    Shown shown;
    CARILLON_TRY(shown.names, read_names(options.expressions.names));
    CARILLON_TRY(shown.values, read_values(options.expressions.values, form));
    CARILLON_TRY(shown.filter,
                 read_condition(options.filter, "--filter", shown.names, shown.values));
    CARILLON_TRY(shown.projection, read_projection(options.projection, shown.names));
    return shown;
}

std::string key_text(const dynamo::KeySchema& key) {
    const auto one = [](const dynamo::KeyAttribute& attribute) {
        return fmt::format("{} ({})", attribute.name, dynamo::type_name(attribute.type));
    };
    return key.sort ? one(key.hash) + ", " + one(*key.sort) : one(key.hash);
}

json::object table_json(const dynamo::TableDescription& table) {
    json::array indexes;
    for (const dynamo::IndexSchema& index : table.schema.indexes) indexes.emplace_back(index.name);
    json::object out{{"name", table.schema.name},
                     {"key", key_text(table.schema.key)},
                     {"items", table.item_count},
                     {"bytes", table.size_bytes},
                     {"status", table.status},
                     {"indexes", std::move(indexes)}};
    if (table.schema.ttl_attribute) out["timeToLive"] = *table.schema.ttl_attribute;
    return out;
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::string_view units[] = {"B", "KB", "MB", "GB", "TB"};
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (amount >= 1024 && unit + 1 < std::size(units)) {
        amount /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", amount, units[unit]);
}

ExitCode StoreCommands::report(const Error& error) {
    console_.err << "error: " << printable(error.message) << '\n';
    if (error.code == Errc::not_found) {
        console_.err << "what there is: carillon store tables\n";
        return ExitCode::not_found;
    }
    if (error.code == Errc::unavailable || error.code == Errc::timeout) {
        return ExitCode::unreachable;
    }
    return error.code == Errc::invalid ? ExitCode::usage : ExitCode::failed;
}

Task<ExitCode> StoreCommands::tables() {
    auto names = co_await database_.list_tables();
    if (!names) co_return report(names.error());
    Table shown({"TABLE", "ITEMS", "SIZE", "STATUS", "KEY", "INDEXES"});
    json::array all;
    for (const std::string& name : *names) {
        auto table = co_await database_.describe_table(name);
        // One that is dropped meanwhile is no error.
        if (!table && table.error().code == Errc::not_found) continue;
        if (!table) co_return report(table.error());
        if (json_) {
            all.push_back(table_json(*table));
            continue;
        }
        std::string indexes;
        for (const dynamo::IndexSchema& index : table->schema.indexes) {
            indexes += (indexes.empty() ? "" : ", ") + index.name;
        }
        shown.add(
            {{table->schema.name, Style::bold},
             {std::to_string(table->item_count)},
             {bytes_text(static_cast<std::uint64_t>(std::max<std::int64_t>(table->size_bytes, 0)))},
             {table->status},
             {key_text(table->schema.key)},
             {indexes}});
    }
    if (json_) {
        console_.out << to_text(all) << '\n';
    } else if (shown.empty()) {
        console_.err << "no tables\n";
    } else {
        console_.out << shown.render(console_.colours, console_.width);
    }
    co_return ExitCode::ok;
}

template <class Request, class Fetch>
Task<ExitCode> StoreCommands::show_pages(Request request, ReadOptions options, Fetch fetch) {
    std::int64_t shown = 0;
    bool more = true;
    while (more) {
        auto page = co_await fetch(database_, request);
        if (!page) co_return report(page.error());
        for (const dynamo::Item& item : page->items) {
            if (options.limit && shown >= *options.limit) break;
            ++shown;
            if (!options.count) console_.out << item_text(item, form_) << '\n';
        }
        // A reader that went away (`| head`) ends the work.
        if (!console_.out.good()) co_return ExitCode::ok;
        request.start_key = std::move(page->last_key);
        more = request.start_key && !(options.limit && shown >= *options.limit);
    }
    if (options.count) console_.out << shown << '\n';
    co_return ExitCode::ok;
}

Task<ExitCode> StoreCommands::scan(ReadOptions options) {
    auto shown = read_shown(options, form_);
    if (!shown) co_return report(shown.error());

    dynamo::ScanRequest request;
    request.table = options.table;
    request.index = options.index;
    request.filter = std::move(shown->filter);
    request.projection = std::move(shown->projection);
    // Reads of indexes are eventually consistent with some engines, and refused otherwise.
    request.consistent = !options.index;
    const auto fetch = [](dynamo::Database& database, dynamo::ScanRequest page) {
        return database.scan(std::move(page));
    };
    co_return co_await show_pages(std::move(request), std::move(options), fetch);
}

Task<ExitCode> StoreCommands::query(ReadOptions options) {
    auto shown = read_shown(options, form_);
    if (!shown) co_return report(shown.error());
    const auto table = co_await database_.describe_table(options.table);
    if (!table) co_return report(table.error());
    const dynamo::IndexSchema* index =
        options.index ? table->schema.index(*options.index) : nullptr;
    if (options.index && index == nullptr) {
        const Error missing{Errc::not_found, "no index " + *options.index + " in " + options.table};
        co_return report(missing);
    }
    const dynamo::KeySchema& key = index != nullptr ? index->key : table->schema.key;
    const std::string_view sort = key.sort ? std::string_view(key.sort->name) : std::string_view();
    auto condition = dynamo::parse_key_condition(
        options.key.value_or(""), shown->names, shown->values, key.hash.name, sort);
    if (!condition) co_return report(prefixed(std::move(condition).error(), "--key"));

    dynamo::QueryRequest request{options.table, options.index, *std::move(condition)};
    request.forward = !options.descending;
    request.filter = std::move(shown->filter);
    request.projection = std::move(shown->projection);
    request.consistent = !options.index;
    const auto fetch = [](dynamo::Database& database, dynamo::QueryRequest page) {
        return database.query(std::move(page));
    };
    co_return co_await show_pages(std::move(request), std::move(options), fetch);
}

Task<ExitCode> StoreCommands::get(GetOptions options) {
    const auto names = read_names(options.expressions.names);
    if (!names) co_return report(names.error());
    auto projection = read_projection(options.projection, *names);
    if (!projection) co_return report(projection.error());
    auto key = read_item(options.key, form_);
    if (!key) co_return report(key.error());
    dynamo::GetRequest request{options.table, *std::move(key)};
    request.projection = *std::move(projection);
    const auto item = co_await database_.get_item(std::move(request));
    if (!item) co_return report(item.error());
    if (!*item) {
        console_.err << "no such item\n";
        co_return ExitCode::not_found;
    }
    console_.out << item_text(**item, form_) << '\n';
    co_return ExitCode::ok;
}

Task<ExitCode> StoreCommands::put(PutOptions options) {
    const auto names = read_names(options.expressions.names);
    if (!names) co_return report(names.error());
    const auto values = read_values(options.expressions.values, form_);
    if (!values) co_return report(values.error());
    const auto condition = read_condition(options.condition, "--if", *names, *values);
    if (!condition) co_return report(condition.error());
    const auto texts = item_texts(options.item, console_.in);
    if (!texts) co_return report(texts.error());

    std::vector<dynamo::Write> writes;
    std::size_t written = 0;
    for (std::size_t i = 0; i < texts->size(); ++i) {
        auto item = read_item((*texts)[i], form_);
        if (!item) {
            co_return report(prefixed(std::move(item).error(), fmt::format("item {}", i + 1)));
        }
        dynamo::PutRequest put{options.table, *std::move(item)};
        if (*condition) {
            put.condition = *condition;
            const auto done = co_await database_.put_item(std::move(put));
            if (!done) co_return report(prefixed(done.error(), fmt::format("item {}", i + 1)));
            ++written;
            continue;
        }
        writes.emplace_back(std::move(put));
        if (writes.size() < items_per_write && i + 1 < texts->size()) continue;
        written += writes.size();
        const auto done = co_await database_.batch_write(std::exchange(writes, {}));
        if (!done) co_return report(done.error());
    }
    if (json_) {
        console_.out << fmt::format("{{\"written\":{}}}\n", written);
    } else {
        console_.out << fmt::format("{} written\n", written);
    }
    co_return ExitCode::ok;
}

}  // namespace carillon::cli
