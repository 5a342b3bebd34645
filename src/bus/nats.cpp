#include "bus/nats.hpp"

#include "bus/session.hpp"
#include "core/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace carillon::bus {

namespace {

constexpr std::uint16_t default_port = 4'222;

struct NatsOptions {
    bool tls = false;
    bool jetstream = true;
    bool has_user = false;
    std::string user;
    std::string password;
    std::string subject;
    EnvelopeOptions envelope;
};

std::string_view next_word(std::string_view& line) {
    while (line.starts_with(' ')) line.remove_prefix(1);
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end);
    return word;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Error refusal(std::string_view line) {
    const bool denied = line.contains("Authorization") || line.contains("Authentication") ||
                        line.contains("Permissions");
    return {denied ? Errc::denied : Errc::unavailable, "NATS: " + std::string(line.substr(1))};
}

/// What a stream answers: `{"stream":"S","seq":1}` or `{"error":{"code":…,"err_code":…}}`.
Result<> read_ack(std::string_view payload) {
    const auto document = parse_json(payload);
    if (!document || !document->is_object()) {
        return fail(Errc::unavailable, "what answered is not JetStream");
    }
    const json::object& object = document->get_object();
    const json::value* error = object.if_contains("error");
    if (error == nullptr) {
        if (object.if_contains("stream") != nullptr) return {};
        return fail(Errc::unavailable, "what answered is not JetStream");
    }
    std::string text = "JetStream: " + to_text(*error);
    if (!error->is_object()) return fail(Errc::unavailable, std::move(text));
    const json::value* code = error->get_object().if_contains("code");
    const json::value* detail = error->get_object().if_contains("err_code");
    constexpr std::int64_t too_large = 10'054;
    if (detail != nullptr && detail->is_int64() && detail->get_int64() == too_large) {
        return fail(Errc::too_large, std::move(text));
    }
    const bool ours = code != nullptr && code->is_int64() && code->get_int64() == 400;
    return fail(ours ? Errc::invalid : Errc::unavailable, std::move(text));
}

class NatsSession final : public Protocol {
public:
    NatsSession(const NatsOptions& options, Connection& connection, Random& random)
        : options_(options),
          connection_(connection),
          inbox_(fmt::format("_INBOX.{:016x}{:016x}.", random.next(), random.next())) {}

    Task<Result<>> log_in(Dialer& dialer) override {
        CARILLON_CO_TRY(const std::string_view line, co_await connection_.read_line());
        if (!line.starts_with("INFO ")) co_return fail(Errc::corrupt, "this is no NATS server");
        CARILLON_CO_TRY(const json::value document, parse_json(line.substr(5)));
        if (!document.is_object()) co_return fail(Errc::corrupt, "this is no NATS server");
        const json::object& facts = document.get_object();
        const json::value* most = facts.if_contains("max_payload");
        if (most != nullptr && most->is_int64()) {
            payload_max_ = static_cast<std::size_t>(most->get_int64());
        }
        const json::value* wants_tls = facts.if_contains("tls_required");
        if (options_.tls ||
            (wants_tls != nullptr && wants_tls->is_bool() && wants_tls->get_bool())) {
            CARILLON_CO_TRY_VOID(co_await start_tls(connection_, dialer));
        }
        const std::string hello = greeting();
        CARILLON_CO_TRY_VOID(co_await connection_.write(hello));
        CARILLON_CO_TRY_VOID(co_await wait_for_pong());
        co_return Result<>{};
    }

    Task<Result<>> exchange(const Batch& batch, Answers& answers) override {
        const std::string bytes = write_batch(batch, answers);
        if (answers.open() > 0) {
            auto written = co_await connection_.write(bytes);
            if (!written) co_return std::unexpected(std::move(written).error());
        }
        while (answers.open() > 0) {
            auto read = co_await read_one(batch, answers);
            if (!read) co_return std::unexpected(std::move(read).error());
        }
        first_ += batch.size();
        co_return Result<>{};
    }

private:
    [[nodiscard]] std::string greeting() const {
        json::object hello;
        hello["verbose"] = false;
        hello["pedantic"] = false;
        hello["tls_required"] = options_.tls;
        hello["name"] = "carillon";
        hello["lang"] = "c++";
        hello["version"] = "1";
        hello["protocol"] = 1;
        hello["headers"] = true;
        hello["no_responders"] = true;
        if (options_.has_user && options_.password.empty()) {
            hello["auth_token"] = options_.user;
        } else if (options_.has_user) {
            hello["user"] = options_.user;
            hello["pass"] = options_.password;
        }
        return "CONNECT " + to_text(hello) + "\r\nSUB " + inbox_ + "* 1\r\nPING\r\n";
    }

    Task<Result<>> wait_for_pong() {
        for (;;) {
            CARILLON_CO_TRY(const std::string_view line, co_await connection_.read_line());
            if (line == "PONG") co_return Result<>{};
            if (line.starts_with("-ERR")) co_return std::unexpected(refusal(line));
        }
    }

