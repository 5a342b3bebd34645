#include "core/json_reader.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace carillon {
namespace {

/// Of a sender's own key in an error: enough to recognise it.
constexpr std::size_t shown_key_bytes_max = 64;

const json::object empty_object{};

/// A JSON number that stands for a whole one, if it does.
std::optional<std::int64_t> whole(const json::value& value) {
    if (const auto* number = value.if_int64()) return *number;
    const auto* number = value.if_double();
    // Beyond 2^53 a double no longer tells neighbouring integers apart.
    if (number == nullptr || std::trunc(*number) != *number || std::abs(*number) > 0x1p53) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(*number);
}

std::string length_rule(StringRule rule) {
    const std::string max = std::to_string(rule.bytes_max);
    if (rule.bytes_min == 0) return "must have at most " + max + " bytes";
    if (rule.bytes_max == StringRule{}.bytes_max) {
        return rule.bytes_min == 1
                   ? "must not be empty"
                   : "must have at least " + std::to_string(rule.bytes_min) + " bytes";
    }
    return "must have " + std::to_string(rule.bytes_min) + " to " + max + " bytes";
}

std::string join(const std::string& path, std::string_view key) {
    return path.empty() ? std::string(key) : path + '.' + std::string(key);
}

}  // namespace

JsonReader::JsonReader(const json::value& document, std::string path) {
    if (!document.is_object()) reject(path, "must be an object");
    add(&document, std::move(path));
}

JsonFields JsonReader::fields() {
    return {*this, nodes_.front()};
}

JsonReader::Node& JsonReader::add(const json::value* value, std::string path) {
    const json::object* object = value == nullptr ? nullptr : value->if_object();
    return nodes_.emplace_back(object, std::move(path));
}

void JsonReader::reject(std::string field, std::string message) {
    if (errors_.size() < errors_max) errors_.push_back({std::move(field), std::move(message)});
}

Result<> JsonReader::finish() {
    for (const Node& node : nodes_) {
        if (node.object == nullptr) continue;
        for (const auto& [key, value] : *node.object) {
            if (errors_.size() == errors_max) break;
            const std::string_view name = key;
            if (std::find(node.asked.begin(), node.asked.end(), name) != node.asked.end()) continue;
            reject(join(node.path, utf8_prefix(name, shown_key_bytes_max)), "is not a known field");
        }
    }
    if (errors_.empty()) return {};

    auto detail = std::make_shared<FieldErrors>();
    detail->all = std::exchange(errors_, {});
    const FieldError& first = detail->all.front();
    return std::unexpected(Error{Errc::invalid, first.message, first.field, detail});
}

bool JsonFields::has(std::string_view key) {
    const json::value* value = find(key);
    return value != nullptr && !value->is_null();
}

std::string_view JsonFields::string(std::string_view key, StringRule rule) {
    const json::value* value = require(key);
    if (value == nullptr) return {};
    return as_string(path(key), *value, rule).value_or(std::string_view{});
}

