// The item codec: what the embedded engine stores.
//
//   item:  version byte, count, then per attribute in the order of names: name, value
//   name, string, binary: length, bytes
//   value: tag byte, payload; a set, list or map tells its length in bytes first, so that it can be
//          stepped over
//   number: a zigzag varint when it is a 64-bit integer, otherwise sign and length, exponent, and
//          the magnitude's bytes, least significant first
//
// Counts and lengths are LEB128 varints, except a container's length (four bytes, patched in after
// its content is written).

#include "core/check.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/item/decimal.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace carillon::dynamo {

namespace {

constexpr char version = 1;

// DynamoDB allows 32 levels. More are read back so that whatever was accepted stays readable; the
// limit only keeps hostile bytes from exhausting the stack.
constexpr int nesting_max = 512;

// Stored: the numbers never change.
enum class Tag : std::uint8_t {
    string = 0,
    integer = 1,
    binary = 2,
    no = 3,
    null = 4,
    string_set = 5,
    number_set = 6,
    binary_set = 7,
    list = 8,
    map = 9,
    yes = 10,
    decimal = 11,
};

constexpr std::uint8_t decimal_negative = 0x80;
// Powers of ten are stored above zero.
constexpr int exponent_bias = 256;
constexpr std::uint64_t exponent_max = 512;

void put(std::string& out, Tag tag) {
    out += static_cast<char>(tag);
}

void put_varint(std::string& out, std::uint64_t value) {
    char bytes[10];
    std::size_t count = 0;
    for (; value >= 0x80; value >>= 7) bytes[count++] = static_cast<char>(value | 0x80);
    bytes[count++] = static_cast<char>(value);
    out.append(bytes, count);
}

void put_text(std::string& out, std::string_view text) {
    put_varint(out, text.size());
    out.append(text);
}

void put_number(std::string& out, const Number& number) {
    if (const auto whole = number.to_int64()) {
        const auto bits = static_cast<std::uint64_t>(*whole);
        put(out, Tag::integer);
        put_varint(out, bits << 1 ^ (*whole < 0 ? ~std::uint64_t{0} : 0));
        return;
    }
    put(out, Tag::decimal);
    char bytes[sizeof(Number::Magnitude)];
    std::uint8_t count = 0;
    for (Number::Magnitude rest = number.magnitude(); rest != 0; rest >>= 8) {
        bytes[count++] = static_cast<char>(rest);
    }
    out += static_cast<char>(number.negative() ? count | decimal_negative : count);
    const int exponent = number.exponent() + exponent_bias;
    put_varint(out, static_cast<std::uint64_t>(exponent));
    out.append(bytes, count);
}

/// Writes a container: its tag, the length of what `fill` writes, and that.
template <class Fill>
void put_container(std::string& out, Tag tag, const Fill& fill) {
    put(out, tag);
    const std::size_t at = out.size();
    out.append(4, '\0');
    fill();
    const std::size_t length = out.size() - at - 4;
    CARILLON_CHECK(length <= std::numeric_limits<std::uint32_t>::max());
    for (std::size_t i = 0; i < 4; ++i) out[at + i] = static_cast<char>(length >> 8 * i);
}

struct Encoder {
    std::string& out;

    void operator()(const std::string& text) const {
        put(out, Tag::string);
        put_text(out, text);
    }

    void operator()(const Number& number) const { put_number(out, number); }

    void operator()(const Binary& binary) const {
        put(out, Tag::binary);
        put_text(out, binary.bytes);
    }

    void operator()(bool boolean) const { put(out, boolean ? Tag::yes : Tag::no); }

    void operator()(Null) const { put(out, Tag::null); }

    void operator()(const StringSet& set) const {
        put_container(out, Tag::string_set, [&] {
            put_varint(out, set.size());
            for (const std::string& member : set) put_text(out, member);
        });
    }

    void operator()(const NumberSet& set) const {
        put_container(out, Tag::number_set, [&] {
            put_varint(out, set.size());
            for (const Number& member : set) put_number(out, member);
        });
    }

    void operator()(const BinarySet& set) const {
        put_container(out, Tag::binary_set, [&] {
            put_varint(out, set.members.size());
            for (const Binary& member : set.members) put_text(out, member.bytes);
        });
    }

    void operator()(const List& list) const {
        put_container(out, Tag::list, [&] {
            put_varint(out, list.size());
            for (const Value& entry : list) std::visit(*this, entry.storage());
        });
    }

    void operator()(const Map& map) const {
        put_container(out, Tag::map, [&] { attributes(map); });
    }

    void attributes(const AttributeMap& map) const {
        put_varint(out, map.size());
        for (const Attribute& attribute : map) {
            put_text(out, attribute.name);
            std::visit(*this, attribute.value.storage());
        }
    }
};

/// Takes bytes off the front. A read that fails takes nothing that matters: every caller gives up.
class Reader {
public:
    explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

