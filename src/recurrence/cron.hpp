// Cron expressions of five, six and seven fields, compiled to bit sets.
//
// The rule knows wall-clock readings only; zones and daylight saving are added by daylight.hpp.
// Evaluation allocates nothing and looks at no more than 400 years of months. The dialect is
// described in docs/recurrence.md; cron_reader.cpp reads it, describe_cron.cpp says it in English.

#pragma once

#include "core/result.hpp"
#include "recurrence/budget.hpp"
#include "recurrence/civil.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::recurrence {

/// Where in a text a mistake is: bytes from `position`, `length` of them.
struct TextMistake final : ErrorDetail {
    std::size_t position = 0;
    std::size_t length = 0;
};

struct CronOptions {
    /// What `H` is spread by, usually the schedule's id. Without it `H` is refused.
    std::string_view hash_seed{};
    /// Names the input in errors.
    std::string_view field = "cron";
};

/// A compiled expression: a plain value without pointers.
struct Cron {
    static constexpr int first_year = 1970;
    static constexpr int last_year = 2199;

    std::uint64_t seconds = 1;          ///< Bit 0 to 59.
    std::uint64_t minutes = 0;          ///< Bit 0 to 59.
    std::uint32_t hours = 0;            ///< Bit 0 to 23.
    std::uint32_t days = 0;             ///< Bit 1 to 31.
    std::uint32_t from_last = 0;        ///< `L-n`: bit n; `L`: bit 0.
    std::uint32_t nearest = 0;          ///< `nW`: bit n.
    std::uint32_t nearest_last = 0;     ///< `L-nW`: bit n; `LW`: bit 0.
    std::uint16_t months = 0;           ///< Bit 1 to 12.
    std::uint8_t weekdays = 0;          ///< Bit 0 (Sunday) to 6.
    std::array<std::uint8_t, 6> nth{};  ///< `d#k`: bit d of nth[k]; `dL`: bit d of nth[0].
    bool days_free = false;  ///< The field begins with `*` or is `?`: it does not widen the other.
    bool weekdays_free = false;  ///< The same for the days of the week.
    bool has_years = false;
    std::array<std::uint64_t, 4> years{};  ///< Bit y - first_year.

    bool operator==(const Cron&) const = default;

    /// Reads an expression of 5 to 7 fields or a macro such as `@daily` (not `@every`: that is an
    /// interval). `invalid` tells the field, the character and what is allowed; its detail is
    /// TextMistake. An expression that can never fire is refused too.
    [[nodiscard]] static Result<Cron> parse(std::string_view text, const CronOptions& options = {});

    /// The first reading later than `after`, up to the end of 9999.
    [[nodiscard]] std::optional<Local> next(Local after) const;

    [[nodiscard]] std::optional<Local> next(Local after, Budget& /*unused*/) const {
        return next(after);
    }

    /// The last reading earlier than `before`, back to the year 1.
    [[nodiscard]] std::optional<Local> previous(Local before) const;

    [[nodiscard]] std::optional<Local> previous(Local before, Budget& /*unused*/) const {
        return previous(before);
    }

    /// Whether it runs in each of the 24 hours.
    [[nodiscard]] bool every_hour() const { return hours == (1U << 24U) - 1; }

    /// Days of the month that match, as bits 1 to 31; the month itself and the year are not looked
    /// at.
    [[nodiscard]] std::uint32_t days_of(int year, int month) const;
};

}  // namespace carillon::recurrence
