#include "dynamo/remote/wire.hpp"

#include "dynamo/item/json.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <cmath>
#include <utility>

namespace carillon::dynamo::remote {

Result<Answer> Answer::parse(std::string_view text) {
    json::parse_options options;
    // An attribute's 32 levels are written as two each, and pages lie around them.
    options.max_depth = 160;
    boost::system::error_code error;
    json::value document =
        json::parse(text,
                    error,
                    json::make_shared_resource<json::monotonic_resource>(text.size() + 256),
                    options);
    if (error || !document.is_object()) {
        return fail(Errc::corrupt, "the answer is not a JSON object");
    }
    return Answer(std::move(document));
}

const json::value* member(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains({name.data(), name.size()});
    return value == nullptr || value->is_null() ? nullptr : value;
}

const json::object* object_member(const json::object& object, std::string_view name) {
    const json::value* value = member(object, name);
    return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_member(const json::object& object, std::string_view name) {
    const json::value* value = member(object, name);
    return value == nullptr ? nullptr : value->if_array();
}

std::string text_member(const json::object& object, std::string_view name) {
    const json::value* value = member(object, name);
    if (value == nullptr || !value->is_string()) return {};
    return std::string(value->get_string().data(), value->get_string().size());
}

std::int64_t whole_member(const json::object& object, std::string_view name) {
    const json::value* value = member(object, name);
    if (value == nullptr) return 0;
    if (const std::int64_t* whole = value->if_int64()) return *whole;
    if (const double* number = value->if_double()) return static_cast<std::int64_t>(*number);
    return 0;
}

TimePoint read_instant(const json::value& seconds) {
    if (const std::int64_t* whole = seconds.if_int64()) return from_epoch_ms(*whole * 1'000);
    const double* fraction = seconds.if_double();
    return from_epoch_ms(fraction == nullptr ? 0 : std::llround(*fraction * 1'000));
}

Result<std::optional<Item>> item_member(const json::object& object, std::string_view name) {
    const json::value* value = member(object, name);
    if (value == nullptr) return std::nullopt;
    auto item = item_from_typed_json(*value);
    if (!item) return fail(Errc::corrupt, "an item of the answer: " + item.error().message);
    return *std::move(item);
}

Result<Page> read_page(const Answer& answer) {
    Page page;
    if (const json::array* items = array_member(answer.object(), "Items")) {
        page.items.reserve(items->size());
        for (const json::value& json : *items) {
            auto item = item_from_typed_json(json);
            if (!item) return fail(Errc::corrupt, "an item of the answer: " + item.error().message);
            page.bytes += size_of(*item);
            page.items.push_back(*std::move(item));
        }
    }
    page.count = whole_member(answer.object(), "Count");
    page.scanned_count = whole_member(answer.object(), "ScannedCount");
    CARILLON_TRY(page.last_key, item_member(answer.object(), "LastEvaluatedKey"));
    return page;
}

void begin_member(std::string& out, std::string_view name) {
    if (!out.empty() && out.back() != '{') out += ',';
    out.append("\"").append(name).append("\":");
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
    begin_member(out, name);
    append_json_string(out, text);
}

void append_member(std::string& out, std::string_view name, const Item& item) {
    begin_member(out, name);
    append_typed_json(item, out);
}

void append_member(std::string& out, std::string_view name, bool value) {
    begin_member(out, name);
    out += value ? "true" : "false";
}

void append_member(std::string& out, std::string_view name, std::int64_t value) {
    begin_member(out, name);
    out += std::to_string(value);
}

}  // namespace carillon::dynamo::remote
