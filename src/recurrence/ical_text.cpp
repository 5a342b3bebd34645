#include "recurrence/ical_text.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cctype>

namespace carillon::recurrence {
namespace {

std::string upper(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return result;
}

ContentLine read_line(const std::string& line, std::size_t position) {
    ContentLine result{.position = position};
    bool in_quotes = false;
    std::size_t begin = 0;
    std::vector<std::string> heads;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') in_quotes = !in_quotes;
        if (in_quotes || (line[i] != ';' && line[i] != ':')) continue;
        heads.push_back(line.substr(begin, i - begin));
        begin = i + 1;
        if (line[i] == ':') {
            result.name = upper(trim(heads.front()));
            for (auto head = heads.begin() + 1; head != heads.end(); ++head) {
                const std::size_t equals = std::min(head->find('='), head->size());
                std::string value = head->substr(std::min(equals + 1, head->size()));
                std::erase(value, '"');
                result.parameters.push_back({upper(head->substr(0, equals)), std::move(value)});
            }
            result.value = std::string(trim(std::string_view(line).substr(begin)));
            return result;
        }
    }
    result.value = std::string(trim(line));
    return result;
}

int number(std::string_view digits) {
    int value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
}

}  // namespace

std::string_view ContentLine::parameter(std::string_view wanted) const {
    for (const Parameter& each : parameters) {
        if (each.name == wanted) return each.value;
    }
    return {};
}

std::vector<ContentLine> content_lines(std::string_view text) {
    std::vector<ContentLine> lines;
    std::string line;
    std::size_t position = 0;
    const auto flush = [&] {
        if (!trim(line).empty()) lines.push_back(read_line(line, position));
        line.clear();
    };
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::string_view raw = text.substr(begin, end - begin);
        if (raw.ends_with('\r')) raw.remove_suffix(1);
        if (!line.empty() && (raw.starts_with(' ') || raw.starts_with('\t'))) {
            line += raw.substr(1);
        } else {
            flush();
            line = raw;
            position = begin;
        }
        begin = end + 1;
    }
    flush();
    return lines;
}

Result<IcalTime> parse_ical_time(std::string_view text) {
    const auto wrong = [&] {
        return fail(Errc::invalid,
                    "\"" + std::string(text.substr(0, 40)) +
                        "\" is not a date such as 20261231, 20261231T235959 or 20261231T235959Z");
    };
    IcalTime result;
    std::string_view rest = text;
    if (rest.size() == 16 && (rest.back() == 'Z' || rest.back() == 'z')) {
        result.is_utc = true;
        rest.remove_suffix(1);
    }
    result.is_date = rest.size() == 8;
    if (!result.is_date && (rest.size() != 15 || (rest[8] != 'T' && rest[8] != 't')))
        return wrong();
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (i != 8 && (rest[i] < '0' || rest[i] > '9')) return wrong();
    }
    const int year = number(rest.substr(0, 4));
    const int month = number(rest.substr(4, 2));
    const int day = number(rest.substr(6, 2));
    if (year < year_min || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
        return wrong();
    }
    result.local = local_of(day_of(year, month, day));
    if (result.is_date) return result;
    const int hour = number(rest.substr(9, 2));
    const int minute = number(rest.substr(11, 2));
    const int second = number(rest.substr(13, 2));
    if (hour > 23 || minute > 59 || second > 60) return wrong();
    // A leap second is the second before, where clocks do not show it (RFC 5545, 3.3.12).
    result.local += hour * 3'600 + minute * 60 + std::min(second, 59);
    return result;
}

std::vector<std::string_view> split_list(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

}  // namespace carillon::recurrence
