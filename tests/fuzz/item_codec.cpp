// Stored items: arbitrary bytes are refused or read without harm, and what was read is written
// and read again unchanged.

#include "core/check.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/item/json.hpp"
#include "fuzz.hpp"

#include <array>
#include <string>
#include <string_view>

namespace carillon::dynamo {

namespace {

void check_item(const Item& item) {
    std::string bytes;
    encode_item(item, bytes);
    const auto again = decode_item(bytes);
    CARILLON_CHECK(again && *again == item);

    constexpr std::array<std::string_view, 3> names = {"a", "b", "name"};
    const auto some = decode_attributes(bytes, names);
    CARILLON_CHECK(some.has_value());
    for (const std::string_view name : names) {
        const Value* whole = item.find(name);
        const Value* part = some->find(name);
        CARILLON_CHECK((whole == nullptr) == (part == nullptr));
        if (whole != nullptr) CARILLON_CHECK(*whole == *part);
    }
    std::string json;
    append_typed_json(item, json);
    CARILLON_CHECK(json.starts_with('{') && json.ends_with('}'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    if (input.byte() % 2 == 0) {
        const auto item = decode_item(input.rest());
        if (item) check_item(*item);
        return 0;
    }
    // Items that JSON makes, so that the fuzzer also finds whole ones.
    const auto json = parse_json(input.rest());
    if (!json) return 0;
    const auto item = item_from_typed_json(*json);
    if (item) check_item(*item);
    return 0;
}

}  // namespace carillon::dynamo
