// Reading DynamoDB's answers: JSON members by name, items among them.

#pragma once

#include "core/json.hpp"
#include "dynamo/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::dynamo::remote {

/// One parsed answer. Its members live as long as it does.
class Answer {
public:
    /// `corrupt` when it is not an object.
    [[nodiscard]] static Result<Answer> parse(std::string_view text);

    [[nodiscard]] const json::object& object() const { return document_.get_object(); }

private:
    explicit Answer(json::value document) : document_(std::move(document)) {}

    json::value document_;
};

/// nullptr when it is missing or null.
[[nodiscard]] const json::value* member(const json::object& object, std::string_view name);
[[nodiscard]] const json::object* object_member(const json::object& object, std::string_view name);
[[nodiscard]] const json::array* array_member(const json::object& object, std::string_view name);
[[nodiscard]] std::string text_member(const json::object& object, std::string_view name);
[[nodiscard]] std::int64_t whole_member(const json::object& object, std::string_view name);
/// Seconds since 1970, with or without a fraction.
[[nodiscard]] TimePoint read_instant(const json::value& seconds);
/// Nothing when the member is not there.
[[nodiscard]] Result<std::optional<Item>> item_member(const json::object& object,
                                                      std::string_view name);
/// A page of a query or a scan.
[[nodiscard]] Result<Page> read_page(const Answer& answer);

// Writing requests.

/// Appends `"name":`, after a comma when something stands before it.
void begin_member(std::string& out, std::string_view name);
void append_member(std::string& out, std::string_view name, std::string_view text);
void append_member(std::string& out, std::string_view name, const Item& item);
void append_member(std::string& out, std::string_view name, bool value);
void append_member(std::string& out, std::string_view name, std::int64_t value);

// Literals would choose bool.
inline void append_member(std::string& out, std::string_view name, const char* text) {
    append_member(out, name, std::string_view(text));
}

}  // namespace carillon::dynamo::remote
