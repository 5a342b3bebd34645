// Where commands read all schedules from: a store that lies still, or a running server.

#pragma once

#include "cli/api.hpp"
#include "schedules/schedule_scan.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace carillon::cli {

/// Reads all of them from the beginning at every call. Lives on one loop.
class ScheduleSource {
public:
    ScheduleSource() = default;
    ScheduleSource(const ScheduleSource&) = delete;
    ScheduleSource& operator=(const ScheduleSource&) = delete;
    virtual ~ScheduleSource() = default;

    /// `unreadable` is told of those that make no sense, which are passed over.
    [[nodiscard]] virtual Task<Result<>> read(schedules::EachSchedule each,
                                              std::function<void(const Error&)> unreadable) = 0;
};

/// The database must outlive it.
class StoredSchedules final : public ScheduleSource {
public:
    StoredSchedules(dynamo::Database& database, std::optional<std::string> tenant)
        : database_(database), tenant_(std::move(tenant)) {}

    [[nodiscard]] Task<Result<>> read(schedules::EachSchedule each,
                                      std::function<void(const Error&)> unreadable) override;

private:
    dynamo::Database& database_;
    std::optional<std::string> tenant_;
};

/// Those of one tenant, page by page over REST. The Api must outlive it.
class ServedSchedules final : public ScheduleSource {
public:
    ServedSchedules(Api& api, std::optional<std::string> tenant)
        : api_(api), tenant_(std::move(tenant)) {}

    [[nodiscard]] Task<Result<>> read(schedules::EachSchedule each,
                                      std::function<void(const Error&)> unreadable) override;

private:
    [[nodiscard]] std::string path(std::string_view route) const;
    [[nodiscard]] Task<Result<>> read_calendars();

    Api& api_;
    std::optional<std::string> tenant_;
    schedules::LoadedCalendars calendars_{};
    /// Built-in codes whose holidays an own calendar has beside its own.
    std::map<std::string, std::string, std::less<>> codes_{};
};

/// A schedule as REST shows it. `corrupt` when it is none.
[[nodiscard]] Result<schedules::Schedule> schedule_from_answer(const json::value& answer);

}  // namespace carillon::cli
