// How items and keys are written as bytes.
//
// Two codecs. The item codec is compact and fast to read in part; it is what the embedded engine
// stores. The key codec keeps order: comparing two encoded keys as bytes gives DynamoDB's order of
// the values (strings by UTF-8 bytes, numbers by value, binary by unsigned bytes), and an encoded
// key is never a prefix of another one of the same type.

#pragma once

#include "core/result.hpp"
#include "dynamo/item/value.hpp"

#include <span>
#include <string>
#include <string_view>

namespace carillon::dynamo {

void encode_item(const Item& item, std::string& out);
/// `corrupt` when the bytes were not written by encode_item; never reads beyond them.
[[nodiscard]] Result<Item> decode_item(std::string_view bytes);
/// Only the attributes of those names, in order; others are skipped without being built.
/// `names` must be sorted.
[[nodiscard]] Result<Item> decode_attributes(std::string_view bytes,
                                             std::span<const std::string_view> names);

/// Appends the order-keeping form of a string, number or binary value.
void encode_key_value(const Value& value, std::string& out);
/// Reads one value back and moves `bytes` behind it.
[[nodiscard]] Result<Value> decode_key_value(std::string_view& bytes);

/// The bytes under which DynamoDB places a partition: the first 8 of MD5("Outliers" + key bytes),
/// with numbers in DynamoDB's packed form, as dynalite reproduces it. Scans go in this order.
void append_partition_prefix(const Value& hash_key, std::string& out);
/// The same of several values, one behind the other.
void append_joined_prefix(std::span<const Value* const> values, std::string& out);

}  // namespace carillon::dynamo
