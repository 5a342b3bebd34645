// Why a schedule fires when it does, and what becomes of fires that go wrong: in sentences.

#include "cli/run_view.hpp"
#include "cli/schedule_view.hpp"
#include "cli/table.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

namespace carillon::cli {
namespace {

constexpr std::size_t name_columns = 14;

double number_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_number()) return 0;
    boost::system::error_code inexact;
    const auto number = value->to_number<double>(inexact);
    return inexact ? 0 : number;
}

std::string seconds_text(const json::object& policy, std::string_view key) {
    const double ms = std::round(number_of(policy, key) * 1'000);
    if (!(ms >= 0 && ms < 1e15)) return "?";
    return format_duration(Duration{static_cast<std::int64_t>(ms)});
}

std::string daylight_sentence(const json::object& schedule) {
    const json::object& daylight = object_member(schedule, "daylightSaving");
    const std::string skipped = text_member(daylight, "skipped");
    const std::string doubled = text_member(daylight, "doubled");
    if (skipped.empty() && doubled.empty()) {
        return "a time that the clock skips runs after the gap, one that it shows twice runs the "
               "first time; rules for every hour follow elapsed time";
    }
    std::string text;
    if (skipped == "skip") text = "a time that the clock skips is left out";
    if (skipped == "before") text = "a time that the clock skips runs before the gap";
    if (skipped == "after") text = "a time that the clock skips runs after the gap";
    if (!text.empty() && !doubled.empty()) text += "; ";
    if (doubled == "first") text += "one that it shows twice runs the first time";
    if (doubled == "last") text += "one that it shows twice runs the second time";
    if (doubled == "both") text += "one that it shows twice runs both times";
    return text;
}

/// Why nothing comes, or what comes next.
void add_next(Sheet& sheet, const Explained& facts, TimePoint now) {
    const std::string fault = text_member(facts.schedule, "fault");
    if (!fault.empty()) sheet.add("cannot fire", fault, Style::bad);
    const json::array& fires = array_member(facts.next, "fires");
    if (!is_true(facts.schedule, "enabled")) {
        sheet.add("next",
                  "nothing: it is paused. Instants that pass meanwhile are told in the ledger when "
                  "it is resumed, and do not run",
                  Style::warning);
        return;
    }
    if (fires.empty()) {
        sheet.add("next", "nothing: it has fired for the last time", Style::warning);
        return;
    }
    const json::object& first = as_object(fires.front());
    const auto at = parse_instant(text_member(first, "at"));
    sheet.add("next",
              text_member(first, "local") + (at ? " (" + relative(*at, now) + ")" : ""),
              Style::good);
    sheet.add("", text_member(first, "note"), Style::warning);
    const std::string run_at = text_member(first, "runAt");
    if (!run_at.empty()) sheet.add("", "with its jitter it runs at " + shorter(run_at));
    std::string rest;
    for (std::size_t i = 1; i < fires.size(); ++i) {
        rest += rest.empty() ? "" : ", ";
        rest += text_member(as_object(fires[i]), "local");
    }
    sheet.add("then", rest);
}

void add_catch_up(Sheet& sheet, const json::object& catch_up) {
    const std::int64_t count = number_member(catch_up, "count");
    if (count == 0) return;
    sheet.add("undecided",
              fmt::format("{} instants have passed that nobody has decided: if firing goes on now, "
                          "{} of them run{}",
                          count,
                          number_member(catch_up, "runs"),
                          is_true(catch_up, "more") ? ", and there are more" : ""),
              Style::warning);
}

Style style_of_outcome(std::string_view outcome) {
    if (outcome == "fired") return Style::good;
    return outcome == "skipped" ? Style::dim : Style::warning;
}

std::string why_of(const json::object& row) {
    const std::string reason = text_member(row, "reason");
    if (reason == "misfire") return "missed";
    if (reason == "overlap") return "the run before it had not ended";
    if (reason == "paused") return "it was paused";
    if (reason == "calendar") return "no business day, or a holiday";
    return reason;
}

std::string history(const Explained& facts, TimePoint now, const Console& console) {
    std::map<std::string, const json::object*, std::less<>> runs;
    for (const json::value& each : array_member(facts.runs, "data")) {
        const json::object& run = as_object(each);
        runs.emplace(text_member(run, "id"), &run);
    }
    Table table({"INSTANT", "AGO", "OUTCOME", "RUN", "LATE", "TOOK", "WHY"});
    for (const json::value& each : array_member(facts.ledger, "data")) {
        const json::object& row = as_object(each);
        const auto at = parse_instant(text_member(row, "at"));
        const std::string outcome = text_member(row, "outcome");
        const auto found = runs.find(text_member(row, "runId"));
        const json::object* run = found == runs.end() ? nullptr : found->second;
        std::string status;
        std::string late;
        std::string took;
        std::string why = why_of(row);
        if (run != nullptr) {
            status = text_member(*run, "status");
            late = measured(*run, "latencyMs");
            took = measured(*run, "durationMs");
            if (why.empty()) why = text_member(*run, "error");
        }
        table.add({{shorter(text_member(row, "at"))},
                   {at ? relative(*at, now) : "", Style::dim},
                   {outcome, style_of_outcome(outcome)},
                   {status, style_of_run(status)},
                   {late},
                   {took},
                   {why}});
    }
    return table.empty() ? std::string()
                         : "\nLast instants\n" + table.render(console.colours, console.width);
}

}  // namespace

