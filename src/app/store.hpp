// The engine that a store's URL names, as the configuration has it.

#pragma once

#include "app/config.hpp"
#include "core/result.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "dynamo/remote/remote.hpp"
#include "library/store_url.hpp"
#include "runtime/blocking.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::app {

using library::DynamodbUrl;
using library::parse_store_url;
using library::StoreUrl;

/// Opens (and creates) the embedded store that `config` names. `clock` and `log` must outlive it.
[[nodiscard]] Result<std::unique_ptr<dynamo::EmbeddedDatabase>> open_store(const Config& config,
                                                                           runtime::Clock& clock,
                                                                           Log& log);

/// Any store, and what its engine has beside the port: one of the two is there.
struct Store {
    std::unique_ptr<dynamo::Database> database;
    dynamo::EmbeddedDatabase* embedded = nullptr;
    dynamo::RemoteDatabase* remote = nullptr;
    bool seed_layout = false;

    /// Before it is destroyed, on its loop.
    [[nodiscard]] Task<> close() const;
};

/// Opens the store that `config` names; nothing is sent to a server yet. Everything given must
/// outlive it. A remote one runs on `loop`.
[[nodiscard]] Result<Store> open_any_store(const Config& config,
                                           runtime::Loop& loop,
                                           runtime::BlockingPool& pool,
                                           Random& random,
                                           Log& log);

}  // namespace carillon::app
