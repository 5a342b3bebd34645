#include "cli/schedule_commands.hpp"

#include "cli/data.hpp"
#include "cli/report.hpp"
#include "cli/schedule_view.hpp"
#include "cli/webhook_input.hpp"
#include "net/http.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

namespace carillon::cli {
namespace {

constexpr int explained_rows = 10;
constexpr std::int64_t page_most = 100;

std::string schedule_path(const std::string& id) {
    return "/schedules/" + net::percent_encode(id);
}

/// Which of several it is about.
Error about(Error error, const std::string& id) {
    if (error.field == "id") error.field = id;
    return error;
}

net::Headers with_key(const std::optional<std::string>& key) {
    net::Headers headers;
    if (key) headers.add("Idempotency-Key", *key);
    return headers;
}

/// As the server makes them: UUIDs.
bool looks_like_id(std::string_view text) {
    constexpr std::string_view form = "00000000-0000-0000-0000-000000000000";
    if (text.size() != form.size()) return false;
    for (std::size_t i = 0; i < form.size(); ++i) {
        const char c = text[i];
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (form[i] == '-' ? c != '-' : !hex) return false;
    }
    return true;
}

std::string_view done_word(ScheduleAction action) {
    if (action == ScheduleAction::pause) return "paused";
    return action == ScheduleAction::resume ? "resumed" : "deleted";
}

}  // namespace

std::string tenant_path(std::string route, const std::optional<std::string>& tenant) {
    if (!tenant) return route;
    route += route.contains('?') ? "&tenantId=" : "?tenantId=";
    return route + net::percent_encode(*tenant);
}

Task<Result<std::string>> schedule_id_of(Api& api,
                                         std::string given,
                                         std::optional<std::string> tenant) {
    if (looks_like_id(given)) co_return given;
    std::string path = "/schedules?limit=1&name=" + net::percent_encode(given);
    CARILLON_CO_TRY(const json::value page,
                    co_await api.call("GET", tenant_path(std::move(path), tenant)));
    const json::array& found = array_member(as_object(page), "data");
    // Nobody is called so: the server says that there is no such schedule.
    if (found.empty()) co_return given;
    co_return text_member(as_object(found.front()), "id");
}

ExitCode ScheduleCommands::report(const Error& error) {
    const ExitCode code = report_error(error, console_, api_.origin());
    if (code == ExitCode::not_found) {
        console_.err << "see what there is with: carillon schedule list\n";
    }
    return code;
}

Result<> ScheduleCommands::read_words(ScheduleWords& words) {
    if (words.data) {
        CARILLON_TRY(words.data, read_data("-d", *words.data, console_.in));
    }
    if (!words.file) return {};
    const std::string named = *words.file == "-" ? "-" : "@" + *words.file;
    CARILLON_TRY(words.file, read_data("--file", named, console_.in));
    return {};
}

void ScheduleCommands::show(const json::value& schedule, const ScheduleOptions& options) {
    if (options.json) {
        console_.out << to_text(schedule) << '\n';
    } else if (options.quiet) {
        console_.out << printable(text_member(as_object(schedule), "id")) << '\n';
    } else {
        console_.out << schedule_sheet(as_object(schedule), clock_.now(), console_);
    }
}

Task<Result<>> ScheduleCommands::find_named(ScheduleOptions& options) {
    for (std::string& id : options.ids) {
        CARILLON_CO_TRY(id, co_await schedule_id_of(api_, id, options.tenant));
    }
    co_return Result<>{};
}

Task<ExitCode> ScheduleCommands::run(ScheduleOptions options) {
    if (const auto found = co_await find_named(options); !found) co_return report(found.error());
    switch (options.action) {
        case ScheduleAction::add:
            co_return co_await add(std::move(options));
        case ScheduleAction::list:
            co_return co_await list(std::move(options));
        case ScheduleAction::get:
            co_return co_await get(std::move(options));
        case ScheduleAction::edit:
            co_return co_await edit(std::move(options));
        case ScheduleAction::pause:
        case ScheduleAction::resume:
        case ScheduleAction::remove:
            co_return co_await change(std::move(options));
        case ScheduleAction::trigger:
            co_return co_await trigger(std::move(options));
        case ScheduleAction::backfill:
            co_return co_await backfill(std::move(options));
        case ScheduleAction::next:
            co_return co_await next(std::move(options));
        case ScheduleAction::explain:
            co_return co_await explain(std::move(options));
    }
    co_return ExitCode::usage;
}

Task<ExitCode> ScheduleCommands::add(ScheduleOptions options) {
    if (const auto read = read_words(options.words); !read) {
        co_return report_usage(read.error(), console_);
    }
    auto made = schedule_body(options.words, clock_.now());
    if (!made) co_return report_usage(made.error(), console_);
    if (const auto whole = check_whole(*made); !whole) {
        co_return report_usage(whole.error(), console_);
    }
    if (options.dry_run) co_return co_await check(options, *std::move(made));
    std::optional<json::value> body{*std::move(made)};
    auto answer = co_await api_.call(
        "POST", tenant_path("/schedules", options.tenant), std::move(body), with_key(options.key));
    if (!answer) co_return report(answer.error());
    show(*answer, options);
    co_return ExitCode::ok;
}

Task<ExitCode> ScheduleCommands::check(const ScheduleOptions& options, json::object made) {
    std::optional<json::value> body{std::move(made)};
    auto answer = co_await api_.call(
        "POST", tenant_path("/schedules/validate", options.tenant), std::move(body));
    if (!answer) co_return report(answer.error());
    const json::object& verdict = as_object(*answer);
    const bool valid = is_true(verdict, "valid");
    if (options.json) {
        console_.out << to_text(*answer) << '\n';
        co_return valid ? ExitCode::ok : ExitCode::failed;
    }
    for (const json::value& each : array_member(verdict, "problems")) {
        const json::object& problem = as_object(each);
        console_.err << "error: "
                     << printable(text_member(problem, "field") + ": " +
                                  text_member(problem, "detail"))
                     << '\n';
    }
    if (!valid) co_return ExitCode::failed;
    console_.out << printable(text_member(verdict, "description")) << '\n';
    const std::string next = when(verdict, "nextFireAt", clock_.now());
    console_.out << (next.empty() ? "It would not fire." : "It would fire first at " + next)
                 << '\n';
    co_return ExitCode::ok;
}

Task<ExitCode> ScheduleCommands::list(ScheduleOptions options) {
    json::array schedules;
    std::int64_t shown = 0;
    std::string cursor;
    std::string base =
        fmt::format("/schedules?limit={}", std::min<std::int64_t>(options.limit, page_most));
    if (options.enabled) base += *options.enabled ? "&enabled=true" : "&enabled=false";
    if (options.name) base += "&name=" + net::percent_encode(*options.name);
    base = tenant_path(std::move(base), options.tenant);
    do {
        std::string path = base;
        if (!cursor.empty()) path += "&cursor=" + net::percent_encode(cursor);
        auto page = co_await api_.call("GET", std::move(path));
        if (!page) co_return report(page.error());
        for (const json::value& schedule : array_member(as_object(*page), "data")) {
            ++shown;
            // One at a time, so that any number can be listed.
            if (options.json) console_.out << to_text(schedule) << '\n';
            if (options.quiet && !options.json) {
                console_.out << printable(text_member(as_object(schedule), "id")) << '\n';
            }
            if (!options.json && !options.quiet) schedules.push_back(schedule);
        }
        cursor = text_member(as_object(*page), "nextCursor");
        // A page may be short although there are more.
    } while (!cursor.empty() && (options.all || shown < options.limit));
    if (!options.json && !options.quiet) {
        if (schedules.empty()) {
            console_.err << "no schedules; make one with: carillon schedule add --help\n";
        } else {
            console_.out << schedule_table(schedules, clock_.now(), console_);
        }
    }
    if (!cursor.empty()) console_.err << "there are more: --all shows everything\n";
    co_return ExitCode::ok;
}

Task<ExitCode> ScheduleCommands::get(ScheduleOptions options) {
    ExitCode code = ExitCode::ok;
    for (std::size_t i = 0; i < options.ids.size(); ++i) {
        auto schedule =
            co_await api_.call("GET", tenant_path(schedule_path(options.ids[i]), options.tenant));
        if (!schedule) {
            code = report(about(schedule.error(), options.ids[i]));
            continue;
        }
        if (i > 0 && !options.json) console_.out << '\n';
        show(*schedule, options);
    }
    co_return code;
}

Task<ExitCode> ScheduleCommands::edit(ScheduleOptions options) {
    if (const auto read = read_words(options.words); !read) {
        co_return report_usage(read.error(), console_);
    }
    const std::string path = tenant_path(schedule_path(options.ids.front()), options.tenant);
    auto current = co_await api_.call("GET", path);
    if (!current) co_return report(current.error());
    auto patch = schedule_patch(options.words, as_object(*current), clock_.now());
    if (!patch) co_return report_usage(patch.error(), console_);
    if (patch->empty()) {
        const Error nothing{Errc::invalid, "nothing to change was given; see --help"};
        co_return report_usage(nothing, console_);
    }
    // What was not typed is as it was read, so it must not have changed meanwhile.
    (*patch)["version"] = options.version.value_or(number_member(as_object(*current), "version"));
    std::optional<json::value> body{*std::move(patch)};
    auto answer = co_await api_.call("PATCH", path, std::move(body));
    if (!answer) co_return report(answer.error());
    show(*answer, options);
    co_return ExitCode::ok;
}

Task<Result<>> ScheduleCommands::change_one(const ScheduleOptions& options, std::string id) {
    const bool removes = options.action == ScheduleAction::remove;
    std::string path = schedule_path(id);
    net::Headers headers;
    std::optional<json::value> body;
    if (removes) {
        if (options.version) headers.add("If-Match", fmt::format("\"{}\"", *options.version));
    } else {
        path += "/enabled";
        body = json::object{{"enabled", options.action == ScheduleAction::resume}};
    }
    auto answer = co_await api_.call(removes ? "DELETE" : "PATCH",
                                     tenant_path(std::move(path), options.tenant),
                                     std::move(body),
                                     std::move(headers));
    if (!answer) co_return std::unexpected(answer.error());
    if (options.json) {
        if (answer->is_object()) console_.out << to_text(*answer) << '\n';
        co_return Result<>{};
    }
    console_.out << printable(id);
    if (!options.quiet) console_.out << ' ' << done_word(options.action);
    console_.out << '\n';
    co_return Result<>{};
}

Task<ExitCode> ScheduleCommands::change(ScheduleOptions options) {
    ExitCode code = ExitCode::ok;
    for (const std::string& id : options.ids) {
        const auto changed = co_await change_one(options, id);
        if (changed) continue;
        code = report(about(changed.error(), id));
        if (code == ExitCode::unreachable) break;
    }
    co_return code;
}

Task<ExitCode> ScheduleCommands::trigger(ScheduleOptions options) {
    json::object asked;
    if (options.at) {
        const auto at = read_when("--at", *options.at, clock_.now());
        if (!at) co_return report_usage(at.error(), console_);
        asked["fireTime"] = format_instant(*at);
    }
    if (const auto read = read_words(options.words); !read) {
        co_return report_usage(read.error(), console_);
    }
    if (options.words.data) {
        auto payload = payload_of(*options.words.data);
        if (!payload) co_return report_usage(payload.error(), console_);
        asked["payload"] = *std::move(payload);
    }
    if (options.correlation) asked["correlationId"] = *options.correlation;
    std::optional<json::value> body{std::move(asked)};
    auto run = co_await api_.call(
        "POST",
        tenant_path(schedule_path(options.ids.front()) + "/trigger", options.tenant),
        std::move(body),
        with_key(options.key));
    if (!run) co_return report(run.error());
    if (options.json) {
        console_.out << to_text(*run) << '\n';
        co_return ExitCode::ok;
    }
    const std::string id = printable(text_member(as_object(*run), "id"));
    console_.out << id << '\n';
    if (!options.quiet) console_.err << "see what becomes of it: carillon run get " << id << '\n';
    co_return ExitCode::ok;
}

Task<ExitCode> ScheduleCommands::backfill(ScheduleOptions options) {
    const TimePoint now = clock_.now();
    const auto from = read_when("--from", options.from, now);
    if (!from) co_return report_usage(from.error(), console_);
    const auto to = read_when("--to", options.to, now);
    if (!to) co_return report_usage(to.error(), console_);
    json::object asked{{"from", format_instant(*from)},
                       {"to", format_instant(*to)},
                       {"maxRuns", options.runs_max},
                       {"perSecond", options.per_second},
                       {"dryRun", !options.go}};
    if (options.step) asked["step"] = *options.step;
    std::optional<json::value> body{std::move(asked)};
    auto answer = co_await api_.call(
        "POST",
        tenant_path(schedule_path(options.ids.front()) + "/backfill", options.tenant),
        std::move(body));
    if (!answer) co_return report(answer.error());
    if (options.json) {
        console_.out << to_text(*answer) << '\n';
        co_return ExitCode::ok;
    }
    const json::object& report_of = as_object(*answer);
    if (!options.go) {
        for (const json::value& instant : array_member(report_of, "instants")) {
            if (instant.is_string()) {
                console_.out << printable(std::string_view(instant.get_string())) << '\n';
            }
        }
        console_.err << fmt::format("{} would run; make them run with --run\n",
                                    number_member(report_of, "count"));
    } else {
        console_.out << fmt::format("{} runs made, {} were there before\n",
                                    number_member(report_of, "created"),
                                    number_member(report_of, "existing"));
        const std::string last = when(report_of, "lastRunAt", now);
        if (!last.empty()) console_.out << "the last of them is due at " << last << '\n';
    }
    if (is_true(report_of, "more")) {
        console_.err << "there are more in this range than --max-runs allows\n";
    }
    co_return ExitCode::ok;
}

Task<ExitCode> ScheduleCommands::next(ScheduleOptions options) {
    const TimePoint now = clock_.now();
    std::string path =
        schedule_path(options.ids.front()) + fmt::format("/next?count={}", options.count);
    if (!options.from.empty()) {
        const auto from = read_when("--from", options.from, now);
        if (!from) co_return report_usage(from.error(), console_);
        path += "&from=" + net::percent_encode(format_instant(*from));
    }
    auto answer = co_await api_.call("GET", tenant_path(std::move(path), options.tenant));
    if (!answer) co_return report(answer.error());
    if (options.json) {
        console_.out << to_text(*answer) << '\n';
        co_return ExitCode::ok;
    }
    const json::object& preview = as_object(*answer);
    console_.out << printable(text_member(preview, "description")) << '\n';
    const json::array& fires = array_member(preview, "fires");
    if (fires.empty()) {
        console_.out << "It does not fire again.\n";
    } else {
        console_.out << '\n' << fire_table(fires, now, console_);
    }
    co_return ExitCode::ok;
}

Task<ExitCode> ScheduleCommands::explain(ScheduleOptions options) {
    const std::string id = net::percent_encode(options.ids.front());
    const auto path = [&](std::string route) {
        return tenant_path(std::move(route), options.tenant);
    };
    const std::string one = "/schedules/" + id;
    auto schedule = co_await api_.call("GET", path(one));
    if (!schedule) co_return report(schedule.error());
    auto next_fires = co_await api_.call("GET", path(one + "/next?count=5"));
    auto ledger =
        co_await api_.call("GET", path(fmt::format("{}/ledger?limit={}", one, explained_rows)));
    auto runs = co_await api_.call(
        "GET", path(fmt::format("/runs?scheduleId={}&limit={}", id, 2 * explained_rows)));
    auto catch_up = co_await api_.call("GET", path(one + "/catch-up?limit=1"));
    for (const auto* part : {&next_fires, &ledger, &runs, &catch_up}) {
        // A schedule that cannot be evaluated is explained all the same: its fault says why.
        if (!*part && exit_code_of(part->error()) == ExitCode::unreachable) {
            co_return report(part->error());
        }
    }
    const json::value none = json::object{};
    const auto or_none = [&](const Result<json::value>& part) -> const json::value& {
        return part ? *part : none;
    };
    if (options.json) {
        const json::object all{{"schedule", *schedule},
                               {"next", or_none(next_fires)},
                               {"ledger", or_none(ledger)},
                               {"runs", or_none(runs)},
                               {"catchUp", or_none(catch_up)}};
        console_.out << to_text(all) << '\n';
        co_return ExitCode::ok;
    }
    const Explained facts{as_object(*schedule),
                          as_object(or_none(next_fires)),
                          as_object(or_none(ledger)),
                          as_object(or_none(runs)),
                          as_object(or_none(catch_up))};
    console_.out << explanation(facts, clock_.now(), console_);
    co_return ExitCode::ok;
}

}  // namespace carillon::cli
