#include "dynamo/embedded/keys.hpp"

#include "core/check.hpp"
#include "dynamo/embedded/catalog.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/validate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace carillon::dynamo::embedded {

namespace {

constexpr std::int64_t seconds_of_five_years = 5LL * 365 * 24 * 60 * 60;

/// Items that were stored before the index was made may have values that its keys cannot hold;
/// those are not in it.
const Value* key_attribute(const Item& item, const KeyAttribute& attribute, bool is_hash) {
    const Value* value = item.find(attribute.name);
    if (value == nullptr || value->type() != attribute.type) return nullptr;
    std::size_t size = 1;
    if (const std::string* text = value->string()) size = text->size();
    if (const Binary* binary = value->get_if<Binary>()) size = binary->bytes.size();
    const std::size_t most = is_hash ? hash_key_bytes_max : sort_key_bytes_max;
    return size > 0 && size <= most ? value : nullptr;
}

constexpr std::size_t header_bytes = 2 * sizeof(std::uint32_t);

void overwrite_u32(std::string& out, std::size_t at, std::size_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
        out[at + i] = static_cast<char>((value >> (24 - 8 * i)) & 0xff);
    }
}

/// The values of the index's key, when the item has all of them.
bool take_values(const Index& index,
                 const Item& item,
                 std::array<const Value*, key_attributes_max>& values) {
    for (std::size_t i = 0; i < index.key_attributes.size(); ++i) {
        values[i] = key_attribute(item, *index.key_attributes[i], i < index.hash_count);
        if (values[i] == nullptr) return false;
    }
    return true;
}

/// Indexes mostly have few hash keys, which come again and again: a hash of each is remembered.
void append_hash_prefix(std::string_view encoded,
                        std::span<const Value* const> values,
                        std::string& out) {
    struct Remembered {
        std::string encoded{};
        std::string prefix{};
    };

    constexpr std::size_t places = 64;
    thread_local std::array<Remembered, places> remembered;
    Remembered& place = remembered[std::hash<std::string_view>{}(encoded) % places];
    if (place.prefix.empty() || place.encoded != encoded) {
        place.encoded = encoded;
        place.prefix.clear();
        append_joined_prefix(values, place.prefix);
    }
    out += place.prefix;
}

/// What orders entries of equal index keys: a hash of the item's whole key, as DynamoDB has it.
/// `key`: the item's, as item_key makes it.
void append_tie(const Table& table, std::string_view key, std::string& out) {
    if (!table.schema.key.sort) {
        out += key.substr(id_bytes, prefix_bytes);
        return;
    }
    // Old and new entries of an item are worked out one after the other.
    thread_local std::string last_key;
    thread_local std::string last_tie;
    if (last_key != key || last_tie.empty()) {
        std::string_view rest = primary_of(key);
        const Result<Value> hash = decode_key_value(rest);
        const Result<Value> sort = decode_key_value(rest);
        CARILLON_CHECK(hash && sort);
        const std::array<const Value*, 2> values{&*hash, &*sort};
        last_tie.clear();
        append_joined_prefix(values, last_tie);
        last_key = key;
    }
    out += last_tie;
}

void append_index_entry(const Table& table,
                        const Index& index,
                        const Item& item,
                        std::string_view key,
                        std::string& out) {
    const std::size_t start = out.size();
    out.append(header_bytes, '\0');
    std::array<const Value*, key_attributes_max> values{};
    if (!take_values(index, item, values)) return;
    append_u32(index.id, out);
    append_index_partition(index, std::span(values).first(index.hash_count), out);
    overwrite_u32(out, start + sizeof(std::uint32_t), out.size() - start - header_bytes);
    for (std::size_t i = index.hash_count; i < index.key_attributes.size(); ++i) {
        encode_key_value(*values[i], out);
    }
    append_tie(table, key, out);
    out += primary_of(key);
    overwrite_u32(out, start, out.size() - start - header_bytes);
}

}  // namespace

void append_u32(std::uint32_t value, std::string& out) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
}

void append_u64(std::uint64_t value, std::string& out) {
    append_u32(static_cast<std::uint32_t>(value >> 32), out);
    append_u32(static_cast<std::uint32_t>(value), out);
}

std::uint32_t read_u32(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = (value << 8) | static_cast<std::uint8_t>(bytes[i]);
    return value;
}

