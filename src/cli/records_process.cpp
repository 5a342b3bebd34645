// `carillon records process`: a command for every unprocessed record.

#include "cli/progress_bar.hpp"
#include "cli/records_commands.hpp"
#include "cli/subprocess.hpp"
#include "cli/table.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "dynamo/item/json.hpp"
#include "observability/metrics.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

namespace carillon::cli {
namespace {

constexpr std::size_t failures_shown_max = 20;

/// The last line that says something.
std::string last_line(std::string_view output) {
    while (!output.empty()) {
        const std::size_t newline = output.rfind('\n');
        const std::string_view line =
            trim(newline == std::string_view::npos ? output : output.substr(newline + 1));
        if (!line.empty()) return std::string(utf8_prefix(line, 500));
        if (newline == std::string_view::npos) break;
        output = output.substr(0, newline);
    }
    return {};
}

std::string with_reason(std::string what, const SubprocessEnd& end) {
    const std::string reason = last_line(end.output);
    if (!reason.empty()) what += ": " + reason;
    return what;
}

/// What the end of a command means for its record.
Result<> judge(const SubprocessEnd& end) {
    if (end.stopped) return fail(Errc::cancelled, "stopped");
    if (end.timed_out) return fail(Errc::timeout, with_reason("took too long", end));
    if (end.exit_code == 0) return {};
    if (end.exit_code < 0) {
        return fail(Errc::internal,
                    with_reason(fmt::format("ended by signal {}", end.signal), end));
    }
    const std::string what = with_reason(fmt::format("exit code {}", end.exit_code), end);
    if (end.exit_code == exec_retry_code) return fail(Errc::unavailable, what);
    if (end.exit_code == exec_not_executable || end.exit_code == exec_not_found) {
        return fail(Errc::cancelled, what);
    }
    return fail(Errc::invalid, what);
}

/// Runs the command for each record, on threads of its own.
class Executor {
public:
    Executor(runtime::Loop& loop, const RecordsProcess& what, const std::string& table)
        : loop_(loop), what_(what), table_(table), pool_(what.options.max_workers) {}

    [[nodiscard]] records::RecordHandler handler() {
        return [this](dynamo::Item record, records::Attempt attempt) {
            return work(std::move(record), std::move(attempt));
        };
    }

    /// The command cannot be run at all, whatever the record.
    std::function<void(const std::string& why)> on_unusable;

private:
    Task<Result<>> work(dynamo::Item record, records::Attempt attempt) {
        // Shared with the thread, which may still run when this is stopped.
        const auto stopping = std::make_shared<std::atomic<bool>>(false);
        const auto on_stop = attempt.stop.on_stop([stopping] { stopping->store(true); });
        Subprocess process;
        process.command = what_.command;
        process.input = to_text(dynamo::to_plain_json(record)) + "\n";
        process.environment = {{"CARILLON_TABLE", table_},
                               {"CARILLON_ATTEMPT", std::to_string(attempt.number)}};
        process.timeout = what_.timeout;
        process.pass_output = what_.show_output;
        auto job = [process = std::move(process), stopping, &clock = loop_.clock()] {
            return run_subprocess(process, clock, *stopping);
        };
        const auto end = co_await pool_.run(loop_, std::move(job));
        if (!end) co_return std::unexpected(end.error());
        Result<> verdict = judge(*end);
        const bool unusable = !end->stopped && (end->exit_code == exec_not_executable ||
                                                end->exit_code == exec_not_found);
        if (unusable && on_unusable) on_unusable(verdict.error().message);
        co_return verdict;
    }

