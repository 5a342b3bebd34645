#include "delivery/retry_after.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace carillon::delivery {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::string_view, 12> months{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays{
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr std::chrono::hours wait_max{24 * 365};

/// Takes a date apart from left to right; once something is missing, nothing more is found.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    void literal(std::string_view text) {
        good_ = good_ && rest_.starts_with(text);
        if (good_) rest_.remove_prefix(text.size());
    }

    int digits(std::size_t count) {
        int value = 0;
        good_ = good_ && rest_.size() >= count &&
                std::ranges::all_of(rest_.substr(0, count),
                                    [](char c) { return c >= '0' && c <= '9'; });
        if (!good_) return 0;
        std::from_chars(rest_.data(), rest_.data() + count, value);
        rest_.remove_prefix(count);
        return value;
    }

    unsigned month() {
        const auto found = std::ranges::find(months, rest_.substr(0, 3));
        good_ = good_ && found != months.end();
        if (!good_) return 1;
        rest_.remove_prefix(3);
        return static_cast<unsigned>(found - months.begin()) + 1;
    }

    /// A day's name in full, or its first three letters.
    void weekday(bool in_full) {
        for (std::string_view name : weekdays) {
            if (!in_full) name = name.substr(0, 3);
            if (!rest_.starts_with(name)) continue;
            rest_.remove_prefix(name.size());
            return;
        }
        good_ = false;
    }

    [[nodiscard]] bool complete() const { return good_ && rest_.empty(); }

    [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

private:
    std::string_view rest_;
    bool good_ = true;
};

struct Fields {
    int year = 0;
    unsigned month = 1;
    int day = 1;
    int hour = 0;
    int minute = 0;
    int second = 0;
};

void read_clock(Scanner& in, Fields& out) {
    out.hour = in.digits(2);
    in.literal(":");
    out.minute = in.digits(2);
    in.literal(":");
    out.second = in.digits(2);
}

std::optional<TimePoint> to_instant(const Fields& f) {
    const std::chrono::year_month_day date{std::chrono::year{f.year},
                                           std::chrono::month{f.month},
                                           std::chrono::day{static_cast<unsigned>(f.day)}};
    // 60 is a leap second, which the grammar allows.
    if (!date.ok() || f.hour > 23 || f.minute > 59 || f.second > 60) return std::nullopt;
    return TimePoint{std::chrono::sys_days{date}} + hours{f.hour} + minutes{f.minute} +
           seconds{f.second};
}

std::optional<TimePoint> imf_fixdate(std::string_view text) {
    Scanner in(text);
    Fields f;
    in.weekday(false);
    in.literal(", ");
    f.day = in.digits(2);
    in.literal(" ");
    f.month = in.month();
    in.literal(" ");
    f.year = in.digits(4);
    in.literal(" ");
    read_clock(in, f);
    in.literal(" GMT");
    return in.complete() ? to_instant(f) : std::nullopt;
}

std::optional<TimePoint> rfc850_date(std::string_view text, TimePoint now) {
    Scanner in(text);
    Fields f;
    in.weekday(true);
    in.literal(", ");
    f.day = in.digits(2);
    in.literal("-");
    f.month = in.month();
    in.literal("-");
    const int two_digits = in.digits(2);
    in.literal(" ");
    read_clock(in, f);
    in.literal(" GMT");
    if (!in.complete()) return std::nullopt;

    const std::chrono::year_month_day today{std::chrono::floor<days>(now)};
    const int year_now = static_cast<int>(today.year());
    f.year = year_now - year_now % 100 + 100 + two_digits;
    while (f.year > year_now + 50) f.year -= 100;
    return to_instant(f);
}

std::optional<TimePoint> asctime_date(std::string_view text) {
    Scanner in(text);
    Fields f;
    in.weekday(false);
    in.literal(" ");
    f.month = in.month();
    in.literal(" ");
    if (in.peek() == ' ') {
        in.literal(" ");
        f.day = in.digits(1);
    } else {
        f.day = in.digits(2);
    }
    in.literal(" ");
    read_clock(in, f);
    in.literal(" ");
    f.year = in.digits(4);
    return in.complete() ? to_instant(f) : std::nullopt;
}

}  // namespace

std::optional<TimePoint> parse_http_date(std::string_view text, TimePoint now) {
    if (const auto at = imf_fixdate(text)) return at;
    if (const auto at = rfc850_date(text, now)) return at;
    return asctime_date(text);
}

std::optional<TimePoint> parse_retry_after(std::string_view text, TimePoint now) {
    text = trim(text);
    if (text.empty()) return std::nullopt;
    const TimePoint latest = now + wait_max;
    if (std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error == std::errc::result_out_of_range) return latest;
        if (count == 0) return std::nullopt;
        const std::int64_t most = std::chrono::duration_cast<seconds>(wait_max).count();
        return now + seconds{std::min(count, most)};
    }
    const auto at = parse_http_date(text, now);
    if (!at || *at <= now) return std::nullopt;
    return std::min(*at, latest);
}

}  // namespace carillon::delivery
