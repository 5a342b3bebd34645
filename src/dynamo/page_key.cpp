#include "dynamo/page_key.hpp"

#include "core/json.hpp"
#include "core/json_reader.hpp"
#include "core/text.hpp"
#include "dynamo/item/json.hpp"

namespace carillon::dynamo {
namespace {

constexpr std::size_t text_bytes_max = 8'192;
constexpr std::int64_t partitions_max = 1'000;

}  // namespace

std::string encode(const PageKey& key) {
    std::string document = "{\"partition\":" + std::to_string(key.partition);
    if (key.last) {
        document += ",\"last\":";
        append_typed_json(*key.last, document);
    }
    document += '}';
    return base64url_encode(document);
}

Result<PageKey> decode_page_key(std::string_view text, std::string_view field) {
    const auto refused = invalid(std::string(field), "must be a key that an earlier page gave");
    if (text.size() > text_bytes_max) return refused;
    const auto bytes = base64url_decode(text);
    if (!bytes) return refused;
    const auto document = parse_json(*bytes);
    if (!document) return refused;
    JsonReader reader(*document);
    JsonFields fields = reader.fields();
    PageKey key;
    key.partition = static_cast<std::size_t>(fields.integer("partition", 0, partitions_max));
    if (const json::value* last = fields.optional_any("last")) {
        auto item = item_from_typed_json(*last);
        if (!item) return refused;
        key.last = *std::move(item);
    }
    if (!reader.finish()) return refused;
    return key;
}

}  // namespace carillon::dynamo
