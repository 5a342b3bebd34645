#include "core/json.hpp"

#include "core/text.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace carillon {
namespace {

/// Builds the document from the parser's events. Only one thing is added to what Boost's own
/// handler does: it stops at a key that its object has already.
class Builder {
public:
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    bool on_document_begin(json::error_code&) { return true; }

    bool on_document_end(json::error_code&) { return true; }

    bool on_array_begin(json::error_code&) { return open(json::array{}); }

    bool on_array_end(std::size_t, json::error_code&) { return close(); }

    bool on_object_begin(json::error_code&) { return open(json::object{}); }

    bool on_object_end(std::size_t, json::error_code&) { return close(); }

    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        partial_.append(part.data(), part.size());
        return true;
    }

    bool on_key(json::string_view part, std::size_t, json::error_code& failure) {
        Level& level = levels_.back();
        level.key.assign(partial_);
        level.key.append(part.data(), part.size());
        partial_.clear();
        if (!level.container.get_object().contains(level.key)) return true;
        duplicate_ = path();
        failure = json::error::syntax;
        return false;
    }

    bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
        partial_.append(part.data(), part.size());
        return true;
    }

    bool on_string(json::string_view part, std::size_t, json::error_code&) {
        if (partial_.empty()) return add(json::string(part));
        partial_.append(part.data(), part.size());
        return add(json::string(std::exchange(partial_, {})));
    }

    bool on_number_part(json::string_view part, json::error_code&) {
        partial_.append(part.data(), part.size());
        return true;
    }

    bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
        partial_.clear();
        return add(number);
    }

    bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) {
        partial_.clear();
        return add(number);
    }

    /// Boost's double may be off by one unit in the last place; the text is read again exactly.
    bool on_double(double approximate, json::string_view part, json::error_code& failure) {
        partial_.append(part.data(), part.size());
        const std::string text = std::exchange(partial_, {});
        double number = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        if (read.ec == std::errc::result_out_of_range) {
            // Too small is as good as zero, too large is not a number that we can keep.
            if (!std::isfinite(approximate) || std::abs(approximate) > 1) {
                out_of_range_ = true;
                failure = json::error::exponent_overflow;
                return false;
            }
            number = approximate;
        }
        return add(number);
    }

    bool on_bool(bool value, json::error_code&) { return add(value); }

    bool on_null(json::error_code&) { return add(nullptr); }

    bool on_comment_part(json::string_view, json::error_code&) { return true; }

    bool on_comment(json::string_view, json::error_code&) { return true; }

    [[nodiscard]] json::value take() { return std::move(document_); }

    [[nodiscard]] const std::optional<std::string>& duplicate() const { return duplicate_; }

    [[nodiscard]] bool out_of_range() const { return out_of_range_; }

private:
    struct Level {
        json::value container;
        std::string key{};  ///< Of an object: where the next value goes.
    };

    bool open(json::value container) {
        levels_.push_back({std::move(container)});
        return true;
    }

    bool close() {
        json::value done = std::move(levels_.back().container);
        levels_.pop_back();
        return add(std::move(done));
    }

    bool add(json::value value) {
        if (levels_.empty()) {
            document_ = std::move(value);
        } else if (Level& level = levels_.back(); level.container.is_array()) {
            level.container.get_array().push_back(std::move(value));
        } else {
            level.container.get_object().emplace(level.key, std::move(value));
        }
        return true;
    }

    [[nodiscard]] std::string path() const {
        std::string path;
        for (const Level& level : levels_) {
            if (level.container.is_array()) {
                path += '[' + std::to_string(level.container.get_array().size()) + ']';
            } else {
                if (!path.empty()) path += '.';
                path += level.key;
            }
        }
        return path;
    }

    std::vector<Level> levels_;
    std::string partial_;  ///< Of a string, key or number that has an escape or is long.
    json::value document_;
    std::optional<std::string> duplicate_;
    bool out_of_range_ = false;
};

std::string position(std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, at);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is the text's start.
    return " at line " + std::to_string(lines + 1) + ", column " +
           std::to_string(before.size() - line_start + 1);
}

std::string explain(const json::error_code& failure, std::string_view text) {
    if (failure == json::error::incomplete) return "the text ends too early";
    if (failure == json::error::too_deep) {
        return "nested deeper than " + std::to_string(json_depth_max) + " levels";
    }
    if (failure == json::error::syntax) {
        return is_utf8(text) ? "an unexpected character" : "bytes that are not UTF-8";
    }
    if (failure == json::error::expected_utf16_escape ||
        failure == json::error::illegal_leading_surrogate ||
        failure == json::error::illegal_trailing_surrogate) {
        return "half of a surrogate pair";
    }
    return failure.message();
}

