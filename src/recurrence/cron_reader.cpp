// Reads cron expressions. Every refusal names the field, the character and what is allowed there,
// because a cron expression is written by hand and looked at by nobody afterwards.

#include "core/text.hpp"
#include "recurrence/bits.hpp"
#include "recurrence/cron.hpp"
#include "recurrence/cron_fields.hpp"
#include "recurrence/hash.hpp"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <utility>
#include <vector>

namespace carillon::recurrence {
namespace {

using cron_fields::Field;
using cron_fields::fields;
using cron_fields::Kind;
using cron_fields::Macro;
using cron_fields::macros;

constexpr std::size_t text_max = 2'000;

/// Text and where it stands in the whole expression.
struct Part {
    std::string_view text;
    std::size_t position;

    [[nodiscard]] Part from(std::size_t offset) const {
        return {text.substr(offset), position + offset};
    }
};

struct Range {
    int first;
    int last;
    int step;
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The leading characters for which `is` holds.
template <class Is>
std::string_view leading(std::string_view text, Is is) {
    std::size_t n = 0;
    while (n < text.size() && is(text[n])) ++n;
    return text.substr(0, n);
}

class Reader {
public:
    Reader(std::string_view text, const CronOptions& options) : text_(text), options_(options) {}

    Result<Cron> read();

private:
    struct Bits {
        std::array<std::uint64_t, 4> words{};

        void add(const Field& field, int value) {
            if (field.kind == Kind::weekday) value %= 7;
            if (field.kind == Kind::year) value -= Cron::first_year;
            const auto bit = static_cast<std::size_t>(value);
            words[bit / 64] |= std::uint64_t{1} << bit % 64;
        }
    };

    [[nodiscard]] std::unexpected<Error> wrong(Part at, std::string message) const;
    [[nodiscard]] std::unexpected<Error> wrong(const Field& field,
                                               Part at,
                                               const std::string& message) const;
    [[nodiscard]] std::vector<Part> split() const;
    Result<> read_field(const Field& field, Part part);
    Result<> read_entry(const Field& field, Part part);
    Result<bool> read_last_day(const Field& field, Part part);
    Result<> read_hashed(const Field& field, Part part);
    Result<int> read_value(const Field& field, Part& rest);
    Result<int> read_step(const Field& field, Part rest, int count);
    Result<bool> read_weekday_suffix(const Field& field, int value, Part rest);
    Result<> add_range(const Field& field, Part part, int first, Part rest);
    void add(const Field& field, Range range);
    void store(const Field& field, bool is_free);
    [[nodiscard]] Result<> check_fires(const std::vector<Part>& parts) const;

