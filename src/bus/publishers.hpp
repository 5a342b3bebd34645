// Publishers by URL: made when first asked for, shared by all who name the same, closed together.
//
// Schemes of this module are known from the start; others are added by those who link what they
// need (add_aws in aws_brokers.hpp, add_kafka in kafka/kafka.hpp, http in delivery).

#pragma once

#include "bus/batcher.hpp"
#include "bus/broker.hpp"
#include "bus/broker_url.hpp"
#include "bus/connection.hpp"
#include "bus/context.hpp"
#include "bus/publisher.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::bus {

/// Lives on one loop.
class Publishers {
public:
    using Open = std::function<Result<std::unique_ptr<Broker>>(
        const BrokerContext& context, const BrokerUrl& url, EnvelopeOptions envelope)>;

    /// Everything must outlive it.
    Publishers(runtime::Loop& loop,
               runtime::BlockingPool& pool,
               Random& random,
               net::TlsOptions tls = {});
    ~Publishers();
    Publishers(const Publishers&) = delete;
    Publishers& operator=(const Publishers&) = delete;

    void add_scheme(std::string scheme, Open open);
    /// A publisher that is there already, such as an InProcessBus, under a name of its own
    /// (`local:`).
    void add(std::string url, std::unique_ptr<Publisher> publisher);

    /// The publisher of that URL, valid until close(). Nothing is connected yet: only mistakes in
    /// the URL are errors here, `invalid`, and their texts hold no secrets. Options of all schemes:
    /// `envelope`, `source`, `linger` (5ms), `concurrency`, `attempts`, `pending`, `pending-bytes`.
    [[nodiscard]] Result<Publisher*> at(std::string_view url);
    /// Whether a scheme is known, for messages that say what to do.
    [[nodiscard]] std::string schemes() const;

    [[nodiscard]] Task<> close();

private:
    Result<std::unique_ptr<Publisher>> open(const BrokerUrl& url);

    runtime::Loop& loop_;
    Random& random_;
    Dialer dialer_;
    BrokerContext context_;
    std::map<std::string, Open, std::less<>> openers_;
    std::map<std::string, std::unique_ptr<Publisher>, std::less<>> open_;
};

}  // namespace carillon::bus
