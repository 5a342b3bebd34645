#include "cli/item_text.hpp"

#include "core/json.hpp"
#include "dynamo/item/json.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::cli {

namespace {

Result<json::object> read_object(std::string_view what, std::string_view text) {
    auto parsed = parse_json(text);
    if (!parsed) return fail(Errc::invalid, fmt::format("{}: {}", what, parsed.error().message));
    if (!parsed->is_object()) {
        return fail(Errc::invalid, fmt::format("{} must be a JSON object", what));
    }
    return std::move(parsed->as_object());
}

std::string_view view(const json::string& text) {
    return {text.data(), text.size()};
}

/// An item of plain values is what people try first.
Error with_hint(Error error) {
    error.message += "; values look like {\"S\": \"text\"} and {\"N\": \"1\"} here, or use --plain";
    return error;
}

}  // namespace

Result<dynamo::Item> read_item(std::string_view text, ItemForm form) {
    CARILLON_TRY(const json::object object, read_object("the item", text));
    if (form == ItemForm::typed) {
        auto item = dynamo::item_from_typed_json(object);
        if (!item) return std::unexpected(with_hint(std::move(item).error()));
        return item;
    }
    CARILLON_TRY(dynamo::Value value, dynamo::from_plain_json(object));
    return std::move(*value.get_if<dynamo::Map>());
}

std::string item_text(const dynamo::Item& item, ItemForm form) {
    if (form == ItemForm::plain) return to_text(dynamo::to_plain_json(item));
    std::string out;
    dynamo::append_typed_json(item, out);
    return out;
}

Result<dynamo::ExpressionValues> read_values(std::string_view text, ItemForm form) {
    dynamo::ExpressionValues out;
    if (text.empty()) return out;
    CARILLON_TRY(const json::object object, read_object("--values", text));
    for (const auto& [name, json] : object) {
        if (!name.starts_with(':')) {
            return fail(Errc::invalid,
                        fmt::format("--values: {} must begin with a colon",
                                    std::string_view(name.data(), name.size())));
        }
        auto value = form == ItemForm::plain ? dynamo::from_plain_json(json)
                                             : dynamo::value_from_typed_json(json);
        if (!value) return std::unexpected(with_hint(std::move(value).error()));
        out.emplace_back(std::string(name), *std::move(value));
    }
    return out;
}

Result<dynamo::ExpressionNames> read_names(std::string_view text) {
    dynamo::ExpressionNames out;
    if (text.empty()) return out;
    CARILLON_TRY(const json::object object, read_object("--names", text));
    for (const auto& [name, json] : object) {
        if (!name.starts_with('#') || !json.is_string()) {
            return fail(Errc::invalid, "--names: must be like {\"#n\": \"name\"}");
        }
        out.emplace_back(std::string(name), std::string(view(json.get_string())));
    }
    return out;
}

}  // namespace carillon::cli
