// `carillon forecast`: what all schedules will do, before they do it.

#pragma once

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/schedule_source.hpp"
#include "schedules/forecast.hpp"

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace carillon::cli {

/// As typed.
struct ForecastOptions {
    std::string from = "now";         ///< As for read_when.
    std::optional<std::string> to{};  ///< The same; usual: a day after `from`.
    std::optional<std::string> step{};
    std::int64_t collisions = 10;
    std::int64_t names = 20;  ///< Schedules told of a collision.
    std::optional<std::uint64_t> fires_max{};
    std::optional<std::string> csv{};
    bool json = false;
};

/// Lives on the loop of its source. All references must outlive it.
class Forecaster {
public:
    /// `progress`: somebody watches standard error.
    Forecaster(ScheduleSource& source,
               Console& console,
               const ForecastOptions& options,
               bool progress)
        : source_(source), console_(console), options_(options), progress_(progress) {}

    [[nodiscard]] Task<Result<ExitCode>> run(TimePoint now);

    /// `usage` errors of the options, named by them.
    [[nodiscard]] static Result<schedules::Forecast> make(const ForecastOptions& options,
                                                          TimePoint now);

private:
    [[nodiscard]] Task<Result<>> count(schedules::Forecast& forecast);
    [[nodiscard]] Task<Result<>> attribute(schedules::Forecast& forecast);
    void tell(const schedules::DaylightAnomaly& anomaly);
    void warn(const schedules::Schedule* schedule, const Error& error);
    void show_progress(const char* doing, std::uint64_t done);
    void clear_progress();

    ScheduleSource& source_;
    Console& console_;
    const ForecastOptions& options_;
    bool progress_;
    bool shown_ = false;
    std::ofstream csv_{};
    std::uint64_t told_ = 0;
    std::uint64_t warned_ = 0;
    std::vector<std::vector<std::string>> first_told_{};
};

}  // namespace carillon::cli
