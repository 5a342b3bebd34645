// The REST operations on calendars, as routes: a tenant's own, and the built-in codes.

#pragma once

#include "runtime/loop.hpp"
#include "schedules/service.hpp"
#include "server/route.hpp"

#include <vector>

namespace carillon::server {

/// Lives on the service's loop; both references must outlive it, and it the router.
class CalendarRoutes {
public:
    CalendarRoutes(runtime::Loop& loop, schedules::Service& service)
        : loop_(loop), service_(service) {}

    CalendarRoutes(const CalendarRoutes&) = delete;
    CalendarRoutes& operator=(const CalendarRoutes&) = delete;

    /// They refer to this object.
    [[nodiscard]] std::vector<Route> routes();

private:
    using Response = Task<Result<net::ServerResponse>>;

    Response list(Call& call);
    Response get(Call& call);
    Response put(Call& call);
    Response remove(Call& call);
    [[nodiscard]] int this_year() const;

    runtime::Loop& loop_;
    schedules::Service& service_;
};

}  // namespace carillon::server
