// What requests look like, as data, and the two checks that every request passes before anything
// is read from it.
//
// DynamoDB first deserialises a body into typed members (a member of a wrong kind is a
// SerializationException), then checks the members' own rules and reports up to ten breaches at
// once ("2 validation errors detected: ..."). Both are walks over a table: operations.cpp holds one
// Shape per operation, in the order in which DynamoDB names the members.

#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <simdjson.h>
#include <span>
#include <string>
#include <string_view>

namespace carillon::dynamo::endpoint {

using Json = simdjson::dom::element;

enum class Kind : std::uint8_t {
    string,
    boolean,
    integer,  ///< 32 bits, as DynamoDB names it in errors.
    long_integer,
    attribute,  ///< An AttributeValue; read_value makes a Value of it.
    list,
    map,
    structure,
};

/// One constraint of a member.
struct Rule {
    enum class Is : std::uint8_t {
        required,  ///< Reported alone, before all others, with its own text.
        present,
        one_of,
        name_characters,
        // Of tables, which are also named by ARN; an empty name breaks only the first of these.
        table_not_empty,
        table_characters,
        table_length_at_least,
        table_length_at_most,
        length_at_least,
        length_at_most,
        at_least,
        at_most,
        keys,    ///< `nested` of each key of a map.
        values,  ///< `nested` of each value of a map.
    };
    Is is = Is::present;
    std::int64_t number = 0;
    std::string_view choices{};  ///< For one_of: "A, B, C", as errors show them.
    std::span<const Rule> nested{};
};

struct Shape;

struct Member {
    std::string_view name;
    const Shape* shape = nullptr;
    std::span<const Rule> rules{};
};

struct Shape {
    Kind kind = Kind::string;
    std::string_view name{};  ///< Of structures: the class that errors name.
    std::span<const Member> members{};
    const Shape* element = nullptr;  ///< Of lists and maps.
    std::span<const Rule> element_rules{};
};

/// Whether every known member is of its kind; unknown members are ignored, as is null.
/// SerializationException otherwise.
[[nodiscard]] Result<> check_kinds(const Json& body, const Shape& shape);

/// Every rule of every member; call it when the kinds are right. ValidationException.
[[nodiscard]] Result<> check_rules(const Json& body, const Shape& shape);

}  // namespace carillon::dynamo::endpoint