    std::string write_batch(const Batch& batch, Answers& answers) {
        std::string out;
        for (std::size_t at = 0; at < batch.size(); ++at) {
            const Packet& packet = *batch[at];
            std::string head = "NATS/1.0\r\nNats-Msg-Id: " + packet.id + "\r\n";
            head += "Content-Type: " + packet.wire.content_type + "\r\n";
            for (const auto& [name, value] : packet.wire.attributes) {
                head += name + ": " + value + "\r\n";
            }
            head += "\r\n";
            const std::size_t total = head.size() + packet.wire.body.size();
            if (total > payload_max_) {
                answers.set(at,
                            fail(Errc::too_large,
                                 fmt::format("the message has {} bytes, the NATS server takes {}",
                                             total,
                                             payload_max_)));
                continue;
            }
            out += "HPUB " + packet.destination;
            if (options_.jetstream) out += " " + inbox_ + std::to_string(first_ + at);
            out += fmt::format(" {} {}\r\n", head.size(), total);
            out += head;
            out += packet.wire.body;
            out += "\r\n";
        }
        if (!options_.jetstream) out += "PING\r\n";
        return out;
    }

    /// One thing that the server says.
    Task<Result<>> read_one(const Batch& batch, Answers& answers) {
        CARILLON_CO_TRY(std::string_view line, co_await connection_.read_line());
        if (line == "PING") {
            static constexpr std::string_view pong = "PONG\r\n";
            co_return co_await connection_.write(pong);
        }
        if (line == "PONG") {
            // Plain NATS: everything before it has been taken.
            for (std::size_t at = 0; at < batch.size(); ++at) answers.set(at, {});
            co_return Result<>{};
        }
        if (line.starts_with("-ERR")) co_return std::unexpected(refusal(line));
        const std::string_view verb = next_word(line);
        if (verb != "MSG" && verb != "HMSG") co_return Result<>{};
        const std::string_view subject = next_word(line);
        std::vector<std::string_view> words;
        while (!line.empty()) words.push_back(next_word(line));
        const auto total = words.empty() ? std::nullopt : number<std::size_t>(words.back());
        const auto head = verb == "HMSG" && words.size() >= 3
                              ? number<std::size_t>(words[words.size() - 2])
                              : std::optional<std::size_t>(0);
        if (!total || !head || *head > *total || *total > std::size_t{1} << 20U) {
            co_return fail(Errc::corrupt, "NATS sent a message without its size");
        }
        const auto index = index_of(subject, batch.size());
        CARILLON_CO_TRY(std::string_view payload, co_await connection_.read_bytes(*total + 2));
        payload.remove_suffix(2);
        if (!index) co_return Result<>{};
        if (payload.substr(0, *head).starts_with("NATS/1.0 503")) {
            answers.set(
                *index,
                fail(Errc::unavailable,
                     "no stream of JetStream takes the subject " + batch[*index]->destination));
        } else {
            answers.set(*index, read_ack(payload.substr(*head)));
        }
        co_return Result<>{};
    }

    /// Which message of the batch an answer is about; none for answers that come too late.
    [[nodiscard]] std::optional<std::size_t> index_of(std::string_view subject,
                                                      std::size_t count) const {
        if (!subject.starts_with(inbox_)) return std::nullopt;
        const auto sequence = number<std::uint64_t>(subject.substr(inbox_.size()));
        if (!sequence || *sequence < first_ || *sequence - first_ >= count) return std::nullopt;
        return static_cast<std::size_t>(*sequence - first_);
    }

    const NatsOptions& options_;
    Connection& connection_;
    std::string inbox_;
    std::uint64_t first_ = 0;  ///< Sequence of the batch's first message.
    std::size_t payload_max_ = std::size_t{1} << 20U;
};

class Nats final : public Broker {
public:
    Nats(const BrokerContext& context, std::vector<HostPort> hosts, NatsOptions options)
        : options_(std::move(options)),
          pool_(context,
                PoolLimits{},
                std::move(hosts),
                [this, &random = context.random](Connection& connection) {
                    return std::make_unique<NatsSession>(options_, connection, random);
                }) {}

    [[nodiscard]] BatchLimits limits() const override {
        // The server says what it takes (usually 1 MB a message); a session tells.
        return {256, std::size_t{8} << 20U, std::size_t{8} << 20U};
    }

    [[nodiscard]] Result<Packet> pack(Message message) const override {
        CARILLON_TRY(Packet packet,
                     make_packet(std::move(message), options_.envelope, options_.subject));
        const bool good = !packet.destination.empty() && !packet.destination.starts_with('.') &&
                          !packet.destination.ends_with('.') &&
                          !packet.destination.contains("..") &&
                          packet.destination.find_first_of(" \t\r\n*>") == std::string::npos;
        if (!good) {
            return invalid("destination",
                           "\"" + packet.destination + "\" is no subject that can be sent to");
        }
        return packet;
    }

    Task<Results> send(Batch batch) override { return pool_.send(std::move(batch)); }

    Task<> close() override {
        pool_.close();
        co_return;
    }

private:
    NatsOptions options_;
    SessionPool pool_;
};

}  // namespace

Result<std::unique_ptr<Broker>> open_nats(const BrokerContext& context,
                                          const BrokerUrl& url,
                                          EnvelopeOptions envelope) {
    CARILLON_TRY_VOID(url.check_options({"tls", "jetstream"}));
    NatsOptions options;
    CARILLON_TRY(options.tls, url.truth("tls", url.scheme == "tls"));
    CARILLON_TRY(options.jetstream, url.truth("jetstream", true));
    options.has_user = url.has_user;
    options.user = url.user;
    options.password = url.password;
    options.subject = url.path;
    options.envelope = std::move(envelope);
    return std::make_unique<Nats>(
        context, with_default_port(url.hosts, default_port), std::move(options));
}

}  // namespace carillon::bus
