#include "app/layer_wiring.hpp"

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
    options.lease_ttl = config.lease;
    options.parallel = config.parallel;
    options.owner = std::move(owner);
    return options;
}

}  // namespace

/// A layer with what it stands on, in the order in which it is built.
struct LayerWiring::One {
    std::string name;
    std::string seed_events{};
    library::SnapshotStore snapshots{};
    std::unique_ptr<layer::WholeStore> lists{};
    std::unique_ptr<layer::Layer> layer{};
    std::unique_ptr<layer::Feed> feed{};
};

LayerWiring::LayerWiring(const Config& config,
                         runtime::Loop& loop,
                         dynamo::Database& database,
                         runtime::BlockingPool& pool,
                         Random& random,
                         Log& log,
                         Registry& metrics,
                         std::string owner)
    : loop_(loop),
      database_(database),
      random_(random),
      log_(log),
      metrics_(metrics),
      owner_(std::move(owner)),
      stores_(
          loop,
          pool,
          random,
          log,
          {.environment = config.aws, .verify_tls = config.verify_tls, .ca_file = config.ca_file}) {
}

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
        new LayerWiring(config, loop, database, pool, random, log, metrics, std::move(owner)));
    for (const LayerConfig& layer : config.layers) {
        if (auto added = made->add(layer); !added) {
            return fail(Errc::invalid, "layers: " + layer.name + ": " + describe(added.error()));
        }
    }
    return made;
}

Result<> LayerWiring::add(const LayerConfig& layer) {
    auto one = std::make_unique<One>();
    one->name = layer.name;
    one->seed_events = layer.seed_events;
    CARILLON_TRY(one->snapshots, stores_.open(layer.snapshots));
    layer::Snapshots snapshots = one->snapshots.objects.get();
    if (layer.json) {
        one->lists =
            std::make_unique<layer::JsonObjects>(*one->snapshots.objects, one->snapshots.prefix);
        snapshots = one->lists.get();
    }
    layer::LayerOptions options = options_of(layer, owner_);
    options.prefix = one->snapshots.prefix;
    CARILLON_TRY(one->layer,
                 layer::Layer::make(
                     loop_, database_, snapshots, random_, log_, metrics_, std::move(options)));
    if (layer.feed) {
        layer::FeedOptions feed{.table = layer.source, .enable_stream = true, .owner = owner_};
        feed.lease_ttl = layer.lease;
        one->feed = std::make_unique<layer::Feed>(
            loop_, database_, *one->layer, random_, log_, std::move(feed));
    }
    routes_.add(layer.name,
                {.layer = one->layer.get(), .source = &database_, .source_table = layer.source});
    layers_.push_back(std::move(one));
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
    co_await stores_.close();
}

}  // namespace carillon::app
