// JSON text in and out, for requests, configuration and log lines.
//
// Boost.JSON supplies the values. Its parser is wrapped because what people send is judged strictly
// here and refused with a position, and its serialiser is replaced because it writes 1.5 as 1.5E0.
// The DynamoDB wire format does not pass through here: its codecs go straight to items.
// json_reader.hpp takes typed fields out of an object.

#pragma once

#include "core/result.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace carillon {

namespace json = boost::json;

/// Levels of arrays and objects that parse_json accepts.
inline constexpr std::size_t json_depth_max = 32;

/// Reads one RFC 8259 document. Refused as `invalid`: anything after the document, a key that
/// appears twice in one object (`field` is its path), bytes that are not UTF-8, numbers that a
/// double cannot hold, nesting over json_depth_max. The message tells line and column.
/// Whole numbers of 64 bits stay whole; others become the nearest double.
[[nodiscard]] Result<json::value> parse_json(std::string_view text);

/// Compact JSON. Doubles are written in the fewest digits that read back equal
/// (1.5, 100, 1e+21); infinities and NaN, which JSON lacks, as null.
[[nodiscard]] std::string to_text(const json::value& value);
void append_text(std::string& out, const json::value& value);

/// `text` in quotes with what JSON requires escaped. The bytes must be UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace carillon
