#include "cli/records_commands.hpp"

#include "cli/item_input.hpp"
#include "cli/item_text.hpp"
#include "cli/table.hpp"
#include "dynamo/item/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <iterator>
#include <ostream>
#include <utility>

namespace carillon::cli {
namespace {

using records::TableModel;
using records::WorkLayout;
using records::WorkState;

constexpr int page_size = 500;
constexpr std::size_t records_per_write = 100;

/// `NAME`, `NAME:S`, `NAME:N` or `NAME:B`.
Result<dynamo::KeyAttribute> read_key(const std::string& text, const char* flag) {
    const std::size_t colon = text.find(':');
    dynamo::KeyAttribute key{.name = text.substr(0, colon)};
    if (colon == std::string::npos) return key;
    const std::string type = text.substr(colon + 1);
    if (type == "N") {
        key.type = dynamo::Type::number;
    } else if (type == "B") {
        key.type = dynamo::Type::binary;
    } else if (type != "S") {
        return fail(Errc::invalid, std::string(flag) + ": the type is to be S, N or B");
    }
    return key;
}

Result<std::vector<TableModel>> models_of(const RecordsCreate& what) {
    std::vector<TableModel> models;
    if (!what.table) {
        models.push_back(records::users_model());
        models.push_back(records::records_model());
        return models;
    }
    TableModel model;
    model.table = *what.table;
    CARILLON_TRY(model.key.hash, read_key(what.key, "--key"));
    if (what.sort) {
        CARILLON_TRY(model.key.sort, read_key(*what.sort, "--sort"));
    }
    model.work.layout = WorkLayout::sharded;
    model.work.shards = what.shards;
    CARILLON_TRY_VOID(records::check(model));
    models.push_back(std::move(model));
    return models;
}

std::string layout_text(const TableModel& model) {
    switch (model.work.layout) {
        case WorkLayout::none:
            return "not processed";
        case WorkLayout::flag:
            return "flag " + model.work.flag;
        case WorkLayout::sharded:
            return fmt::format("{} shards", model.work.shards);
    }
    return {};
}

std::string key_text(const TableModel& model) {
    return model.key.sort ? model.key.hash.name + ", " + model.key.sort->name : model.key.hash.name;
}

Result<std::optional<WorkState>> read_state(const std::string& text) {
    if (text == "all") return std::nullopt;
    for (const WorkState state : {WorkState::unprocessed,
                                  WorkState::processed,
                                  WorkState::in_hand,
                                  WorkState::quarantined}) {
        if (text == to_string(state)) return state;
    }
    return fail(Errc::invalid,
                "--state: is to be unprocessed, processed, in-hand, quarantined or all");
}

}  // namespace

ExitCode RecordsCommands::report(const Error& error) {
    console_.err << "error: " << printable(error.field.empty() ? "" : error.field + ": ")
                 << printable(error.message) << '\n';
    if (error.code == Errc::not_found) {
        console_.err << "tables are made by: carillon records create-tables\n";
        return ExitCode::not_found;
    }
    if (error.code == Errc::unavailable || error.code == Errc::timeout) {
        return ExitCode::unreachable;
    }
    return error.code == Errc::invalid ? ExitCode::usage : ExitCode::failed;
}

/// What the table says of itself; stamps as the seed's programs write them.
Task<Result<TableModel>> RecordsCommands::find_model() {
    CARILLON_CO_TRY(const dynamo::TableDescription table,
                    co_await database_.describe_table(options_.table));
    TableModel model = records::model_of(table.schema, options_.flag);
    if (model.work.layout != WorkLayout::none) {
        model.created_attribute = "CreatedAt";
        model.updated_attribute = "UpdatedAt";
    }
    CARILLON_CO_TRY_VOID(records::check(model));
    co_return model;
}

Task<ExitCode> RecordsCommands::create(RecordsCreate what) {
    auto models = models_of(what);
    if (!models) co_return report(models.error());
    Table shown({"TABLE", "KEY", "PROCESSING"});
    json::array all;
    for (const TableModel& model : *models) {
        records::RecordTable table(database_, loop_.clock(), random_, model);
        const auto made = co_await table.create();
        if (!made) co_return report(made.error());
        shown.add({{model.table, Style::bold}, {key_text(model)}, {layout_text(model)}});
        all.emplace_back(model.table);
    }
    if (options_.json) {
        console_.out << to_text(all) << '\n';
    } else {
        console_.out << shown.render(console_.colours, console_.width);
    }
    co_return ExitCode::ok;
}

Task<Result<>> RecordsCommands::put_all(records::RecordTable& table, RecordsPut what) {
    CARILLON_CO_TRY(const auto texts, item_texts(what.record, console_.in));
    std::vector<dynamo::Item> items;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto item = read_item(texts[i], ItemForm::plain);
        if (!item) {
            co_return fail(Errc::invalid,
                           fmt::format("record {}: {}", i + 1, item.error().message));
        }
        items.push_back(*std::move(item));
    }
    std::size_t written = 0;
    if (what.only_new || items.size() == 1) {
        const auto mode = what.only_new ? records::PutMode::insert : records::PutMode::write;
        for (dynamo::Item& item : items) {
            auto put = co_await table.put(std::move(item), mode);
            if (!put) {
                co_return fail(put.error().code,
                               fmt::format("record {}: {}", written + 1, describe(put.error())));
            }
            ++written;
        }
    }
    while (written < items.size()) {
        const std::size_t end = std::min(items.size(), written + records_per_write);
        std::vector<dynamo::Item> batch(
            std::make_move_iterator(items.begin() + static_cast<std::ptrdiff_t>(written)),
            std::make_move_iterator(items.begin() + static_cast<std::ptrdiff_t>(end)));
        CARILLON_CO_TRY_VOID(co_await table.put_many(std::move(batch)));
        written = end;
    }
    if (options_.json) {
        console_.out << "{\"written\":" << written << "}\n";
    } else {
        console_.out << written << (written == 1 ? " record" : " records") << " written\n";
    }
    co_return Result<>{};
}

