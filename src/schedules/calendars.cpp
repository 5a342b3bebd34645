#include "schedules/calendars.hpp"

#include "core/json.hpp"
#include "core/json_reader.hpp"
#include "recurrence/ics.hpp"
#include "schedules/attributes.hpp"
#include "schedules/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::schedules {
namespace {

constexpr std::size_t holidays_max = 20'000;
/// An item of the store has at most 400 KB.
constexpr std::size_t days_most = 20'000;
constexpr int years_ahead = 20;
/// Of a code's holidays within an own calendar.
constexpr int first_year = 1990;
constexpr int last_year = 2120;

Result<CalendarEntry> entry_of(const dynamo::Item& item) {
    CARILLON_TRY(const boost::json::value json, parse_json(text_of(item, "calendar")));
    return calendar_from_json(json, 0);
}

bool is_good_key(std::string_view key) {
    return std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

std::unexpected<Error> no_such_calendar() {
    return std::unexpected(Error{Errc::not_found, "Calendar not found", "key"});
}

Result<recurrence::OwnCalendar> days_of(const CalendarEntry& entry) {
    CARILLON_TRY(recurrence::OwnCalendar days,
                 recurrence::OwnCalendar::from_dates(entry.holidays, "holidays"));
    const auto* code = recurrence::find_holiday_code(entry.code);
    if (code == nullptr) return days;
    for (int year = first_year; year <= last_year; ++year) {
        for (const auto& holiday : recurrence::holidays_of(*code, year)) {
            days.holidays.push_back(holiday.day);
        }
    }
    std::ranges::sort(days.holidays);
    const auto doubled = std::ranges::unique(days.holidays);
    days.holidays.erase(doubled.begin(), doubled.end());
    return days;
}

}  // namespace

std::string date_text(recurrence::Day day) {
    const std::chrono::sys_days date{std::chrono::days{day}};
    const std::chrono::year_month_day parts{date};
    return fmt::format("{:04}-{:02}-{:02}",
                       static_cast<int>(parts.year()),
                       static_cast<unsigned>(parts.month()),
                       static_cast<unsigned>(parts.day()));
}

Result<CalendarEntry> calendar_from_json(const boost::json::value& json, int year) {
    JsonReader reader(json);
    JsonFields body = reader.fields();
    CalendarEntry entry;
    entry.key = body.string("key", {.bytes_min = 1, .bytes_max = 64});
    entry.name = body.optional_string("name", {.bytes_max = 256}).value_or("");
    const auto dates = body.optional_strings("holidays", holidays_max, {.bytes_max = 10});
    const auto ics = body.optional_string("ics", {.bytes_max = 1'000'000});
    (void)body.optional_string("tenantId", {.bytes_min = 1, .bytes_max = tenant_bytes_max});
    entry.code =
        body.optional_string("holidaysCode", {.bytes_min = 1, .bytes_max = 64}).value_or("");
    if (!dates && !ics && entry.code.empty()) {
        body.reject("holidays", "must be given, or holidaysCode, or ics");
    }
    if (ics && (dates || !entry.code.empty())) {
        body.reject("ics", "cannot be given together with holidays or holidaysCode");
    }
    if (!is_good_key(entry.key)) {
        body.reject("key", "must have printable ASCII characters without spaces and #");
    }
    if (!entry.code.empty() && recurrence::find_holiday_code(entry.code) == nullptr) {
        body.reject("holidaysCode", "is none of the built-in codes");
    }
    CARILLON_TRY_VOID(reader.finish());
    if (recurrence::find_holiday_code(entry.key) != nullptr) {
        return invalid("key", "is a built-in code; choose another");
    }
    recurrence::OwnCalendar days;
    if (dates) {
        const std::vector<std::string> texts(dates->begin(), dates->end());
        CARILLON_TRY(days, recurrence::OwnCalendar::from_dates(texts, "holidays"));
    } else if (ics) {
        CARILLON_TRY(days, recurrence::read_ics(*ics, year + years_ahead));
    }
    if (days.holidays.size() > days_most) {
        return invalid(ics ? "ics" : "holidays",
                       fmt::format("must have at most {} days", days_most));
    }
    for (const recurrence::Day day : days.holidays) entry.holidays.push_back(date_text(day));
    return entry;
}

boost::json::object to_json(const CalendarEntry& entry) {
    boost::json::array days;
    for (const std::string& day : entry.holidays) days.emplace_back(day);
    boost::json::object out{
        {"key", entry.key}, {"name", entry.name}, {"holidays", std::move(days)}};
    if (!entry.code.empty()) out["holidaysCode"] = entry.code;
    return out;
}

recurrence::OwnCalendars LoadedCalendars::finder() const {
    return [this](std::string_view key) -> const recurrence::OwnCalendar* {
        const auto found = by_key.find(key);
        return found == by_key.end() ? nullptr : &found->second;
    };
}

Task<Result<LoadedCalendars>> Calendars::load(std::string tenant,
                                              const recurrence::CalendarSpec& spec) const {
    LoadedCalendars loaded;
    for (const std::string& key : spec.holidays) {
        if (recurrence::find_holiday_code(key) != nullptr) continue;
        auto entry = co_await get(tenant, key);
        if (!entry && entry.error().code == Errc::not_found) continue;
        if (!entry) co_return std::unexpected(std::move(entry).error());
        CARILLON_CO_TRY(recurrence::OwnCalendar days, days_of(*entry));
        loaded.by_key.emplace(key, std::move(days));
    }
    co_return loaded;
}

Task<Result<bool>> Calendars::put(std::string tenant, CalendarEntry entry) const {
    dynamo::PutRequest put;
    put.table = table_;
    put.item = calendar_key(tenant, entry.key);
    put.item.set("calendar", to_text(to_json(entry)));
    put.return_old = true;
    CARILLON_CO_TRY(const auto old, co_await database_.put_item(std::move(put)));
    co_return !old.has_value();
}

Task<Result<CalendarEntry>> Calendars::get(std::string tenant, std::string key) const {
    dynamo::GetRequest get{.table = table_, .key = calendar_key(tenant, key)};
    CARILLON_CO_TRY(const auto item, co_await database_.get_item(std::move(get)));
    if (!item) co_return no_such_calendar();
    co_return entry_of(*item);
}

Task<Result<std::vector<CalendarEntry>>> Calendars::list(std::string tenant) const {
    std::vector<CalendarEntry> all;
    dynamo::QueryRequest query;
    query.table = table_;
    query.key.hash = tenant;
    query.key.sort = dynamo::SortCondition{dynamo::SortOperator::begins_with, "c#"};
    for (;;) {
        dynamo::QueryRequest next = query;
        CARILLON_CO_TRY(const dynamo::Page page, co_await database_.query(std::move(next)));
        for (const dynamo::Item& item : page.items) {
            CARILLON_CO_TRY(CalendarEntry entry, entry_of(item));
            all.push_back(std::move(entry));
        }
        if (!page.last_key) co_return all;
        query.start_key = page.last_key;
    }
}

Task<Result<>> Calendars::remove(std::string tenant, std::string key) const {
    dynamo::DeleteRequest request{
        .table = table_, .key = calendar_key(tenant, key), .return_old = true};
    CARILLON_CO_TRY(const auto old, co_await database_.delete_item(std::move(request)));
    if (!old) co_return no_such_calendar();
    co_return Result<>{};
}

}  // namespace carillon::schedules
