#include "app/schedule_wiring.hpp"

#include <utility>

namespace carillon::app {

bool schedules_wanted(const Config& config, bool shared_store) {
    return config.schedules.value_or(!shared_store);
}

ScheduleWiring::ScheduleWiring(const Config& config,
                               runtime::Loop& loop,
                               dynamo::Database& database,
                               delivery::Sender& sender,
                               bus::Publisher* publisher,
                               Random& random,
                               Log& log,
                               Registry& metrics,
                               schedules::ServiceOptions options)
    : work_(config.deliver),
      grace_(config.grace),
      service_(loop, database, sender, publisher, random, log, metrics, std::move(options)),
      schedule_routes_(service_),
      run_routes_(service_),
      calendar_routes_(loop, service_) {}

std::vector<server::Route> ScheduleWiring::routes() {
    std::vector<server::Route> all = schedule_routes_.routes();
    for (auto& more : {run_routes_.routes(), calendar_routes_.routes()}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

Task<Result<>> ScheduleWiring::start() {
    return service_.start(work_);
}

Task<> ScheduleWiring::stop() {
    return service_.stop(grace_);
}

}  // namespace carillon::app
