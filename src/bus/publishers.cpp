#include "bus/publishers.hpp"

#include "bus/amqp.hpp"
#include "bus/nats.hpp"
#include "bus/redis.hpp"

#include <utility>

namespace carillon::bus {

namespace {

Result<BatcherOptions> batcher_options(const BrokerUrl& url) {
    BatcherOptions options;
    if (const std::string_view linger = url.option("linger"); !linger.empty()) {
        CARILLON_TRY(options.linger, parse_duration(linger));
    }
    CARILLON_TRY(options.concurrency, url.number("concurrency", options.concurrency));
    CARILLON_TRY(options.pending_max, url.number("pending", options.pending_max));
    CARILLON_TRY(options.pending_bytes_max, url.number("pending-bytes", options.pending_bytes_max));
    CARILLON_TRY(const std::size_t attempts,
                 url.number("attempts", static_cast<std::size_t>(options.attempts_max)));
    if (options.concurrency > 1'000 || options.pending_max < 1 || attempts < 1 || attempts > 100 ||
        options.linger > Duration{60'000}) {
        return fail(
            Errc::invalid,
            "concurrency is at most 1000, pending at least 1, attempts 1 to 100, and linger "
            "at most a minute");
    }
    options.attempts_max = static_cast<int>(attempts);
    return options;
}

Result<EnvelopeOptions> envelope_options(const BrokerUrl& url) {
    EnvelopeOptions options;
    if (const std::string_view name = url.option("envelope"); !name.empty()) {
        CARILLON_TRY(options.envelope, parse_envelope(name));
    }
    if (const std::string_view source = url.option("source"); !source.empty()) {
        options.source = source;
    }
    return options;
}

}  // namespace

Publishers::Publishers(runtime::Loop& loop,
                       runtime::BlockingPool& pool,
                       Random& random,
                       net::TlsOptions tls)
    : loop_(loop),
      random_(random),
      dialer_(loop, pool, std::move(tls)),
      context_{loop, dialer_, random} {
    for (const char* scheme : {"nats", "tls"}) add_scheme(scheme, open_nats);
    for (const char* scheme : {"redis", "rediss"}) add_scheme(scheme, open_redis);
    for (const char* scheme : {"amqp", "amqps"}) add_scheme(scheme, open_amqp);
}

Publishers::~Publishers() = default;

void Publishers::add_scheme(std::string scheme, Open open) {
    openers_[std::move(scheme)] = std::move(open);
}

void Publishers::add(std::string url, std::unique_ptr<Publisher> publisher) {
    open_[std::move(url)] = std::move(publisher);
}

std::string Publishers::schemes() const {
    std::string text;
    for (const auto& [scheme, open] : openers_) {
        text += text.empty() ? "" : ", ";
        text += scheme + "://";
    }
    return text;
}

Result<Publisher*> Publishers::at(std::string_view url) {
    if (const auto found = open_.find(url); found != open_.end()) return found->second.get();
    CARILLON_TRY(const BrokerUrl parsed, parse_broker_url(url));
    CARILLON_TRY(auto publisher, open(parsed));
    return open_.emplace(url, std::move(publisher)).first->second.get();
}

Result<std::unique_ptr<Publisher>> Publishers::open(const BrokerUrl& url) {
    const auto opener = openers_.find(url.scheme);
    if (opener == openers_.end()) {
        return fail(Errc::invalid,
                    "there is no publisher for " + url.scheme + "://, but for " + schemes());
    }
    CARILLON_TRY(const BatcherOptions options, batcher_options(url));
    CARILLON_TRY(EnvelopeOptions envelope, envelope_options(url));
    CARILLON_TRY(auto broker, opener->second(context_, url, std::move(envelope)));
    return std::make_unique<Batcher>(loop_, random_, std::move(broker), options);
}

Task<> Publishers::close() {
    for (auto& [url, publisher] : open_) co_await publisher->close();
    co_await dialer_.close();
}

}  // namespace carillon::bus
