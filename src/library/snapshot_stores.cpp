#include "library/snapshot_stores.hpp"

#include "layer/directory_store.hpp"
#include "layer/memory_store.hpp"
#include "layer/s3_store.hpp"

#include <utility>

namespace carillon::library {

struct SnapshotStores::Cloud {
    Cloud(const SnapshotOptions& given,
          runtime::Loop& loop,
          runtime::BlockingPool& pool,
          Random& random,
          net::ClientOptions options)
        : client(loop, pool, std::move(options)),
          transport(client),
          credentials(loop, transport, random, credential_options(given)) {}

    static aws::CredentialOptions credential_options(const SnapshotOptions& given) {
        aws::CredentialOptions options;
        options.environment = given.environment;
        return options;
    }

    net::HttpClient client;
    aws::HttpTransport transport;
    aws::CredentialChain credentials;
};

SnapshotStores::SnapshotStores(runtime::Loop& loop,
                               runtime::BlockingPool& pool,
                               Random& random,
                               Log& log,
                               SnapshotOptions options)
    : loop_(loop), pool_(pool), random_(random), log_(log), options_(std::move(options)) {}

SnapshotStores::~SnapshotStores() = default;

Result<SnapshotStore> SnapshotStores::open(const std::string& url) {
    CARILLON_TRY(auto place, layer::parse_snapshot_url(url));
    if (auto* s3 = std::get_if<layer::InS3>(&place)) return open_s3(std::move(*s3));
    SnapshotStore store;
    if (const auto* directory = std::get_if<layer::InDirectory>(&place)) {
        CARILLON_TRY(store.objects,
                     layer::DirectoryStore::open(loop_, pool_, random_, directory->path));
    } else {
        store.objects = std::make_unique<layer::MemoryStore>();
    }
    return store;
}

Result<SnapshotStore> SnapshotStores::open_s3(layer::InS3 place) {
    const auto region = aws::variable(options_.environment, "AWS_REGION");
    CARILLON_TRY(
        place,
        layer::with_region(
            std::move(place),
            region.empty() ? aws::variable(options_.environment, "AWS_DEFAULT_REGION") : region));
    if (!cloud_) {
        net::ClientOptions client;
        // As for publishers: who configures a bucket's endpoint may reach it anywhere.
        CARILLON_TRY(client.guard, net::AddressGuard::parse("0.0.0.0/0,::/0"));
        client.verify_tls = options_.verify_tls;
        client.ca_file = options_.ca_file;
        cloud_ = std::make_unique<Cloud>(options_, loop_, pool_, random_, std::move(client));
    }
    SnapshotStore store;
    store.prefix = place.prefix;
    store.s3 = std::make_unique<aws::S3Client>(
        loop_, cloud_->transport, cloud_->credentials, random_, log_, std::move(place.options));
    store.objects = std::make_unique<layer::S3Store>(*store.s3);
    return store;
}

Task<> SnapshotStores::close() {
    if (!cloud_) co_return;
    co_await cloud_->credentials.close();
    co_await cloud_->client.close();
}

}  // namespace carillon::library
