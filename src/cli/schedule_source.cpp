#include "cli/schedule_source.hpp"

#include "cli/answer.hpp"
#include "net/http.hpp"

#include <array>
#include <utility>

namespace carillon::cli {
namespace {

/// What a person gives of a schedule; the rest of an answer is the server's.
constexpr std::array definition_members{"name",
                                        "description",
                                        "trigger",
                                        "tz",
                                        "daylightSaving",
                                        "calendar",
                                        "bounds",
                                        "jitter",
                                        "target",
                                        "payload",
                                        "policy",
                                        "enabled"};

std::optional<TimePoint> instant_member(const json::object& object, std::string_view key) {
    const auto at = parse_instant(text_member(object, key));
    return at ? std::optional(*at) : std::nullopt;
}

}  // namespace

Result<schedules::Schedule> schedule_from_answer(const json::value& answer) {
    const json::object* given = answer.if_object();
    if (given == nullptr) return fail(Errc::corrupt, "what was answered is no schedule");
    json::object definition;
    for (const char* name : definition_members) {
        if (const json::value* value = given->if_contains(name)) definition[name] = *value;
    }
    const std::string id = text_member(*given, "id");
    auto schedule = schedules::schedule_from_json(definition, "UTC");
    const auto created = instant_member(*given, "createdAt");
    if (!schedule || !created || id.empty()) {
        std::string why = "schedule " + id + " cannot be read";
        if (!schedule) why += ": " + describe(schedule.error());
        return fail(Errc::corrupt, std::move(why));
    }
    schedule->id = id;
    schedule->tenant = text_member(*given, "tenantId");
    schedule->created_at = *created;
    schedule->updated_at = instant_member(*given, "updatedAt").value_or(*created);
    schedule->next_fire_at = instant_member(*given, "nextFireAt");
    schedule->last_fire_at = instant_member(*given, "lastFireAt");
    schedule->version = number_member(*given, "version");
    schedule->spec.id = text_member(*given, "spread");
    if (schedule->spec.id.empty()) {
        schedule->spec.id = schedules::spread_of(schedule->tenant, schedule->name);
    }
    schedule->spec.created_at = *created;
    return schedule;
}

Task<Result<>> StoredSchedules::read(schedules::EachSchedule each,
                                     std::function<void(const Error&)> unreadable) {
    schedules::ScanOptions options;
    options.tenant = tenant_;
    options.unreadable = std::move(unreadable);
    co_return co_await schedules::scan_schedules(database_, std::move(options), std::move(each));
}

std::string ServedSchedules::path(std::string_view route) const {
    std::string out(route);
    if (!tenant_) return out;
    out += route.contains('?') ? "&tenantId=" : "?tenantId=";
    return out + net::percent_encode(*tenant_);
}

Task<Result<>> ServedSchedules::read_calendars() {
    CARILLON_CO_TRY(const json::value answer, co_await api_.call("GET", path("/calendars")));
    for (const json::value& each : array_member(as_object(answer), "data")) {
        const json::object* calendar = each.if_object();
        const json::value* days = calendar == nullptr ? nullptr : calendar->if_contains("holidays");
        if (days == nullptr || !days->is_array()) continue;
        std::vector<std::string> dates;
        for (const json::value& day : days->get_array()) {
            if (day.is_string()) dates.emplace_back(std::string_view(day.get_string()));
        }
        CARILLON_CO_TRY(recurrence::OwnCalendar own,
                        recurrence::OwnCalendar::from_dates(dates, "holidays"));
        const std::string key = text_member(*calendar, "key");
        calendars_.by_key.insert_or_assign(key, std::move(own));
        if (std::string code = text_member(*calendar, "holidaysCode"); !code.empty()) {
            codes_.insert_or_assign(key, std::move(code));
        }
    }
    co_return Result<>{};
}

Task<Result<>> ServedSchedules::read(schedules::EachSchedule each,
                                     std::function<void(const Error&)> unreadable) {
    CARILLON_CO_TRY_VOID(co_await read_calendars());
    std::string cursor;
    do {
        std::string page = path("/schedules?limit=100");
        if (!cursor.empty()) page += "&cursor=" + net::percent_encode(cursor);
        CARILLON_CO_TRY(const json::value answer, co_await api_.call("GET", std::move(page)));
        for (const json::value& one : array_member(as_object(answer), "data")) {
            auto schedule = schedule_from_answer(one);
            if (!schedule) {
                unreadable(schedule.error());
                continue;
            }
            // Holidays of several calendars are those of either.
            std::vector<std::string>& keys = schedule->spec.calendar.holidays;
            for (std::size_t i = keys.size(); i > 0; --i) {
                const auto code = codes_.find(keys[i - 1]);
                if (code != codes_.end()) keys.push_back(code->second);
            }
            CARILLON_CO_TRY_VOID(each(*schedule, calendars_.finder()));
        }
        cursor = answer.is_object() ? text_member(answer.get_object(), "nextCursor") : "";
    } while (!cursor.empty());
    co_return Result<>{};
}

}  // namespace carillon::cli
