// Finds the route of a request, checks what the route declares, and turns every outcome into an
// answer. The HTTP server calls it for each request; everything below it speaks Result.

#pragma once

#include "core/random.hpp"
#include "net/server.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "runtime/loop.hpp"
#include "server/route.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::server {

/// Lives on one loop; all references must outlive it.
class Router final : public net::HttpHandler {
public:
    Router(runtime::Loop& loop, Random& random, Log& log, Registry& metrics);
    ~Router() override;

    /// Before the first request. Routes are tried in this order.
    void add(Route route);
    void add(std::vector<Route> routes);
    /// Valid until the next add().
    [[nodiscard]] std::vector<const Route*> routes() const;

    Task<net::ServerResponse> handle(net::ServerRequest& request) override;
    [[nodiscard]] net::ServerResponse refuse(int status, const std::string& why) const override;

private:
    struct Meter;
    struct Entry;
    struct Match;
    [[nodiscard]] Match match(std::string_view method, std::string_view path) const;
    Task<net::ServerResponse> dispatch(Call& call, const Entry& entry);
    [[nodiscard]] net::ServerResponse answer_unmatched(const Call& call, const Match& match) const;
    [[nodiscard]] std::string request_id(const net::ServerRequest& request);
    [[nodiscard]] net::ServerResponse answer_error(const Error& error,
                                                   const Call& call,
                                                   std::string_view operation);

    runtime::Loop& loop_;
    Random& random_;
    Log& log_;
    Registry& metrics_;
    std::unique_ptr<Meter> unmatched_;
    std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace carillon::server