Task<ExitCode> RecordsCommands::put(RecordsPut what) {
    auto model = co_await find_model();
    if (!model) co_return report(model.error());
    records::RecordTable table(database_, loop_.clock(), random_, *std::move(model));
    const auto done = co_await put_all(table, std::move(what));
    if (!done) co_return report(done.error());
    co_return ExitCode::ok;
}

Task<Result<std::int64_t>> RecordsCommands::list_state(records::RecordTable& table,
                                                       std::optional<WorkState> state,
                                                       const RecordsList& what,
                                                       std::int64_t shown) {
    std::optional<std::string> next;
    do {
        const auto left = what.limit ? *what.limit - shown : page_size;
        const int limit = static_cast<int>(std::min<std::int64_t>(left, page_size));
        if (limit <= 0) break;
        auto page = state ? co_await table.list(*state, limit, std::move(next))
                          : co_await table.scan(limit, std::move(next));
        if (!page) co_return std::unexpected(std::move(page).error());
        for (const dynamo::Item& item : page->items) {
            ++shown;
            if (!what.count) console_.out << item_text(item, ItemForm::plain) << '\n';
        }
        // A reader that went away (`| head`) ends the work.
        if (!console_.out.good()) break;
        next = std::move(page->next);
    } while (next);
    co_return shown;
}

Task<ExitCode> RecordsCommands::list(RecordsList what) {
    const auto state = read_state(what.state);
    if (!state) co_return report(state.error());
    auto model = co_await find_model();
    if (!model) co_return report(model.error());
    records::RecordTable table(database_, loop_.clock(), random_, *std::move(model));
    const auto shown = co_await list_state(table, *state, what, 0);
    if (!shown) co_return report(shown.error());
    if (what.count) console_.out << *shown << '\n';
    co_return ExitCode::ok;
}

Task<Result<std::int64_t>> RecordsCommands::requeue_all(records::RecordTable& table) {
    std::int64_t count = 0;
    for (;;) {
        // They leave the list as they are requeued.
        CARILLON_CO_TRY(const records::RecordPage page,
                        co_await table.list(WorkState::quarantined, page_size, std::nullopt));
        if (page.items.empty()) co_return count;
        std::int64_t moved = 0;
        for (const dynamo::Item& item : page.items) {
            CARILLON_CO_TRY(dynamo::Item key, dynamo::extract_key(item, table.model().key));
            const auto requeued = co_await table.requeue(std::move(key));
            if (!requeued && requeued.error().code == Errc::not_found) continue;
            if (!requeued) co_return std::unexpected(requeued.error());
            if (*requeued) ++moved;
        }
        count += moved;
        // An index that lags behind shows what was moved already.
        if (moved == 0) co_return count;
    }
}

Task<ExitCode> RecordsCommands::requeue(RecordsRequeue what) {
    auto model = co_await find_model();
    if (!model) co_return report(model.error());
    records::RecordTable table(database_, loop_.clock(), random_, *std::move(model));
    std::int64_t count = 0;
    for (const std::string& text : what.keys) {
        auto key = read_item(text, ItemForm::plain);
        if (!key) co_return report(key.error());
        const auto requeued = co_await table.requeue(*std::move(key));
        if (!requeued) co_return report(requeued.error());
        if (*requeued) ++count;
    }
    if (what.all) {
        const auto all = co_await requeue_all(table);
        if (!all) co_return report(all.error());
        count += *all;
    }
    if (options_.json) {
        console_.out << "{\"requeued\":" << count << "}\n";
    } else {
        console_.out << count << " requeued\n";
    }
    co_return ExitCode::ok;
}

}  // namespace carillon::cli
