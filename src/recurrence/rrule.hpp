// One RRULE of RFC 5545 on wall-clock readings.
//
// YEARLY, MONTHLY and WEEKLY rules look at one period at a time: its days as a bit mask, its times
// as three bit sets, positions picked out of their product (rrule.cpp). DAILY to SECONDLY rules
// step over their grid and leap to the next day, hour or minute that the BY parts let pass
// (rrule_steps.cpp). No evaluation starts from DTSTART: the period is computed. Nothing allocates,
// and every period spends a step of the budget. rrule_reader.cpp reads the text; recurrence sets
// with RDATE and EXDATE are in rrule_set.hpp.

#pragma once

#include "core/result.hpp"
#include "recurrence/budget.hpp"
#include "recurrence/civil.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace carillon::recurrence {

enum class Frequency : std::uint8_t { secondly, minutely, hourly, daily, weekly, monthly, yearly };

/// A date, a local time or an instant as iCalendar writes them.
struct IcalTime {
    Local local = 0;       ///< The reading; midnight for a date.
    bool is_utc = false;   ///< It ended in Z: `local` is a reading of UTC.
    bool is_date = false;  ///< No time was given.

    bool operator==(const IcalTime&) const = default;
};

struct Rrule {
    /// Which BY parts were written (or derived from DTSTART by bind()).
    struct Has {
        bool months = false;
        bool weeks = false;
        bool year_days = false;
        bool days = false;
        bool weekdays = false;
        bool hours = false;
        bool minutes = false;
        bool seconds = false;

        bool operator==(const Has&) const = default;
    };

    Frequency frequency = Frequency::daily;
    std::int64_t interval = 1;
    std::optional<std::int64_t> count{};
    std::optional<IcalTime> until{};
    int week_start = 1;  ///< 0 is Sunday.

    Has has{};
    std::uint16_t months = 0;          ///< Bit 1 to 12.
    std::uint64_t weeks = 0;           ///< Bit 1 to 53.
    std::uint64_t weeks_from_end = 0;  ///< `-n`: bit n.
    std::array<std::uint64_t, 6> year_days{};
    std::array<std::uint64_t, 6> year_days_from_end{};
    std::uint32_t days = 0;
    std::uint32_t days_from_end = 0;
    std::uint8_t weekdays = 0;                    ///< Without a number: bit 0 is Sunday.
    std::array<std::uint64_t, 7> nth_weekdays{};  ///< `2MO`: bit 2 of [1].
    std::array<std::uint64_t, 7> nth_from_end{};  ///< `-1FR`: bit 1 of [5].
    std::uint32_t hours = 0;
    std::uint64_t minutes = 0;
    std::uint64_t seconds = 0;
    std::vector<int> positions{};  ///< BYSETPOS, sorted, without duplicates.

    Local start = 0;         ///< DTSTART.
    Local last = local_max;  ///< No reading is later: UNTIL and COUNT.

    bool operator==(const Rrule&) const = default;

    /// Reads `FREQ=...;...`. `invalid` names the part; its detail is TextMistake.
    [[nodiscard]] static Result<Rrule> parse(std::string_view text, std::string_view field);

    /// Fills what the rule leaves to its start, and limits it by `until` (a reading of the rule's
    /// own zone) and COUNT. Call once. `invalid` if the rule never fires, or if that or the COUNT
    /// cannot be found out within the budget.
    [[nodiscard]] Result<> bind(Local starts_at, Local ends_at, std::string_view field);

    [[nodiscard]] std::optional<Local> next(Local after, Budget& budget) const;
    [[nodiscard]] std::optional<Local> previous(Local before, Budget& budget) const;

    /// Whether it runs through all 24 hours of a day.
    [[nodiscard]] bool every_hour() const;

    [[nodiscard]] bool has_numbered_weekdays() const;

    /// Days of a month that BYMONTH, BYYEARDAY, BYMONTHDAY and BYDAY let pass: bits 1 to 31.
    [[nodiscard]] std::uint32_t allowed_days(int year, int month) const;

private:
    struct Days;
    struct Steps;

    [[nodiscard]] std::uint32_t numbered_days(int year, int month) const;
    [[nodiscard]] std::uint32_t month_days(int year, int month) const;
    [[nodiscard]] std::int64_t period_of(Local at) const;
    [[nodiscard]] bool load_period(std::int64_t index, Days& days) const;
    void load_week(Day begin, Days& days) const;
    void load_year(int year, Days& days) const;
    void keep_weeks(int year, Days& days) const;
    void keep_year_days(int year, Days& days) const;
    void keep_weekdays_of_year(int year, Days& days) const;
    [[nodiscard]] std::optional<Local> first_of(const Days& days, Local low) const;
    [[nodiscard]] std::optional<Local> last_of(const Days& days, Local high) const;
    [[nodiscard]] std::optional<Local> next_of_steps(Local low, Budget& budget) const;
    [[nodiscard]] std::optional<Local> previous_of_steps(Local high, Budget& budget) const;
};

}  // namespace carillon::recurrence
