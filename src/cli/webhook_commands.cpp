#include "cli/webhook_commands.hpp"

#include "cli/data.hpp"
#include "cli/webhook_view.hpp"
#include "net/http.hpp"
#include "runtime/task_group.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

namespace carillon::cli {
namespace {

std::string path_of(const std::string& name_space, const std::string& id) {
    return "/webhooks/" + net::percent_encode(name_space) + "/" + net::percent_encode(id);
}

std::string_view done_word(Action action) {
    switch (action) {
        case Action::remove:
            return "deleted";
        case Action::suspend:
            return "suspended";
        case Action::unsuspend:
            return "unsuspended";
        case Action::retry:
            return "due again now";
        case Action::get:
            break;
    }
    return "found";
}

std::string_view method_of(Action action) {
    if (action == Action::get) return "GET";
    return action == Action::remove ? "DELETE" : "POST";
}

std::string_view suffix_of(Action action) {
    if (action == Action::suspend) return "/suspend";
    if (action == Action::unsuspend) return "/unsuspend";
    return action == Action::retry ? "/retry" : "";
}

ExitCode worse(ExitCode a, ExitCode b) {
    return a == ExitCode::ok ? b : a;
}

json::object object_of(const json::value& answer) {
    return answer.is_object() ? answer.get_object() : json::object();
}

Task<> run_and_stop(runtime::Loop& loop,
                    Api& api,
                    const std::function<Task<ExitCode>(Api& api)>& work,
                    ExitCode& code) {
    code = co_await work(api);
    co_await api.close();
    loop.stop();
}

}  // namespace

std::string advice(const Error& error, const std::string& server) {
    if (exit_code_of(error) == ExitCode::unreachable) {
        return fmt::format(
            "no server at {}; start one with: carillon serve\n"
            "or name another with --server URL (or CARILLON_SERVER=URL)",
            server);
    }
    if (error.field == "url" && error.message.contains("allow")) {
        return "the server decides which addresses may be called: carillon serve --allow-targets";
    }
    if (error.code == Errc::not_found) return "see what there is with: carillon webhook list";
    return {};
}

ExitCode with_api(const std::string& server,
                  Console& console,
                  runtime::Clock& clock,
                  const std::function<Task<ExitCode>(Api& api)>& work) {
    auto url = net::parse_url(server);
    if (!url) {
        console.err << "error: --server: " << printable(url.error().message) << '\n';
        return ExitCode::usage;
    }
    runtime::Loop loop(clock);
    runtime::BlockingPool pool(1);
    Api api(loop, pool, *std::move(url));
    runtime::TaskGroup group(loop);
    ExitCode code = ExitCode::failed;
    group.spawn(run_and_stop(loop, api, work, code));
    loop.run();
    return code;
}

ExitCode WebhookCommands::report(const Error& error) {
    const std::string where = error.field.empty() ? "" : error.field + ": ";
    console_.err << "error: " << printable(where + error.message) << '\n';
    const std::string next = advice(error, api_.origin());
    if (!next.empty()) console_.err << next << '\n';
    return exit_code_of(error);
}

ExitCode WebhookCommands::usage(const std::string& message) {
    console_.err << "error: " << printable(message) << "\nsee carillon webhook --help\n";
    return ExitCode::usage;
}

Task<ExitCode> WebhookCommands::add(AddOptions options, bool quiet) {
    if (options.data) {
        auto data = read_data("-d", *options.data, console_.in);
        if (!data) co_return usage(data.error().field + " " + data.error().message);
        options.data = *std::move(data);
    }
    auto body = registration(options, clock_.now());
    if (!body) co_return usage(body.error().field + " " + body.error().message);
    std::optional<json::value> sent{*std::move(body)};
    auto made = co_await api_.call("POST", "/webhooks", std::move(sent));
    if (!made) co_return report(made.error());
    const json::object webhook = object_of(*made);
    const std::string id = text_member(webhook, "id");
    if (json_) {
        console_.out << to_text(*made) << '\n';
    } else if (quiet) {
        console_.out << printable(id) << '\n';
    } else {
        const auto at = parse_instant(text_member(webhook, "schedule"));
        console_.out << fmt::format("{} rings {}\n",
                                    paint(printable(id), Style::bold, console_.colours),
                                    at ? relative(*at, clock_.now()) : "soon");
    }
    co_return ExitCode::ok;
}

Task<ExitCode> WebhookCommands::list(ListOptions options, bool all) {
    json::array items;
    std::optional<std::string> next = options.start_key;
    do {
        options.start_key = next;
        auto query = list_query(options, clock_.now());
        if (!query) co_return usage(query.error().field + " " + query.error().message);
        auto page = co_await api_.call("GET", "/webhooks?" + *query);
        if (!page) co_return report(page.error());
        for (const json::value& item : array_member(as_object(*page), "items"))
            items.push_back(item);
        const std::string key = text_member(object_of(*page), "lastEvaluatedKey");
        next = key.empty() ? std::nullopt : std::optional<std::string>(key);
    } while (all && next);

    if (json_) {
        json::object out{{"count", items.size()}, {"items", items}, {"lastEvaluatedKey", nullptr}};
        if (next) out["lastEvaluatedKey"] = *next;
        console_.out << to_text(out) << '\n';
        co_return ExitCode::ok;
    }
    if (items.empty()) {
        console_.err << "no webhooks in namespace " << printable(options.selection.name_space)
                     << " match; register one with: carillon webhook add URL --in 5s\n";
        co_return ExitCode::ok;
    }
    console_.out << webhook_table(items, clock_.now(), console_);
    if (next) {
        console_.err << "there are more: --all shows everything, --start-key " << printable(*next)
                     << " the next page\n";
    }
    co_return ExitCode::ok;
}

Task<ExitCode> WebhookCommands::act(Action action, ActOptions options) {
    const bool many = options.all || options.selection.narrows();
    if (options.ids.empty() && !many) co_return usage("name one or more ids");
    if (!options.ids.empty() && many) co_return usage("ids and filters exclude each other");
    if (options.all && options.selection.narrows()) {
        co_return usage("--all and filters exclude each other");
    }
    if (many) co_return co_await act_on_many(action, std::move(options));
    co_return co_await act_on_ids(action, std::move(options));
}

Task<ExitCode> WebhookCommands::act_on_ids(Action action, ActOptions options) {
    ExitCode code = ExitCode::ok;
    for (const std::string& id : options.ids) {
        std::string path = path_of(options.selection.name_space, id);
        path += suffix_of(action);
        auto answer = co_await api_.call(std::string(method_of(action)), std::move(path));
        if (!answer) {
            const ExitCode failure = report(answer.error());
            if (failure == ExitCode::unreachable) co_return failure;
            code = worse(code, failure);
            continue;
        }
        if (json_) {
            console_.out << to_text(*answer) << '\n';
        } else if (action == Action::get) {
            if (&id != &options.ids.front()) console_.out << '\n';
            console_.out << webhook_sheet(object_of(*answer), clock_.now(), console_);
        } else {
            console_.out << printable(id) << ' ' << done_word(action) << '\n';
        }
    }
    co_return code;
}

Task<ExitCode> WebhookCommands::act_on_many(Action action, ActOptions options) {
    auto body = selection(options.selection, clock_.now());
    if (!body) co_return usage(body.error().field + " " + body.error().message);
    std::string path = "/webhooks/delete-many";
    if (action == Action::suspend) path = "/webhooks/suspend-many";
    if (action == Action::remove && options.all) path = "/webhooks/clear";
    std::optional<json::value> sent{*std::move(body)};
    auto answer = co_await api_.call("POST", std::move(path), std::move(sent));
    if (!answer) co_return report(answer.error());
    const json::object answered = object_of(*answer);
    if (json_) {
        console_.out << to_text(*answer) << '\n';
    } else {
        console_.out << fmt::format(
            "{} {}, skipped {} (their state does not allow it), errors {}\n",
            number_member(answered, "count"),
            done_word(action),
            number_member(answered, "skipped"),
            number_member(answered, "errors"));
    }
    co_return number_member(answered, "errors") == 0 ? ExitCode::ok : ExitCode::failed;
}

Task<ExitCode> WebhookCommands::trigger(TriggerOptions options) {
    json::object body;
    if (options.dry_run) body["dryRun"] = true;
    if (options.at) {
        const auto at = read_when("--at", *options.at, clock_.now());
        if (!at) co_return usage(at.error().field + " " + at.error().message);
        body["date"] = format_instant(*at);
    }
    if (options.name_space) body["namespace"] = *options.name_space;
    if (options.id_prefix) body["id"] = *options.id_prefix;
    if (options.limit) body["limit"] = *options.limit;
    std::optional<json::value> sent{std::move(body)};
    auto answer = co_await api_.call("POST", "/webhooks/trigger", std::move(sent));
    if (!answer) co_return report(answer.error());
    const json::object answered = object_of(*answer);
    if (json_) {
        console_.out << to_text(*answer) << '\n';
    } else if (options.dry_run) {
        const json::array& items = array_member(as_object(*answer), "items");
        if (items.empty()) {
            console_.err << "nothing would ring\n";
        } else {
            console_.out << entry_table(items, clock_.now(), console_);
        }
    } else {
        console_.out << fmt::format("{} rang, {} attempts failed\n",
                                    number_member(answered, "processed"),
                                    number_member(answered, "errors"));
    }
    co_return ExitCode::ok;
}

}  // namespace carillon::cli
