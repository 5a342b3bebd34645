// A whole server, put together: everything is built here in order and stopped in reverse.
//
// `carillon serve` runs one, the demonstration runs one beside its receiver. There are no other
// places where modules meet.

#pragma once

#include "app/config.hpp"
#include "app/layer_wiring.hpp"
#include "app/outbox_wiring.hpp"
#include "app/publishing.hpp"
#include "app/schedule_wiring.hpp"
#include "app/store.hpp"
#include "app/store_maintenance.hpp"
#include "delivery/delivery.hpp"
#include "dynamo/endpoint/service.hpp"
#include "net/client.hpp"
#include "net/server.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"
#include "runtime/system_random.hpp"
#include "server/router.hpp"
#include "server/system_routes.hpp"
#include "server/webhook_routes.hpp"
#include "webhooks/adopter.hpp"
#include "webhooks/service.hpp"

#include <memory>
#include <string>

namespace carillon::app {

class Tower {
public:
    /// Opens the store. `loop` and `log` must outlive the tower.
    [[nodiscard]] static Result<std::unique_ptr<Tower>> open(const Config& config,
                                                             runtime::Loop& loop,
                                                             Log& log);
    Tower(const Tower&) = delete;
    Tower& operator=(const Tower&) = delete;
    /// After stop(), if it was started; closes the store.
    ~Tower();

    /// Starts ringing, then listening. After an error call stop() all the same.
    [[nodiscard]] Task<Result<>> start();
    /// Stops listening, claiming and delivering: what runs may end within the grace, the rest is
    /// released.
    [[nodiscard]] Task<> stop();

    [[nodiscard]] std::string url() const { return http_.url(); }

    /// Of the DynamoDB endpoint; empty when there is none.
    [[nodiscard]] std::string dynamodb_url() const { return dynamodb_ ? dynamodb_->url() : ""; }

private:
    /// What the store needs before anything else.
    struct Basis {
        runtime::SystemRandom random;
        runtime::BlockingPool pool;
    };

    Tower(const Config& config,
          runtime::Loop& loop,
          Log& log,
          std::unique_ptr<Basis> basis,
          Store store);
    [[nodiscard]] Result<> add_outbox(runtime::Loop& loop);
    [[nodiscard]] Result<> add_layers(runtime::Loop& loop);
    void add_schedules(runtime::Loop& loop);
    void refresh_metrics();

    Config config_;
    Log& log_;
    Registry metrics_;
    std::unique_ptr<Basis> basis_;
    Store store_;
    net::HttpClient client_;
    delivery::HttpSender sender_;
    std::unique_ptr<Publishing> publishing_;
    webhooks::Service service_;
    server::Readiness readiness_;
    server::Router router_;
    server::WebhookRoutes webhook_routes_;
    server::SystemRoutes system_routes_;
    net::HttpServer http_;
    std::unique_ptr<ScheduleWiring> schedules_;            // Where there are any.
    std::unique_ptr<OutboxWiring> outbox_;                 // Where there is one.
    std::unique_ptr<LayerWiring> layers_;                  // Where there are any.
    std::unique_ptr<webhooks::Adopter> adopter_;           // Of tables shared with other programs.
    std::unique_ptr<StoreMaintenance> maintenance_;        // Of a store of our own, for the next.
    std::unique_ptr<dynamo::endpoint::Service> dynamodb_;  // With --dynamodb-port.
};

[[nodiscard]] std::string version();

}  // namespace carillon::app
