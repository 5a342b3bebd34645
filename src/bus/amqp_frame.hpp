// The bytes of AMQP 0-9-1: frames out, fields in. Pure.
//
// Source: the AMQP 0-9-1 specification, sections 4.2 and 2.3, and RabbitMQ's page of publisher
// confirms.

#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::bus::amqp {

inline constexpr std::uint8_t frame_method = 1;
inline constexpr std::uint8_t frame_header = 2;
inline constexpr std::uint8_t frame_body = 3;
inline constexpr std::uint8_t frame_heartbeat = 8;
inline constexpr std::uint8_t frame_end = 0xce;

/// Class and method in one number: `method(60, 40)` is basic.publish.
constexpr std::uint32_t method(std::uint16_t group, std::uint16_t number) {
    return (std::uint32_t{group} << 16U) | number;
}

inline constexpr std::uint32_t connection_start = method(10, 10);
inline constexpr std::uint32_t connection_start_ok = method(10, 11);
inline constexpr std::uint32_t connection_tune = method(10, 30);
inline constexpr std::uint32_t connection_tune_ok = method(10, 31);
inline constexpr std::uint32_t connection_open = method(10, 40);
inline constexpr std::uint32_t connection_open_ok = method(10, 41);
inline constexpr std::uint32_t connection_close = method(10, 50);
inline constexpr std::uint32_t channel_open = method(20, 10);
inline constexpr std::uint32_t channel_open_ok = method(20, 11);
inline constexpr std::uint32_t channel_close = method(20, 40);
inline constexpr std::uint32_t basic_publish = method(60, 40);
inline constexpr std::uint32_t basic_return = method(60, 50);
inline constexpr std::uint32_t basic_ack = method(60, 80);
inline constexpr std::uint32_t basic_nack = method(60, 120);
inline constexpr std::uint32_t confirm_select = method(85, 10);
inline constexpr std::uint32_t confirm_select_ok = method(85, 11);

using Table = std::vector<std::pair<std::string, std::string>>;

/// The fields of a method or header, in network order.
class Writer {
public:
    Writer& u8(std::uint8_t value);
    Writer& u16(std::uint16_t value);
    Writer& u32(std::uint32_t value);
    Writer& u64(std::uint64_t value);
    /// At most 255 bytes; cut beyond, so check before.
    Writer& short_text(std::string_view text);
    Writer& long_text(std::string_view text);
    /// All values are texts.
    Writer& table(const Table& table);

    [[nodiscard]] const std::string& bytes() const { return bytes_; }

private:
    std::string bytes_;
};

/// Fields out of bytes. After a field that is not there, everything is zero and `good()` false.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    std::uint8_t u8();
    std::uint16_t u16();
    std::uint32_t u32();
    std::uint64_t u64();
    std::string_view short_text();
    std::string_view long_text();

    [[nodiscard]] bool good() const { return good_; }

private:
    std::uint64_t number(std::size_t bytes);
    std::string_view take(std::size_t bytes);

    std::string_view rest_;
    bool good_ = true;
};

void append_frame(std::string& out,
                  std::uint8_t type,
                  std::uint16_t channel,
                  std::string_view payload);
void append_method(std::string& out,
                   std::uint16_t channel,
                   std::uint32_t method,
                   const Writer& fields);

/// What a message is published with.
struct Publication {
    std::string_view exchange;
    std::string_view routing_key;
    bool mandatory = true;
    std::string_view content_type;
    const Table* headers = nullptr;
    std::string_view message_id;
    std::string_view type;
    std::uint64_t timestamp = 0;  ///< Seconds.
    std::string_view body;
};

/// basic.publish with a persistent message, its body in frames of at most `frame_max` bytes.
void append_publication(std::string& out,
                        std::uint16_t channel,
                        const Publication& publication,
                        std::uint32_t frame_max);

/// The message-id of a content header's payload; empty when it has none.
[[nodiscard]] std::string_view message_id_of(std::string_view header);

}  // namespace carillon::bus::amqp
