#include "cli/run_commands.hpp"

#include "cli/report.hpp"
#include "cli/run_view.hpp"
#include "cli/schedule_commands.hpp"
#include "cli/webhook_input.hpp"
#include "net/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

namespace carillon::cli {
namespace {

constexpr std::int64_t page_most = 100;

/// Which of several it is about.
Error about(Error error, const std::string& id) {
    if (error.field == "id") error.field = id;
    return error;
}

std::string run_path(const std::string& id) {
    return "/runs/" + net::percent_encode(id);
}

}  // namespace

ExitCode RunCommands::report(const Error& error) {
    const ExitCode code = report_error(error, console_, api_.origin());
    if (code == ExitCode::not_found) console_.err << "see what there is with: carillon run list\n";
    return code;
}

Task<ExitCode> RunCommands::run(RunOptions options) {
    switch (options.action) {
        case RunAction::list:
            co_return co_await list(std::move(options));
        case RunAction::get:
            co_return co_await get(std::move(options));
        case RunAction::retry:
        case RunAction::cancel:
            co_return co_await change(std::move(options));
    }
    co_return ExitCode::usage;
}

Result<std::string> RunCommands::list_path(const RunOptions& options) const {
    std::string path =
        fmt::format("/runs?limit={}", std::min<std::int64_t>(options.limit, page_most));
    if (options.schedule) path += "&scheduleId=" + net::percent_encode(*options.schedule);
    if (options.status) path += "&status=" + net::percent_encode(*options.status);
    if (options.from) {
        CARILLON_TRY(const TimePoint from, read_when("--from", *options.from, clock_.now()));
        path += "&from=" + net::percent_encode(format_instant(from));
    }
    if (options.to) {
        CARILLON_TRY(const TimePoint to, read_when("--to", *options.to, clock_.now()));
        path += "&to=" + net::percent_encode(format_instant(to));
    }
    return tenant_path(std::move(path), options.tenant);
}

Task<ExitCode> RunCommands::list(RunOptions options) {
    if (options.schedule) {
        auto id = co_await schedule_id_of(api_, *options.schedule, options.tenant);
        if (!id) co_return report(id.error());
        options.schedule = *std::move(id);
    }
    const auto base = list_path(options);
    if (!base) co_return report_usage(base.error(), console_);
    json::array runs;
    std::string cursor;
    std::int64_t shown = 0;
    do {
        std::string path = *base;
        if (!cursor.empty()) path += "&cursor=" + net::percent_encode(cursor);
        auto page = co_await api_.call("GET", std::move(path));
        if (!page) co_return report(page.error());
        for (const json::value& run : array_member(as_object(*page), "data")) {
            ++shown;
            if (options.json) {
                console_.out << to_text(run) << '\n';
            } else {
                runs.push_back(run);
            }
        }
        cursor = text_member(as_object(*page), "nextCursor");
        // A page may be short although there are more.
    } while (!cursor.empty() && (options.all || shown < options.limit));
    if (!options.json) {
        if (runs.empty()) {
            console_.err << "no runs\n";
        } else {
            console_.out << run_table(runs, clock_.now(), console_);
        }
    }
    if (!cursor.empty()) console_.err << "there are more: --all shows everything\n";
    co_return ExitCode::ok;
}

Task<ExitCode> RunCommands::get(RunOptions options) {
    ExitCode code = ExitCode::ok;
    for (std::size_t i = 0; i < options.ids.size(); ++i) {
        auto run = co_await api_.call("GET", tenant_path(run_path(options.ids[i]), options.tenant));
        if (!run) {
            code = report(about(run.error(), options.ids[i]));
            continue;
        }
        if (options.json) {
            console_.out << to_text(*run) << '\n';
        } else {
            console_.out << (i > 0 ? "\n" : "")
                         << run_sheet(as_object(*run), clock_.now(), console_);
        }
    }
    co_return code;
}

Task<ExitCode> RunCommands::change(RunOptions options) {
    const bool retries = options.action == RunAction::retry;
    ExitCode code = ExitCode::ok;
    for (const std::string& id : options.ids) {
        json::object asked;
        if (options.reason) asked["reason"] = *options.reason;
        std::optional<json::value> body{std::move(asked)};
        auto run = co_await api_.call(
            "POST",
            tenant_path(run_path(id) + (retries ? "/retry" : "/cancel"), options.tenant),
            std::move(body));
        if (!run) {
            code = report(about(run.error(), id));
            if (code == ExitCode::unreachable) break;
            continue;
        }
        if (options.json) {
            console_.out << to_text(*run) << '\n';
        } else {
            console_.out << printable(id) << (retries ? " due again now\n" : " cancelled\n");
        }
    }
    co_return code;
}

}  // namespace carillon::cli
