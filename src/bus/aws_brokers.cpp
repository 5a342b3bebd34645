#include "bus/aws_brokers.hpp"

#include "aws/json_client.hpp"
#include "bus/aws_service.hpp"

#include <memory>
#include <utility>

namespace carillon::bus {

namespace {

constexpr std::size_t entries_max = 10;
constexpr std::size_t bytes_max = 256 * 1'024;
/// Beyond these, the Batcher tries again.
constexpr int attempts_max = 3;

Error named(const Error& error) {
    const auto* failure = dynamic_cast<const aws::JsonFailure*>(error.detail.get());
    if (failure == nullptr) return error;
    Error told = error;
    const bool missing = failure->type.contains("NonExistent") ||
                         failure->type.contains("DoesNotExist") ||
                         failure->type.contains("NotFound");
    if (missing) told.code = Errc::not_found;
    if (!failure->type.empty()) told.message = failure->type + ": " + told.message;
    return told;
}

class AwsBroker final : public Broker {
public:
    AwsBroker(const BrokerContext& context,
              AwsAccess access,
              aws::JsonClientOptions options,
              std::unique_ptr<AwsService> service,
              std::string destination,
              EnvelopeOptions envelope)
        : service_(std::move(service)),
          destination_(std::move(destination)),
          envelope_(std::move(envelope)),
          client_(context.loop,
                  access.transport,
                  access.credentials,
                  context.random,
                  access.log,
                  std::move(options)) {}

    [[nodiscard]] BatchLimits limits() const override {
        return {entries_max, bytes_max, bytes_max};
    }

    [[nodiscard]] Result<Packet> pack(Message message) const override {
        // Without a bus in the URL, EventBridge means the account's default one.
        const bool nowhere = message.destination.empty() && destination_.empty();
        CARILLON_TRY(Packet packet, make_packet(std::move(message), envelope_, destination_));
        if (nowhere) packet.destination.clear();
        CARILLON_TRY_VOID(service_->prepare(packet));
        return packet;
    }

    Task<Results> send(Batch batch) override {
        std::string body = service_->request(batch);
        auto answer = co_await client_.call(service_->operation(), std::move(body));
        if (answer) {
            auto results = service_->answers(answer->body, batch);
            if (results) co_return *std::move(results);
            // It said yes, but not to what.
            const Error unclear{Errc::timeout, results.error().message};
            co_return all_failed(batch.size(), unclear);
        }
        const Error error = named(answer.error());
        if (error.code != Errc::invalid || batch.size() == 1) {
            co_return all_failed(batch.size(), error);
        }
        co_return co_await send_halves(std::move(batch));
    }

    Task<> close() override { co_return; }

private:
    /// One entry spoils the call: halves find it, and let its neighbours pass.
    Task<Results> send_halves(Batch batch) {
        const auto middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
        Batch first(batch.begin(), middle);
        Batch second(middle, batch.end());
        Results results = co_await send(std::move(first));
        Results rest = co_await send(std::move(second));
        results.insert(results.end(), rest.begin(), rest.end());
        co_return results;
    }

    std::unique_ptr<AwsService> service_;
    std::string destination_;
    EnvelopeOptions envelope_;
    aws::JsonClient client_;
};

struct Place {
    std::string region;
    std::string endpoint;
    std::string account;
    std::string name;
};

/// `ACCOUNT/NAME` of the path, or the name alone.
Result<Place> read_place(const BrokerUrl& url, std::string_view host, bool with_account) {
    CARILLON_TRY_VOID(url.check_options({"endpoint"}));
    Place place;
    place.region = url.hosts.front().host;
    place.endpoint = url.option("endpoint");
    if (place.endpoint.empty()) {
        const std::string_view suffix =
            place.region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
        place.endpoint = "https://" + std::string(host) + "." + place.region + std::string(suffix);
    }
    while (place.endpoint.ends_with('/')) place.endpoint.pop_back();
    place.name = url.path;
    if (!with_account) return place;
    const std::size_t slash = url.path.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == url.path.size()) {
        return fail(
            Errc::invalid,
            "write " + url.scheme + "://REGION/ACCOUNT/NAME, with the number of the account");
    }
    place.account = url.path.substr(0, slash);
    place.name = url.path.substr(slash + 1);
    return place;
}

struct Protocol {
    std::string service;
    std::string target_prefix;
    std::string content_type;
};

Result<aws::JsonClientOptions> client_options(const Place& place, Protocol protocol) {
    aws::JsonClientOptions options;
    CARILLON_TRY(options.endpoint, net::parse_url(place.endpoint));
    options.scope = {place.region, std::move(protocol.service)};
    options.target_prefix = std::move(protocol.target_prefix);
    options.content_type = std::move(protocol.content_type);
    options.attempts_max = attempts_max;
    options.response_max = std::size_t{1} << 20U;
    options.check_crc32 = false;
    return options;
}

Result<> check_envelope(const EnvelopeOptions& envelope) {
    if (envelope.envelope != Envelope::cloudevents_binary) return {};
    return fail(Errc::invalid, "AWS's services take envelopes in one document, not binary ones");
}

Result<std::unique_ptr<Broker>> open_sqs(const BrokerContext& context,
                                         AwsAccess access,
                                         const BrokerUrl& url,
                                         EnvelopeOptions envelope) {
    CARILLON_TRY_VOID(check_envelope(envelope));
    CARILLON_TRY(Place place, read_place(url, "sqs", true));
    CARILLON_TRY(auto options,
                 client_options(place, {"sqs", "AmazonSQS", "application/x-amz-json-1.0"}));
    return std::make_unique<AwsBroker>(context,
                                       access,
                                       std::move(options),
                                       make_sqs(place.endpoint, place.account),
                                       std::move(place.name),
                                       std::move(envelope));
}

Result<std::unique_ptr<Broker>> open_sns(const BrokerContext& context,
                                         AwsAccess access,
                                         const BrokerUrl& url,
                                         EnvelopeOptions envelope) {
    CARILLON_TRY_VOID(check_envelope(envelope));
    CARILLON_TRY(Place place, read_place(url, "sns", true));
    CARILLON_TRY(
        auto options,
        client_options(place, {"sns", "", "application/x-www-form-urlencoded; charset=utf-8"}));
    return std::make_unique<AwsBroker>(context,
                                       access,
                                       std::move(options),
                                       make_sns(place.region, place.account),
                                       std::move(place.name),
                                       std::move(envelope));
}

Result<std::unique_ptr<Broker>> open_eventbridge(const BrokerContext& context,
                                                 AwsAccess access,
                                                 const BrokerUrl& url,
                                                 EnvelopeOptions envelope) {
    CARILLON_TRY_VOID(check_envelope(envelope));
    CARILLON_TRY(Place place, read_place(url, "events", false));
    CARILLON_TRY(auto options,
                 client_options(place, {"events", "AWSEvents", "application/x-amz-json-1.1"}));
    return std::make_unique<AwsBroker>(context,
                                       access,
                                       std::move(options),
                                       make_eventbridge(),
                                       std::move(place.name),
                                       std::move(envelope));
}

}  // namespace

void add_aws(Publishers& publishers, AwsAccess access) {
    const auto bind = [&publishers, access](const char* scheme, auto open) {
        publishers.add_scheme(
            scheme,
            [access, open](
                const BrokerContext& context, const BrokerUrl& url, EnvelopeOptions envelope) {
                return open(context, access, url, std::move(envelope));
            });
    };
    bind("sqs", open_sqs);
    bind("sns", open_sns);
    bind("eventbridge", open_eventbridge);
}

}  // namespace carillon::bus
