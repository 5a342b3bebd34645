// A store's URL, and the engine that it names.

#pragma once

#include "app/config.hpp"
#include "core/result.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "dynamo/remote/remote.hpp"
#include "runtime/blocking.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::app {

/// `dynamodb://REGION?endpoint=URL&prefix=TEXT&profile=NAME&transactions=off&layout=seed`
struct DynamodbUrl {
    std::string region{};  ///< Empty: the environment's, or the profile's.
    std::optional<net::Url> endpoint{};
    std::string prefix{};   ///< Before every table's name.
    std::string profile{};  ///< Of AWS's shared files.
    bool transactions = true;
    /// New tables look as those of seed 000's own workers, who may use them too.
    bool seed_layout = false;
};

struct StoreUrl {
    bool memory = false;
    std::string directory{};  ///< Of the embedded engine.
    std::optional<DynamodbUrl> dynamodb{};
};

/// `embedded:DIR`, `memory:` or `dynamodb://REGION`. `invalid` says which engines this build has.
[[nodiscard]] Result<StoreUrl> parse_store_url(std::string_view url);

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
