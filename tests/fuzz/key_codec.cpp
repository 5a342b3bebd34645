// The key codec: what is written is read back, and encoded keys compare as their values do.

#include "core/check.hpp"
#include "dynamo/item/codec.hpp"
#include "fuzz.hpp"

#include <compare>
#include <string>

namespace carillon::dynamo {

namespace {

Value take_value(fuzz::Input& input) {
    switch (input.byte() % 4) {
        case 0:
            return Value(std::string(input.piece()));
        case 1:
            return Value(Binary{std::string(input.piece())});
        case 2: {
            const auto high = input.integer<std::uint64_t>();
            const auto low = input.integer<std::uint64_t>();
            auto magnitude = (static_cast<Number::Magnitude>(high) << 64) | low;
            // Half the numbers are small, so that signs and exponents decide too.
            if (high % 2 == 0) magnitude = low >> (high % 64);
            const int exponent = input.integer<std::int16_t>() % 180;
            const bool negative = input.byte() % 2 != 0;
            if (!Number::fits(magnitude, exponent)) return Value(Number(0));
            return Value(Number::from_parts(negative, magnitude, exponent));
        }
        default: {
            const auto number = Number::parse(input.piece());
            return Value(number ? *number : Number(0));
        }
    }
}

std::strong_ordering order(const Value& left, const Value& right) {
    if (const auto* text = left.string()) return text->compare(*right.string()) <=> 0;
    if (const auto* binary = left.get_if<Binary>()) {
        return binary->bytes.compare(right.get_if<Binary>()->bytes) <=> 0;
    }
    return *left.number() <=> *right.number();
}

std::string encoded(const Value& value) {
    std::string bytes;
    encode_key_value(value, bytes);
    return bytes;
}

void check_pair(const Value& left, const Value& right) {
    if (left.type() != right.type()) return;
    const std::string one = encoded(left);
    const std::string two = encoded(right);
    CARILLON_CHECK((one.compare(two) <=> 0) == order(left, right));
    // Neither runs on where the other ends, so that keys of several parts keep their order.
    CARILLON_CHECK(one == two || (!one.starts_with(two) && !two.starts_with(one)));
}

void check_round_trip(const Value& value, const Value& next) {
    const std::string bytes = encoded(value) + encoded(next);
    std::string_view left = bytes;
    const auto first = decode_key_value(left);
    CARILLON_CHECK(first && *first == value);
    const auto second = decode_key_value(left);
    CARILLON_CHECK(second && *second == next && left.empty());
    std::string prefix;
    append_partition_prefix(value, prefix);
    CARILLON_CHECK(prefix.size() == 8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    if (input.byte() % 4 == 0) {
        // Bytes that nobody encoded: read, or refused, never beyond their end.
        std::string_view left = input.rest();
        while (!left.empty()) {
            const std::size_t before = left.size();
            const auto value = decode_key_value(left);
            if (!value) break;
            CARILLON_CHECK(left.size() < before);
        }
        return 0;
    }
    const Value one = take_value(input);
    const Value two = take_value(input);
    check_round_trip(one, two);
    check_pair(one, two);
    check_pair(two, one);
    return 0;
}

}  // namespace carillon::dynamo
