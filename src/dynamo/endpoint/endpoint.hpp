// DynamoDB's wire protocol (JSON 1.0 over HTTP) in front of any Database.
//
// Any AWS SDK that is pointed here takes it for DynamoDB: same headers, same errors, same order of
// checks. Lives on one loop, as everything that handles requests; one Endpoint per loop may serve
// the same database.

#pragma once

#include "aws/sigv4.hpp"
#include "core/random.hpp"
#include "dynamo/database.hpp"
#include "net/server.hpp"
#include "observability/log.hpp"
#include "runtime/clock.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace carillon::dynamo::endpoint {

class Maintenance;

struct EndpointOptions {
    std::string region = "us-east-1";
    std::string account = "000000000000";
    /// Whose signatures are accepted; anybody's, and none at all, when empty.
    std::vector<aws::Credentials> keys{};
    /// How long a table or index is CREATING, UPDATING or DELETING before it is what it becomes.
    Duration table_delay{0};
    /// Of the store behind the database; must outlive the endpoint. Null: there is none here.
    Maintenance* maintenance = nullptr;
};

/// Requests may be as large as a BatchWriteItem: give this to the server.
inline constexpr std::size_t request_bytes_max = 16 * 1024 * 1024 + 1024 * 1024;

/// Whether it asks for items: such requests of one client may be answered by different Endpoints of
/// one database. What the control plane answers depends on what it was asked before, and the rest
/// on what lives on one loop.
[[nodiscard]] bool is_about_items(const net::ServerRequest& request);

class Endpoint final : public net::HttpHandler {
public:
    /// Everything given must outlive the endpoint.
    Endpoint(Database& database,
             runtime::Clock& clock,
             Random& random,
             Log& log,
             EndpointOptions options);
    ~Endpoint() override;

    Task<net::ServerResponse> handle(net::ServerRequest& request) override;
    [[nodiscard]] net::ServerResponse refuse(int status, const std::string& why) const override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::dynamo::endpoint
