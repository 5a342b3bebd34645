#include "schedules/schedule_scan.hpp"

#include "schedules/attributes.hpp"

#include <set>
#include <utility>

namespace carillon::schedules {
namespace {

/// A calendar is read once for the schedules of a tenant that name it; tenants come in turn, so few
/// are kept.
class CalendarCache {
public:
    CalendarCache(dynamo::Database& database, std::string table)
        : calendars_(database, std::move(table)) {}

    Task<Result<>> load(const Schedule& schedule) {
        if (tenant_ != schedule.tenant) {
            tenant_ = schedule.tenant;
            known_.by_key.clear();
            asked_.clear();
        }
        recurrence::CalendarSpec missing = schedule.spec.calendar;
        std::erase_if(missing.holidays, [&](const std::string& key) {
            return recurrence::find_holiday_code(key) != nullptr || asked_.contains(key);
        });
        if (missing.holidays.empty()) co_return Result<>{};
        CARILLON_CO_TRY(LoadedCalendars loaded, co_await calendars_.load(tenant_, missing));
        known_.by_key.merge(loaded.by_key);
        asked_.insert(missing.holidays.begin(), missing.holidays.end());
        co_return Result<>{};
    }

    [[nodiscard]] recurrence::OwnCalendars finder() const { return known_.finder(); }

private:
    Calendars calendars_;
    std::string tenant_{};
    LoadedCalendars known_{};
    std::set<std::string, std::less<>> asked_{};
};

bool is_schedule(const dynamo::Item& item) {
    return text_of(item, "sk").starts_with("s#");
}

Task<Result<dynamo::Page>> next_page(dynamo::Database& database,
                                     const ScanOptions& options,
                                     std::optional<dynamo::Item> start_key) {
    if (!options.tenant) {
        dynamo::ScanRequest scan;
        scan.table = options.tables.schedules;
        scan.start_key = std::move(start_key);
        scan.consistent = false;
        co_return co_await database.scan(std::move(scan));
    }
    dynamo::QueryRequest query;
    query.table = options.tables.schedules;
    query.key.hash = *options.tenant;
    query.key.sort = dynamo::SortCondition{dynamo::SortOperator::begins_with, "s#"};
    query.start_key = std::move(start_key);
    query.consistent = false;
    co_return co_await database.query(std::move(query));
}

}  // namespace

Task<Result<>> scan_schedules(dynamo::Database& database, ScanOptions options, EachSchedule each) {
    CalendarCache calendars(database, options.tables.schedules);
    std::optional<dynamo::Item> start_key;
    for (;;) {
        CARILLON_CO_TRY(dynamo::Page page, co_await next_page(database, options, start_key));
        for (const dynamo::Item& item : page.items) {
            if (!is_schedule(item)) continue;
            const auto stored = schedule_from_item(item);
            if (!stored) {
                if (options.unreadable) options.unreadable(stored.error());
                continue;
            }
            CARILLON_CO_TRY_VOID(co_await calendars.load(stored->schedule));
            CARILLON_CO_TRY_VOID(each(stored->schedule, calendars.finder()));
        }
        if (!page.last_key) co_return Result<>{};
        start_key = std::move(page.last_key);
    }
}

}  // namespace carillon::schedules
