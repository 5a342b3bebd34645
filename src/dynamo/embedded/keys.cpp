#include "dynamo/embedded/keys.hpp"

#include "dynamo/embedded/catalog.hpp"
#include "dynamo/item/codec.hpp"

#include <cmath>

namespace carillon::dynamo::embedded {

namespace {

constexpr std::int64_t seconds_of_five_years = 5LL * 365 * 24 * 60 * 60;

const Value* key_attribute(const Item& item, const KeyAttribute& attribute) {
    const Value* value = item.find(attribute.name);
    return value != nullptr && value->type() == attribute.type ? value : nullptr;
}

constexpr std::size_t header_bytes = 2 * sizeof(std::uint32_t);

void overwrite_u32(std::string& out, std::size_t at, std::size_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
        out[at + i] = static_cast<char>((value >> (24 - 8 * i)) & 0xff);
    }
}

void append_index_entry(const Index& index,
                        const Item& item,
                        std::string_view primary,
                        std::string& out) {
    const std::size_t start = out.size();
    out.append(header_bytes, '\0');
    const Value* hash = key_attribute(item, index.schema.key.hash);
    const Value* sort = nullptr;
    if (index.schema.key.sort) sort = key_attribute(item, *index.schema.key.sort);
    if (hash == nullptr || (index.schema.key.sort && sort == nullptr)) return;
    append_u32(index.id, out);
    encode_key_value(*hash, out);
    overwrite_u32(out, start + sizeof(std::uint32_t), out.size() - start - header_bytes);
    if (sort != nullptr) encode_key_value(*sort, out);
    out += primary;
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

void append_entries(const Table& table,
                    const Item& item,
                    std::string_view primary,
                    std::string& out) {
    for (const Index& index : table.indexes) append_index_entry(index, item, primary, out);
    if (table.ttl_index == 0) return;
    const std::optional<std::int64_t> expiry = expiry_of(table, item);
    const std::size_t start = out.size();
    out.append(header_bytes, '\0');
    if (!expiry) return;
    append_u32(table.ttl_index, out);
    overwrite_u32(out, start + sizeof(std::uint32_t), id_bytes);
    append_u64(static_cast<std::uint64_t>(*expiry), out);
    out += primary;
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

bool is_expired(std::optional<std::int64_t> expiry, TimePoint now) {
    if (!expiry) return false;
    const std::int64_t seconds = to_epoch_ms(now) / 1'000;
    return *expiry <= seconds && *expiry > seconds - seconds_of_five_years;
}

Result<std::size_t> key_value_length(std::string_view bytes) {
    std::string_view rest = bytes;
    CARILLON_TRY_VOID(decode_key_value(rest));
    return bytes.size() - rest.size();
}

}  // namespace carillon::dynamo::embedded