    std::string_view text_;
    const CronOptions& options_;
    Cron cron_{};
    Bits bits_{};
    int number_ = 0;  ///< Of the field being read, from 1.
};

std::unexpected<Error> Reader::wrong(Part at, std::string message) const {
    auto detail = std::make_shared<TextMistake>();
    detail->position = at.position;
    detail->length = at.text.size();
    return std::unexpected(
        Error{Errc::invalid, std::move(message), std::string(options_.field), std::move(detail)});
}

std::unexpected<Error> Reader::wrong(const Field& field,
                                     Part at,
                                     const std::string& message) const {
    std::string shown;
    for (const char c : at.text.substr(0, 20)) shown += c >= ' ' && c <= '~' ? c : '?';
    return wrong(at,
                 fmt::format("{} (field {}, character {}): \"{}\" {}; allowed: {}",
                             field.name,
                             number_,
                             at.position + 1,
                             shown,
                             message,
                             field.allowed));
}

std::vector<Part> Reader::split() const {
    std::vector<Part> parts;
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    for (std::size_t i = 0; i < text_.size();) {
        i += leading(text_.substr(i), is_space).size();
        const auto word = leading(text_.substr(i), [&](char c) { return !is_space(c); });
        if (!word.empty()) parts.push_back({word, i});
        i += word.size();
    }
    return parts;
}

Result<Cron> Reader::read() {
    if (text_.size() > text_max) return wrong({text_, 0}, "is longer than 2000 characters");
    const std::vector<Part> parts = split();
    if (parts.empty()) return wrong({text_, 0}, "is empty; a cron expression has 5 to 7 fields");
    if (parts.size() < 5 || parts.size() > 7) {
        return wrong({text_, 0},
                     fmt::format("has {} field{}; needed are 5 (minute hour day month weekday), 6 "
                                 "(second first) or 7 (year last), separated by spaces",
                                 parts.size(),
                                 parts.size() == 1 ? "" : "s"));
    }
    const std::size_t first = parts.size() == 5 ? 1 : 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        number_ = static_cast<int>(i) + 1;
        CARILLON_TRY_VOID(read_field(fields[first + i], parts[i]));
    }
    CARILLON_TRY_VOID(check_fires(parts));
    return cron_;
}

Result<> Reader::check_fires(const std::vector<Part>& parts) const {
    if (cron_.next(local_min)) return {};
    const Part day = parts[parts.size() == 5 ? 2 : 3];
    return wrong(
        day,
        fmt::format("never fires: no {} has the day that field {} (day of month) asks for",
                    cron_.has_years ? "month of the years that are given" : "month that is given",
                    parts.size() == 5 ? 3 : 4));
}

Result<> Reader::read_field(const Field& field, Part part) {
    bits_ = {};
    const bool asked = part.text == "?";
    if (part.text.contains('?') &&
        (!asked || (field.kind != Kind::day && field.kind != Kind::weekday))) {
        return wrong(field,
                     part,
                     "has a ?, which stands alone, for the day of month or of week that the other "
                     "one decides");
    }
    if (asked) {
        add(field, {field.min, field.kind == Kind::weekday ? 6 : field.max, 1});
    } else {
        std::size_t begin = 0;
        for (;;) {
            const std::size_t comma = part.text.find(',', begin);
            const Part entry{part.text.substr(begin, comma - begin), part.position + begin};
            if (entry.text.empty()) return wrong(field, part, "has an empty entry in its list");
            CARILLON_TRY_VOID(read_entry(field, entry));
            if (comma == std::string_view::npos) break;
            begin = comma + 1;
        }
    }
    // As in Vixie's cron: what begins with a star does not widen the other day field, */2 included.
    store(field, asked || part.text.starts_with('*'));
    return {};
}

Result<> Reader::read_entry(const Field& field, Part part) {
    const char c = part.text.front();
    if (c == '*') {
        const int last = field.kind == Kind::weekday ? 6 : field.max;
        CARILLON_TRY(const int step, read_step(field, part.from(1), last - field.min + 1));
        add(field, {field.min, last, step});
        return {};
    }
    if ((c == 'H' || c == 'h') && (part.text.size() == 1 || !is_letter(part.text[1]))) {
        return read_hashed(field, part);
    }
    if (c == 'L' || c == 'l') {
        CARILLON_TRY(const bool is_read, read_last_day(field, part));
        if (is_read) return {};
    }
    Part rest = part;
    CARILLON_TRY(const int value, read_value(field, rest));
    if (field.kind == Kind::day && equals_ignoring_case(rest.text, "W")) {
        cron_.nearest |= 1U << static_cast<unsigned>(value);
        return {};
    }
    if (field.kind == Kind::weekday) {
        CARILLON_TRY(const bool is_read, read_weekday_suffix(field, value, rest));
        if (is_read) return {};
    }
    return add_range(field, part, value, rest);
}

/// What may follow a first value: nothing, -last, /step, or both.
Result<> Reader::add_range(const Field& field, Part part, int first, Part rest) {
    const int max = field.kind == Kind::weekday && first != 7 ? 6 : field.max;
    int last = first;
    bool is_range = false;
    if (rest.text.starts_with('-')) {
        rest = rest.from(1);
        CARILLON_TRY(last, read_value(field, rest));
        is_range = true;
    } else if (rest.text.starts_with('/')) {
        last = max;
    }
    if (is_range && last < first) {
        if (field.kind == Kind::weekday && first == 7) {
            first = 0;
        } else if (field.wraps) {
            last += field.kind == Kind::weekday ? 7 : field.max - field.min + 1;
        } else {
            return wrong(field, part, "ends before it begins");
        }
    }
    CARILLON_TRY(const int step, read_step(field, rest, field.max - field.min + 1));
    add(field, {first, last, step});
    return {};
}

/// L, L-3, LW and L-3W in the day of month.
Result<bool> Reader::read_last_day(const Field& field, Part part) {
    if (field.kind == Kind::weekday && part.text.size() == 1) {
        return wrong(field, part, "needs a day: FRIL or 5L is the last Friday of the month");
    }
    if (field.kind != Kind::day) return false;
    Part rest = part.from(1);
    int before = 0;
    if (rest.text.starts_with('-')) {
        const std::string_view digits = leading(rest.text.substr(1), is_digit);
        std::from_chars(digits.data(), digits.data() + digits.size(), before);
        if (digits.empty() || digits.size() > 2 || before < 1 || before > 30) {
            return wrong(field, part, "needs a number of days from 1 to 30 after L-");
        }
        rest = rest.from(1 + digits.size());
    }
    const auto bit = 1U << static_cast<unsigned>(before);
    if (rest.text.empty()) {
        cron_.from_last |= bit;
    } else if (equals_ignoring_case(rest.text, "W")) {
        cron_.nearest_last |= bit;
    } else {
        return wrong(field, part, "has something after L that is neither -days nor W");
    }
    return true;
}

/// 5L, FRIL, 5#2 and FRI#L in the day of week.
Result<bool> Reader::read_weekday_suffix(const Field& field, int value, Part rest) {
    const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(value % 7));
    if (equals_ignoring_case(rest.text, "L") || equals_ignoring_case(rest.text, "#L")) {
        cron_.nth[0] |= bit;
        return true;
    }
    if (!rest.text.starts_with('#')) return false;
    if (rest.text.size() != 2 || rest.text[1] < '1' || rest.text[1] > '5') {
        return wrong(field, rest, "is not # and a number from 1 to 5 (or L, the last)");
    }
    cron_.nth[static_cast<std::size_t>(rest.text[1] - '0')] |= bit;
    return true;
}

/// H, H(0-29), H/10 and H(0-29)/10.
Result<> Reader::read_hashed(const Field& field, Part part) {
    if (field.kind == Kind::year) return wrong(field, part, "cannot be spread over years");
    if (options_.hash_seed.empty()) {
        return wrong(field, part, "spreads by the schedule's id, and there is none");
    }
    int first = field.min;
    // Each month has 28 days, and Sunday is to be as likely as any other day.
    int last = field.kind == Kind::day ? 28 : field.kind == Kind::weekday ? 6 : field.max;
    Part rest = part.from(1);
    if (rest.text.starts_with('(')) {
        rest = rest.from(1);
        CARILLON_TRY(first, read_value(field, rest));
        if (!rest.text.starts_with('-')) return wrong(field, part, "needs a range, as in H(0-29)");
        rest = rest.from(1);
        CARILLON_TRY(last, read_value(field, rest));
        if (!rest.text.starts_with(')')) return wrong(field, part, "lacks its closing bracket");
        rest = rest.from(1);
        if (last < first) return wrong(field, part, "ends before it begins");
    }
    const int count = last - first + 1;
    const std::uint64_t hash =
        stable_hash(options_.hash_seed, static_cast<std::uint64_t>(field.kind));
    const auto pick = [&](int below) {
        return first + static_cast<int>(hash % static_cast<std::uint64_t>(below));
    };
    if (rest.text.empty()) {
        bits_.add(field, pick(count));
        return {};
    }
    CARILLON_TRY(const int step, read_step(field, rest, count));
    add(field, {pick(step), last, step});
    return {};
}

/// A number or a name at the start of `rest`, which then begins behind it.
Result<int> Reader::read_value(const Field& field, Part& rest) {
    const std::string_view digits = leading(rest.text, is_digit);
    if (!digits.empty()) {
        int value = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        const Part at{digits, rest.position};
        if (read.ec != std::errc{} || value > field.max) {
            return wrong(field, at, fmt::format("is above {}", field.max));
        }
        if (value < field.min) return wrong(field, at, fmt::format("is below {}", field.min));
        rest = rest.from(digits.size());
        return value;
    }
    const std::string_view word = leading(rest.text, is_letter);
    for (std::size_t i = 0; i < field.names.size(); ++i) {
        const std::string_view full = field.names[i];
        for (const std::string_view name : {full, full.substr(0, 3)}) {
            // A name may be followed by L (FRIL), which no name ends with.
            const bool has_last = field.kind == Kind::weekday && word.size() == name.size() + 1 &&
                                  (word.back() == 'L' || word.back() == 'l');
            if (!equals_ignoring_case(word.substr(0, word.size() - (has_last ? 1 : 0)), name)) {
                continue;
            }
            rest = rest.from(name.size());
            return static_cast<int>(i) + (field.kind == Kind::month ? 1 : 0);
        }
    }
    if (rest.text.empty()) return wrong(field, rest, "ends where a value is expected");
    return wrong(field,
                 {rest.text.substr(0, word.empty() ? 1 : word.size()), rest.position},
                 "is not understood");
}

/// "/n" or nothing. `count`: how many values there are to step over.
Result<int> Reader::read_step(const Field& field, Part rest, int count) {
    if (rest.text.empty()) return 1;
    if (!rest.text.starts_with('/')) return wrong(field, rest, "is not understood");
    const std::string_view digits = rest.text.substr(1);
    int step = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), step);
    if (digits.empty() || read.ptr != digits.data() + digits.size() ||
        leading(digits, is_digit).size() != digits.size()) {
        return wrong(field, rest, "is not a step such as /5");
    }
    if (read.ec == std::errc{} && step < 1) return wrong(field, rest, "is a step of nothing");
    if (read.ec != std::errc{} || step > count) {
        return wrong(field,
                     rest,
                     fmt::format("steps over all {} values and would never repeat within them; an "
                                 "interval (every) may be meant",
                                 count));
    }
    return step;
}

