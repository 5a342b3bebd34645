#include "bus/redis.hpp"

#include "bus/session.hpp"
#include "core/json.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace carillon::bus {

namespace {

constexpr std::uint16_t default_port = 6'379;

struct RedisOptions {
    bool tls = false;
    bool has_user = false;
    std::string user;
    std::string password;
    std::string stream;
    std::size_t db = 0;
    std::size_t length_max = 0;  ///< 0: streams are not trimmed.
    EnvelopeOptions envelope;
};

void add_bulk(std::string& out, std::string_view text) {
    out += '$';
    out += std::to_string(text.size());
    out += "\r\n";
    out += text;
    out += "\r\n";
}

std::string command(const std::vector<std::string_view>& words) {
    std::string out = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) add_bulk(out, word);
    return out;
}

Error refusal(std::string_view line) {
    const std::string_view word = line.substr(1, line.find(' ') - 1);
    static constexpr std::string_view passing[] = {"OOM",
                                                   "LOADING",
                                                   "BUSY",
                                                   "READONLY",
                                                   "CLUSTERDOWN",
                                                   "MASTERDOWN",
                                                   "TRYAGAIN",
                                                   "MISCONF",
                                                   "NOREPLICAS",
                                                   "MOVED",
                                                   "ASK"};
    static constexpr std::string_view denials[] = {"NOAUTH", "NOPERM", "WRONGPASS"};
    Errc code = Errc::invalid;
    for (const std::string_view name : passing) {
        if (word == name) code = Errc::unavailable;
    }
    for (const std::string_view name : denials) {
        if (word == name) code = Errc::denied;
    }
    return {code, "Redis: " + std::string(line.substr(1))};
}

class RedisSession final : public Protocol {
public:
    RedisSession(const RedisOptions& options, Connection& connection)
        : options_(options), connection_(connection) {}

    Task<Result<>> log_in(Dialer& dialer) override {
        if (options_.tls) {
            CARILLON_CO_TRY_VOID(co_await start_tls(connection_, dialer));
        }
        std::string hello;
        std::size_t answers = 1;
        if (options_.has_user) {
            ++answers;
            hello += options_.user.empty() ? command({"AUTH", options_.password})
                                           : command({"AUTH", options_.user, options_.password});
        }
        if (options_.db != 0) {
            ++answers;
            hello += command({"SELECT", std::to_string(options_.db)});
        }
        hello += command({"PING"});
        CARILLON_CO_TRY_VOID(co_await connection_.write(hello));
        for (; answers > 0; --answers) CARILLON_CO_TRY_VOID(co_await read_answer());
        co_return Result<>{};
    }

    Task<Result<>> exchange(const Batch& batch, Answers& answers) override {
        std::string bytes;
        for (const Packet* packet : batch) add_entry(bytes, *packet);
        auto written = co_await connection_.write(bytes);
        if (!written) co_return std::unexpected(std::move(written).error());
        for (std::size_t at = 0; at < batch.size(); ++at) {
            auto answer = co_await read_answer();
            // A refusal is of that entry; anything else is of the connection.
            const bool refused = !answer && refused_;
            if (!answer && !refused) co_return std::unexpected(std::move(answer).error());
            answers.set(at, std::move(answer));
        }
        co_return Result<>{};
    }

private:
    void add_entry(std::string& out, const Packet& packet) const {
        const bool flat = options_.envelope.envelope == Envelope::outbox;
        const bool binary = options_.envelope.envelope == Envelope::cloudevents_binary;
        // Flat ones were laid out by pack() as attributes alone.
        std::size_t fields = packet.wire.attributes.size();
        if (!flat) fields += binary ? 2 : 3;
        const bool trims = options_.length_max > 0;
        out += "*" + std::to_string(3 + (trims ? 3 : 0) + 2 * fields) + "\r\n";
        add_bulk(out, "XADD");
        add_bulk(out, packet.destination);
        if (trims) {
            add_bulk(out, "MAXLEN");
            add_bulk(out, "~");
            add_bulk(out, std::to_string(options_.length_max));
        }
        add_bulk(out, "*");
        const auto add = [&out](std::string_view name, std::string_view value) {
            add_bulk(out, name);
            add_bulk(out, value);
        };
        for (const auto& [name, value] : packet.wire.attributes) add(name, value);
        if (flat) return;
        if (binary) {
            add("content-type", packet.wire.content_type);
            add("data", packet.wire.body);
            return;
        }
        add("id", packet.id);
        add("type", packet.type);
        add("event", packet.wire.body);
    }

