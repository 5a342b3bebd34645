// Expressions: any text is parsed or refused, and what is parsed can be carried out on an item,
// which stays one that can be stored.
//
// First byte: the kind of expression. The rest is its text; names #a to #f and values :a to :j are
// given.

#include "dynamo/expression/expression.hpp"

#include "core/check.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/item/json.hpp"
#include "fuzz.hpp"

#include <string>

namespace carillon::dynamo {

namespace {

const ExpressionNames& names() {
    static const ExpressionNames all = {
        {"#a", "a"}, {"#b", "b"}, {"#c", "name"}, {"#d", "x.y"}, {"#e", ""}, {"#f", "m"}};
    return all;
}

Value typed(const char* json) {
    return value_from_typed_json(*parse_json(json)).value();
}

const ExpressionValues& values() {
    static const ExpressionValues all = {{":a", typed(R"({"S":"a"})")},
                                         {":b", typed(R"({"N":"1"})")},
                                         {":c", typed(R"({"B":"AQI="})")},
                                         {":d", typed(R"({"SS":["a","b"]})")},
                                         {":e", typed(R"({"NS":["1","2"]})")},
                                         {":f", typed(R"({"L":[{"N":"1"},{"S":"a"}]})")},
                                         {":g", typed(R"({"M":{"a":{"N":"1"}}})")},
                                         {":h", typed(R"({"BOOL":true})")},
                                         {":i", typed(R"({"NULL":true})")},
                                         {":j", typed(R"({"S":"SS"})")}};
    return all;
}

const Item& sample() {
    static const Item item = item_from_typed_json(*parse_json(R"({"pk":{"S":"k"},
        "a":{"N":"7"},"b":{"S":"text"},"c":{"SS":["a","c"]},"d":{"NS":["1","3"]},
        "l":{"L":[{"N":"1"},{"L":[{"S":"x"}]},{"M":{"a":{"S":"y"}}}]},
        "m":{"M":{"a":{"M":{"b":{"L":[{"N":"5"}]}}},"b":{"BOOL":true}}}})"))
                                 .value();
    return item;
}

void check_item(const Item& item) {
    std::string bytes;
    encode_item(item, bytes);
    const auto again = decode_item(bytes);
    CARILLON_CHECK(again && *again == item);
}

void run_condition(std::string_view text) {
    const auto condition = Condition::parse(text, names());
    const auto with_values = Condition::parse(text, names(), &values());
    if (!condition) {
        CARILLON_CHECK(!with_values);
        return;
    }
    if (!condition->check(values())) return;
    CARILLON_CHECK(with_values.has_value());
    CARILLON_CHECK(condition->holds(sample(), values()).has_value());
    CARILLON_CHECK(condition->holds(Item(), values()).has_value());
}

void run_update(std::string_view text) {
    const auto update = Update::parse(text, names());
    const auto with_values = Update::parse(text, names(), &values());
    if (!update) {
        CARILLON_CHECK(!with_values);
        return;
    }
    if (!update->check(values())) return;
    CARILLON_CHECK(with_values.has_value());
    for (const Item& before : {sample(), Item()}) {
        Item item = before;
        std::vector<Path> touched;
        if (!update->apply(item, values(), &touched)) {
            CARILLON_CHECK(item == before);
            continue;
        }
        check_item(item);
    }
}

void run_projection(std::string_view text) {
    const auto projection = Projection::parse(text, names());
    if (!projection) return;
    check_item(projection->apply(sample()));
    CARILLON_CHECK(projection->apply(Item()).empty());
}

void run_key_condition(std::string_view text) {
    const auto parsed = parse_key_condition(text, names(), values(), "a", "b");
    // What a query can use, any filter could say too.
    if (parsed) CARILLON_CHECK(Condition::parse(text, names(), &values()).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t kind = input.byte();
    const std::string_view text = input.rest();
    switch (kind % 4) {
        case 0:
            run_condition(text);
            break;
        case 1:
            run_update(text);
            break;
        case 2:
            run_projection(text);
            break;
        default:
            run_key_condition(text);
    }
    return 0;
}

}  // namespace carillon::dynamo
