#include "bus/amqp_console.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace carillon::bus::testing {

namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

constexpr std::uint32_t queue_declare = amqp::method(50, 10);
constexpr std::uint32_t basic_get = amqp::method(60, 70);
constexpr std::uint32_t basic_get_ok = amqp::method(60, 71);

}  // namespace

/// The payload alone.
Task<std::string> AmqpConsole::read_frame(Connection& connection) {
    amqp::Reader head(*co_await connection.read_bytes(7));
    head.u8();
    head.u16();
    const std::uint32_t size = head.u32();
    co_return std::string((*co_await connection.read_bytes(size + 1)).substr(0, size));
}

Task<> AmqpConsole::say(Connection& connection,
                        std::uint16_t channel,
                        std::uint32_t method,
                        amqp::Writer fields) {
    std::string out;
    amqp::append_method(out, channel, method, fields);
    (void)*co_await connection.write(out);
}

Task<> AmqpConsole::log_in(Connection& connection) {
    (void)*co_await connection.write("AMQP\0\0\x09\x01"sv);
    (void)co_await read_frame(connection);
    amqp::Writer start;
    start.table({}).short_text("PLAIN").long_text("\0guest\0guest"sv).short_text("en_US");
    co_await say(connection, 0, amqp::connection_start_ok, start);
    (void)co_await read_frame(connection);
    amqp::Writer tune;
    tune.u16(1).u32(131'072).u16(0);
    co_await say(connection, 0, amqp::connection_tune_ok, tune);
    amqp::Writer open;
    open.short_text("/").short_text("").u8(0);
    co_await say(connection, 0, amqp::connection_open, open);
    (void)co_await read_frame(connection);
    amqp::Writer channel;
    channel.short_text("");
    co_await say(connection, 1, amqp::channel_open, channel);
    (void)co_await read_frame(connection);
}

Task<> AmqpConsole::declare(std::string name, std::uint32_t length_max) {
    Dialer dialer(world_.loop, world_.pool, {});
    HostPort peer{"127.0.0.1", port_};
    auto connection = *co_await dialer.dial(std::move(peer), 30s);
    co_await log_in(*connection);
    amqp::Writer fields;
    constexpr std::uint8_t durable = 2;
    fields.u16(0).short_text(name).u8(durable);
    if (length_max == 0) {
        fields.table({});
    } else {
        constexpr std::string_view length = "x-max-length";
        constexpr std::string_view overflow = "x-overflow";
        constexpr std::string_view reject = "reject-publish";
        constexpr std::size_t bytes = length.size() + 6 + overflow.size() + 6 + reject.size();
        fields.u32(static_cast<std::uint32_t>(bytes)).short_text(length).u8('I').u32(length_max);
        fields.short_text(overflow).u8('S').long_text(reject);
    }
    co_await say(*connection, 1, queue_declare, fields);
    (void)co_await read_frame(*connection);
    co_await dialer.close();
}

Task<std::vector<Taken>> AmqpConsole::take(std::string queue) {
    Dialer dialer(world_.loop, world_.pool, {});
    HostPort peer{"127.0.0.1", port_};
    auto connection = *co_await dialer.dial(std::move(peer), 60s);
    co_await log_in(*connection);
    std::vector<Taken> all;
    for (;;) {
        amqp::Writer get;
        get.u16(0).short_text(queue).u8(1);  // Without acknowledgement.
        co_await say(*connection, 1, basic_get, get);
        const std::string answer = co_await read_frame(*connection);
        amqp::Reader fields(answer);
        if (fields.u32() != basic_get_ok) break;
        Taken taken;
        fields.u64();
        fields.u8();
        fields.short_text();
        taken.routing_key = fields.short_text();
        taken.header = co_await read_frame(*connection);
        taken.message_id = amqp::message_id_of(taken.header);
        amqp::Reader header(taken.header);
        header.u32();
        for (std::uint64_t size = header.u64(); taken.body.size() < size;) {
            taken.body += co_await read_frame(*connection);
        }
        all.push_back(std::move(taken));
    }
    co_await dialer.close();
    co_return all;
}

}  // namespace carillon::bus::testing