    [[nodiscard]] bool at_end() const { return at_ == end_; }

    [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

    bool byte(std::uint8_t& out) {
        if (at_ == end_) return false;
        out = static_cast<std::uint8_t>(*at_++);
        return true;
    }

    bool varint(std::uint64_t& out) {
        out = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            std::uint8_t next = 0;
            if (!byte(next)) return false;
            if (shift == 63 && next > 1) return false;
            out |= static_cast<std::uint64_t>(next & 0x7F) << shift;
            if (next < 0x80) return true;
        }
        return false;
    }

    bool bytes(std::uint64_t length, std::string_view& out) {
        if (length > left()) return false;
        out = {at_, static_cast<std::size_t>(length)};
        at_ += length;
        return true;
    }

    bool text(std::string_view& out) {
        std::uint64_t length = 0;
        return varint(length) && bytes(length, out);
    }

    /// The content of a container.
    bool body(std::string_view& out) {
        std::string_view prefix;
        if (!bytes(4, prefix)) return false;
        std::uint64_t length = 0;
        for (std::size_t i = 4; i-- > 0;)
            length = length << 8 | static_cast<std::uint8_t>(prefix[i]);
        return bytes(length, out);
    }

private:
    const char* at_;
    const char* end_;
};

bool read_integer(Reader& in, Number& out) {
    std::uint64_t bits = 0;
    if (!in.varint(bits)) return false;
    out = Number(static_cast<std::int64_t>(bits >> 1 ^ (0 - (bits & 1))));
    return true;
}

bool read_decimal(Reader& in, Number& out) {
    std::uint8_t head = 0;
    std::uint64_t exponent = 0;
    std::string_view bytes;
    if (!in.byte(head) || !in.varint(exponent) || exponent > exponent_max) return false;
    const std::uint8_t count = head & static_cast<std::uint8_t>(~decimal_negative);
    if (count == 0 || count > sizeof(Number::Magnitude) || !in.bytes(count, bytes)) return false;
    Number::Magnitude magnitude = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
        magnitude = magnitude << 8 | static_cast<std::uint8_t>(bytes[i]);
    }
    const int power = static_cast<int>(exponent) - exponent_bias;
    if (!Number::fits(magnitude, power)) return false;
    out = Number::from_parts((head & decimal_negative) != 0, magnitude, power);
    return true;
}

bool read_tagged_number(Reader& in, Number& out) {
    std::uint8_t tag = 0;
    if (!in.byte(tag)) return false;
    switch (static_cast<Tag>(tag)) {
        case Tag::integer:
            return read_integer(in, out);
        case Tag::decimal:
            return read_decimal(in, out);
        default:
            return false;
    }
}

bool read_member(Reader& in, std::string& out) {
    std::string_view text;
    if (!in.text(text)) return false;
    out.assign(text);
    return true;
}

bool read_member(Reader& in, Binary& out) {
    return read_member(in, out.bytes);
}

bool read_member(Reader& in, Number& out) {
    return read_tagged_number(in, out);
}

/// A set's members ascend strictly, or equal sets would not be equal.
template <class Member>
bool read_set(Reader& in, std::vector<Member>& out) {
    std::string_view body;
    std::uint64_t count = 0;
    if (!in.body(body)) return false;
    Reader members(body);
    if (!members.varint(count) || count > members.left()) return false;
    out.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count; ++i) {
        Member member;
        if (!read_member(members, member)) return false;
        if (!out.empty() && !(out.back() < member)) return false;
        out.push_back(std::move(member));
    }
    return members.at_end();
}

bool read_value(Reader& in, Value& out, int nesting);

bool read_attributes(Reader& in, AttributeMap& out, int nesting) {
    std::uint64_t count = 0;
    // An attribute takes two bytes at least, which bounds what is reserved for a false count.
    if (!in.varint(count) || count > in.left() / 2) return false;
    out.reserve(static_cast<std::size_t>(count));
    std::string_view before;
    for (std::uint64_t i = 0; i < count; ++i) {
        std::string_view name;
        if (!in.text(name) || (i > 0 && !(before < name))) return false;
        before = name;
        if (!read_value(in, out.append_sorted(name), nesting)) return false;
    }
    return true;
}

bool read_list(Reader& in, List& out, int nesting) {
    std::uint64_t count = 0;
    if (!in.varint(count) || count > in.left()) return false;
    // A false count costs at most the bytes that are there, one value at a time.
    out.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(count, 1024)));
    for (std::uint64_t i = 0; i < count; ++i) {
        if (!read_value(in, out.emplace_back(), nesting)) return false;
    }
    return true;
}

