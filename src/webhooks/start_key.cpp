#include "webhooks/start_key.hpp"

#include "core/json.hpp"
#include "core/json_reader.hpp"
#include "core/text.hpp"

#include <algorithm>

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
    std::string text = base64_encode(to_text(object));
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    text.erase(text.find_last_not_of('=') + 1);
    return text;
}

Result<StartKey> decode_start_key(std::string_view text, std::string_view name_space) {
    if (text.size() > text_bytes_max || text.find_first_of("+/=") != std::string_view::npos) {
        return refused();
    }
    std::string padded(text);
    std::ranges::replace(padded, '-', '+');
    std::ranges::replace(padded, '_', '/');
    padded.append((4 - padded.size() % 4) % 4, '=');
    const auto bytes = base64_decode(padded);
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