std::string misfire_sentence(const json::object& policy) {
    const std::string misfire = text_member(policy, "misfire");
    std::string text = fmt::format("up to {} late it runs all the same; what is missed for longer ",
                                   seconds_text(policy, "misfireGraceSec"));
    if (misfire == "skip") return text + "does not run";
    if (misfire == "last") text += "runs once, for the latest";
    if (misfire == "all") text += "runs, all of it";
    if (misfire == "newest") {
        text += fmt::format("runs for the latest {}", number_member(policy, "misfireNewest"));
    }
    return text + fmt::format(", if not older than {}, at most {:g} a second",
                              seconds_text(policy, "catchUpWindowSec"),
                              number_of(policy, "catchUpPerSecond"));
}

std::string overlap_sentence(const json::object& policy) {
    const std::string overlap = text_member(policy, "overlap");
    if (overlap == "allow") return "the next one runs beside it";
    if (overlap == "skip") return "the next one does not run";
    if (overlap == "queue-one") return "the next one waits for its end, those behind it do not run";
    if (overlap == "queue-all") return "all wait, and run one after the other";
    if (overlap == "cancel") return "the next one takes its place";
    return overlap;
}

std::string retry_sentence(const json::object& policy) {
    const std::int64_t attempts = number_member(policy, "maxAttempts");
    if (attempts <= 1) {
        return fmt::format("it is not tried again; it may take {}",
                           seconds_text(policy, "timeoutSec"));
    }
    return fmt::format("up to {} attempts, {} apart at first and {} at most; each may take {}",
                       attempts,
                       seconds_text(policy, "backoffBaseSec"),
                       seconds_text(policy, "backoffMaxSec"),
                       seconds_text(policy, "timeoutSec"));
}

std::string explanation(const Explained& facts, TimePoint now, const Console& console) {
    const json::object& schedule = facts.schedule;
    const json::object& policy = object_member(schedule, "policy");
    Sheet sheet(console, name_columns);
    sheet.add("schedule", text_member(schedule, "name"), Style::bold);
    sheet.add("fires", text_member(facts.next, "description"));
    sheet.add("calls", target_text(schedule));
    add_next(sheet, facts, now);
    add_catch_up(sheet, facts.catch_up);
    sheet.add("clock changes", daylight_sentence(schedule));
    for (const json::value& note : array_member(facts.next, "daylightNotes")) {
        sheet.add("", text_member(as_object(note), "text"), Style::warning);
    }
    sheet.add("if down", misfire_sentence(policy));
    sheet.add("if running", overlap_sentence(policy));
    sheet.add("if it fails", retry_sentence(policy));
    return sheet.take() + history(facts, now, console);
}

}  // namespace carillon::cli
