// Random numbers, values and items for the tests of this folder, the same ones for the same seed.

#pragma once

#include "core/random.hpp"
#include "dynamo/item/value.hpp"

#include <algorithm>
#include <string>

namespace carillon::dynamo::testing {

inline std::string random_digits(Random& random, std::size_t count) {
    std::string digits;
    for (std::size_t i = 0; i < count; ++i) {
        digits += static_cast<char>('0' + random.below(10));
    }
    return digits;
}

/// Of any length and power within DynamoDB's range; a third are small integers, some are zero or at
/// the edge of the range.
inline Number random_number(Random& random) {
    const bool negative = random.below(2) == 0;
    if (random.below(3) == 0) {
        const auto value = static_cast<std::int64_t>(random.below(2'000));
        return {negative ? -value : value};
    }
    const std::size_t count = 1 + random.below(38);
    Number::Magnitude magnitude = 0;
    for (const char c : random_digits(random, count)) {
        magnitude = magnitude * 10 + static_cast<unsigned>(c - '0');
    }
    if (random.below(8) == 0) {
        magnitude = 0;
        for (std::size_t i = 0; i < count; ++i) magnitude = magnitude * 10 + 9;
    }
    const std::uint64_t kind = random.below(8);
    int exponent = static_cast<int>(random.below(40)) - 20;
    if (kind == 0) exponent = 126 - static_cast<int>(count);
    if (kind == 1) exponent = -130;
    if (kind == 2) exponent = static_cast<int>(random.below(256)) - 130;
    while (!Number::fits(magnitude, exponent)) exponent += exponent > 0 ? -1 : 1;
    return Number::from_parts(negative, magnitude, exponent);
}

/// Short texts over few bytes, so that prefixes and zero bytes are common.
inline std::string random_bytes(Random& random, std::size_t length_max = 8) {
    static constexpr char alphabet[] = {'\0', '\x01', '\x02', 'a', 'b', '\x7F', '\xFE', '\xFF'};
    std::string bytes;
    for (std::size_t left = random.below(length_max + 1); left > 0; --left) {
        bytes += alphabet[random.below(sizeof alphabet)];
    }
    return bytes;
}

inline Item random_item(Random& random, int depth);

inline Value random_value(Random& random, int depth) {
    const std::uint64_t count = random.below(4);
    switch (random.below(depth > 0 ? 10 : 8)) {
        case 0:
            return random_bytes(random, 40);
        case 1:
            return random_number(random);
        case 2:
            return Binary{random_bytes(random, 40)};
        case 3:
            return random.below(2) == 0;
        case 4:
            return Null{};
        case 5: {
            StringSet members{"first"};
            for (std::uint64_t i = 0; i < count; ++i) members.push_back(random_bytes(random));
            return Value::string_set(std::move(members));
        }
        case 6: {
            NumberSet members{7};
            for (std::uint64_t i = 0; i < count; ++i) members.push_back(random_number(random));
            return Value::number_set(std::move(members));
        }
        case 7: {
            std::vector<Binary> members{{"first"}};
            for (std::uint64_t i = 0; i < count; ++i) members.push_back({random_bytes(random)});
            return Value::binary_set(std::move(members));
        }
        case 8: {
            List list;
            for (std::uint64_t i = 0; i < count; ++i) {
                list.push_back(random_value(random, depth - 1));
            }
            return list;
        }
        default:
            return random_item(random, depth - 1);
    }
}

inline Item random_item(Random& random, int depth) {
    Item item;
    for (std::uint64_t i = random.below(12); i > 0; --i) {
        item.set(random_bytes(random, 5), random_value(random, depth));
    }
    return item;
}

}  // namespace carillon::dynamo::testing
