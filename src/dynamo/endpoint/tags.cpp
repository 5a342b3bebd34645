#include "dynamo/endpoint/tags.hpp"

#include "dynamo/endpoint/fault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace carillon::dynamo::endpoint {

namespace {

/// Letters (of any script), digits, whitespace, and a few signs.
bool is_tag_text(std::string_view text) {
    constexpr std::string_view signs = "_.:/=+-@ \t";
    return std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               static_cast<unsigned char>(c) >= 0x80 || signs.find(c) != std::string_view::npos;
    });
}

}  // namespace

Result<> check_tag_count(std::size_t count) {
    constexpr std::size_t tags_max = 50;
    if (count <= tags_max) return {};
    return parameter_fault(
        fmt::format("Too many tags: a resource can have at most {} tags", tags_max));
}

Result<std::map<std::string, std::string>> read_tags(const Json& list) {
    std::map<std::string, std::string> tags;
    for (const Json json : array_of(list)) {
        const std::string key(text_member(json, "Key").value_or(""));
        const std::string value(text_member(json, "Value").value_or(""));
        if (!is_tag_text(key) || !is_tag_text(value)) {
            return parameter_fault(
                fmt::format("Tags may hold letters, digits, whitespace and _ . : / = + - @: {}={}",
                            key,
                            value));
        }
        if (!tags.emplace(key, value).second) {
            return validation_fault(
                fmt::format("Duplicate tag key found in Tags parameter: {}", key));
        }
    }
    CARILLON_TRY_VOID(check_tag_count(tags.size()));
    return tags;
}

Result<std::vector<std::string>> read_tag_keys(const Json& list) {
    std::vector<std::string> keys;
    for (const Json key : array_of(list)) keys.emplace_back(text_of(key));
    if (keys.empty()) return validation_fault("Atleast one Tag Key needs to be provided as Input.");
    return keys;
}

}  // namespace carillon::dynamo::endpoint
