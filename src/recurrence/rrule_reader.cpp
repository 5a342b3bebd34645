// Reads the text of an RRULE. What RFC 5545 forbids is refused with the part that breaks the rule,
// because a part that is silently left out is a schedule at the wrong time.

#include "core/text.hpp"
#include "recurrence/cron.hpp"
#include "recurrence/ical_text.hpp"
#include "recurrence/rrule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

namespace carillon::recurrence {
namespace {

constexpr std::int64_t number_max = 2'147'483'647;
constexpr std::size_t text_max = 10'000;

constexpr std::string_view weekday_codes[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};

constexpr std::string_view frequency_names[] = {
    "SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"};

struct Bits {
    std::array<std::uint64_t, 6> positive{};
    std::array<std::uint64_t, 6> negative{};
};

int weekday_of_code(std::string_view code) {
    for (std::size_t i = 0; i < std::size(weekday_codes); ++i) {
        if (equals_ignoring_case(code, weekday_codes[i])) return static_cast<int>(i);
    }
    return -1;
}

class Reader {
public:
    Reader(std::string_view text, std::string_view field) : text_(text), field_(field) {}

    Result<Rrule> read();

private:
    Result<> read_part(std::string_view name, std::string_view value);
    Result<> read_frequency(std::string_view value);
    Result<> read_until(std::string_view value);
    Result<> read_weekdays(std::string_view value);
    Result<> read_positions(std::string_view value);
    Result<> read_bits_part(std::string_view name, std::string_view value, bool& is_known);
    Result<std::int64_t> read_number(std::string_view value, std::int64_t min, std::int64_t max);
    Result<Bits> read_bits(std::string_view value, int min, int max, bool is_signed);
    [[nodiscard]] Result<> check() const;
    [[nodiscard]] std::unexpected<Error> wrong(std::string_view at, std::string message) const;
    /// An error of the part that is being read.
    [[nodiscard]] std::unexpected<Error> wrong_part(std::string_view at,
                                                    std::string_view message) const;

