// What a command writes to, and how text is made fit for a terminal.
//
// Everything that comes from outside (ids, URLs, answers) passes printable() before it reaches a
// terminal, because escape sequences in a response body could otherwise rewrite the screen.

#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace carillon::cli {

enum class Style : std::uint8_t { plain, bold, dim, good, warning, bad };

/// Streams outlive it. Colours and a width only where the stream is a terminal: app knows.
struct Console {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool colours = false;   ///< Of `out`.
    std::size_t width = 0;  ///< Columns of `out`; 0: no limit.
};

/// `text` in the colours of `style`, or as it is.
[[nodiscard]] std::string paint(std::string_view text, Style style, bool colours);

/// Terminal columns that printable UTF-8 takes: combining marks none, East Asian wide characters
/// and emoji two.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// `text` without anything that a terminal could obey: control characters and bytes that are not
/// UTF-8 become \n, \t, \x1b ...; direction marks too.
[[nodiscard]] std::string printable(std::string_view text);

/// At most `columns` columns of printable text; what is cut off ends in an ellipsis.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);

}  // namespace carillon::cli
