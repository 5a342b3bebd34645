// The text of iCalendar: content lines, dates and times. What recurrence sets and .ics files share.

#pragma once

#include "recurrence/rrule.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carillon::recurrence {

/// `NAME;PARAM=VALUE:VALUE`, unfolded. Names are in upper case.
struct ContentLine {
    struct Parameter {
        std::string name;
        std::string value;  ///< Without its quotes.
    };

    std::string name{};  ///< Empty if the line has no colon.
    std::vector<Parameter> parameters{};
    std::string value{};
    std::size_t position = 0;  ///< Of the line's begin in the text.

    [[nodiscard]] std::string_view parameter(std::string_view wanted) const;
};

/// The lines of a text, folded ones joined, empty ones left out. Ends of lines may be CRLF or LF.
[[nodiscard]] std::vector<ContentLine> content_lines(std::string_view text);

/// `20261231`, `20261231T235959` or the same with Z. `invalid` otherwise, without a field.
[[nodiscard]] Result<IcalTime> parse_ical_time(std::string_view text);

/// The parts of a list, which may be empty.
[[nodiscard]] std::vector<std::string_view> split_list(std::string_view text, char separator);

}  // namespace carillon::recurrence
