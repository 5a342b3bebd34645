#include "cli/cron_command.hpp"

#include "cli/rule_text.hpp"
#include "cli/table.hpp"
#include "cli/webhook_input.hpp"
#include "core/text.hpp"
#include "recurrence/recurrence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

namespace carillon::cli {
namespace {

using recurrence::Recurrence;

/// The same spec as the REST interface takes, so that it is judged in the same way.
json::value document_of(const CronOptions& options, TimePoint now) {
    return spec_of({.rule = options.rule,
                    .tz = options.tz,
                    .skipped = options.skipped,
                    .doubled = options.doubled,
                    .holidays = options.holidays,
                    .business_days = options.business_days,
                    .roll = options.roll},
                   now);
}

Result<Recurrence> compile(const CronOptions& options, TimePoint created_at) {
    const json::value document = document_of(options, created_at);
    JsonReader reader(document);
    JsonFields fields = reader.fields();
    recurrence::Spec spec = recurrence::read_spec(fields);
    CARILLON_TRY_VOID(reader.finish());
    spec.created_at = created_at;
    spec.id = options.seed;
    return Recurrence::compile(spec);
}

/// The option that a field of the spec came from.
std::string_view option_of(std::string_view field) {
    if (field.starts_with("trigger")) return "";
    if (field == "tz") return "--tz: ";
    if (field.starts_with("calendar.holidays")) return "--holidays: ";
    if (field.starts_with("calendar.roll")) return "--roll: ";
    if (field == "daylightSaving.skipped") return "--skipped: ";
    return field == "daylightSaving.doubled" ? "--doubled: " : "";
}

/// The message, and a mark under the place in the rule.
void show_error(const Error& error, const CronOptions& options, Console& console) {
    console.err << "error: " << option_of(error.field) << printable(error.message) << '\n';
    const auto* at = dynamic_cast<const recurrence::TextMistake*>(error.detail.get());
    const std::string rule(trim(options.rule));
    // A mark needs one column a byte, and the mistake in the text as it was typed.
    const bool is_plain = std::ranges::all_of(rule, [](char c) { return c >= ' ' && c <= '~'; });
    if (at == nullptr || !is_plain || at->position >= rule.size() || at->length == 0 ||
        trigger_of(options.rule, TimePoint{})["type"] != "CRON") {
        return;
    }
    const std::size_t length = std::min(at->length, rule.size() - at->position);
    console.err << "  " << rule << "\n  " << std::string(at->position, ' ')
                << std::string(length, '^') << '\n';
}

std::string_view weekday_of(const Recurrence& rule, TimePoint at) {
    constexpr std::string_view names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    const auto second = recurrence::floor_div(to_epoch_ms(at), 1'000);
    return names[recurrence::weekday_of(recurrence::day_of_local(rule.zone().local_at(second)))];
}

void show_json(const Recurrence& rule, const std::vector<TimePoint>& fires, Console& console) {
    json::array list;
    for (const TimePoint at : fires) {
        json::object fire{{"at", format_instant(at)}, {"local", rule.local_text(at)}};
        if (const auto note = rule.daylight_note(at)) fire["note"] = *note;
        list.emplace_back(std::move(fire));
    }
    const json::object answer{
        {"description", rule.describe()}, {"tz", rule.zone().name()}, {"next", std::move(list)}};
    console.out << to_text(answer) << '\n';
}

void show_table(const Recurrence& rule, const std::vector<TimePoint>& fires, Console& console) {
    console.out << printable(rule.describe()) << '\n';
    if (fires.empty()) {
        console.out << "It does not fire again.\n";
        return;
    }
    console.out << '\n';
    const bool has_notes = std::ranges::any_of(
        fires, [&](TimePoint at) { return rule.daylight_note(at).has_value(); });
    std::vector<std::string> headings{"LOCAL TIME", "DAY", "UTC"};
    if (has_notes) headings.emplace_back("NOTE");
    Table table(std::move(headings));
    for (const TimePoint at : fires) {
        std::vector<Cell> row{{rule.local_text(at)},
                              {std::string(weekday_of(rule, at))},
                              {format_instant(at), Style::dim}};
        if (has_notes) row.push_back({rule.daylight_note(at).value_or(""), Style::warning});
        table.add(std::move(row));
    }
    console.out << table.render(console.colours, console.width);
}

}  // namespace

ExitCode explain_cron(const CronOptions& options, Console& console, TimePoint now) {
    TimePoint from = now;
    if (options.from) {
        const auto when = read_when("--from", *options.from, now);
        if (!when) {
            console.err << "error: " << when.error().field << ": "
                        << printable(when.error().message) << '\n';
            return ExitCode::usage;
        }
        from = *when;
    }
    const auto rule = compile(options, from);
    if (!rule) {
        show_error(rule.error(), options, console);
        return ExitCode::usage;
    }
    const auto fires = rule->between(
        from + Duration(1), TimePoint::max(), static_cast<std::size_t>(options.count));
    if (!fires) {
        show_error(fires.error(), options, console);
        return ExitCode::failed;
    }
    options.json ? show_json(*rule, *fires, console) : show_table(*rule, *fires, console);
    return ExitCode::ok;
}

}  // namespace carillon::cli
