#include "bus/amqp.hpp"

#include "bus/amqp_frame.hpp"
#include "bus/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace carillon::bus {

namespace {

using namespace std::string_view_literals;

constexpr std::uint16_t default_port = 5'672;
constexpr std::uint16_t default_tls_port = 5'671;
// It starts slowly, and confirms once the disk has it.
constexpr PoolLimits patience{.connect = Duration{10'000}, .answer = Duration{30'000}};
constexpr std::uint16_t channel = 1;
constexpr std::uint32_t frame_max_ours = 128 * 1'024;
/// What a server may send; larger is not AMQP.
constexpr std::uint32_t frame_max_theirs = 1'024 * 1'024;
constexpr std::size_t short_text_max = 255;

struct AmqpOptions {
    bool tls = false;
    bool mandatory = true;
    std::string user = "guest";
    std::string password = "guest";
    std::string vhost = "/";
    std::string exchange;
    std::string routing_key;
    EnvelopeOptions envelope;
};

struct Frame {
    std::uint8_t type = 0;
    std::string payload;

    [[nodiscard]] std::uint32_t method() const {
        return type == amqp::frame_method ? amqp::Reader(payload).u32() : 0;
    }

    [[nodiscard]] amqp::Reader fields() const {
        return amqp::Reader(
            std::string_view(payload).substr(std::min<std::size_t>(4, payload.size())));
    }
};

Error refusal(const Frame& frame) {
    amqp::Reader fields = frame.fields();
    const std::uint16_t code = fields.u16();
    const std::string text = fmt::format("AMQP: {} {}", code, fields.short_text());
    switch (code) {
        case 311:
            return {Errc::too_large, text};
        case 403:
        case 530:
            return {Errc::denied, text};
        case 404:
            return {Errc::not_found, text};
        case 406:
            return {Errc::invalid, text};
        default:
            return {Errc::unavailable, text};
    }
}

class AmqpSession final : public Protocol {
public:
    AmqpSession(const AmqpOptions& options, Connection& connection)
        : options_(options), connection_(connection) {}

    Task<Result<>> log_in(Dialer& dialer) override {
        if (options_.tls) {
            CARILLON_CO_TRY_VOID(co_await start_tls(connection_, dialer));
        }
        static constexpr std::string_view hello = "AMQP\0\0\x09\x01"sv;
        CARILLON_CO_TRY_VOID(co_await connection_.write(hello));
        CARILLON_CO_TRY_VOID(co_await expect(amqp::connection_start));
        CARILLON_CO_TRY_VOID(co_await start());
        CARILLON_CO_TRY_VOID(co_await tune());
        amqp::Writer open;
        open.short_text(options_.vhost).short_text("").u8(0);
        CARILLON_CO_TRY_VOID(
            co_await ask(0, amqp::connection_open, open, amqp::connection_open_ok));
        amqp::Writer open_channel;
        open_channel.short_text("");
        CARILLON_CO_TRY_VOID(
            co_await ask(channel, amqp::channel_open, open_channel, amqp::channel_open_ok));
        amqp::Writer select;
        select.u8(0);
        CARILLON_CO_TRY_VOID(
            co_await ask(channel, amqp::confirm_select, select, amqp::confirm_select_ok));
        co_return Result<>{};
    }

    Task<Result<>> exchange(const Batch& batch, Answers& answers) override {
        std::string bytes;
        for (const Packet* packet : batch) append(bytes, *packet);
        auto written = co_await connection_.write(bytes);
        // A refusal may be waiting to be read all the same.
        while (answers.open() > 0) {
            auto frame = co_await read_frame();
            if (!frame) co_return std::unexpected(std::move(frame).error());
            Result<> taken = co_await take(*std::move(frame), batch, answers);
            if (!taken) co_return std::unexpected(std::move(taken).error());
        }
        first_tag_ += batch.size();
        // Everything was answered all the same, but nothing more can be sent.
        co_return written;
    }

private:
    Task<Result<>> start() {
        amqp::Writer fields;
        const amqp::Table properties = {{"product", "Carillon"}};
        std::string response;
        response += '\0';
        response += options_.user;
        response += '\0';
        response += options_.password;
        fields.table(properties).short_text("PLAIN").long_text(response).short_text("en_US");
        std::string out;
        amqp::append_method(out, 0, amqp::connection_start_ok, fields);
        co_return co_await connection_.write(out);
    }

