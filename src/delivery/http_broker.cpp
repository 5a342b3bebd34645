#include "delivery/http_broker.hpp"

#include "net/http.hpp"

#include <memory>
#include <utility>

namespace carillon::delivery {

namespace {

constexpr int too_many_requests = 429;

Result<> to_result(const Verdict& verdict) {
    switch (verdict.outcome) {
        case Outcome::delivered:
            return {};
        case Outcome::rejected:
            return fail(Errc::invalid, verdict.error);
        case Outcome::failed:
            break;
    }
    const bool throttled = verdict.response.status == too_many_requests;
    return fail(throttled ? Errc::throttled : Errc::unavailable, verdict.error);
}

class HttpBroker final : public bus::Broker {
public:
    HttpBroker(Sender& sender, std::string url, bus::EnvelopeOptions envelope)
        : sender_(sender), url_(std::move(url)), envelope_(std::move(envelope)) {}

    [[nodiscard]] bus::BatchLimits limits() const override {
        bus::BatchLimits limits;
        limits.count_max = 1;
        limits.bytes_max = 256 * 1'024;
        limits.message_bytes_max = limits.bytes_max;
        limits.concurrency = 25;
        return limits;
    }

    [[nodiscard]] Result<bus::Packet> pack(bus::Message message) const override {
        return bus::make_packet(std::move(message), envelope_, "");
    }

    Task<bus::Results> send(bus::Batch batch) override {
        bus::Results results;
        for (const bus::Packet* packet : batch) {
            Target target;
            target.url = url_;
            target.method = "POST";
            target.headers.add("Content-Type", packet->wire.content_type);
            for (const auto& [name, value] : packet->wire.attributes) {
                target.headers.add(name, value);
            }
            // A text is sent as it is.
            target.body = boost::json::string(packet->wire.body);
            Attempt attempt;
            attempt.occurrence_id = packet->id;
            attempt.scheduled_at = packet->time;
            runtime::StopToken never;
            auto sending = sender_.send(std::move(target), std::move(attempt), std::move(never));
            const Verdict verdict = co_await std::move(sending);
            results.push_back(to_result(verdict));
        }
        co_return results;
    }

    Task<> close() override { co_return; }

private:
    Sender& sender_;
    std::string url_;
    bus::EnvelopeOptions envelope_;
};

Result<std::unique_ptr<bus::Broker>> open_http(Sender& sender,
                                               const bus::BrokerUrl& url,
                                               bus::EnvelopeOptions envelope) {
    std::string receiver = url.base;
    char mark = '?';
    for (const auto& [name, value] : url.foreign_options()) {
        receiver += std::exchange(mark, '&');
        receiver += net::percent_encode(name) + "=" + net::percent_encode(value);
    }
    if (auto good = net::parse_url(receiver); !good) {
        return std::unexpected(std::move(good).error());
    }
    return std::make_unique<HttpBroker>(sender, std::move(receiver), std::move(envelope));
}

}  // namespace

void add_http(bus::Publishers& publishers, Sender& sender) {
    const auto open = [&sender](const bus::BrokerContext&,
                                const bus::BrokerUrl& url,
                                bus::EnvelopeOptions envelope) {
        return open_http(sender, url, std::move(envelope));
    };
    publishers.add_scheme("http", open);
    publishers.add_scheme("https", open);
}

}  // namespace carillon::delivery
