// The schedules of a server: their service and its two queues, and their routes.

#pragma once

#include "app/config.hpp"
#include "schedules/service.hpp"
#include "server/calendar_routes.hpp"
#include "server/run_routes.hpp"
#include "server/schedule_routes.hpp"

#include <vector>

namespace carillon::app {

/// In a store of our own always, unless they were switched off; elsewhere when somebody asks for
/// them, since they need tables and look at them again and again.
[[nodiscard]] bool schedules_wanted(const Config& config, bool shared_store);

/// Lives on one loop.
class ScheduleWiring {
public:
    /// Everything given must outlive it; `publisher` may be absent.
    ScheduleWiring(const Config& config,
                   runtime::Loop& loop,
                   dynamo::Database& database,
                   delivery::Sender& sender,
                   bus::Publisher* publisher,
                   Random& random,
                   Log& log,
                   Registry& metrics,
                   schedules::ServiceOptions options);

    [[nodiscard]] std::vector<server::Route> routes();

    /// Makes the tables that are missing, and fires unless the server is only to keep things.
    [[nodiscard]] Task<Result<>> start();
    /// Fires no more; what runs may end within the grace.
    [[nodiscard]] Task<> stop();

private:
    bool work_;
    Duration grace_;
    schedules::Service service_;
    server::ScheduleRoutes schedule_routes_;
    server::RunRoutes run_routes_;
    server::CalendarRoutes calendar_routes_;
};

}  // namespace carillon::app