    Task<Result<>> tune() {
        auto frame = co_await expect(amqp::connection_tune);
        if (!frame && frame.error().code == Errc::unavailable) {
            // RabbitMQ ends the connection without a word.
            co_return fail(Errc::denied, "AMQP: the broker refused the login");
        }
        if (!frame) co_return std::unexpected(std::move(frame).error());
        amqp::Reader theirs = frame->fields();
        theirs.u16();
        const std::uint32_t most = theirs.u32();
        if (!theirs.good()) co_return fail(Errc::corrupt, "AMQP: a broken frame");
        frame_max_ = most == 0 ? frame_max_ours : std::min(most, frame_max_ours);
        if (frame_max_ < 4'096) co_return fail(Errc::corrupt, "AMQP: frames under 4096 bytes");
        amqp::Writer ours;
        // No heartbeats: a connection is looked at before it is used, and batches have a limit.
        ours.u16(channel).u32(frame_max_).u16(0);
        std::string out;
        amqp::append_method(out, 0, amqp::connection_tune_ok, ours);
        co_return co_await connection_.write(out);
    }

    Task<Result<>> ask(std::uint16_t on,
                       std::uint32_t method,
                       amqp::Writer fields,
                       std::uint32_t answer) {
        std::string out;
        amqp::append_method(out, on, method, fields);
        CARILLON_CO_TRY_VOID(co_await connection_.write(out));
        CARILLON_CO_TRY_VOID(co_await expect(answer));
        co_return Result<>{};
    }

    Task<Result<Frame>> expect(std::uint32_t method) {
        for (;;) {
            CARILLON_CO_TRY(Frame frame, co_await read_frame());
            if (frame.type == amqp::frame_heartbeat) continue;
            if (frame.method() == method) co_return frame;
            if (is_end(frame)) co_return std::unexpected(refusal(frame));
            co_return fail(Errc::corrupt, "AMQP: an unexpected frame");
        }
    }

    static bool is_end(const Frame& frame) {
        return frame.method() == amqp::connection_close || frame.method() == amqp::channel_close;
    }

    Task<Result<Frame>> read_frame() {
        Frame frame;
        CARILLON_CO_TRY(const std::string_view head, co_await connection_.read_bytes(7));
        if (head.starts_with("AMQP")) co_return fail(Errc::corrupt, "not an AMQP 0-9-1 broker");
        amqp::Reader reader(head);
        frame.type = reader.u8();
        reader.u16();
        const std::uint32_t size = reader.u32();
        if (size > frame_max_theirs) co_return fail(Errc::corrupt, "AMQP: a frame too large");
        CARILLON_CO_TRY(const std::string_view rest, co_await connection_.read_bytes(size + 1));
        if (static_cast<std::uint8_t>(rest.back()) != amqp::frame_end) {
            co_return fail(Errc::corrupt, "AMQP: a frame without its end");
        }
        frame.payload = rest.substr(0, size);
        co_return frame;
    }

    void append(std::string& out, const Packet& packet) const {
        amqp::Publication publication;
        publication.exchange = options_.exchange;
        publication.routing_key = packet.destination;
        publication.mandatory = options_.mandatory;
        publication.content_type = packet.wire.content_type;
        publication.headers = &packet.wire.attributes;
        publication.message_id = packet.id;
        publication.type = packet.type;
        publication.timestamp =
            static_cast<std::uint64_t>(std::max<std::int64_t>(0, to_epoch_ms(packet.time) / 1'000));
        publication.body = packet.wire.body;
        amqp::append_publication(out, channel, publication, frame_max_);
    }

    Task<Result<>> take(Frame frame, const Batch& batch, Answers& answers) {
        const std::uint32_t method = frame.method();
        if (method == amqp::basic_ack || method == amqp::basic_nack) {
            amqp::Reader fields = frame.fields();
            const std::uint64_t tag = fields.u64();
            const bool multiple = (fields.u8() & 1U) != 0;
            confirm(tag, multiple, method == amqp::basic_ack, answers);
            co_return Result<>{};
        }
        if (method == amqp::basic_return) co_return co_await take_back(batch, answers);
        if (is_end(frame)) co_return std::unexpected(refusal(frame));
        co_return Result<>{};
    }

    void confirm(std::uint64_t tag, bool multiple, bool accepted, Answers& answers) const {
        const std::uint64_t last = tag - first_tag_;
        for (std::uint64_t at = multiple ? 0 : last; at <= last; ++at) {
            if (tag < first_tag_ || at >= answers.count()) return;
            answers.set(static_cast<std::size_t>(at),
                        accepted ? Result<>{} : fail(Errc::unavailable, "AMQP: not confirmed"));
        }
    }

    /// The message that a basic.return speaks of follows it; its confirm comes later.
    Task<Result<>> take_back(const Batch& batch, Answers& answers) {
        CARILLON_CO_TRY(const Frame header, co_await read_frame());
        const std::string id(amqp::message_id_of(header.payload));
        amqp::Reader reader(header.payload);
        reader.u32();
        for (std::uint64_t left = reader.u64(); left > 0;) {
            CARILLON_CO_TRY(const Frame body, co_await read_frame());
            if (body.type != amqp::frame_body) co_return fail(Errc::corrupt, "AMQP: no body");
            left -= std::min<std::uint64_t>(left, body.payload.size());
        }
        for (std::size_t at = 0; at < batch.size(); ++at) {
            if (batch[at]->id != id) continue;
            answers.set(at,
                        fail(Errc::not_found,
                             "no queue takes messages with the routing key \"" +
                                 batch[at]->destination + "\""));
        }
        // Its confirm is still to come; confirm() knows by the tag if that is another batch's turn.
        co_return Result<>{};
    }

    const AmqpOptions& options_;
    Connection& connection_;
    std::uint32_t frame_max_ = frame_max_ours;
    std::uint64_t first_tag_ = 1;  ///< Of the batch's first message.
};

class Amqp final : public Broker {
public:
    Amqp(const BrokerContext& context, std::vector<HostPort> hosts, AmqpOptions options)
        : options_(std::move(options)),
          pool_(context, patience, std::move(hosts), [this](Connection& connection) {
              return std::make_unique<AmqpSession>(options_, connection);
          }) {}

    [[nodiscard]] BatchLimits limits() const override {
        return {256, std::size_t{4} << 20U, std::size_t{4} << 20U};
    }

    [[nodiscard]] Result<Packet> pack(Message message) const override {
        CARILLON_TRY(Packet packet,
                     make_packet(std::move(message), options_.envelope, options_.routing_key));
        const std::pair<std::string_view, const std::string*> texts[] = {
            {"id", &packet.id}, {"type", &packet.type}, {"destination", &packet.destination}};
        for (const auto& [name, text] : texts) {
            if (text->size() > short_text_max) {
                return invalid(std::string(name), "is longer than the 255 bytes that AMQP takes");
            }
        }
        return packet;
    }

    Task<Results> send(Batch batch) override { return pool_.send(std::move(batch)); }

    Task<> close() override {
        pool_.close();
        co_return;
    }

private:
    AmqpOptions options_;
    SessionPool pool_;
};

}  // namespace

Result<std::unique_ptr<Broker>> open_amqp(const BrokerContext& context,
                                          const BrokerUrl& url,
                                          EnvelopeOptions envelope) {
    CARILLON_TRY_VOID(url.check_options({"tls", "exchange", "routing-key", "mandatory"}));
    AmqpOptions options;
    CARILLON_TRY(options.tls, url.truth("tls", url.scheme == "amqps"));
    CARILLON_TRY(options.mandatory, url.truth("mandatory", true));
    if (url.has_user) {
        options.user = url.user;
        options.password = url.password;
    }
    if (!url.path.empty()) options.vhost = url.path;
    options.exchange = url.option("exchange");
    options.routing_key = url.option("routing-key");
    if (std::max(options.exchange.size(), options.vhost.size()) > short_text_max) {
        return fail(Errc::invalid, "exchange and vhost have at most 255 bytes");
    }
    envelope.prefix = "cloudEvents_";
    options.envelope = std::move(envelope);
    return std::make_unique<Amqp>(
        context,
        with_default_port(url.hosts, options.tls ? default_tls_port : default_port),
        std::move(options));
}

}  // namespace carillon::bus