void Reader::add(const Field& field, Range range) {
    const int count = field.kind == Kind::weekday ? 7 : field.max - field.min + 1;
    for (int value = range.first; value <= range.last; value += range.step) {
        bits_.add(field, field.wraps ? (value - field.min) % count + field.min : value);
    }
}

void Reader::store(const Field& field, bool is_free) {
    const std::uint64_t bits = bits_.words[0];
    switch (field.kind) {
        case Kind::second:
            cron_.seconds = bits;
            break;
        case Kind::minute:
            cron_.minutes = bits;
            break;
        case Kind::hour:
            cron_.hours = static_cast<std::uint32_t>(bits);
            break;
        case Kind::day:
            cron_.days = static_cast<std::uint32_t>(bits);
            cron_.days_free = is_free;
            break;
        case Kind::month:
            cron_.months = static_cast<std::uint16_t>(bits);
            break;
        case Kind::weekday:
            cron_.weekdays = static_cast<std::uint8_t>(bits);
            cron_.weekdays_free = is_free;
            break;
        case Kind::year:
            cron_.has_years = !is_free || std::popcount(bits_.words[0]) != 64;
            cron_.years = bits_.words;
            break;
    }
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text, const CronOptions& options) {
    const std::string_view word = trim(text);
    if (!word.starts_with('@')) return Reader(text, options).read();
    std::string known;
    for (const Macro& macro : macros) {
        if (equals_ignoring_case(word, macro.name)) return Reader(macro.fields, options).read();
        known += macro.name;
        known += ", ";
    }
    if (to_lower(word).starts_with("@reboot")) {
        return invalid(std::string(options.field),
                       "@reboot has no time of its own; use a ONE_SHOT schedule");
    }
    return invalid(std::string(options.field),
                   "is no known macro; there are " + known + "@every DURATION");
}

}  // namespace carillon::recurrence
