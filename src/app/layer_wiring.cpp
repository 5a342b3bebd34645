#include "app/layer_wiring.hpp"

#include "layer/directory_store.hpp"
#include "layer/memory_store.hpp"
#include "layer/s3_store.hpp"
#include "layer/seed_events.hpp"

#include <utility>

namespace carillon::app {
namespace {

layer::KeyOf key_of(const std::vector<std::string>& names) {
    return names.size() == 1 ? layer::by_attribute(names.front()) : layer::by_attributes(names);
}

layer::LayerOptions options_of(const LayerConfig& config, std::string owner) {
    layer::LayerOptions options;
    options.name = config.name;
    options.table = config.table;
    options.id_of = key_of(config.id);
    if (!config.partition.empty()) options.partition_of = key_of(config.partition);
    options.strategy.count = config.sync_count;
    options.strategy.bytes = config.sync_bytes;
    options.strategy.age = config.sync_age;
    options.keep = config.keep;
    options.parallel = config.parallel;
    options.owner = std::move(owner);
    return options;
}

}  // namespace

/// A layer with what it stands on, in the order in which it is built.
struct LayerWiring::One {
    std::string name;
    std::string prefix{};
    std::string seed_events{};
    std::unique_ptr<aws::S3Client> s3{};
    std::unique_ptr<layer::ObjectStore> objects{};
    std::unique_ptr<layer::WholeStore> lists{};
    std::unique_ptr<layer::Layer> layer{};
    std::unique_ptr<layer::Feed> feed{};
};

/// The way to S3, shared by all layers.
struct LayerWiring::Cloud {
    Cloud(const Config& config,
          runtime::Loop& loop,
          runtime::BlockingPool& pool,
          Random& random,
          net::ClientOptions options)
        : client(loop, pool, std::move(options)),
          transport(client),
          credentials(loop, transport, random, credential_options(config)) {}

    static aws::CredentialOptions credential_options(const Config& config) {
        aws::CredentialOptions options;
        options.environment = config.aws;
        return options;
    }

    net::HttpClient client;
    aws::HttpTransport transport;
    aws::CredentialChain credentials;
};

LayerWiring::LayerWiring(runtime::Loop& loop,
                         dynamo::Database& database,
                         runtime::BlockingPool& pool,
                         Random& random,
                         Log& log,
                         Registry& metrics,
                         std::string owner)
    : loop_(loop),
      database_(database),
      pool_(pool),
      random_(random),
      log_(log),
      metrics_(metrics),
      owner_(std::move(owner)) {}

LayerWiring::~LayerWiring() = default;

Result<std::unique_ptr<LayerWiring>> LayerWiring::make(const Config& config,
                                                       runtime::Loop& loop,
                                                       dynamo::Database& database,
                                                       runtime::BlockingPool& pool,
                                                       Random& random,
                                                       Log& log,
                                                       Registry& metrics,
                                                       std::string owner) {
    std::unique_ptr<LayerWiring> made(
        new LayerWiring(loop, database, pool, random, log, metrics, std::move(owner)));
    for (const LayerConfig& layer : config.layers) {
        if (auto added = made->add(config, layer); !added) {
            return fail(Errc::invalid, "layers: " + layer.name + ": " + describe(added.error()));
        }
    }
    return made;
}

Result<> LayerWiring::add(const Config& config, const LayerConfig& layer) {
    auto one = std::make_unique<One>();
    one->name = layer.name;
    one->seed_events = layer.seed_events;
    CARILLON_TRY_VOID(open_objects(config, layer, *one));
    layer::Snapshots snapshots = one->objects.get();
    if (layer.json) {
        one->lists = std::make_unique<layer::JsonObjects>(*one->objects, one->prefix);
        snapshots = one->lists.get();
    }
    layer::LayerOptions options = options_of(layer, owner_);
    options.prefix = one->prefix;
    CARILLON_TRY(one->layer,
                 layer::Layer::make(
                     loop_, database_, snapshots, random_, log_, metrics_, std::move(options)));
    if (layer.feed) {
        layer::FeedOptions feed{.table = layer.source, .enable_stream = true, .owner = owner_};
        one->feed = std::make_unique<layer::Feed>(
            loop_, database_, *one->layer, random_, log_, std::move(feed));
    }
    routes_.add(layer.name,
                {.layer = one->layer.get(), .source = &database_, .source_table = layer.source});
    layers_.push_back(std::move(one));
    return {};
}

Result<> LayerWiring::open_objects(const Config& config, const LayerConfig& layer, One& one) {
    CARILLON_TRY(auto place, layer::parse_snapshot_url(layer.snapshots));
    if (auto* s3 = std::get_if<layer::InS3>(&place)) {
        return open_s3(config, one, std::move(*s3));
    }
    if (const auto* directory = std::get_if<layer::InDirectory>(&place)) {
        CARILLON_TRY(one.objects,
                     layer::DirectoryStore::open(loop_, pool_, random_, directory->path));
        return {};
    }
    one.objects = std::make_unique<layer::MemoryStore>();
    return {};
}

Result<> LayerWiring::open_s3(const Config& config, One& one, layer::InS3 place) {
    const auto region = aws::variable(config.aws, "AWS_REGION");
    CARILLON_TRY(place,
                 layer::with_region(
                     std::move(place),
                     region.empty() ? aws::variable(config.aws, "AWS_DEFAULT_REGION") : region));
    if (!cloud_) {
        net::ClientOptions client;
        // As for publishers: who configures a bucket's endpoint may reach it anywhere.
        CARILLON_TRY(client.guard, net::AddressGuard::parse("0.0.0.0/0,::/0"));
        client.verify_tls = config.verify_tls;
        client.ca_file = config.ca_file;
        cloud_ = std::make_unique<Cloud>(config, loop_, pool_, random_, std::move(client));
    }
    one.prefix = place.prefix;
    one.s3 = std::make_unique<aws::S3Client>(
        loop_, cloud_->transport, cloud_->credentials, random_, log_, std::move(place.options));
    one.objects = std::make_unique<layer::S3Store>(*one.s3);
    return {};
}

Task<Result<>> LayerWiring::start() {
    for (const auto& one : layers_) {
        CARILLON_CO_TRY_VOID(co_await one->layer->start());
        if (!one->seed_events.empty()) {
            layer::SeedEvents seed{.table = one->seed_events, .name = one->name};
            CARILLON_CO_TRY(
                const std::uint64_t taken,
                co_await layer::adopt_seed_events(*one->layer, database_, std::move(seed)));
            if (taken > 0) {
                log_.info("changes of the seed's layer were taken over",
                          {{"layer", one->name}, {"changes", taken}});
            }
        }
        if (!one->feed) continue;
        auto fed = co_await one->feed->start();
        if (!fed) {
            fed.error().message = "layers: " + one->name + ": feed: " + fed.error().message;
            co_return std::unexpected(std::move(fed).error());
        }
    }
    co_return Result<>{};
}

Task<> LayerWiring::stop() {
    for (const auto& one : layers_) {
        if (one->feed) co_await one->feed->stop();
        co_await one->layer->stop();
    }
    if (!cloud_) co_return;
    co_await cloud_->credentials.close();
    co_await cloud_->client.close();
}

}  // namespace carillon::app
