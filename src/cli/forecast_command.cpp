#include "cli/forecast_command.hpp"

#include "cli/forecast_view.hpp"
#include "cli/table.hpp"
#include "cli/webhook_input.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

namespace carillon::cli {
namespace {

constexpr std::uint64_t warnings_max = 5;
constexpr std::size_t daylight_rows_max = 20;
constexpr std::uint64_t progress_every = 1'000;
constexpr std::chrono::days usual_span{1};

}  // namespace

Result<schedules::Forecast> Forecaster::make(const ForecastOptions& options, TimePoint now) {
    schedules::ForecastOptions out;
    CARILLON_TRY(out.from, read_when("--from", options.from, now));
    out.to = out.from + usual_span;
    if (options.to) {
        CARILLON_TRY(out.to, read_when("--to", *options.to, now));
    }
    if (options.step) {
        auto step = parse_duration(*options.step);
        if (!step) return invalid("--step", step.error().message);
        out.step = *step;
    }
    out.collisions_max = static_cast<std::size_t>(options.collisions);
    out.schedules_max = static_cast<std::size_t>(options.names);
    if (options.fires_max) out.fires_max = *options.fires_max;
    auto forecast = schedules::Forecast::make(out);
    if (forecast) return forecast;
    Error error = std::move(forecast).error();
    error.field = "--" + error.field;
    return std::unexpected(std::move(error));
}

void Forecaster::clear_progress() {
    if (shown_) console_.err << "\r\x1b[K" << std::flush;
    shown_ = false;
}

void Forecaster::show_progress(const char* doing, std::uint64_t done) {
    if (!progress_ || done % progress_every != 0) return;
    clear_progress();
    console_.err << fmt::format("{} {} schedules", doing, done) << std::flush;
    shown_ = true;
}

void Forecaster::warn(const schedules::Schedule* schedule, const Error& error) {
    if (++warned_ > warnings_max) return;
    clear_progress();
    const std::string what =
        schedule == nullptr
            ? error.message
            : fmt::format("{} ({}): {}", schedule->name, schedule->id, describe(error));
    console_.err << "warning: " << printable(what) << '\n';
    if (warned_ == warnings_max) console_.err << "warning: further ones are only counted\n";
}

void Forecaster::tell(const schedules::DaylightAnomaly& anomaly) {
    if (csv_.is_open()) csv_ << csv_row(anomaly);
    if (options_.json) {
        console_.out << (told_ == 0 ? "" : ",") << to_text(to_json(anomaly));
    } else if (first_told_.size() < daylight_rows_max) {
        first_told_.push_back(
            {format_instant(anomaly.note.at), anomaly.schedule.name, anomaly.note.text});
    }
    ++told_;
}

Task<Result<>> Forecaster::count(schedules::Forecast& forecast) {
    auto each = [&](const schedules::Schedule& schedule,
                    const recurrence::OwnCalendars& own) -> Result<> {
        const auto counted = forecast.count(
            schedule, own, [&](const schedules::DaylightAnomaly& anomaly) { tell(anomaly); });
        if (!counted && counted.error().code == Errc::too_large) {
            return fail(Errc::too_large,
                        counted.error().message +
                            ": choose an earlier --to or one --tenant, or allow more with "
                            "--max-fires");
        }
        if (!counted) warn(&schedule, counted.error());
        show_progress("counting:", forecast.totals().schedules);
        return {};
    };
    auto unreadable = [&](const Error& error) { warn(nullptr, error); };
    const auto done = co_await source_.read(each, unreadable);
    clear_progress();
    co_return done;
}

Task<Result<>> Forecaster::attribute(schedules::Forecast& forecast) {
    std::uint64_t seen = 0;
    auto each = [&](const schedules::Schedule& schedule,
                    const recurrence::OwnCalendars& own) -> Result<> {
        // What is wrong with it was said the first time.
        (void)forecast.attribute(schedule, own);
        show_progress("looking who meets:", ++seen);
        return {};
    };
    auto unreadable = [](const Error&) {};
    const auto done = co_await source_.read(each, unreadable);
    clear_progress();
    co_return done;
}

Task<Result<ExitCode>> Forecaster::run(TimePoint now) {
    CARILLON_CO_TRY(schedules::Forecast forecast, make(options_, now));
    if (options_.csv) {
        csv_.open(*options_.csv, std::ios::binary | std::ios::trunc);
        if (!csv_) co_return fail(Errc::invalid, "--csv: cannot write " + *options_.csv);
        csv_ << forecast_csv_heading;
    }
    // Anomalies can be as many as schedules, so they are told as they are found.
    if (options_.json) console_.out << "{\"daylight\":[";
    CARILLON_CO_TRY_VOID(co_await count(forecast));
    if (options_.json) console_.out << ']';
    forecast.rank();
    if (!forecast.collisions().empty()) CARILLON_CO_TRY_VOID(co_await attribute(forecast));
    if (csv_.is_open()) {
        write_csv(forecast, csv_);
        csv_.close();
        if (!csv_) co_return fail(Errc::unavailable, "--csv: cannot write " + *options_.csv);
    }
    const bool whole = forecast.totals().failed == 0 && warned_ == 0;
    const ExitCode code = whole ? ExitCode::ok : ExitCode::failed;
    if (options_.json) {
        write_json_members(forecast, console_.out);
        console_.out << "}\n";
        co_return code;
    }
    console_.out << forecast_text(forecast, console_);
    if (first_told_.empty()) co_return code;
    console_.out << "\nWhen the clocks change\n";
    Table table({"AT", "SCHEDULE", "WHAT"});
    for (const auto& row : first_told_) {
        table.add({{row[0], Style::dim}, {row[1]}, {row[2], Style::warning}});
    }
    console_.out << table.render(console_.colours, console_.width);
    if (told_ > first_told_.size()) {
        console_.out << fmt::format("{} more: --csv FILE and --json have all of them\n",
                                    told_ - first_told_.size());
    }
    co_return code;
}

}  // namespace carillon::cli
