#include "server/query.hpp"

#include "core/check.hpp"
#include "net/http.hpp"

#include <algorithm>
#include <charconv>

namespace carillon::server {
namespace {

using Value = std::variant<std::string, std::int64_t, bool, TimePoint>;

std::unexpected<Error> wrong(const QueryParameter& parameter, std::string rule) {
    return invalid(std::string(parameter.name), std::move(rule));
}

Result<Value> read_text(const QueryParameter& parameter, std::string text) {
    const auto bytes = static_cast<std::int64_t>(text.size());
    if (text.empty()) return wrong(parameter, "must not be empty");
    if (bytes < parameter.min || bytes > parameter.max) {
        return wrong(parameter,
                     "must have " + std::to_string(std::max<std::int64_t>(1, parameter.min)) +
                         " to " + std::to_string(parameter.max) + " bytes");
    }
    return text;
}

Result<Value> read_integer(const QueryParameter& parameter, const std::string& text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, number);
    if (fault != std::errc{} || stop != end || number < parameter.min || number > parameter.max) {
        return wrong(parameter,
                     "must be a whole number from " + std::to_string(parameter.min) + " to " +
                         std::to_string(parameter.max));
    }
    return number;
}

Result<Value> read_boolean(const QueryParameter& parameter, const std::string& text) {
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return wrong(parameter, "must be true or false");
}

Result<Value> read_instant(const QueryParameter& parameter, const std::string& text) {
    auto at = parse_instant(text);
    if (!at) {
        // `+01:00` that was not percent-encoded arrives as ` 01:00`.
        std::string mended = text;
        const std::size_t space = mended.rfind(' ');
        if (space != std::string::npos && space > 10) {
            mended[space] = '+';
            at = parse_instant(mended);
        }
    }
    if (!at) return wrong(parameter, "must be an ISO 8601 instant such as 2026-12-24T17:00:00Z");
    return *at;
}

Result<Value> read_choice(const QueryParameter& parameter, std::string text) {
    if (std::ranges::find(parameter.choices, text) != parameter.choices.end()) return text;
    std::string rule = "must be one of ";
    for (const std::string_view choice : parameter.choices) {
        if (choice != parameter.choices.front()) rule += ", ";
        rule += choice;
    }
    return wrong(parameter, std::move(rule));
}

Result<Value> read_value(const QueryParameter& parameter, std::string text) {
    switch (parameter.kind) {
        case ParameterKind::text:
            return read_text(parameter, std::move(text));
        case ParameterKind::integer:
            return read_integer(parameter, text);
        case ParameterKind::boolean:
            return read_boolean(parameter, text);
        case ParameterKind::instant:
            return read_instant(parameter, text);
        case ParameterKind::choice:
            return read_choice(parameter, std::move(text));
    }
    return fail(Errc::internal, "unknown kind of parameter");
}

}  // namespace

const QueryValues::Value* QueryValues::find(std::string_view name) const {
    for (const auto& [known, value] : values_) {
        if (known == name) return &value;
    }
    return nullptr;
}

std::optional<std::string> QueryValues::text(std::string_view name) const {
    const Value* value = find(name);
    if (value == nullptr) return std::nullopt;
    CARILLON_CHECK(std::holds_alternative<std::string>(*value));
    return *std::get_if<std::string>(value);
}

std::optional<std::int64_t> QueryValues::integer(std::string_view name) const {
    const Value* value = find(name);
    if (value == nullptr) return std::nullopt;
    CARILLON_CHECK(std::holds_alternative<std::int64_t>(*value));
    return *std::get_if<std::int64_t>(value);
}

std::optional<bool> QueryValues::boolean(std::string_view name) const {
    const Value* value = find(name);
    if (value == nullptr) return std::nullopt;
    CARILLON_CHECK(std::holds_alternative<bool>(*value));
    return *std::get_if<bool>(value);
}

std::optional<TimePoint> QueryValues::instant(std::string_view name) const {
    const Value* value = find(name);
    if (value == nullptr) return std::nullopt;
    CARILLON_CHECK(std::holds_alternative<TimePoint>(*value));
    return *std::get_if<TimePoint>(value);
}

Result<QueryValues> read_query(std::span<const QueryParameter> declared, std::string_view query) {
    QueryValues values;
    if (!query.empty()) {
        auto given = net::parse_query(query);
        if (!given) return invalid("query", given.error().message);
        for (auto& [name, text] : *given) {
            const auto parameter = std::ranges::find(declared, name, &QueryParameter::name);
            if (parameter == declared.end()) return invalid(name, "is not a known parameter");
            if (values.find(parameter->name) != nullptr) return invalid(name, "is given twice");
            CARILLON_TRY(auto value, read_value(*parameter, std::move(text)));
            values.values_.emplace_back(parameter->name, std::move(value));
        }
    }
    for (const QueryParameter& parameter : declared) {
        if (parameter.required && values.find(parameter.name) == nullptr) {
            return wrong(parameter, "is required");
        }
    }
    return values;
}

}  // namespace carillon::server
