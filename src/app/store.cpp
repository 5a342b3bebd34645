#include "app/store.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::app {
namespace {

Result<std::unique_ptr<dynamo::EmbeddedDatabase>> open_embedded_store(const Config& config,
                                                                      StoreUrl url,
                                                                      runtime::Clock& clock,
                                                                      Log& log) {
    dynamo::EmbeddedOptions options;
    options.log = &log;
    options.memory = url.memory;
    options.directory = std::move(url.directory);
    options.sync = config.sync;
    options.block_cache_bytes = config.cache_bytes;
    // A quarter again for whole rows, which spare decoding.
    options.row_cache_bytes = config.cache_bytes / 4;
    return dynamo::open_embedded(options, clock);
}

}  // namespace

Result<std::unique_ptr<dynamo::EmbeddedDatabase>> open_store(const Config& config,
                                                             runtime::Clock& clock,
                                                             Log& log) {
    CARILLON_TRY(StoreUrl url, parse_store_url(config.store));
    if (url.dynamodb) {
        return fail(Errc::invalid,
                    fmt::format("store: {}: is another server's; use embedded:DIR or memory: here",
                                config.store));
    }
    return open_embedded_store(config, std::move(url), clock, log);
}

Task<> Store::close() const {
    if (remote != nullptr) co_await remote->close();
}

Result<Store> open_any_store(const Config& config,
                             runtime::Loop& loop,
                             runtime::BlockingPool& pool,
                             Random& random,
                             Log& log) {
    CARILLON_TRY(StoreUrl url, parse_store_url(config.store));
    Store store;
    if (url.dynamodb) {
        store.seed_layout = url.dynamodb->seed_layout;
        CARILLON_TRY(auto remote,
                     library::open_remote_url(
                         *std::move(url.dynamodb), config.aws, loop, pool, random, log));
        store.remote = remote.get();
        store.database = std::move(remote);
    } else {
        CARILLON_TRY(auto embedded, open_embedded_store(config, std::move(url), loop.clock(), log));
        store.embedded = embedded.get();
        store.database = std::move(embedded);
    }
    return store;
}

}  // namespace carillon::app
