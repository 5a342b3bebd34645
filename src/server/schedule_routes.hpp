// The REST operations on schedules (seed 002), as routes.
//
// Each only turns a request into the domain's plain values and the answer into JSON; every rule
// about schedules lives in schedules/. What is asked of a schedule's time (next, preview, catch-up)
// is in schedule_questions.cpp.

#pragma once

#include "schedules/service.hpp"
#include "server/route.hpp"

#include <vector>

namespace carillon::server {

/// Lives on the service's loop; the service must outlive it, and it the router.
class ScheduleRoutes {
public:
    explicit ScheduleRoutes(schedules::Service& service) : service_(service) {}

    ScheduleRoutes(const ScheduleRoutes&) = delete;
    ScheduleRoutes& operator=(const ScheduleRoutes&) = delete;

    /// They refer to this object.
    [[nodiscard]] std::vector<Route> routes();

private:
    using Response = Task<Result<net::ServerResponse>>;

    [[nodiscard]] std::vector<Route> many_routes();
    [[nodiscard]] std::vector<Route> single_routes();
    [[nodiscard]] std::vector<Route> run_routes();
    [[nodiscard]] std::vector<Route> question_routes();

    Response create(Call& call);
    Response list(Call& call);
    Response get(Call& call);
    Response update(Call& call);
    Response enable(Call& call);
    Response remove(Call& call);
    Response trigger(Call& call);
    Response backfill(Call& call);
    Response ledger(Call& call);

    Response validate(Call& call);
    Response preview(Call& call);
    Response next(Call& call);
    Response catch_up(Call& call);

    schedules::Service& service_;
};

/// The components of the description that the routes of schedules, runs and calendars name.
[[nodiscard]] json::object schedule_schemas();

}  // namespace carillon::server
