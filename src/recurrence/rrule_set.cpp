#include "recurrence/rrule_set.hpp"

#include "core/text.hpp"
#include "recurrence/ical_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::recurrence {

struct RruleSet::Reader {
    const RruleDefaults& defaults;
    std::string field;
    RruleSet set{};

    [[nodiscard]] std::unexpected<Error> wrong(const std::string& message) const {
        return invalid(field, message);
    }

    /// A reading of the set's zone.
    [[nodiscard]] Local local_of_set(const IcalTime& time) const {
        return time.is_utc ? set.zone_.local_at(time.local) : time.local;
    }

    Result<> read_start(const ContentLine& line) {
        if (set.has_start_) return wrong("DTSTART appears a second time");
        auto time = parse_ical_time(line.value);
        if (!time) return wrong("DTSTART: " + time.error().message);
        const std::string_view tzid = line.parameter("TZID");
        if (time->is_utc) {
            if (!tzid.empty()) return wrong("DTSTART has both TZID and Z; one may name its zone");
            set.zone_ = Zone::utc();
        } else if (!tzid.empty()) {
            CARILLON_TRY(set.zone_, Zone::find(tzid, field));
        }
        set.start_ = time->local;
        set.has_start_ = true;
        return {};
    }

    Result<> read_rule(const ContentLine& line) {
        if (set.rules_.size() == rules_max) {
            return wrong(fmt::format("there are more than {} RRULEs", rules_max));
        }
        CARILLON_TRY(Rrule rule, Rrule::parse(line.value, field));
        set.rules_.push_back(std::move(rule));
        return {};
    }

    Result<> read_dates(const ContentLine& line, bool adds) {
        const std::string_view tzid = line.parameter("TZID");
        Zone zone = set.zone_;
        if (!tzid.empty()) {
            CARILLON_TRY(zone, Zone::find(tzid, field));
        }
        for (std::string_view item : split_list(line.value, ',')) {
            // Of a period (VALUE=PERIOD) its begin counts.
            item = trim(item.substr(0, item.find('/')));
            auto time = parse_ical_time(item);
            if (!time) return wrong(line.name + ": " + time.error().message);
            if (!tzid.empty() && !time->is_utc && zone != set.zone_) {
                time->local = zone.read(time->local).first;
                time->is_utc = true;
            }
            if (adds) {
                set.added_.push_back(local_of_set(*time));
            } else if (time->is_date) {
                set.removed_days_.push_back(day_of_local(time->local));
            } else {
                set.removed_.push_back(local_of_set(*time));
            }
            if (set.added_.size() + set.removed_count() > dates_max) {
                return wrong(fmt::format("there are more than {} dates", dates_max));
            }
        }
        return {};
    }

    Result<> read(std::string_view text) {
        set.zone_ = defaults.zone;
        const std::vector<ContentLine> lines = content_lines(text);
        for (const ContentLine& line : lines) {  // The zone first: other lines need it.
            if (line.name == "DTSTART") CARILLON_TRY_VOID(read_start(line));
        }
        if (!set.has_start_) set.start_ = set.zone_.local_at(defaults.created);
        for (const ContentLine& line : lines) CARILLON_TRY_VOID(read_line(line));
        if (set.rules_.empty()) {
            if (set.has_start_) set.added_.push_back(set.start_);
            if (set.added_.empty())
                return wrong("has no RRULE, RDATE or DTSTART: nothing to recur");
        }
        for (auto* list : {&set.added_, &set.removed_, &set.removed_days_}) {
            std::ranges::sort(*list);
            const auto [first, last] = std::ranges::unique(*list);
            list->erase(first, last);
        }
        for (Rrule& rule : set.rules_) {
            CARILLON_TRY_VOID(rule.bind(set.start_, end_of(rule), field));
        }
        return {};
    }

    Result<> read_line(const ContentLine& line) {
        if (line.name == "DTSTART") return {};
        if (line.name == "RRULE" || line.name.empty()) return read_rule(line);
        if (line.name == "RDATE") return read_dates(line, true);
        if (line.name == "EXDATE") return read_dates(line, false);
        if (line.name == "EXRULE") {
            return wrong("EXRULE was removed from RFC 5545; list the dates as EXDATE");
        }
        return wrong(line.name.substr(0, 20) + " is not one of DTSTART, RRULE, RDATE and EXDATE");
    }

    /// The last reading that UNTIL allows. A date stands for the whole day.
    [[nodiscard]] Local end_of(const Rrule& rule) const {
        if (!rule.until) return local_max;
        if (rule.until->is_date) return rule.until->local + seconds_per_day - 1;
        return local_of_set(*rule.until);
    }
};

Result<RruleSet> RruleSet::parse(std::string_view text,
                                 const RruleDefaults& defaults,
                                 std::string_view field) {
    if (text.size() > text_max) {
        return invalid(std::string(field), fmt::format("is longer than {} bytes", text_max));
    }
    if (trim(text).empty()) return invalid(std::string(field), "is empty");
    Reader reader{.defaults = defaults, .field = std::string(field)};
    CARILLON_TRY_VOID(reader.read(text));
    return std::move(reader.set);
}

bool RruleSet::every_hour() const {
    return !rules_.empty() &&
           std::ranges::all_of(rules_, [](const Rrule& rule) { return rule.every_hour(); });
}

bool RruleSet::is_removed(Local at) const {
    return std::ranges::binary_search(removed_, at) ||
           std::ranges::binary_search(removed_days_, day_of_local(at));
}

std::optional<Local> RruleSet::next(Local after, Budget& budget) const {
    while (budget.spend()) {
        std::optional<Local> best;
        for (const Rrule& rule : rules_) {
            const auto found = rule.next(after, budget);
            if (found && (!best || *found < *best)) best = found;
        }
        const auto date = std::ranges::upper_bound(added_, after);
        if (date != added_.end() && (!best || *date < *best)) best = *date;
        if (!best || !is_removed(*best)) return best;
        after = *best;
    }
    return std::nullopt;
}

std::optional<Local> RruleSet::previous(Local before, Budget& budget) const {
    while (budget.spend()) {
        std::optional<Local> best;
        for (const Rrule& rule : rules_) {
            const auto found = rule.previous(before, budget);
            if (found && (!best || *found > *best)) best = found;
        }
        const auto date = std::ranges::lower_bound(added_, before);
        if (date != added_.begin() && (!best || *std::prev(date) > *best)) best = *std::prev(date);
        if (!best || !is_removed(*best)) return best;
        before = *best;
    }
    return std::nullopt;
}

}  // namespace carillon::recurrence
