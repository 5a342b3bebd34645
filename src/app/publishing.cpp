#include "app/publishing.hpp"

#include "bus/aws_brokers.hpp"
#include "bus/kafka/kafka.hpp"
#include "delivery/http_broker.hpp"

#include <utility>

namespace carillon::app {

namespace {

std::vector<std::string> urls_of(const Config& config) {
    std::vector<std::string> urls;
    if (!config.nats_url.empty()) urls.push_back(config.nats_url);
    urls.insert(urls.end(), config.publishers.begin(), config.publishers.end());
    return urls;
}

aws::CredentialOptions credential_options(const Config& config) {
    aws::CredentialOptions options;
    options.environment = config.aws;
    return options;
}

net::TlsOptions tls_options(const Config& config) {
    return {.verify = config.verify_tls, .ca_file = config.ca_file};
}

}  // namespace

Publishing::Publishing(const Config& config,
                       runtime::Loop& loop,
                       runtime::BlockingPool& pool,
                       Random& random,
                       Log& log,
                       net::ClientOptions aws_client)
    : aws_client_(loop, pool, std::move(aws_client)),
      aws_transport_(aws_client_),
      aws_credentials_(loop, aws_transport_, random, credential_options(config)),
      publishers_(loop, pool, random, tls_options(config)),
      configured_(!urls_of(config).empty()),
      router_(publishers_, urls_of(config)) {
    bus::add_aws(publishers_, {aws_transport_, aws_credentials_, log});
    bus::add_kafka(publishers_, pool);
}

Result<std::unique_ptr<Publishing>> Publishing::open(const Config& config,
                                                     runtime::Loop& loop,
                                                     runtime::BlockingPool& pool,
                                                     Random& random,
                                                     Log& log,
                                                     delivery::Sender& sender) {
    net::ClientOptions client;
    // AWS's own services for containers and machines live on link-local addresses, emulators on
    // loopback; who configures a broker may reach it anywhere.
    CARILLON_TRY(client.guard, net::AddressGuard::parse("0.0.0.0/0,::/0"));
    client.verify_tls = config.verify_tls;
    client.ca_file = config.ca_file;
    auto made = std::unique_ptr<Publishing>(
        new Publishing(config, loop, pool, random, log, std::move(client)));
    delivery::add_http(made->publishers_, sender);
    if (auto opened = made->router_.open_all(); !opened) {
        return fail(Errc::invalid, "publishers: " + opened.error().message);
    }
    return made;
}

Task<> Publishing::close() {
    co_await publishers_.close();
    co_await aws_credentials_.close();
    co_await aws_client_.close();
}

}  // namespace carillon::app
