#include "outbox/page_key.hpp"

#include "core/json.hpp"
#include "core/json_reader.hpp"
#include "core/text.hpp"
#include "dynamo/item/json.hpp"

#include <algorithm>

namespace carillon::outbox {
namespace {

constexpr std::size_t text_bytes_max = 8'192;
constexpr std::int64_t partitions_max = 1'000;

std::unexpected<Error> refused() {
    return invalid("startKey", "must be a key that an earlier page gave");
}

}  // namespace

std::string encode(const PageKey& key) {
    std::string document = "{\"partition\":" + std::to_string(key.partition);
    if (key.last) {
        document += ",\"last\":";
        dynamo::append_typed_json(*key.last, document);
    }
    document += '}';
    std::string text = base64_encode(document);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    text.erase(text.find_last_not_of('=') + 1);
    return text;
}

Result<PageKey> decode_page_key(std::string_view text) {
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
    PageKey key;
    key.partition = static_cast<std::size_t>(fields.integer("partition", 0, partitions_max));
    if (const json::value* last = fields.optional_any("last")) {
        auto item = dynamo::item_from_typed_json(*last);
        if (!item) return refused();
        key.last = *std::move(item);
    }
    if (!reader.finish()) return refused();
    return key;
}

}  // namespace carillon::outbox