template <class Container, class Read>
bool read_nested(Reader& in, Value& out, int nesting, const Read& read) {
    std::string_view body;
    if (nesting >= nesting_max || !in.body(body)) return false;
    Reader content(body);
    return read(content, out.emplace<Container>(), nesting + 1) && content.at_end();
}

bool read_sets(Reader& in, Value& out, Tag tag) {
    if (tag == Tag::string_set) {
        StringSet members;
        if (!read_set(in, members)) return false;
        out = Value::string_set(std::move(members));
    } else if (tag == Tag::number_set) {
        NumberSet members;
        if (!read_set(in, members)) return false;
        out = Value::number_set(std::move(members));
    } else {
        BinarySet set;
        if (!read_set(in, set.members)) return false;
        out = std::move(set);
    }
    return true;
}

bool read_value(Reader& in, Value& out, int nesting) {
    std::uint8_t byte = 0;
    if (!in.byte(byte)) return false;
    const auto tag = static_cast<Tag>(byte);
    std::string_view text;
    Number number;
    switch (tag) {
        case Tag::string:
            if (!in.text(text)) return false;
            out.emplace<std::string>(text);
            return true;
        case Tag::integer:
            if (!read_integer(in, number)) return false;
            out.emplace<Number>(number);
            return true;
        case Tag::decimal:
            if (!read_decimal(in, number)) return false;
            out.emplace<Number>(number);
            return true;
        case Tag::binary:
            if (!in.text(text)) return false;
            out.emplace<Binary>().bytes.assign(text);
            return true;
        case Tag::no:
        case Tag::yes:
            out.emplace<bool>(tag == Tag::yes);
            return true;
        case Tag::null:
            out.emplace<Null>();
            return true;
        case Tag::string_set:
        case Tag::number_set:
        case Tag::binary_set:
            return read_sets(in, out, tag);
        case Tag::list:
            return read_nested<List>(in, out, nesting, read_list);
        case Tag::map:
            return read_nested<Map>(in, out, nesting, read_attributes);
    }
    return false;
}

/// Steps over a value without building it.
bool skip_value(Reader& in) {
    std::uint8_t tag = 0;
    std::string_view bytes;
    std::uint64_t number = 0;
    if (!in.byte(tag)) return false;
    switch (static_cast<Tag>(tag)) {
        case Tag::string:
        case Tag::binary:
            return in.text(bytes);
        case Tag::integer:
            return in.varint(number);
        case Tag::decimal: {
            std::uint8_t head = 0;
            return in.byte(head) && in.varint(number) && in.bytes(head & 0x7F, bytes);
        }
        case Tag::no:
        case Tag::yes:
        case Tag::null:
            return true;
        case Tag::string_set:
        case Tag::number_set:
        case Tag::binary_set:
        case Tag::list:
        case Tag::map:
            return in.body(bytes);
    }
    return false;
}

bool read_selected(Reader& in, std::span<const std::string_view> names, Item& out) {
    std::uint64_t count = 0;
    if (!in.varint(count) || count > in.left() / 2) return false;
    out.reserve(std::min(static_cast<std::size_t>(count), names.size()));
    auto wanted = names.begin();
    std::string_view before;
    for (std::uint64_t i = 0; i < count; ++i) {
        std::string_view name;
        if (!in.text(name) || (i > 0 && !(before < name))) return false;
        before = name;
        while (wanted != names.end() && *wanted < name) ++wanted;
        if (wanted == names.end()) return true;
        if (*wanted != name) {
            if (!skip_value(in)) return false;
        } else if (!read_value(in, out.append_sorted(name), 0)) {
            return false;
        }
    }
    return in.at_end();
}

bool read_version(Reader& in) {
    std::uint8_t byte = 0;
    return in.byte(byte) && byte == static_cast<std::uint8_t>(version);
}

std::unexpected<Error> corrupt() {
    return fail(Errc::corrupt, "The stored item cannot be read");
}

}  // namespace

void encode_item(const Item& item, std::string& out) {
    // Lengths and types take a few bytes beside what DynamoDB counts: room once, not by doubling.
    constexpr std::size_t marks_bytes = 6;
    out.reserve(out.size() + size_of(item) + item.size() * marks_bytes);
    out += version;
    Encoder{out}.attributes(item);
}

Result<Item> decode_item(std::string_view bytes) {
    Reader in(bytes);
    Item item;
    if (!read_version(in) || !read_attributes(in, item, 0) || !in.at_end()) return corrupt();
    return item;
}

Result<Item> decode_attributes(std::string_view bytes, std::span<const std::string_view> names) {
    Reader in(bytes);
    Item item;
    if (!read_version(in) || !read_selected(in, names, item)) return corrupt();
    return item;
}

}  // namespace carillon::dynamo
