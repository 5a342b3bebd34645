// A store's URL, and the engine of DynamoDB that it names.

#pragma once

#include "aws/environment.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "dynamo/remote/remote.hpp"
#include "net/url.hpp"
#include "observability/log.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::library {

/// `dynamodb://REGION?endpoint=URL&prefix=TEXT&profile=NAME&transactions=off&streams=off&layout=seed`
struct DynamodbUrl {
    std::string region{};  ///< Empty: the environment's, or the profile's.
    std::optional<net::Url> endpoint{};
    std::string prefix{};   ///< Before every table's name.
    std::string profile{};  ///< Of AWS's shared files.
    bool transactions = true;
    bool streams = true;
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

/// Nothing is sent yet. Everything given must outlive the engine, which runs on `loop`.
[[nodiscard]] Result<std::unique_ptr<dynamo::RemoteDatabase>> open_remote_url(
    DynamodbUrl url,
    const aws::Environment& environment,
    runtime::Loop& loop,
    runtime::BlockingPool& pool,
    Random& random,
    Log& log);

}  // namespace carillon::library