std::optional<std::string_view> JsonFields::optional_string(std::string_view key, StringRule rule) {
    const json::value* value = find(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return as_string(path(key), *value, rule);
}

std::int64_t JsonFields::integer(std::string_view key, std::int64_t min, std::int64_t max) {
    const json::value* value = require(key);
    return value == nullptr ? min : as_integer(key, *value, min, max).value_or(min);
}

std::optional<std::int64_t> JsonFields::optional_integer(std::string_view key,
                                                         std::int64_t min,
                                                         std::int64_t max) {
    const json::value* value = find(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return as_integer(key, *value, min, max);
}

double JsonFields::number(std::string_view key, double min, double max) {
    const json::value* value = require(key);
    return value == nullptr ? min : as_number(key, *value, min, max).value_or(min);
}

std::optional<double> JsonFields::optional_number(std::string_view key, double min, double max) {
    const json::value* value = find(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return as_number(key, *value, min, max);
}

bool JsonFields::boolean(std::string_view key) {
    const json::value* value = require(key);
    return value != nullptr && as_boolean(key, *value).value_or(false);
}

std::optional<bool> JsonFields::optional_boolean(std::string_view key) {
    const json::value* value = find(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return as_boolean(key, *value);
}

JsonFields JsonFields::object(std::string_view key) {
    const json::value* value = require(key);
    if (value != nullptr && !value->is_object()) reject(key, "must be an object");
    return {*reader_, reader_->add(value, path(key))};
}

std::optional<JsonFields> JsonFields::optional_object(std::string_view key) {
    const json::value* value = find(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return object(key);
}

std::vector<JsonFields> JsonFields::objects(std::string_view key, std::size_t count_max) {
    const json::value* value = require(key);
    if (value == nullptr) return {};
    return as_objects(key, *value, count_max);
}

std::optional<std::vector<JsonFields>> JsonFields::optional_objects(std::string_view key,
                                                                    std::size_t count_max) {
    const json::value* value = find(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return as_objects(key, *value, count_max);
}

std::vector<std::string_view> JsonFields::strings(std::string_view key,
                                                  std::size_t count_max,
                                                  StringRule rule) {
    const json::value* value = require(key);
    if (value == nullptr) return {};
    return as_strings(key, *value, count_max, rule);
}

std::optional<std::vector<std::string_view>> JsonFields::optional_strings(std::string_view key,
                                                                          std::size_t count_max,
                                                                          StringRule rule) {
    const json::value* value = find(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return as_strings(key, *value, count_max, rule);
}

const json::value* JsonFields::any(std::string_view key) {
    const json::value* value = find(key);
    if (value == nullptr && node_->object != nullptr) reject(key, "is required");
    return value;
}

const json::value* JsonFields::optional_any(std::string_view key) {
    return find(key);
}

const json::object& JsonFields::members() {
    if (node_->object == nullptr) return empty_object;
    for (const auto& member : *node_->object) node_->asked.emplace_back(member.key());
    return *node_->object;
}

void JsonFields::reject(std::string_view key, std::string message) {
    reader_->reject(path(key), std::move(message));
}

std::string JsonFields::path(std::string_view key) const {
    return join(node_->path, key);
}

const json::value* JsonFields::find(std::string_view key) {
    if (node_->object == nullptr) return nullptr;
    node_->asked.push_back(key);
    return node_->object->if_contains(key);
}

const json::value* JsonFields::require(std::string_view key) {
    const json::value* value = find(key);
    if (value != nullptr && !value->is_null()) return value;
    if (node_->object != nullptr) reject(key, "is required");
    return nullptr;
}

std::optional<std::string_view> JsonFields::as_string(const std::string& path,
                                                      const json::value& value,
                                                      StringRule rule) {
    if (!value.is_string()) {
        reader_->reject(path, "must be a string");
        return std::nullopt;
    }
    const std::string_view text = value.get_string();
    if (text.size() < rule.bytes_min || text.size() > rule.bytes_max) {
        reader_->reject(path, length_rule(rule));
        return std::nullopt;
    }
    return text;
}

std::optional<std::int64_t> JsonFields::as_integer(std::string_view key,
                                                   const json::value& value,
                                                   std::int64_t min,
                                                   std::int64_t max) {
    const std::optional<std::int64_t> number = whole(value);
    if (number && *number >= min && *number <= max) return number;
    reject(key,
           "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return std::nullopt;
}

std::optional<double> JsonFields::as_number(std::string_view key,
                                            const json::value& value,
                                            double min,
                                            double max) {
    if (value.is_number()) {
        const auto number = value.to_number<double>();
        if (number >= min && number <= max) return number;
    }
    reject(key, "must be a number from " + to_text(min) + " to " + to_text(max));
    return std::nullopt;
}

std::optional<bool> JsonFields::as_boolean(std::string_view key, const json::value& value) {
    if (value.is_bool()) return value.get_bool();
    reject(key, "must be true or false");
    return std::nullopt;
}

const json::array* JsonFields::as_array(std::string_view key,
                                        const json::value& value,
                                        std::size_t count_max) {
    const json::array* array = value.if_array();
    if (array == nullptr) {
        reject(key, "must be an array");
    } else if (array->size() > count_max) {
        reject(key, "must have at most " + std::to_string(count_max) + " elements");
        array = nullptr;
    }
    return array;
}

std::vector<JsonFields> JsonFields::as_objects(std::string_view key,
                                               const json::value& value,
                                               std::size_t count_max) {
    std::vector<JsonFields> objects;
    const json::array* array = as_array(key, value, count_max);
    if (array == nullptr) return objects;
    for (std::size_t at = 0; at < array->size(); ++at) {
        std::string path = this->path(key) + '[' + std::to_string(at) + ']';
        if (!(*array)[at].is_object()) reader_->reject(path, "must be an object");
        objects.push_back({*reader_, reader_->add(&(*array)[at], std::move(path))});
    }
    return objects;
}

std::vector<std::string_view> JsonFields::as_strings(std::string_view key,
                                                     const json::value& value,
                                                     std::size_t count_max,
                                                     StringRule rule) {
    std::vector<std::string_view> strings;
    const json::array* array = as_array(key, value, count_max);
    if (array == nullptr) return strings;
    for (std::size_t at = 0; at < array->size(); ++at) {
        const std::string path = this->path(key) + '[' + std::to_string(at) + ']';
        const auto text = as_string(path, (*array)[at], rule);
        strings.push_back(text.value_or(std::string_view{}));
    }
    return strings;
}

}  // namespace carillon