    std::string_view text_;
    std::string_view field_;
    std::string_view part_{};
    std::vector<std::string> seen_{};
    Rrule rule_{};
};

std::unexpected<Error> Reader::wrong(std::string_view at, std::string message) const {
    auto detail = std::make_shared<TextMistake>();
    detail->position = static_cast<std::size_t>(at.data() - text_.data());
    detail->length = at.size();
    return std::unexpected(
        Error{Errc::invalid, std::move(message), std::string(field_), std::move(detail)});
}

std::unexpected<Error> Reader::wrong_part(std::string_view at, std::string_view message) const {
    std::string shown;
    for (const char c : at.substr(0, 40)) shown += c >= ' ' && c <= '~' ? c : '?';
    return wrong(at, fmt::format("{}: \"{}\" {}", part_, shown, message));
}

Result<Rrule> Reader::read() {
    if (text_.size() > text_max) return wrong(text_, "is longer than 10000 characters");
    bool has_frequency = false;
    for (const std::string_view part : split_list(text_, ';')) {
        const std::string_view pair = trim(part);
        if (pair.empty()) continue;  // A semicolon too many, as some programs write it.
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || equals + 1 == pair.size()) {
            part_ = "RRULE";
            return wrong_part(pair, "is not NAME=VALUE");
        }
        part_ = pair.substr(0, equals);
        std::string name = to_lower(part_);
        if (std::ranges::find(seen_, name) != seen_.end())
            return wrong_part(pair, "appears a second time");
        has_frequency |= name == "freq";
        CARILLON_TRY_VOID(read_part(name, pair.substr(equals + 1)));
        seen_.push_back(std::move(name));
    }
    if (!has_frequency) return wrong(text_, "needs FREQ, for instance FREQ=DAILY");
    CARILLON_TRY_VOID(check());
    return std::move(rule_);
}

Result<> Reader::read_part(std::string_view name, std::string_view value) {
    if (name == "freq") return read_frequency(value);
    if (name == "until") return read_until(value);
    if (name == "byday") return read_weekdays(value);
    if (name == "bysetpos") return read_positions(value);
    if (name == "interval") {
        CARILLON_TRY(rule_.interval, read_number(value, 1, number_max));
        return {};
    }
    if (name == "count") {
        CARILLON_TRY(rule_.count, read_number(value, 1, number_max));
        return {};
    }
    if (name == "wkst") {
        rule_.week_start = weekday_of_code(value);
        if (rule_.week_start < 0)
            return wrong_part(value, "is not one of SU, MO, TU, WE, TH, FR, SA");
        return {};
    }
    bool is_known = false;
    CARILLON_TRY_VOID(read_bits_part(name, value, is_known));
    if (is_known) return {};
    if (name == "rscale" || name == "skip") {
        return wrong_part(part_, "(RFC 7529) is not supported: rules are Gregorian");
    }
    return wrong_part(part_,
                      "is not a part of RFC 5545; there are FREQ, INTERVAL, COUNT, UNTIL, WKST, "
                      "BYSETPOS, BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE "
                      "and BYSECOND");
}

Result<> Reader::read_bits_part(std::string_view name, std::string_view value, bool& is_known) {
    is_known = true;
    if (name == "bymonth") {
        CARILLON_TRY(const Bits bits, read_bits(value, 1, 12, false));
        rule_.months = static_cast<std::uint16_t>(bits.positive[0]);
        rule_.has.months = true;
    } else if (name == "byweekno") {
        CARILLON_TRY(const Bits bits, read_bits(value, 1, 53, true));
        rule_.weeks = bits.positive[0];
        rule_.weeks_from_end = bits.negative[0];
        rule_.has.weeks = true;
    } else if (name == "byyearday") {
        CARILLON_TRY(const Bits bits, read_bits(value, 1, 366, true));
        rule_.year_days = bits.positive;
        rule_.year_days_from_end = bits.negative;
        rule_.has.year_days = true;
    } else if (name == "bymonthday") {
        CARILLON_TRY(const Bits bits, read_bits(value, 1, 31, true));
        rule_.days = static_cast<std::uint32_t>(bits.positive[0]);
        rule_.days_from_end = static_cast<std::uint32_t>(bits.negative[0]);
        rule_.has.days = true;
    } else if (name == "byhour") {
        CARILLON_TRY(const Bits bits, read_bits(value, 0, 23, false));
        rule_.hours = static_cast<std::uint32_t>(bits.positive[0]);
        rule_.has.hours = true;
    } else if (name == "byminute") {
        CARILLON_TRY(const Bits bits, read_bits(value, 0, 59, false));
        rule_.minutes = bits.positive[0];
        rule_.has.minutes = true;
    } else if (name == "bysecond") {
        CARILLON_TRY(const Bits bits, read_bits(value, 0, 60, false));
        constexpr std::uint64_t leap_second = std::uint64_t{1} << 60U;
        rule_.seconds = bits.positive[0] & ~leap_second;
        // Clocks that do not show it: the second before (RFC 5545, 3.3.12).
        if ((bits.positive[0] & leap_second) != 0) rule_.seconds |= leap_second >> 1U;
        rule_.has.seconds = true;
    } else {
        is_known = false;
    }
    return {};
}

Result<> Reader::read_frequency(std::string_view value) {
    for (std::size_t i = 0; i < std::size(frequency_names); ++i) {
        if (!equals_ignoring_case(value, frequency_names[i])) continue;
        rule_.frequency = static_cast<Frequency>(i);
        return {};
    }
    return wrong_part(value,
                      "is not one of SECONDLY, MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY");
}

Result<> Reader::read_until(std::string_view value) {
    auto until = parse_ical_time(value);
    if (!until) {
        return wrong_part(value,
                          "is not a date such as 20261231, 20261231T235959 or 20261231T235959Z");
    }
    rule_.until = *until;
    return {};
}

Result<std::int64_t> Reader::read_number(std::string_view value,
                                         std::int64_t min,
                                         std::int64_t max) {
    std::int64_t number = 0;
    const char* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, number);
    const bool is_out = read.ec == std::errc::result_out_of_range;
    if (value.empty() || read.ptr != end || (read.ec != std::errc{} && !is_out)) {
        return wrong_part(value, "is not a whole number");
    }
    if (is_out || number < min || number > max) {
        return wrong_part(value, fmt::format("is not between {} and {}", min, max));
    }
    return number;
}

Result<Bits> Reader::read_bits(std::string_view value, int min, int max, bool is_signed) {
    Bits bits;
    for (const std::string_view item : split_list(value, ',')) {
        std::string_view digits = trim(item);
        const bool is_negative = is_signed && digits.starts_with('-');
        if (is_signed && (digits.starts_with('-') || digits.starts_with('+'))) {
            digits.remove_prefix(1);
        }
        int number = 0;
        const char* const end = digits.data() + digits.size();
        const auto read = std::from_chars(digits.data(), end, number);
        if (digits.empty() || digits.front() == '-' || read.ptr != end || read.ec != std::errc{} ||
            number < min || number > max) {
            return wrong_part(
                item,
                is_signed
                    ? fmt::format("is not between {} and {} or -{} and -{}", min, max, max, min)
                    : fmt::format("is not between {} and {}", min, max));
        }
        const auto bit = static_cast<std::size_t>(number);
        (is_negative ? bits.negative : bits.positive)[bit / 64] |= std::uint64_t{1} << bit % 64;
    }
    return bits;
}

