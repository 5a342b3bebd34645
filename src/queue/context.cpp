#include "queue/context.hpp"

#include <array>

namespace carillon::queue {

namespace {

constexpr std::array<double, 10> batch_buckets{1, 2, 5, 10, 25, 50, 100, 250, 500, 1'000};

}  // namespace

QueueMetrics::QueueMetrics(Registry& registry, const std::string& queue)
    : claimed(registry.counter("carillon_queue_claimed_total", "Rows claimed", {{"queue", queue}})),
      started(registry.counter(
          "carillon_queue_started_total", "Rows given to a handler", {{"queue", queue}})),
      done(registry.counter(
          "carillon_queue_done_total", "Rows that ended well", {{"queue", queue}})),
      retried(registry.counter("carillon_queue_retried_total",
                               "Attempts that failed and will be repeated",
                               {{"queue", queue}})),
      failed(registry.counter(
          "carillon_queue_failed_total", "Rows that became dead letters", {{"queue", queue}})),
      released(registry.counter("carillon_queue_released_total",
                                "Rows given back without an attempt",
                                {{"queue", queue}})),
      dropped(registry.counter("carillon_queue_dropped_total",
                               "Outcomes not stored, as the row had vanished or changed",
                               {{"queue", queue}})),
      interrupted(registry.counter("carillon_queue_interrupted_total",
                                   "Rows whose worker died, found again",
                                   {{"queue", queue}})),
      claims_lost(registry.counter("carillon_queue_claims_lost_total",
                                   "Claims that another worker won",
                                   {{"queue", queue}})),
      commits(registry.counter(
          "carillon_queue_commits_total", "Writes of batches of outcomes", {{"queue", queue}})),
      store_errors(registry.counter("carillon_queue_store_errors_total",
                                    "Calls of the store that failed",
                                    {{"queue", queue}})),
      held(registry.gauge(
          "carillon_queue_held", "Rows claimed and not started", {{"queue", queue}})),
      running(registry.gauge("carillon_queue_running", "Rows in handlers", {{"queue", queue}})),
      settling(registry.gauge(
          "carillon_queue_settling", "Outcomes not yet recorded", {{"queue", queue}})),
      lateness(registry.histogram("carillon_queue_lateness_seconds",
                                  "From due to started",
                                  latency_buckets,
                                  {{"queue", queue}})),
      settle_batch(registry.histogram("carillon_queue_settle_batch",
                                      "Outcomes per commit",
                                      batch_buckets,
                                      {{"queue", queue}})) {}

}  // namespace carillon::queue
