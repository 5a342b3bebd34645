// Typed fields out of a JSON object, with every mistake named.
//
// A request body or a configuration document is read once from top to bottom; mistakes are gathered
// rather than reported one at a time, so that a person sees all of them in one answer. Apart from
// json.hpp because it knows nothing of text, and used by every place that takes JSON from people.
//
//     JsonReader reader(document);
//     JsonFields body = reader.fields();
//     webhook.id = body.string("id", {.bytes_min = 1, .bytes_max = 256});
//     JsonFields request = body.object("request");
//     webhook.timeout_ms = request.optional_integer("timeoutMs", 1, 60'000).value_or(5'000);
//     CARILLON_TRY_VOID(reader.finish());

#pragma once

#include "core/check.hpp"
#include "core/json.hpp"

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carillon {

/// One mistake: `field` is a path such as `repeat.rule.unit` or `headers[2].name`.
struct FieldError {
    std::string field;
    std::string message;

    bool operator==(const FieldError&) const = default;
};

/// All mistakes of one document, in the order in which they were found. Never empty.
struct FieldErrors final : ErrorDetail {
    std::vector<FieldError> all;
};

struct StringRule {
    std::size_t bytes_min = 0;
    std::size_t bytes_max = std::numeric_limits<std::size_t>::max();
};

/// One word that a field may hold, and what it stands for.
template <class T>
struct Choice {
    std::string_view name;
    T value;
};

class JsonFields;

/// Holds what was read and what was wrong. One per document; not thread-safe.
class JsonReader {
public:
    /// Keeps a reference to `document`. Paths begin with `path` if it is given.
    explicit JsonReader(const json::value& document CARILLON_LIFETIMEBOUND, std::string path = {});
    JsonReader(const JsonReader&) = delete;
    JsonReader& operator=(const JsonReader&) = delete;

    /// The document itself, which must be an object. The same at every call.
    [[nodiscard]] JsonFields fields() CARILLON_LIFETIMEBOUND;

    /// Call after the last field was read. Members that nobody asked for are mistakes too.
    /// The error is `invalid` with the first mistake; its detail is FieldErrors.
    [[nodiscard]] Result<> finish();

    /// Mistakes beyond this many are not kept: a body can hold a million of them.
    static constexpr std::size_t errors_max = 20;

private:
    friend class JsonFields;

    struct Node {
        const json::object* object;  ///< Null: missing or mistyped, which was reported already.
        std::string path;
        std::vector<std::string_view> asked{};
    };

    Node& add(const json::value* value, std::string path);
    void reject(std::string field, std::string message);

    std::deque<Node> nodes_;  // A deque, because JsonFields point into it.
    std::vector<FieldError> errors_;
};

/// One object's fields: a handle, valid as long as its reader and its document.
///
/// A required field that is missing or wrong yields an empty value, and the mistake waits for
/// finish(). Optional fields that are missing or null yield nothing. Keys are kept as views until
/// finish(): pass literals. Views that are returned point into the document.
class JsonFields {
public:
    [[nodiscard]] bool has(std::string_view key);

    std::string_view string(std::string_view key, StringRule rule = {});
    std::optional<std::string_view> optional_string(std::string_view key, StringRule rule = {});

    /// Whole numbers, also when written as 5.0 or 5e3.
    std::int64_t integer(std::string_view key, std::int64_t min, std::int64_t max);
    std::optional<std::int64_t> optional_integer(std::string_view key,
                                                 std::int64_t min,
                                                 std::int64_t max);

    double number(std::string_view key, double min, double max);
    std::optional<double> optional_number(std::string_view key, double min, double max);

    bool boolean(std::string_view key);
    std::optional<bool> optional_boolean(std::string_view key);

    /// When missing: fields whose reads all yield nothing and report nothing more.
    JsonFields object(std::string_view key);
    std::optional<JsonFields> optional_object(std::string_view key);

    std::vector<JsonFields> objects(std::string_view key, std::size_t count_max);
    std::optional<std::vector<JsonFields>> optional_objects(std::string_view key,
                                                            std::size_t count_max);
    std::vector<std::string_view> strings(std::string_view key,
                                          std::size_t count_max,
                                          StringRule rule = {});
    std::optional<std::vector<std::string_view>> optional_strings(std::string_view key,
                                                                  std::size_t count_max,
                                                                  StringRule rule = {});

    /// Any JSON value, null included; nullptr if the field is missing.
    const json::value* any(std::string_view key);
    const json::value* optional_any(std::string_view key);

    /// A string that is one of the names, written exactly so.
    template <class T>
    T choice(std::string_view key, std::span<const Choice<T>> choices) {
        CARILLON_CHECK(!choices.empty());
        const json::value* value = require(key);
        if (value == nullptr) return choices.front().value;
        return choose(key, *value, choices).value_or(choices.front().value);
    }

    template <class T>
    std::optional<T> optional_choice(std::string_view key, std::span<const Choice<T>> choices) {
        const json::value* value = find(key);
        if (value == nullptr || value->is_null()) return std::nullopt;
        return choose(key, *value, choices);
    }

    /// Every member in order, for maps whose keys are the sender's: none counts as unknown.
    [[nodiscard]] const json::object& members();

    /// A mistake by the caller's own rule. `message` continues the field's name: "must be …".
    void reject(std::string_view key, std::string message);

    /// This object's path followed by `key`.
    [[nodiscard]] std::string path(std::string_view key) const;

private:
    friend class JsonReader;

    JsonFields(JsonReader& reader, JsonReader::Node& node) : reader_(&reader), node_(&node) {}

    /// Marks the key as known.
    const json::value* find(std::string_view key);
    /// The same; a missing or null field is a mistake.
    const json::value* require(std::string_view key);

    std::optional<std::string_view> as_string(const std::string& path,
                                              const json::value& value,
                                              StringRule rule);
    std::optional<std::int64_t> as_integer(std::string_view key,
                                           const json::value& value,
                                           std::int64_t min,
                                           std::int64_t max);
    std::optional<double> as_number(std::string_view key,
                                    const json::value& value,
                                    double min,
                                    double max);
    std::optional<bool> as_boolean(std::string_view key, const json::value& value);
    const json::array* as_array(std::string_view key,
                                const json::value& value,
                                std::size_t count_max);
    std::vector<JsonFields> as_objects(std::string_view key,
                                       const json::value& value,
                                       std::size_t count_max);
    std::vector<std::string_view> as_strings(std::string_view key,
                                             const json::value& value,
                                             std::size_t count_max,
                                             StringRule rule);

    template <class T>
    std::optional<T> choose(std::string_view key,
                            const json::value& value,
                            std::span<const Choice<T>> choices) {
        std::string names;
        for (const Choice<T>& choice : choices) {
            if (value.is_string() && std::string_view(value.get_string()) == choice.name) {
                return choice.value;
            }
            names += names.empty() ? "" : ", ";
            names += choice.name;
        }
        reject(key, "must be one of " + names);
        return std::nullopt;
    }

    JsonReader* reader_;
    JsonReader::Node* node_;
};

}  // namespace carillon
