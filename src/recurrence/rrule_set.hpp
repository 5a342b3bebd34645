// A recurrence set as iCalendar writes it: DTSTART, RRULE, RDATE and EXDATE.
//
// Separate from rrule.hpp because here zones come in: UNTIL and dates may be given in UTC, and a
// TZID decides in which zone all readings are. Evaluated like any other wall-clock rule.

#pragma once

#include "recurrence/rrule.hpp"
#include "recurrence/zone.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace carillon::recurrence {

struct RruleDefaults {
    /// The zone of readings without TZID and Z.
    Zone zone{};
    /// Where a rule without DTSTART starts.
    Second created = 0;
};

class RruleSet {
public:
    static constexpr std::size_t text_max = 200'000;
    static constexpr std::size_t dates_max = 10'000;
    static constexpr std::size_t rules_max = 8;

    /// Reads content lines, or one bare `FREQ=...`. `invalid` with `field` names the line and part.
    [[nodiscard]] static Result<RruleSet> parse(std::string_view text,
                                                const RruleDefaults& defaults,
                                                std::string_view field = "rrule");

    /// The zone of its readings: TZID of DTSTART, UTC if that ends in Z, else the default.
    [[nodiscard]] const Zone& zone() const { return zone_; }

    [[nodiscard]] Local start() const { return start_; }

    [[nodiscard]] bool has_start() const { return has_start_; }

    [[nodiscard]] const std::vector<Rrule>& rules() const { return rules_; }

    [[nodiscard]] const std::vector<Local>& added() const { return added_; }

    [[nodiscard]] std::size_t removed_count() const {
        return removed_.size() + removed_days_.size();
    }

    /// Whether all its rules run through the 24 hours of a day.
    [[nodiscard]] bool every_hour() const;

    [[nodiscard]] std::optional<Local> next(Local after, Budget& budget) const;
    [[nodiscard]] std::optional<Local> previous(Local before, Budget& budget) const;

private:
    struct Reader;

    [[nodiscard]] bool is_removed(Local at) const;

    Zone zone_{};
    Local start_ = 0;
    bool has_start_ = false;
    std::vector<Rrule> rules_{};
    std::vector<Local> added_{};       // Sorted: RDATE, and DTSTART if there is no rule.
    std::vector<Local> removed_{};     // Sorted: EXDATE with times.
    std::vector<Day> removed_days_{};  // Sorted: EXDATE without.
};

}  // namespace carillon::recurrence
