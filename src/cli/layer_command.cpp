#include "cli/layer_command.hpp"

#include "cli/answer.hpp"
#include "cli/table.hpp"
#include "cli/webhook_commands.hpp"
#include "cli/webhook_input.hpp"
#include "cli/webhook_view.hpp"
#include "net/http.hpp"

#include <fmt/format.h>

#include <iostream>
#include <utility>

namespace carillon::cli {
namespace {

/// Lines that are sent together.
constexpr std::size_t batch_max = 1'000;

std::string path_of(const LayerOptions& options, std::string_view rest = {}) {
    return "/layers/" + net::percent_encode(options.name) + std::string(rest);
}

const json::object no_members;

const json::object& members(const json::value& answer) {
    const json::object* object = answer.if_object();
    return object == nullptr ? no_members : *object;
}

bool truth(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains({name.data(), name.size()});
    return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace

ExitCode LayerCommands::report(const Error& error) {
    const std::string where = error.field.empty() ? "" : error.field + ": ";
    console_.err << "error: " << printable(where + error.message) << '\n';
    if (exit_code_of(error) == ExitCode::unreachable) {
        console_.err << advice(error, api_.origin()) << '\n';
    }
    return exit_code_of(error);
}

Task<ExitCode> LayerCommands::run(LayerOptions options) {
    switch (options.action) {
        case LayerAction::list:
            co_return co_await list(std::move(options));
        case LayerAction::get:
            co_return co_await get(std::move(options));
        case LayerAction::meta:
            co_return co_await meta(std::move(options));
        case LayerAction::set:
            co_return co_await set(std::move(options));
        case LayerAction::sync:
        case LayerAction::compact:
            co_return co_await sync(std::move(options));
        case LayerAction::reset:
            co_return co_await reset(std::move(options));
    }
    co_return ExitCode::usage;
}

Task<ExitCode> LayerCommands::list(LayerOptions options) {
    auto answer = co_await api_.call("GET", "/layers");
    if (!answer) co_return report(answer.error());
    const json::value* names = members(*answer).if_contains("items");
    if (options.json || names == nullptr || !names->is_array()) {
        console_.out << to_text(*answer) << '\n';
        co_return ExitCode::ok;
    }
    for (const json::value& name : names->get_array()) {
        if (name.is_string()) console_.out << printable(name.get_string()) << '\n';
    }
    if (names->get_array().empty()) console_.err << "the server has no layers\n";
    co_return ExitCode::ok;
}

/// One item a line, page after page.
Task<ExitCode> LayerCommands::get(LayerOptions options) {
    std::string query = options.all ? "?all=true" : "?limit=10000";
    if (!options.all && options.partition) {
        query += "&partition=" + net::percent_encode(*options.partition);
    }
    if (options.as_of) {
        const auto at = read_when("--as-of", *options.as_of, clock_.now());
        if (!at) {
            (void)report(at.error());
            co_return ExitCode::usage;
        }
        query += "&asOf=" + net::percent_encode(format_instant(*at));
    }
    std::string after;
    do {
        const std::string from = after.empty() ? "" : "&after=" + net::percent_encode(after);
        auto page = co_await api_.call("GET", path_of(options, query + from));
        if (!page) co_return report(page.error());
        const json::object& view = members(*page);
        if (const json::value* items = view.if_contains("items"); items && items->is_array()) {
            for (const json::value& item : items->get_array()) {
                console_.out << to_text(item) << '\n';
            }
        }
        after = text_member(view, "next");
    } while (!after.empty());
    co_return ExitCode::ok;
}

Task<ExitCode> LayerCommands::meta(LayerOptions options) {
    auto answer = co_await api_.call("GET", path_of(options, "/meta"));
    if (!answer) co_return report(answer.error());
    if (options.json) {
        console_.out << to_text(*answer) << '\n';
        co_return ExitCode::ok;
    }
    Table table({"FIGURE", "VALUE"});
    for (const auto& member : members(*answer)) {
        const json::value& value = member.value();
        table.add({{std::string(member.key())},
                   {value.is_string() ? std::string(value.get_string())
                    : value.is_null() ? "-"
                                      : to_text(value)}});
    }
    console_.out << table.render(console_.colours, console_.width);
    co_return ExitCode::ok;
}

Task<Result<>> LayerCommands::send(const LayerOptions& options, json::array changes) {
    std::optional<json::value> body{json::object{{"changes", std::move(changes)}}};
    CARILLON_CO_TRY_VOID(co_await api_.call("POST", path_of(options, "/changes"), std::move(body)));
    co_return Result<>{};
}

Task<ExitCode> LayerCommands::set(LayerOptions options) {
    json::array changes;
    std::size_t count = 0;
    std::string line = options.item;
    bool more = !line.empty() || static_cast<bool>(std::getline(console_.in, line));
    for (; more; more = options.item.empty() && std::getline(console_.in, line)) {
        if (line.empty()) continue;
        auto item = parse_json(line);
        if (!item || !item->is_object()) {
            const Error wrong{Errc::invalid,
                              item ? "must be a JSON object" : item.error().message,
                              fmt::format("item {}", count + 1)};
            (void)report(wrong);
            co_return ExitCode::usage;
        }
        changes.push_back(json::object{{"type", options.type}, {"item", *std::move(item)}});
        ++count;
        if (changes.size() < batch_max) continue;
        const auto sent = co_await send(options, std::exchange(changes, {}));
        if (!sent) co_return report(sent.error());
    }
    if (!changes.empty()) {
        const auto sent = co_await send(options, std::move(changes));
        if (!sent) co_return report(sent.error());
    }
    console_.err << count << (count == 1 ? " change\n" : " changes\n");
    co_return ExitCode::ok;
}

Task<ExitCode> LayerCommands::sync(LayerOptions options) {
    const bool compact = options.action == LayerAction::compact;
    auto answer = co_await api_.call("POST", path_of(options, compact ? "/compact" : "/sync"));
    if (!answer) co_return report(answer.error());
    const json::object& done = members(*answer);
    if (options.json) {
        console_.out << to_text(*answer) << '\n';
    } else if (truth(done, "locked")) {
        console_.err << "somebody else syncs; nothing was done\n";
    } else {
        console_.out << fmt::format("synced {} changes in {} partitions\n",
                                    number_member(done, "count"),
                                    number_member(done, "partitions"));
    }
    const std::int64_t failed = number_member(done, "failed");
    if (failed == 0) co_return truth(done, "locked") ? ExitCode::failed : ExitCode::ok;
    console_.err << fmt::format(
        "{} partitions failed: {}\n", failed, printable(text_member(done, "error")));
    co_return ExitCode::failed;
}

Task<ExitCode> LayerCommands::reset(LayerOptions options) {
    json::object body;
    if (options.table) body["table"] = *options.table;
    if (options.partition) body["partition"] = *options.partition;
    std::optional<json::value> sent{std::move(body)};
    auto answer = co_await api_.call("POST", path_of(options, "/reset"), std::move(sent));
    if (!answer) co_return report(answer.error());
    const json::object& done = members(*answer);
    if (options.json) {
        console_.out << to_text(*answer) << '\n';
    } else if (truth(done, "locked")) {
        console_.err << "somebody else syncs; nothing was done\n";
    } else {
        console_.out << fmt::format("{} items in {} partitions\n",
                                    number_member(done, "count"),
                                    number_member(done, "partitions"));
    }
    co_return truth(done, "locked") ? ExitCode::failed : ExitCode::ok;
}

}  // namespace carillon::cli
