#include "webhooks/start_key.hpp"

#include "core/json.hpp"
#include "core/json_reader.hpp"
#include "core/text.hpp"

namespace carillon::webhooks {
namespace {

constexpr std::size_t text_bytes_max = 4'096;

std::unexpected<Error> refused() {
    return invalid("startKey", "must be a key that an earlier page of this namespace gave");
}

}  // namespace

std::string encode(const StartKey& key) {
    json::object object;
    object["namespace"] = key.name_space;
    object["id"] = key.id;
    object["schedule"] = format_instant(key.schedule);
    return base64url_encode(to_text(object));
}

Result<StartKey> decode_start_key(std::string_view text, std::string_view name_space) {
    if (text.size() > text_bytes_max) return refused();
    const auto bytes = base64url_decode(text);
    if (!bytes) return refused();
    const auto document = parse_json(*bytes);
    if (!document) return refused();

    JsonReader reader(*document);
    JsonFields fields = reader.fields();
    StartKey key;
    key.name_space = fields.string("namespace");
    key.id = fields.string("id", {.bytes_min = 1});
    const auto schedule = parse_instant(fields.string("schedule"));
    if (!reader.finish() || !schedule || key.name_space != name_space) return refused();
    key.schedule = *schedule;
    return key;
}

}  // namespace carillon::webhooks
