// A store's URL, and the engine that it names.

#pragma once

#include "app/config.hpp"
#include "core/result.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "runtime/clock.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace carillon::app {

struct StoreUrl {
    bool memory = false;
    std::string directory{};  ///< Of the embedded engine.
};

/// `embedded:DIR` or `memory:`. `invalid` says which engines this build has.
[[nodiscard]] Result<StoreUrl> parse_store_url(std::string_view url);

/// Opens (and creates) the store that `config` names. `clock` must outlive it.
[[nodiscard]] Result<std::unique_ptr<dynamo::EmbeddedDatabase>> open_store(const Config& config,
                                                                           runtime::Clock& clock);

}  // namespace carillon::app
