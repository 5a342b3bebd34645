#include "queue/row_key.hpp"

#include "dynamo/item/codec.hpp"

namespace carillon::queue {

std::optional<std::string> row_id(const dynamo::Item& item, const dynamo::KeySchema& key) {
    const dynamo::Value* hash = item.find(key.hash.name);
    if (hash == nullptr || hash->type() != key.hash.type) return std::nullopt;
    std::string id;
    dynamo::encode_key_value(*hash, id);
    if (key.sort) {
        const dynamo::Value* sort = item.find(key.sort->name);
        if (sort == nullptr || sort->type() != key.sort->type) return std::nullopt;
        dynamo::encode_key_value(*sort, id);
    }
    return id;
}

Result<dynamo::Item> key_of_row_id(std::string_view id, const dynamo::KeySchema& key) {
    dynamo::Item item;
    CARILLON_TRY(dynamo::Value hash, dynamo::decode_key_value(id));
    item.set(key.hash.name, std::move(hash));
    if (key.sort) {
        CARILLON_TRY(dynamo::Value sort, dynamo::decode_key_value(id));
        item.set(key.sort->name, std::move(sort));
    }
    return item;
}

std::string sort_bytes(const dynamo::Value& value) {
    std::string bytes;
    dynamo::encode_key_value(value, bytes);
    return bytes;
}

}  // namespace carillon::queue
