#include "core/time.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <limits>

// Text is read and written by hand: instants are formatted and parsed for every item that is
// stored, and streams or strptime cost twenty times as much and know the process's locale.

namespace carillon {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr TimePoint earliest{sys_days{year{0} / 1 / 1}};
constexpr TimePoint latest{sys_days{year{10'000} / 1 / 1} - Duration{1}};
constexpr Duration duration_max = days{36'525};

struct DigitPairs {
    std::array<char, 200> text{};

    constexpr DigitPairs() {
        for (std::size_t i = 0; i < 100; ++i) {
            text[2 * i] = static_cast<char>('0' + i / 10);
            text[2 * i + 1] = static_cast<char>('0' + i % 10);
        }
    }
};

constexpr DigitPairs digit_pairs;

void put_two(char* out, std::size_t value) {
    out[0] = digit_pairs.text[2 * value];
    out[1] = digit_pairs.text[2 * value + 1];
}

/// Takes fixed-width decimal fields and single characters from the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    [[nodiscard]] bool done() const { return at_ == end_; }

    [[nodiscard]] char peek() const { return at_ == end_ ? '\0' : *at_; }

    bool take(char wanted) {
        if (peek() != wanted || done()) return false;
        ++at_;
        return true;
    }

    /// Exactly `width` digits.
    bool digits(std::size_t width, int& value) {
        if (static_cast<std::size_t>(end_ - at_) < width) return false;
        int read = 0;
        for (std::size_t i = 0; i < width; ++i) {
            const auto digit = static_cast<unsigned>(at_[i] - '0');
            if (digit > 9) return false;
            read = read * 10 + static_cast<int>(digit);
        }
        at_ += width;
        value = read;
        return true;
    }

    [[nodiscard]] bool at_digit() const { return static_cast<unsigned>(peek() - '0') <= 9; }

private:
    const char* at_;
    const char* end_;
};

std::unexpected<Error> bad_instant(const char* why) {
    return invalid(
        {}, std::string("is not an ISO 8601 instant such as 2026-12-24T17:00:00.000Z: ") + why);
}

struct Parts {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millisecond = 0;
    int offset_minutes = 0;
};

/// Up to nine decimals after the point, cut (not rounded) to milliseconds.
bool take_fraction(Scanner& in, int& millisecond) {
    int scale = 100;
    int count = 0;
    while (in.at_digit()) {
        int digit = 0;
        in.digits(1, digit);
        if (++count > 9) return false;
        millisecond += digit * scale;
        scale /= 10;
    }
    return count > 0;
}

/// `Z`, `+01:00`, `+0100` or `+01`.
bool take_offset(Scanner& in, int& offset_minutes) {
    if (in.take('Z') || in.take('z')) return true;
    const bool west = in.take('-');
    if (!west && !in.take('+')) return false;
    int hours = 0;
    int minutes = 0;
    if (!in.digits(2, hours) || hours > 23) return false;
    if (!in.done()) {
        in.take(':');
        if (!in.digits(2, minutes) || minutes > 59) return false;
    }
    offset_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

/// Nullptr, or why the text is refused.
const char* scan(Scanner& in, Parts& out) {
    if (!in.digits(4, out.year) || !in.take('-') || !in.digits(2, out.month) || !in.take('-') ||
        !in.digits(2, out.day)) {
        return "the date is not YYYY-MM-DD";
    }
    if (!in.take('T') && !in.take(' ') && !in.take('t')) return "no T after the date";
    if (!in.digits(2, out.hour) || !in.take(':') || !in.digits(2, out.minute)) {
        return "the time is not HH:MM";
    }
    if (in.take(':')) {
        if (!in.digits(2, out.second)) return "the seconds are not two digits";
        if (in.take('.') && !take_fraction(in, out.millisecond)) {
            return "the seconds need one to nine decimals";
        }
    }
    if (!take_offset(in, out.offset_minutes)) return "no Z or offset such as +01:00 at its end";
    if (!in.done()) return "text follows the offset";
    if (out.hour > 23) return "the hour is over 23";
    if (out.minute > 59) return "the minute is over 59";
    if (out.second > 59) return "the second is over 59";
    return nullptr;
}

struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
};

constexpr std::array<Unit, 5> units{{
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"m", 60'000},
    {"s", 1'000},
    {"ms", 1},
}};

std::unexpected<Error> bad_duration(const char* why) {
    return invalid({}, std::string("is not a duration such as 250ms, 5s, 1h30m or 2d: ") + why);
}

}  // namespace

std::string format_instant(TimePoint at) {
    at = at < earliest ? earliest : at > latest ? latest : at;
    const sys_days date = std::chrono::floor<days>(at);
    const year_month_day ymd{date};
    const auto of_day = static_cast<unsigned>((at - date).count());
    const auto calendar_year = static_cast<unsigned>(static_cast<int>(ymd.year()));
    const unsigned seconds = of_day / 1'000;
    const unsigned thousandths = of_day % 1'000;

    char text[] = "0000-00-00T00:00:00.000Z";
    put_two(text, calendar_year / 100);
    put_two(text + 2, calendar_year % 100);
    put_two(text + 5, static_cast<unsigned>(ymd.month()));
    put_two(text + 8, static_cast<unsigned>(ymd.day()));
    put_two(text + 11, seconds / 3'600);
    put_two(text + 14, seconds / 60 % 60);
    put_two(text + 17, seconds % 60);
    text[20] = static_cast<char>('0' + thousandths / 100);
    put_two(text + 21, thousandths % 100);
    return {text, sizeof text - 1};
}

Result<TimePoint> parse_instant(std::string_view text) {
    Scanner in(text);
    Parts parts;
    if (const char* why = scan(in, parts)) return bad_instant(why);

    const year_month_day date{year{parts.year},
                              month{static_cast<unsigned>(parts.month)},
                              day{static_cast<unsigned>(parts.day)}};
    if (!date.ok()) return bad_instant("there is no such day");
    const std::int64_t minutes =
        std::int64_t{parts.hour} * 60 + parts.minute - parts.offset_minutes;
    const TimePoint at = TimePoint{sys_days{date}} + Duration{minutes * 60'000} +
                         Duration{parts.second * 1'000 + parts.millisecond};
    if (at < earliest || at > latest) {
        return bad_instant("in UTC it is outside the years 0000 to 9999");
    }
    return at;
}

Result<Duration> parse_duration(std::string_view text) {
    if (text.empty()) return bad_duration("it is empty");
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    while (!text.empty()) {
        std::int64_t amount = 0;
        const auto [rest, failure] =
            std::from_chars(text.data(), text.data() + text.size(), amount);
        if (failure == std::errc::result_out_of_range) return bad_duration("over 100 years");
        if (failure != std::errc{} || amount < 0) return bad_duration("a whole number is missing");
        text.remove_prefix(static_cast<std::size_t>(rest - text.data()));

        const std::string_view name = text.substr(0, text.find_first_not_of("dhms"));
        std::size_t unit = next_unit;
        while (unit < units.size() && units[unit].name != name) ++unit;
        if (unit == units.size()) {
            return bad_duration(
                "after a number comes d, h, m, s or ms, each once, the largest first");
        }
        next_unit = unit + 1;
        text.remove_prefix(name.size());
        if (amount > duration_max.count() / units[unit].milliseconds) {
            return bad_duration("over 100 years");
        }
        total += amount * units[unit].milliseconds;
    }
    if (total > duration_max.count()) return bad_duration("over 100 years");
    return Duration{total};
}

std::string format_duration(Duration duration) {
    if (duration == Duration::zero()) return "0s";
    std::string text;
    // Unsigned, because the least negative count has no positive twin.
    auto left = static_cast<std::uint64_t>(duration.count());
    if (duration.count() < 0) {
        left = 0 - left;
        text += '-';
    }
    for (const Unit& unit : units) {
        const auto size = static_cast<std::uint64_t>(unit.milliseconds);
        if (left < size) continue;
        char digits[std::numeric_limits<std::uint64_t>::digits10 + 1];
        const auto written = std::to_chars(digits, digits + sizeof digits, left / size);
        text.append(digits, written.ptr);
        text += unit.name;
        left %= size;
    }
    return text;
}

}  // namespace carillon
