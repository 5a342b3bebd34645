#include "bus/amqp_frame.hpp"

#include <algorithm>

namespace carillon::bus::amqp {

namespace {

constexpr std::uint16_t has_content_type = 1U << 15U;
constexpr std::uint16_t has_encoding = 1U << 14U;
constexpr std::uint16_t has_headers = 1U << 13U;
constexpr std::uint16_t has_delivery_mode = 1U << 12U;
constexpr std::uint16_t has_priority = 1U << 11U;
constexpr std::uint16_t has_correlation_id = 1U << 10U;
constexpr std::uint16_t has_reply_to = 1U << 9U;
constexpr std::uint16_t has_expiration = 1U << 8U;
constexpr std::uint16_t has_message_id = 1U << 7U;
constexpr std::uint16_t has_timestamp = 1U << 6U;
constexpr std::uint16_t has_type = 1U << 5U;

constexpr std::uint16_t basic = 60;
constexpr std::uint8_t persistent = 2;
constexpr std::size_t frame_overhead = 8;

void append_number(std::string& out, std::uint64_t value, std::size_t bytes) {
    for (std::size_t at = bytes; at > 0; --at) {
        out += static_cast<char>((value >> (8U * (at - 1))) & 0xffU);
    }
}

}  // namespace

Writer& Writer::u8(std::uint8_t value) {
    append_number(bytes_, value, 1);
    return *this;
}

Writer& Writer::u16(std::uint16_t value) {
    append_number(bytes_, value, 2);
    return *this;
}

Writer& Writer::u32(std::uint32_t value) {
    append_number(bytes_, value, 4);
    return *this;
}

Writer& Writer::u64(std::uint64_t value) {
    append_number(bytes_, value, 8);
    return *this;
}

Writer& Writer::short_text(std::string_view text) {
    text = text.substr(0, 255);
    u8(static_cast<std::uint8_t>(text.size()));
    bytes_ += text;
    return *this;
}

Writer& Writer::long_text(std::string_view text) {
    u32(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
    return *this;
}

Writer& Writer::table(const Table& table) {
    Writer inner;
    for (const auto& [name, value] : table) {
        inner.short_text(name).u8('S').long_text(value);
    }
    return long_text(inner.bytes());
}

std::string_view Reader::take(std::size_t bytes) {
    if (bytes > rest_.size()) {
        good_ = false;
        rest_ = {};
        return {};
    }
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
}

std::uint64_t Reader::number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : take(bytes)) value = (value << 8U) | static_cast<unsigned char>(c);
    return value;
}

std::uint8_t Reader::u8() {
    return static_cast<std::uint8_t>(number(1));
}

std::uint16_t Reader::u16() {
    return static_cast<std::uint16_t>(number(2));
}

std::uint32_t Reader::u32() {
    return static_cast<std::uint32_t>(number(4));
}

std::uint64_t Reader::u64() {
    return number(8);
}

std::string_view Reader::short_text() {
    return take(u8());
}

std::string_view Reader::long_text() {
    return take(u32());
}

void append_frame(std::string& out,
                  std::uint8_t type,
                  std::uint16_t channel,
                  std::string_view payload) {
    append_number(out, type, 1);
    append_number(out, channel, 2);
    append_number(out, payload.size(), 4);
    out += payload;
    out += static_cast<char>(frame_end);
}

void append_method(std::string& out,
                   std::uint16_t channel,
                   std::uint32_t method,
                   const Writer& fields) {
    std::string payload;
    append_number(payload, method, 4);
    payload += fields.bytes();
    append_frame(out, frame_method, channel, payload);
}

void append_publication(std::string& out,
                        std::uint16_t channel,
                        const Publication& publication,
                        std::uint32_t frame_max) {
    Writer publish;
    publish.u16(0)
        .short_text(publication.exchange)
        .short_text(publication.routing_key)
        .u8(publication.mandatory ? 1 : 0);
    append_method(out, channel, basic_publish, publish);

    Writer header;
    header.u16(basic).u16(0).u64(publication.body.size());
    header.u16(has_content_type | has_headers | has_delivery_mode | has_message_id | has_timestamp |
               has_type);
    header.short_text(publication.content_type)
        .table(publication.headers == nullptr ? Table() : *publication.headers)
        .u8(persistent)
        .short_text(publication.message_id)
        .u64(publication.timestamp)
        .short_text(publication.type);
    append_frame(out, frame_header, channel, header.bytes());

    const std::size_t room = frame_max == 0 ? std::size_t{128} << 10U : frame_max - frame_overhead;
    for (std::string_view body = publication.body; !body.empty();) {
        const std::string_view part = body.substr(0, std::min(room, body.size()));
        append_frame(out, frame_body, channel, part);
        body.remove_prefix(part.size());
    }
}

std::string_view message_id_of(std::string_view header) {
    Reader reader(header);
    reader.u16();
    reader.u16();
    reader.u64();
    const std::uint16_t flags = reader.u16();
    if ((flags & has_message_id) == 0) return {};
    if ((flags & has_content_type) != 0) reader.short_text();
    if ((flags & has_encoding) != 0) reader.short_text();
    if ((flags & has_headers) != 0) reader.long_text();
    if ((flags & has_delivery_mode) != 0) reader.u8();
    if ((flags & has_priority) != 0) reader.u8();
    if ((flags & has_correlation_id) != 0) reader.short_text();
    if ((flags & has_reply_to) != 0) reader.short_text();
    if ((flags & has_expiration) != 0) reader.short_text();
    return reader.short_text();
}

}  // namespace carillon::bus::amqp
