#include "app/store.hpp"

#include <fmt/format.h>

namespace carillon::app {

Result<StoreUrl> parse_store_url(std::string_view url) {
    const auto refuse = [&](std::string_view why) {
        return fail(Errc::invalid,
                    fmt::format("store: {}: {}; use embedded:DIR or memory:", url, why));
    };
    const std::size_t colon = url.find(':');
    if (colon == std::string_view::npos) return refuse("is not a store's URL");
    const std::string_view scheme = url.substr(0, colon);
    std::string_view rest = url.substr(colon + 1);
    if (scheme == "memory") {
        if (!rest.empty() && rest != "//") return refuse("memory: takes nothing after it");
        return StoreUrl{.memory = true};
    }
    if (scheme == "embedded") {
        // embedded:///var/lib/carillon is how other URLs would say it.
        if (rest.starts_with("//")) rest.remove_prefix(2);
        if (rest.empty()) return refuse("names no directory");
        return StoreUrl{.directory = std::string(rest)};
    }
    if (scheme == "dynamodb" || scheme == "postgres" || scheme == "postgresql") {
        return refuse(fmt::format("this build has no engine for {}", scheme));
    }
    return refuse("is of no known kind");
}

Result<std::unique_ptr<dynamo::EmbeddedDatabase>> open_store(const Config& config,
                                                             runtime::Clock& clock) {
    CARILLON_TRY(StoreUrl url, parse_store_url(config.store));
    dynamo::EmbeddedOptions options;
    options.memory = url.memory;
    options.directory = std::move(url.directory);
    options.sync = config.sync;
    options.block_cache_bytes = config.cache_bytes;
    // A quarter again for whole rows, which spare decoding.
    options.row_cache_bytes = config.cache_bytes / 4;
    return dynamo::open_embedded(options, clock);
}

}  // namespace carillon::app
