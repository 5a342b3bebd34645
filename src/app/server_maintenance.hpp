// Looking after the store of a server that runs: asks it over its DynamoDB port.

#pragma once

#include "aws/credentials.hpp"
#include "aws/json_client.hpp"
#include "aws/transport.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "dynamo/endpoint/maintenance.hpp"
#include "net/client.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"

#include <memory>
#include <string>

namespace carillon::app {

/// Lives on `loop`.
class ServerMaintenance final : public dynamo::endpoint::Maintenance {
public:
    /// `environment` may hold the keys to sign with; everything else must outlive the object.
    /// `invalid` when `url` is none.
    [[nodiscard]] static Result<std::unique_ptr<ServerMaintenance>> open(
        const std::string& url,
        const aws::Environment& environment,
        runtime::Loop& loop,
        runtime::BlockingPool& pool,
        Random& random);

    [[nodiscard]] Task<Result<dynamo::endpoint::StoreFigures>> stats() override;
    [[nodiscard]] Task<Result<dynamo::endpoint::StoreCheck>> check() override;
    [[nodiscard]] Task<Result<std::uint64_t>> backup(std::string directory) override;
    [[nodiscard]] Task<Result<dynamo::endpoint::Compaction>> compact() override;

    /// Before it is destroyed.
    Task<> close();

private:
    ServerMaintenance(aws::JsonClientOptions client,
                      aws::Credentials credentials,
                      net::ClientOptions http,
                      runtime::Loop& loop,
                      runtime::BlockingPool& pool,
                      Random& random);

    /// The answer's members.
    Task<Result<json::object>> call(std::string operation, std::string body = "{}");

    net::HttpClient http_;
    aws::HttpTransport transport_;
    aws::FixedCredentials credentials_;
    aws::JsonClient client_;
};

}  // namespace carillon::app
