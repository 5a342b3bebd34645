#include "layer/whole_store.hpp"

#include "aws/sigv4.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/item/json.hpp"

#include <utility>

namespace carillon::layer {
namespace {

/// Does not depend on the order of members, which stores may change. Empty for an empty list.
Result<std::string> digest_of(const json::array& items) {
    if (items.empty()) return std::string();
    std::string bytes;
    for (const json::value& item : items) {
        CARILLON_TRY(const dynamo::Value value, dynamo::from_plain_json(item));
        if (value.map() == nullptr) return fail(Errc::corrupt, "a stored item is no object");
        dynamo::encode_item(*value.map(), bytes);
    }
    return aws::sha256_hex(bytes);
}

}  // namespace

std::string JsonObjects::key_of(std::string_view name) const {
    std::string key = prefix_ + std::string(name) + ".json";
    return check_object_key(key) ? key : prefix_ + "x-" + aws::sha256_hex(name) + ".json";
}

Task<Result<Whole>> JsonObjects::load(std::string name) {
    auto object = co_await store_.get(key_of(name));
    if (!object && object.error().code == Errc::not_found) co_return Whole{};
    if (!object) co_return std::unexpected(std::move(object).error());
    auto parsed = parse_json(object->bytes);
    if (!parsed || !parsed->is_array()) {
        co_return fail(Errc::corrupt,
                       key_of(name) + " is no JSON array" +
                           (parsed ? std::string() : ": " + parsed.error().message));
    }
    co_return Whole{.items = std::move(parsed->get_array()), .version = std::move(object->version)};
}

Task<Result<std::string>> JsonObjects::save(std::string name,
                                            json::array items,
                                            std::string expected) {
    PutOptions options;
    options.content_type = "application/json";
    options.condition.absent = expected.empty();
    options.condition.version = std::move(expected);
    co_return co_await store_.put(
        key_of(name), to_text(json::value(std::move(items))), std::move(options));
}

Task<Result<Whole>> CallbackStore::load(std::string name) {
    Whole whole;
    CARILLON_CO_TRY(whole.items, co_await callbacks_.getter(std::move(name)));
    CARILLON_CO_TRY(whole.version, digest_of(whole.items));
    co_return whole;
}

Task<Result<std::string>> CallbackStore::save(std::string name,
                                              json::array items,
                                              std::string /*expected*/) {
    CARILLON_CO_TRY(std::string version, digest_of(items));
    CARILLON_CO_TRY_VOID(co_await callbacks_.setter(std::move(name), std::move(items)));
    co_return version;
}

}  // namespace carillon::layer
