#include "cli/console.hpp"

#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace carillon::cli {
namespace {

struct Span {
    char32_t first;
    char32_t last;
};

// Marks that draw over the character before them, joiners and selectors.
constexpr std::array zero_width{
    Span{0x0300, 0x036f},
    Span{0x0483, 0x0489},
    Span{0x0591, 0x05bd},
    Span{0x0610, 0x061a},
    Span{0x064b, 0x065f},
    Span{0x0900, 0x0902},
    Span{0x093c, 0x093c},
    Span{0x0941, 0x0948},
    Span{0x0e31, 0x0e31},
    Span{0x0e34, 0x0e3a},
    Span{0x0e47, 0x0e4e},
    Span{0x1ab0, 0x1aff},
    Span{0x1dc0, 0x1dff},
    Span{0x200b, 0x200d},
    Span{0x20d0, 0x20ff},
    Span{0xfe00, 0xfe0f},
    Span{0xfe20, 0xfe2f},
    Span{0xe0100, 0xe01ef},
};

// East Asian Width W and F, and what is drawn as emoji.
constexpr std::array double_width{
    Span{0x1100, 0x115f},   Span{0x231a, 0x231b},   Span{0x23e9, 0x23ec},   Span{0x23f0, 0x23f0},
    Span{0x23f3, 0x23f3},   Span{0x25fd, 0x25fe},   Span{0x2614, 0x2615},   Span{0x2648, 0x2653},
    Span{0x26a1, 0x26a1},   Span{0x26bd, 0x26be},   Span{0x26c4, 0x26c5},   Span{0x26d4, 0x26d4},
    Span{0x2705, 0x2705},   Span{0x270a, 0x270b},   Span{0x2728, 0x2728},   Span{0x274c, 0x274c},
    Span{0x2753, 0x2755},   Span{0x2757, 0x2757},   Span{0x2795, 0x2797},   Span{0x2b50, 0x2b50},
    Span{0x2b55, 0x2b55},   Span{0x2e80, 0x303e},   Span{0x3041, 0x33ff},   Span{0x3400, 0x4dbf},
    Span{0x4e00, 0x9fff},   Span{0xa000, 0xa4cf},   Span{0xa960, 0xa97c},   Span{0xac00, 0xd7a3},
    Span{0xf900, 0xfaff},   Span{0xfe30, 0xfe6f},   Span{0xff00, 0xff60},   Span{0xffe0, 0xffe6},
    Span{0x1f004, 0x1f004}, Span{0x1f0cf, 0x1f0cf}, Span{0x1f18e, 0x1f18e}, Span{0x1f191, 0x1f19a},
    Span{0x1f200, 0x1f320}, Span{0x1f32d, 0x1f335}, Span{0x1f337, 0x1f37c}, Span{0x1f37e, 0x1f393},
    Span{0x1f3a0, 0x1f3ca}, Span{0x1f3cf, 0x1f3d3}, Span{0x1f3e0, 0x1f3f0}, Span{0x1f3f4, 0x1f3f4},
    Span{0x1f3f8, 0x1f43e}, Span{0x1f440, 0x1f440}, Span{0x1f442, 0x1f4fc}, Span{0x1f4ff, 0x1f53d},
    Span{0x1f54b, 0x1f567}, Span{0x1f57a, 0x1f57a}, Span{0x1f595, 0x1f596}, Span{0x1f5a4, 0x1f5a4},
    Span{0x1f5fb, 0x1f64f}, Span{0x1f680, 0x1f6c5}, Span{0x1f6cc, 0x1f6cc}, Span{0x1f6d0, 0x1f6d2},
    Span{0x1f6d5, 0x1f6df}, Span{0x1f6eb, 0x1f6ec}, Span{0x1f6f4, 0x1f6fc}, Span{0x1f7e0, 0x1f7eb},
    Span{0x1f90c, 0x1f9ff}, Span{0x1fa70, 0x1faff}, Span{0x20000, 0x3fffd},
};

// They turn the direction of what follows, so a text could show as another.
constexpr std::array direction_marks{
    Span{0x061c, 0x061c}, Span{0x200e, 0x200f}, Span{0x202a, 0x202e}, Span{0x2066, 0x2069}};

template <std::size_t Count>
bool among(char32_t c, const std::array<Span, Count>& spans) {
    const auto at = std::ranges::lower_bound(spans, c, {}, &Span::last);
    return at != spans.end() && at->first <= c;
}

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
    bool sound = true;
};

/// The first character of `text`, which is not empty.
Character first_character(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || bytes > text.size() || !is_utf8(text.substr(0, bytes))) {
        return {lead, 1, false};
    }
    char32_t code = lead & (0xffU >> (bytes + 1));
    for (std::size_t at = 1; at < bytes; ++at) {
        code = (code << 6U) | (static_cast<unsigned char>(text[at]) & 0x3fU);
    }
    return {code, bytes, true};
}

std::size_t columns_of(char32_t code) {
    if (among(code, zero_width)) return 0;
    return among(code, double_width) ? 2 : 1;
}

std::string escaped(const Character& character) {
    switch (character.code) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            break;
    }
    const auto code = static_cast<std::uint32_t>(character.code);
    return code <= 0xff ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{:04x}", code);
}

}  // namespace

std::string paint(std::string_view text, Style style, bool colours) {
    if (!colours || style == Style::plain || text.empty()) return std::string(text);
    std::string_view code = "1";
    if (style == Style::dim) code = "2";
    if (style == Style::good) code = "32";
    if (style == Style::warning) code = "33";
    if (style == Style::bad) code = "31";
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::size_t display_width(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character character = first_character(text);
        columns += columns_of(character.code);
        text.remove_prefix(character.bytes);
    }
    return columns;
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character character = first_character(text);
        const char32_t code = character.code;
        const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
        if (!character.sound || control || among(code, direction_marks)) {
            out += escaped(character);
        } else {
            out += text.substr(0, character.bytes);
        }
        text.remove_prefix(character.bytes);
    }
    return out;
}

std::string fit(std::string_view text, std::size_t columns) {
    if (display_width(text) <= columns) return std::string(text);
    if (columns == 0) return {};
    std::string out;
    std::size_t used = 0;
    while (!text.empty()) {
        const Character character = first_character(text);
        const std::size_t width = columns_of(character.code);
        if (used + width > columns - 1) break;
        used += width;
        out += text.substr(0, character.bytes);
        text.remove_prefix(character.bytes);
    }
    return out + "…";
}

}  // namespace carillon::cli