std::uint64_t read_u64(std::string_view bytes) {
    return (static_cast<std::uint64_t>(read_u32(bytes)) << 32) | read_u32(bytes.substr(4));
}

std::string id_prefix(std::uint32_t id) {
    std::string out;
    append_u32(id, out);
    return out;
}

std::string after_prefix(std::string_view prefix) {
    std::string out(prefix);
    while (!out.empty()) {
        if (static_cast<std::uint8_t>(out.back()) != 0xff) {
            out.back() = static_cast<char>(static_cast<std::uint8_t>(out.back()) + 1);
            return out;
        }
        out.pop_back();
    }
    return out;
}

std::string item_key(std::uint32_t table, const KeySchema& schema, const Item& key) {
    std::string out;
    out.reserve(96);
    append_u32(table, out);
    const Value& hash = *key.find(schema.hash.name);
    append_partition_prefix(hash, out);
    encode_key_value(hash, out);
    if (schema.sort) encode_key_value(*key.find(schema.sort->name), out);
    return out;
}

void append_index_partition(const Index& index,
                            std::span<const Value* const> hash_values,
                            std::string& out) {
    CARILLON_CHECK(hash_values.size() == index.hash_count);
    std::string encoded;
    for (const Value* value : hash_values) encode_key_value(*value, encoded);
    append_hash_prefix(encoded, hash_values, out);
    out += encoded;
}

std::string entry_key(const Table& table,
                      const Index& index,
                      const Item& item,
                      std::string_view key) {
    std::string list;
    append_index_entry(table, index, item, key, list);
    std::string_view rest = list;
    return std::string(take_entry(rest).key);
}

void append_entries(const Table& table, const Item& item, std::string_view key, std::string& out) {
    for (const Index& index : table.indexes) append_index_entry(table, index, item, key, out);
    if (table.ttl_index == 0) return;
    const std::optional<std::int64_t> expiry = expiry_of(table, item);
    const std::size_t start = out.size();
    out.append(header_bytes, '\0');
    if (!expiry) return;
    append_u32(table.ttl_index, out);
    overwrite_u32(out, start + sizeof(std::uint32_t), id_bytes);
    append_u64(static_cast<std::uint64_t>(*expiry), out);
    out += primary_of(key);
    overwrite_u32(out, start, out.size() - start - header_bytes);
}

Entry take_entry(std::string_view& list) {
    if (list.empty()) return {};
    const std::size_t length = read_u32(list);
    const std::size_t partition = read_u32(list.substr(sizeof(std::uint32_t)));
    const std::string_view key = list.substr(header_bytes, length);
    list.remove_prefix(header_bytes + length);
    return {key, key.substr(0, partition)};
}

std::optional<std::int64_t> expiry_of(const Table& table, const Item& item) {
    if (!table.schema.ttl_attribute) return std::nullopt;
    const Value* value = item.find(*table.schema.ttl_attribute);
    const Number* number = value != nullptr ? value->number() : nullptr;
    if (number == nullptr || number->negative()) return std::nullopt;
    if (const auto whole = number->to_int64()) return whole;
    constexpr double most = 9e15;
    const double seconds = std::floor(number->to_double());
    if (seconds > most) return std::nullopt;
    return static_cast<std::int64_t>(seconds);
}

std::int64_t oldest_expiry(TimePoint now) {
    return std::max<std::int64_t>(0, to_epoch_ms(now) / 1'000 - seconds_of_five_years);
}

bool is_expired(std::optional<std::int64_t> expiry, TimePoint now) {
    if (!expiry) return false;
    const std::int64_t seconds = to_epoch_ms(now) / 1'000;
    return *expiry <= seconds && *expiry > seconds - seconds_of_five_years;
}

Result<std::string_view> primary_of_entry(const Index& index, std::string_view entry) {
    if (entry.size() < id_bytes + prefix_bytes) {
        return fail(Errc::corrupt, "An index entry of the store cannot be read");
    }
    std::string_view rest = entry.substr(id_bytes + prefix_bytes);
    for (std::size_t i = 0; i < index.key_attributes.size(); ++i) {
        CARILLON_TRY_VOID(decode_key_value(rest));
    }
    if (rest.size() < prefix_bytes) {
        return fail(Errc::corrupt, "An index entry of the store cannot be read");
    }
    return rest.substr(prefix_bytes);
}

}  // namespace carillon::dynamo::embedded
