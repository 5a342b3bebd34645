#include "cli/forecast_view.hpp"

#include "cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <utility>

namespace carillon::cli {
namespace {

using schedules::Collision;
using schedules::DaylightAnomaly;
using schedules::Forecast;

constexpr std::size_t load_rows_max = 31;
constexpr std::size_t names_shown = 3;
constexpr std::size_t bar_columns = 20;
constexpr std::string_view line_end = "\r\n";

std::string plural(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// A row of the load for people: several steps.
struct Load {
    TimePoint at{};
    std::uint64_t fires = 0;
    std::uint32_t peak = 0;
    TimePoint peak_at{};
};

/// How long a row is, so that they are not too many.
Duration row_length(const Forecast& forecast) {
    using namespace std::chrono_literals;
    constexpr std::array<Duration, 13> lengths{
        1s, 10s, 1min, 5min, 15min, 1h, 3h, 6h, 12h, 24h, 24h * 7, 24h * 30, 24h * 365};
    const Duration span = forecast.to() - forecast.from();
    for (const Duration length : lengths) {
        const auto rows = static_cast<std::size_t>(span / length) + 1;
        if (length >= forecast.step() && rows <= load_rows_max) return length;
    }
    return std::max(span / static_cast<std::int64_t>(load_rows_max) + 1s, forecast.step());
}

std::vector<Load> load_rows(const Forecast& forecast) {
    const std::int64_t length = row_length(forecast).count();
    std::vector<Load> rows;
    for (std::size_t i = 0; i < forecast.load().size(); ++i) {
        const TimePoint at = forecast.begin_of(i);
        const TimePoint row_at =
            from_epoch_ms(recurrence::floor_div(to_epoch_ms(at), length) * length);
        if (rows.empty() || rows.back().at != row_at) rows.push_back({.at = row_at});
        Load& row = rows.back();
        row.fires += forecast.load()[i];
        if (forecast.load()[i] > row.peak) {
            row.peak = forecast.load()[i];
            row.peak_at = at;
        }
    }
    return rows;
}

std::string names_of(const Collision& collision) {
    std::string names;
    const std::size_t shown = std::min(names_shown, collision.members.size());
    for (std::size_t i = 0; i < shown; ++i) {
        const Collision::Member& member = collision.members[i];
        if (!names.empty()) names += ", ";
        names += member.name;
        if (member.fires > 1) names += fmt::format(" ({} times)", member.fires);
    }
    if (collision.schedules > shown) {
        names += fmt::format("{}{} more", shown == 0 ? "" : ", and ", collision.schedules - shown);
    }
    return names;
}

std::string totals_text(const Forecast& forecast) {
    const schedules::ForecastTotals& totals = forecast.totals();
    std::string text = fmt::format("{} to {}: {} of {}\n",
                                   format_instant(forecast.from()),
                                   format_instant(forecast.to()),
                                   plural(totals.fires, "fire"),
                                   plural(totals.schedules, "schedule"));
    const auto add = [&](std::uint64_t count, std::string_view what) {
        if (count > 0) text += fmt::format("  {} {}\n", count, what);
    };
    add(totals.schedules - totals.firing - totals.disabled - totals.failed,
        "do not fire in this time");
    add(totals.disabled, "are paused");
    add(totals.failed, "cannot be evaluated");
    add(totals.estimated, "count from the end of their runs: followed as if these took no time");
    return text;
}

json::array members_json(const Collision& collision) {
    json::array members;
    for (const Collision::Member& member : collision.members) {
        members.emplace_back(json::object{{"tenantId", member.tenant},
                                          {"id", member.id},
                                          {"name", member.name},
                                          {"fires", member.fires}});
    }
    return members;
}

}  // namespace

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

std::string csv_row(const DaylightAnomaly& anomaly) {
    const schedules::Schedule& schedule = anomaly.schedule;
    return fmt::format("daylight,{},{},{},{},{},{}{}",
                       format_instant(anomaly.note.at),
                       anomaly.note.fires,
                       csv_field(schedule.tenant),
                       csv_field(schedule.id),
                       csv_field(schedule.name),
                       csv_field(anomaly.note.text),
                       line_end);
}

void write_csv(const Forecast& forecast, std::ostream& out) {
    for (std::size_t i = 0; i < forecast.load().size(); ++i) {
        if (forecast.load()[i] == 0) continue;
        out << "load," << format_instant(forecast.begin_of(i)) << ',' << forecast.load()[i]
            << ",,,," << line_end;
    }
    for (const Collision& collision : forecast.collisions()) {
        const std::string at = format_instant(collision.at);
        for (const Collision::Member& member : collision.members) {
            out << fmt::format("collision,{},{},{},{},{},{}{}",
                               at,
                               member.fires,
                               csv_field(member.tenant),
                               csv_field(member.id),
                               csv_field(member.name),
                               csv_field(fmt::format("one of {} with {} together",
                                                     plural(collision.schedules, "schedule"),
                                                     plural(collision.fires, "fire"))),
                               line_end);
        }
    }
}

json::object to_json(const DaylightAnomaly& anomaly) {
    return {{"at", format_instant(anomaly.note.at)},
            {"kind", anomaly.note.doubled ? "doubled" : "skipped"},
            {"fires", anomaly.note.fires},
            {"tenantId", anomaly.schedule.tenant},
            {"id", anomaly.schedule.id},
            {"name", anomaly.schedule.name},
            {"text", anomaly.note.text}};
}

void write_json_members(const Forecast& forecast, std::ostream& out) {
    out << ",\"load\":[";
    const char* comma = "";
    for (std::size_t i = 0; i < forecast.load().size(); ++i) {
        if (forecast.load()[i] == 0) continue;
        out << comma << R"({"at":")" << format_instant(forecast.begin_of(i)) << R"(","fires":)"
            << forecast.load()[i] << '}';
        comma = ",";
    }
    out << "],\"collisions\":[";
    comma = "";
    for (const Collision& collision : forecast.collisions()) {
        const json::object one{{"at", format_instant(collision.at)},
                               {"fires", collision.fires},
                               {"schedules", collision.schedules},
                               {"members", members_json(collision)}};
        out << comma << to_text(one);
        comma = ",";
    }
    const schedules::ForecastTotals& totals = forecast.totals();
    const json::object rest{{"schedules", totals.schedules},
                            {"firing", totals.firing},
                            {"disabled", totals.disabled},
                            {"estimated", totals.estimated},
                            {"failed", totals.failed},
                            {"fires", totals.fires},
                            {"skippedReadings", totals.skipped_readings},
                            {"doubledReadings", totals.doubled_readings}};
    out << "],\"from\":\"" << format_instant(forecast.from()) << "\",\"to\":\""
        << format_instant(forecast.to()) << "\",\"step\":\"" << format_duration(forecast.step())
        << "\",\"totals\":" << to_text(rest);
}

std::string forecast_text(const Forecast& forecast, const Console& console) {
    std::string text = totals_text(forecast);
    if (forecast.totals().fires == 0) return text;
    const std::vector<Load> rows = load_rows(forecast);
    std::uint64_t most = 1;
    for (const Load& row : rows) most = std::max(most, row.fires);
    const std::string per = format_duration(forecast.step());
    Table load({"FROM", "FIRES", "PEAK IN " + per, "PEAK AT", ""});
    for (const Load& row : rows) {
        const std::size_t bar = (row.fires * bar_columns + most - 1) / most;
        load.add({{format_instant(row.at)},
                  {std::to_string(row.fires)},
                  {std::to_string(row.peak)},
                  {row.peak == 0 ? "" : format_instant(row.peak_at), Style::dim},
                  {std::string(bar, '#')}});
    }
    text += "\nLoad\n" + load.render(console.colours, console.width);
    if (forecast.collisions().empty()) return text;
    Table worst({"AT", "FIRES", "SCHEDULES", "WHICH"});
    for (const Collision& collision : forecast.collisions()) {
        worst.add({{format_instant(collision.at)},
                   {std::to_string(collision.fires), Style::warning},
                   {std::to_string(collision.schedules)},
                   {names_of(collision)}});
    }
    return text + "\nWorst collisions\n" + worst.render(console.colours, console.width);
}

}  // namespace carillon::cli
