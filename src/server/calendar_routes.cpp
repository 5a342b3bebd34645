#include "server/calendar_routes.hpp"

#include "recurrence/holidays.hpp"
#include "server/fields.hpp"
#include "server/problem.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace carillon::server {
namespace {

/// The days of a built-in code in one year.
json::object to_json(const recurrence::HolidayCode& code, int year) {
    json::array days;
    json::array dates;
    for (const recurrence::Holiday& holiday : recurrence::holidays_of(code, year)) {
        const std::string date = schedules::date_text(holiday.day);
        days.push_back(json::object{
            {"date", date}, {"name", holiday.name}, {"substitute", holiday.is_substitute}});
        dates.emplace_back(date);
    }
    return {{"key", code.code},
            {"name", code.name},
            {"builtIn", true},
            {"year", year},
            {"days", std::move(days)},
            {"holidays", std::move(dates)}};
}

}  // namespace

std::vector<Route> CalendarRoutes::routes() {
    constexpr std::string_view one = "/calendars/{key}";
    return {
        {.method = "GET",
         .path = "/calendars",
         .operation = "listCalendars",
         .summary = "The tenant's own calendars, and the codes of those that are built in",
         .handler = [this](Call& call) { return list(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id"},
         .answers = {{200, "All of them", "Calendars"}}},
        {.method = "POST",
         .path = "/calendars",
         .operation = "putCalendar",
         .summary = "Make a calendar, or replace it: days off from a list, a built-in code with "
                    "further days, or an .ics file",
         .handler = [this](Call& call) { return put(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id"},
         .body = BodyUse::required,
         .body_schema = "NewCalendar",
         .answers = {{201, "The calendar", "Calendar"}, {200, "It was replaced", "Calendar"}}},
        {.method = "GET",
         .path = one,
         .operation = "getCalendar",
         .summary = "Read one calendar, or the days of a built-in code in one year",
         .handler = [this](Call& call) { return get(call); },
         .query = {tenant_parameter(),
                   {.name = "year",
                    .kind = ParameterKind::integer,
                    .description = "Of a built-in code; this year if left out",
                    .min = 1900,
                    .max = 2200}},
         .headers = {"X-Tenant-Id"},
         .answers = {{200, "The calendar", "Calendar"}}},
        {.method = "DELETE",
         .path = one,
         .operation = "deleteCalendar",
         .summary = "Delete a calendar that no schedule uses",
         .handler = [this](Call& call) { return remove(call); },
         .query = {tenant_parameter(),
                   {.name = "force",
                    .kind = ParameterKind::boolean,
                    .description = "Also if schedules use it, which then cannot fire"}},
         .headers = {"X-Tenant-Id"},
         .answers = {{204, "It is gone"}}},
    };
}

int CalendarRoutes::this_year() const {
    const auto today = std::chrono::floor<std::chrono::days>(loop_.now());
    return static_cast<int>(std::chrono::year_month_day{today}.year());
}

CalendarRoutes::Response CalendarRoutes::list(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto entries = co_await service_.calendars().list(*std::move(tenant));
    if (!entries) co_return std::unexpected(std::move(entries).error());
    json::array data;
    for (const schedules::CalendarEntry& entry : *entries) {
        data.push_back(schedules::to_json(entry));
    }
    json::array codes;
    for (const recurrence::HolidayCode& code : recurrence::holiday_codes()) {
        codes.push_back(json::object{{"code", code.code}, {"name", code.name}});
    }
    co_return json_response(200,
                            json::object{{"data", std::move(data)}, {"codes", std::move(codes)}});
}

CalendarRoutes::Response CalendarRoutes::get(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    const auto year = call.query.integer("year");
    if (const auto* code = recurrence::find_holiday_code(call.path[0])) {
        const int asked = year ? static_cast<int>(*year) : this_year();
        co_return json_response(200, to_json(*code, asked));
    }
    if (year) co_return invalid("year", "is only for built-in codes");
    auto entry = co_await service_.calendars().get(*std::move(tenant), call.path[0]);
    if (!entry) co_return std::unexpected(std::move(entry).error());
    co_return json_response(200, schedules::to_json(*entry));
}

CalendarRoutes::Response CalendarRoutes::put(Call& call) {
    auto tenant = tenant_of(call, true);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto entry = schedules::calendar_from_json(call.body, this_year());
    if (!entry) co_return std::unexpected(std::move(entry).error());
    schedules::CalendarEntry stored = *entry;
    auto is_new = co_await service_.calendars().put(*std::move(tenant), std::move(stored));
    if (!is_new) co_return std::unexpected(std::move(is_new).error());
    auto response = json_response(*is_new ? 201 : 200, schedules::to_json(*entry));
    response.headers.add("Location", "/calendars/" + net::percent_encode(entry->key));
    co_return response;
}

CalendarRoutes::Response CalendarRoutes::remove(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    if (recurrence::find_holiday_code(call.path[0]) != nullptr) {
        co_return invalid("key", "is a built-in code, which stays");
    }
    const bool force = call.query.boolean("force").value_or(false);
    auto done = co_await service_.remove_calendar(*std::move(tenant), call.path[0], force);
    if (!done) co_return std::unexpected(std::move(done).error());
    net::ServerResponse response;
    response.status = 204;
    co_return response;
}

}  // namespace carillon::server
