// Items as JSON: DynamoDB's typed form ({"S": "x"}) and the plain form that people write.

#pragma once

#include "core/json.hpp"
#include "core/result.hpp"
#include "dynamo/item/value.hpp"

#include <string>

namespace carillon::dynamo {

/// DynamoDB's wire form. Appends text; binary is base64.
void append_typed_json(const Value& value, std::string& out);
void append_typed_json(const Item& item, std::string& out);
/// `invalid`, with texts for people, when it is none. Strict: what is read is an answer of a
/// DynamoDB, our own text, or a command line's. The endpoint reads requests by itself.
[[nodiscard]] Result<Value> value_from_typed_json(const boost::json::value& json);
[[nodiscard]] Result<Item> item_from_typed_json(const boost::json::value& json);

/// Plain JSON: text, numbers (exact when they fit a double or int64, otherwise as text), lists and
/// objects; sets become arrays, binary base64 text.
[[nodiscard]] boost::json::value to_plain_json(const Value& value);
[[nodiscard]] boost::json::value to_plain_json(const Item& item);
/// Plain JSON to values: numbers to N, objects to M, arrays to L. Doubles outside DynamoDB's range
/// are `invalid`.
[[nodiscard]] Result<Value> from_plain_json(const boost::json::value& json);

}  // namespace carillon::dynamo