Result<> Reader::read_weekdays(std::string_view value) {
    rule_.has.weekdays = true;
    for (const std::string_view item : split_list(value, ',')) {
        const std::string_view code = trim(item);
        const int weekday = code.size() < 2 ? -1 : weekday_of_code(code.substr(code.size() - 2));
        if (weekday < 0) {
            return wrong_part(item,
                              "is not a weekday (SU to SA) with an optional number (2MO, -1FR)");
        }
        std::string_view digits = code.substr(0, code.size() - 2);
        if (digits.empty()) {
            rule_.weekdays |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(weekday));
            continue;
        }
        const bool is_negative = digits.front() == '-';
        if (is_negative || digits.front() == '+') digits.remove_prefix(1);
        int number = 0;
        const char* const end = digits.data() + digits.size();
        const auto read = std::from_chars(digits.data(), end, number);
        if (digits.empty() || read.ptr != end || read.ec != std::errc{} || number < 1 ||
            number > 53) {
            return wrong_part(item, "needs a number from 1 to 53 or -53 to -1 before its weekday");
        }
        auto& bits = is_negative ? rule_.nth_from_end : rule_.nth_weekdays;
        bits[static_cast<std::size_t>(weekday)] |= std::uint64_t{1}
                                                   << static_cast<unsigned>(number);
    }
    return {};
}

Result<> Reader::read_positions(std::string_view value) {
    for (const std::string_view item : split_list(value, ',')) {
        std::string_view digits = trim(item);
        if (digits.starts_with('+')) digits.remove_prefix(1);
        int number = 0;
        const char* const end = digits.data() + digits.size();
        const auto read = std::from_chars(digits.data(), end, number);
        if (digits.empty() || read.ptr != end || read.ec != std::errc{} || number == 0 ||
            number > 366 || number < -366) {
            return wrong_part(item, "is not between 1 and 366 or -366 and -1");
        }
        rule_.positions.push_back(number);
    }
    std::ranges::sort(rule_.positions);
    const auto [first, last] = std::ranges::unique(rule_.positions);
    rule_.positions.erase(first, last);
    return {};
}

/// The combinations that RFC 5545 (3.3.10) forbids.
Result<> Reader::check() const {
    const Frequency frequency = rule_.frequency;
    const std::string name(frequency_names[static_cast<std::size_t>(frequency)]);
    if (rule_.count && rule_.until) return wrong(text_, "has both COUNT and UNTIL; one may end it");
    if (rule_.has.weeks && frequency != Frequency::yearly) {
        return wrong(text_, "BYWEEKNO is for FREQ=YEARLY only, not " + name);
    }
    if (rule_.has.days && frequency == Frequency::weekly) {
        return wrong(text_, "BYMONTHDAY cannot be used with FREQ=WEEKLY");
    }
    if (rule_.has.year_days && frequency >= Frequency::daily && frequency <= Frequency::monthly) {
        return wrong(text_, "BYYEARDAY cannot be used with FREQ=" + name);
    }
    if (rule_.has_numbered_weekdays()) {
        if (frequency < Frequency::monthly) {
            return wrong(text_, "numbers in BYDAY (2MO) are for MONTHLY and YEARLY, not " + name);
        }
        if (rule_.has.weeks) {
            return wrong(text_, "numbers in BYDAY (2MO) cannot be used with BYWEEKNO");
        }
        const bool in_month = frequency == Frequency::monthly || rule_.has.months;
        for (std::size_t i = 0; in_month && i < 7; ++i) {
            if (((rule_.nth_weekdays[i] | rule_.nth_from_end[i]) >> 6U) != 0) {
                return wrong(text_, "numbers in BYDAY above 5 do not exist in a month");
            }
        }
    }
    const Rrule::Has& has = rule_.has;
    const bool any = has.months || has.weeks || has.year_days || has.days || has.weekdays ||
                     has.hours || has.minutes || has.seconds;
    if (!rule_.positions.empty() && !any) {
        return wrong(text_, "BYSETPOS needs another BY part to choose from");
    }
    return {};
}

}  // namespace

Result<Rrule> Rrule::parse(std::string_view text, std::string_view field) {
    return Reader(text, field).read();
}

}  // namespace carillon::recurrence
