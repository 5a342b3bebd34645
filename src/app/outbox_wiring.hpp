// The outbox of a server: its bus, what publishes its events, and its routes.

#pragma once

#include "app/config.hpp"
#include "bus/publishers.hpp"
#include "outbox/event_bus.hpp"
#include "server/event_routes.hpp"

#include <memory>
#include <string>
#include <vector>

namespace carillon::app {

/// In a store of our own always; elsewhere when somebody asks for it, since it needs a table.
[[nodiscard]] bool outbox_wanted(const Config& config, bool shared_store);

[[nodiscard]] outbox::Layout layout_of(const EventsConfig& events);

/// The outbox's tables in a store without a prefix.
[[nodiscard]] std::vector<dynamo::TableSchema> outbox_tables(const EventsConfig& events);

class OutboxWiring {
public:
    /// Everything given must outlive it; `publishers` belong to the whole server. `owner` is empty
    /// on exclusive stores. `invalid` when a publisher's URL makes no sense.
    [[nodiscard]] static Result<std::unique_ptr<OutboxWiring>> make(const Config& config,
                                                                    runtime::Loop& loop,
                                                                    dynamo::Database& database,
                                                                    bus::Publishers& publishers,
                                                                    Random& random,
                                                                    Log& log,
                                                                    Registry& metrics,
                                                                    std::string owner);

    /// Without publishers nothing is handled: the events wait for workers elsewhere.
    [[nodiscard]] Task<Result<>> start();
    [[nodiscard]] Task<> stop();

    [[nodiscard]] server::EventRoutes& routes() { return routes_; }

private:
    OutboxWiring(const Config& config,
                 runtime::Loop& loop,
                 dynamo::Database& database,
                 Random& random,
                 Log& log,
                 Registry& metrics,
                 std::string owner);

    bool work_;
    Duration grace_;
    outbox::EventBus bus_;
    server::EventRoutes routes_;
};

}  // namespace carillon::app