std::unexpected<Error> not_json(std::string why, std::string_view text, std::size_t at) {
    return invalid({}, "is not JSON: " + std::move(why) + position(text, at));
}

void append_double(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    const double size = std::abs(number);
    const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
    std::array<char, 64> digits{};
    const auto written =
        std::to_chars(digits.data(),
                      digits.data() + digits.size(),
                      number,
                      plain ? std::chars_format::fixed : std::chars_format::scientific);
    out.append(digits.data(), written.ptr);
}

template <class Number>
void append_whole(std::string& out, Number number) {
    std::array<char, 24> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), written.ptr);
}

void append_array(std::string& out, const json::array& array) {
    char separator = '[';
    for (const json::value& element : array) {
        out += separator;
        append_text(out, element);
        separator = ',';
    }
    out += array.empty() ? "[]" : "]";
}

void append_object(std::string& out, const json::object& object) {
    char separator = '{';
    for (const auto& [key, element] : object) {
        out += separator;
        append_json_string(out, key);
        out += ':';
        append_text(out, element);
        separator = ',';
    }
    out += object.empty() ? "{}" : "}";
}

bool is_escaped(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

/// The first byte from `at` that JSON wants escaped, or the size. Most texts have none, so eight
/// are looked at at once: a byte is below n where (byte - n) borrows into its own high bit.
std::size_t next_escaped(std::string_view text, std::size_t at) {
    constexpr std::uint64_t ones = 0x0101'0101'0101'0101;
    constexpr std::uint64_t highs = ones * 0x80;
    const auto below = [](std::uint64_t bytes, std::uint64_t n) {
        return (bytes - ones * n) & ~bytes & highs;
    };
    std::uint64_t bytes = 0;
    for (; text.size() - at >= sizeof bytes; at += sizeof bytes) {
        std::memcpy(&bytes, text.data() + at, sizeof bytes);
        if ((below(bytes, 0x20) | below(bytes ^ (ones * '"'), 1) |
             below(bytes ^ (ones * '\\'), 1)) != 0) {
            break;
        }
    }
    while (at < text.size() && !is_escaped(text[at])) ++at;
    return at;
}

}  // namespace

Result<json::value> parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = json_depth_max;
    json::basic_parser<Builder> parser(options);
    json::error_code failure;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), failure);

    if (const auto& path = parser.handler().duplicate()) {
        return invalid(*path, "appears twice" + position(text, read));
    }
    if (parser.handler().out_of_range()) {
        return not_json("a number too large for a double", text, read);
    }
    if (failure) return not_json(explain(failure, text), text, read);
    if (read < text.size()) return not_json("more text follows the document", text, read);
    return parser.handler().take();
}

void append_text(std::string& out, const json::value& value) {
    switch (value.kind()) {
        case json::kind::null:
            out += "null";
            return;
        case json::kind::bool_:
            out += value.get_bool() ? "true" : "false";
            return;
        case json::kind::int64:
            append_whole(out, value.get_int64());
            return;
        case json::kind::uint64:
            append_whole(out, value.get_uint64());
            return;
        case json::kind::double_:
            append_double(out, value.get_double());
            return;
        case json::kind::string:
            append_json_string(out, value.get_string());
            return;
        case json::kind::array:
            append_array(out, value.get_array());
            return;
        case json::kind::object:
            append_object(out, value.get_object());
            return;
    }
}

std::string to_text(const json::value& value) {
    std::string text;
    append_text(text, value);
    return text;
}

void append_json_string(std::string& out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '"';
    std::size_t copied = 0;
    for (std::size_t at = 0; (at = next_escaped(text, at)) < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        out.append(text, copied, at - copied);
        copied = at + 1;
        out += '\\';
        switch (c) {
            case '\n':
                out += 'n';
                break;
            case '\r':
                out += 'r';
                break;
            case '\t':
                out += 't';
                break;
            case '\b':
                out += 'b';
                break;
            case '\f':
                out += 'f';
                break;
            case '"':
            case '\\':
                out += static_cast<char>(c);
                break;
            default:
                out += "u00";
                out += hex[c >> 4];
                out += hex[c & 0xf];
        }
    }
    out.append(text, copied, text.size() - copied);
    out += '"';
}

}  // namespace carillon
