// Calendars of a tenant's own: days that are no business days, by key.

#pragma once

#include "dynamo/database.hpp"
#include "recurrence/recurrence.hpp"
#include "runtime/loop.hpp"

#include <map>
#include <string>
#include <vector>

namespace carillon::schedules {

struct CalendarEntry {
    std::string key;  ///< As schedules name it: `DE-BY-AGRI`. Not one of the built-in codes.
    std::string name{};
    std::vector<std::string> holidays{};  ///< `2026-12-24`, sorted.
    std::string code{};  ///< A built-in code (`DE-BY`) whose holidays are among them in every year.
    bool operator==(const CalendarEntry&) const = default;
};

/// `{key, name?, holidays?: [dates], holidaysCode?: code, ics?: text}`: at least one of the last
/// three, and the file alone. Its repetitions are kept up to 20 years behind `year`.
[[nodiscard]] Result<CalendarEntry> calendar_from_json(const boost::json::value& json, int year);
[[nodiscard]] boost::json::object to_json(const CalendarEntry& entry);
/// `2026-12-24`.
[[nodiscard]] std::string date_text(recurrence::Day day);

/// Own calendars that a spec names, loaded. Keep it while the spec is compiled.
class LoadedCalendars {
public:
    [[nodiscard]] recurrence::OwnCalendars finder() const;
    std::map<std::string, recurrence::OwnCalendar, std::less<>> by_key{};
};

/// Lives on one loop; the database must outlive it.
class Calendars {
public:
    Calendars(dynamo::Database& database, std::string table)
        : database_(database), table_(std::move(table)) {}

    /// Those that `spec` names and that exist; the rest is for compiling to refuse.
    [[nodiscard]] Task<Result<LoadedCalendars>> load(std::string tenant,
                                                     const recurrence::CalendarSpec& spec) const;
    /// Whether there was none of that key before.
    [[nodiscard]] Task<Result<bool>> put(std::string tenant, CalendarEntry entry) const;
    [[nodiscard]] Task<Result<CalendarEntry>> get(std::string tenant, std::string key) const;
    [[nodiscard]] Task<Result<std::vector<CalendarEntry>>> list(std::string tenant) const;
    /// not_found when there is none.
    [[nodiscard]] Task<Result<>> remove(std::string tenant, std::string key) const;

private:
    dynamo::Database& database_;
    std::string table_;
};

}  // namespace carillon::schedules