    /// `+OK`, `:1`, `$5…`, `-ERR …`: all that our commands are answered with.
    Task<Result<>> read_answer() {
        refused_ = false;
        CARILLON_CO_TRY(const std::string_view line, co_await connection_.read_line());
        if (line.starts_with('+') || line.starts_with(':')) co_return Result<>{};
        if (line.starts_with('-')) {
            refused_ = true;
            co_return std::unexpected(refusal(line));
        }
        std::size_t size = 0;
        const auto [end, error] = std::from_chars(line.data() + 1, line.data() + line.size(), size);
        const bool good = line.starts_with('$') && error == std::errc() &&
                          end == line.data() + line.size() && size <= 1'024;
        if (!good) co_return fail(Errc::corrupt, "this is no Redis server");
        CARILLON_CO_TRY_VOID(co_await connection_.read_bytes(size + 2));
        co_return Result<>{};
    }

    const RedisOptions& options_;
    Connection& connection_;
    bool refused_ = false;
};

/// SEEDS: the fields of an entry instead of one document.
Attributes flat_fields(const Message& message) {
    return {{"eventId", message.id},
            {"eventType", message.type},
            {"payload", message.data.empty() ? "null" : message.data},
            {"occurredAt", format_instant(message.time)},
            {"metadata", message.metadata.empty() ? "{}" : message.metadata}};
}

class Redis final : public Broker {
public:
    Redis(const BrokerContext& context, std::vector<HostPort> hosts, RedisOptions options)
        : options_(std::move(options)),
          pool_(context, PoolLimits{}, std::move(hosts), [this](Connection& connection) {
              return std::make_unique<RedisSession>(options_, connection);
          }) {}

    [[nodiscard]] BatchLimits limits() const override {
        return {512, std::size_t{4} << 20U, std::size_t{4} << 20U};
    }

    [[nodiscard]] Result<Packet> pack(Message message) const override {
        Attributes flat;
        if (options_.envelope.envelope == Envelope::outbox) flat = flat_fields(message);
        CARILLON_TRY(Packet packet,
                     make_packet(std::move(message), options_.envelope, options_.stream));
        if (!flat.empty()) {
            packet.wire.attributes = std::move(flat);
            packet.wire.body.clear();
        }
        return packet;
    }

    Task<Results> send(Batch batch) override { return pool_.send(std::move(batch)); }

    Task<> close() override {
        pool_.close();
        co_return;
    }

private:
    RedisOptions options_;
    SessionPool pool_;
};

}  // namespace

Result<std::unique_ptr<Broker>> open_redis(const BrokerContext& context,
                                           const BrokerUrl& url,
                                           EnvelopeOptions envelope) {
    CARILLON_TRY_VOID(url.check_options({"tls", "db", "maxlen"}));
    RedisOptions options;
    CARILLON_TRY(options.tls, url.truth("tls", url.scheme == "rediss"));
    CARILLON_TRY(options.db, url.number("db", 0));
    CARILLON_TRY(options.length_max, url.number("maxlen", 0));
    options.has_user = url.has_user;
    options.user = url.user;
    options.password = url.password;
    options.stream = url.path;
    options.envelope = std::move(envelope);
    return std::make_unique<Redis>(
        context, with_default_port(url.hosts, default_port), std::move(options));
}

}  // namespace carillon::bus