    runtime::Loop& loop_;
    const RecordsProcess& what_;
    const std::string& table_;
    runtime::BlockingPool pool_;
};

json::object outcome_json(const records::RecordOutcome& outcome) {
    json::object out{{"key", dynamo::to_plain_json(outcome.key)},
                     {"outcome", to_string(outcome.fate)},
                     {"attempts", outcome.attempts}};
    if (outcome.error) out["error"] = outcome.error->message;
    return out;
}

json::object report_json(const records::Report& report) {
    json::array outcomes;
    for (const auto& outcome : report.outcomes) outcomes.push_back(outcome_json(outcome));
    return {{"complete", report.complete},
            {"processed", report.processed},
            {"quarantined", report.quarantined},
            {"unfinished", report.unfinished},
            {"elsewhere", report.elsewhere},
            {"attempts", report.attempts},
            {"retried", report.retried},
            {"successRate", report.success_rate()},
            {"durationMs", report.duration.count()},
            {"records", std::move(outcomes)}};
}

}  // namespace

Task<ExitCode> RecordsCommands::process(RecordsProcess what, runtime::StopToken stop) {
    auto model = co_await find_model();
    if (!model) co_return report(model.error());
    const auto checked = records::check(what.options);
    if (!checked) co_return report(checked.error());
    runtime::StopSource ending;
    const auto asked = stop.on_stop([&ending] { ending.request_stop(); });
    std::string ended_by;
    if (stop.stop_requested()) ending.request_stop();

    what.options.count_first = options_.progress;
    Registry metrics;
    records::Processor processor(
        loop_, database_, *model, random_, Log::null(), metrics, what.options);
    ProgressBar bar(console_.err, loop_.clock(), options_.progress && !what.show_output);
    processor.on_progress = [&](const records::Progress& progress) {
        std::string note;
        if (progress.quarantined > 0) note = fmt::format("{} quarantined", progress.quarantined);
        if (progress.retried > 0) {
            note += fmt::format("{}{} retries", note.empty() ? "" : ", ", progress.retried);
        }
        bar.update(progress.processed + progress.quarantined, progress.total, note);
    };
    Executor executor(loop_, what, options_.table);
    executor.on_unusable = [&](const std::string& why) {
        ended_by = why;
        ending.request_stop();
    };
    const auto done = co_await processor.run(executor.handler(), ending.token());
    bar.clear();
    if (!done) co_return report(done.error());
    co_return tell(*done, ended_by);
}

ExitCode RecordsCommands::tell(const records::Report& report, const std::string& ended_by) {
    if (options_.json) {
        console_.out << to_text(report_json(report)) << '\n';
    } else {
        Table counts({"OUTCOME", "RECORDS"});
        counts.add({{"processed", Style::good}, {std::to_string(report.processed)}});
        const auto add = [&](const char* name, std::int64_t count) {
            if (count > 0) counts.add({{name, Style::bad}, {std::to_string(count)}});
        };
        add("quarantined", report.quarantined);
        add("unfinished", report.unfinished);
        add("elsewhere", report.elsewhere);
        console_.out << counts.render(console_.colours, console_.width);
        console_.out << fmt::format("{} attempts, {} of them to be repeated, in {}\n",
                                    report.attempts,
                                    report.retried,
                                    format_duration(report.duration));
        Table failures({"RECORD", "OUTCOME", "ATTEMPTS", "ERROR"});
        std::size_t left_out = 0;
        std::size_t shown = 0;
        for (const auto& outcome : report.outcomes) {
            if (outcome.fate == records::Fate::processed) continue;
            if (++shown > failures_shown_max) {
                ++left_out;
                continue;
            }
            failures.add({{to_text(dynamo::to_plain_json(outcome.key))},
                          {std::string(to_string(outcome.fate)), Style::bad},
                          {std::to_string(outcome.attempts)},
                          {outcome.error ? outcome.error->message : ""}});
        }
        if (!failures.empty()) {
            console_.out << '\n' << failures.render(console_.colours, console_.width);
        }
        if (left_out > 0) console_.out << "and " << left_out << " more: --json lists all\n";
    }
    if (!ended_by.empty()) {
        console_.err << "error: the command cannot be run: " << printable(ended_by) << '\n';
    } else if (!report.complete) {
        console_.err << "stopped before all records were processed\n";
    }
    return report.complete && report.quarantined == 0 ? ExitCode::ok : ExitCode::failed;
}

}  // namespace carillon::cli
