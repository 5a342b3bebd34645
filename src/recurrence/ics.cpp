#include "recurrence/ics.hpp"

#include "core/text.hpp"
#include "recurrence/ical_text.hpp"
#include "recurrence/rrule_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace carillon::recurrence {
namespace {

constexpr std::size_t text_max = 5'000'000;
constexpr std::size_t days_max = 50'000;
constexpr Day length_max = 366;

struct Event {
    std::string summary{};
    std::optional<IcalTime> start{};
    std::optional<IcalTime> end{};
    std::optional<Day> duration{};
    std::string recurrence{};  ///< RRULE, RDATE and EXDATE as lines, without zones.
    bool is_cancelled = false;
};

/// `P3D`, `P1W`: whole days. Shorter durations stay within their day.
std::optional<Day> parse_days(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    if (!text.starts_with('P')) return std::nullopt;
    text.remove_prefix(1);
    if (text.starts_with('T')) return 1;
    Day value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || read.ptr == text.data() + text.size()) return std::nullopt;
    if (*read.ptr == 'W') return value * 7;
    return *read.ptr == 'D' ? std::optional(value) : std::nullopt;
}

class Reader {
public:
    Reader(int last_year, std::string_view field) : last_year_(last_year), field_(field) {}

    Result<OwnCalendar> read(std::string_view text) {
        if (text.size() > text_max) {
            return invalid(field_, fmt::format("is longer than {} bytes", text_max));
        }
        std::optional<Event> event;
        int depth = 0;  // Of what is nested in an event: alarms have times of their own.
        for (const ContentLine& line : content_lines(text)) {
            if (line.name == "BEGIN" && equals_ignoring_case(line.value, "VEVENT")) {
                event.emplace();
                ++events_;
            } else if (line.name == "END" && equals_ignoring_case(line.value, "VEVENT") && event) {
                CARILLON_TRY_VOID(add(*event));
                event.reset();
            } else if (event) {
                if (line.name == "BEGIN") ++depth;
                if (line.name == "END") --depth;
                if (depth == 0) CARILLON_TRY_VOID(read_line(line, *event));
            }
        }
        if (event) return invalid(field_, "ends within an event");
        if (events_ == 0) return invalid(field_, "has no events (BEGIN:VEVENT)");
        auto& days = calendar_.holidays;
        std::ranges::sort(days);
        const auto [first, last] = std::ranges::unique(days);
        days.erase(first, last);
        return std::move(calendar_);
    }

private:
    [[nodiscard]] std::unexpected<Error> wrong(const Event& event, std::string_view message) const {
        return invalid(field_,
                       fmt::format("event {}{}: {}",
                                   events_,
                                   event.summary.empty() ? "" : " (" + event.summary + ")",
                                   message));
    }

    Result<> read_line(const ContentLine& line, Event& event) {
        if (line.name == "SUMMARY") event.summary = utf8_prefix(line.value, 60);
        if (line.name == "STATUS") {
            event.is_cancelled = equals_ignoring_case(line.value, "CANCELLED");
        }
        if (line.name == "DTSTART" || line.name == "DTEND") {
            auto time = parse_ical_time(line.value);
            if (!time) return wrong(event, line.name + ": " + time.error().message);
            (line.name == "DTSTART" ? event.start : event.end) = *time;
        }
        if (line.name == "DURATION") {
            event.duration = parse_days(line.value);
            if (!event.duration) return wrong(event, "DURATION is not one such as P1D");
        }
        if (line.name == "RRULE") event.recurrence += "RRULE:" + line.value + "\n";
        if (line.name == "RDATE" || line.name == "EXDATE") {
            for (const std::string_view date : split_list(line.value, ',')) {
                event.recurrence +=
                    fmt::format("{}:{}T000000\n", line.name, trim(date).substr(0, 8));
            }
        }
        return {};
    }

    /// Days that one occurrence of the event touches.
    static Day length_of(const Event& event) {
        if (event.duration) return std::max<Day>(1, *event.duration);
        if (!event.end) return 1;
        // The end is the first moment that is no longer part of it.
        return std::max<Day>(
            1, day_of_local(event.end->local - 1) - day_of_local(event.start->local) + 1);
    }

    Result<> add(const Event& event) {
        if (event.is_cancelled) return {};
        if (!event.start) return wrong(event, "has no DTSTART");
        const Day length = length_of(event);
        if (length > length_max) return wrong(event, "is longer than a year");
        if (event.recurrence.empty())
            return add_days(event, day_of_local(event.start->local), length);
        const Date date = date_of(day_of_local(event.start->local));
        const auto set = RruleSet::parse(fmt::format("DTSTART:{:04}{:02}{:02}T000000\n{}",
                                                     date.year,
                                                     date.month,
                                                     date.day,
                                                     event.recurrence),
                                         {});
        if (!set) return wrong(event, set.error().message);
        Budget budget;
        Local at = local_min;
        while (const auto next = set->next(at, budget)) {
            if (*next > local_of(day_of(last_year_, 12, 31), 23, 59, 59)) break;
            CARILLON_TRY_VOID(add_days(event, day_of_local(*next), length));
            at = *next;
        }
        return {};
    }

    Result<> add_days(const Event& event, Day first, Day length) {
        for (Day day = first; day < first + length; ++day) calendar_.holidays.push_back(day);
        if (calendar_.holidays.size() > days_max) {
            return wrong(event, fmt::format("makes more than {} days", days_max));
        }
        return {};
    }

    int last_year_;
    std::string field_;
    int events_ = 0;
    OwnCalendar calendar_{};
};

}  // namespace

Result<OwnCalendar> read_ics(std::string_view text, int last_year, std::string_view field) {
    return Reader(last_year, field).read(text);
}

}  // namespace carillon::recurrence
