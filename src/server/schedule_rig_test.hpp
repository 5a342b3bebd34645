// For the tests of the routes of schedules, runs and calendars: a service behind a router, on
// simulated time, whose deliveries succeed.

#pragma once

#include "core/random.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "server/calendar_routes.hpp"
#include "server/router.hpp"
#include "server/run_routes.hpp"
#include "server/schedule_routes.hpp"
#include "server/testing.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

namespace carillon::server::testing {

class QuietSender final : public delivery::Sender {
public:
    Task<delivery::Verdict> send(delivery::Target target,
                                 delivery::Attempt /*attempt*/,
                                 runtime::StopToken /*stop*/) override {
        sent.push_back(std::move(target));
        delivery::Verdict verdict;
        verdict.response.status = status;
        if (status < 300) verdict.outcome = delivery::Outcome::delivered;
        if (status >= 300) verdict.error = "Request failed with status " + std::to_string(status);
        co_return verdict;
    }

    int status = 200;
    std::vector<delivery::Target> sent;
};

inline const TimePoint friday = parse_instant("2026-11-27T12:00:00Z").value();

class ScheduleRest : public ::testing::Test {
protected:
    ScheduleRest() {
        router.add(schedule_routes.routes());
        router.add(run_routes.routes());
        router.add(calendar_routes.routes());
        const auto started = world.finish(service.start());
        EXPECT_TRUE(started) << describe(started.error());
    }

    ~ScheduleRest() override { world.finish(service.stop(Duration{0})); }

    net::ServerResponse send(const std::string& method,
                             const std::string& target,
                             const std::string& body = {},
                             const net::Headers& headers = {}) {
        net::ServerRequest one = request(method, target, body, headers);
        return world.finish(router.handle(one));
    }

    /// The JSON of an answer that must have `status`; null when it has no body.
    json::value call(int status,
                     const std::string& method,
                     const std::string& target,
                     const std::string& body = {},
                     const net::Headers& headers = {}) {
        const auto response = send(method, target, body, headers);
        EXPECT_EQ(response.status, status) << method << ' ' << target << ": " << response.body;
        if (response.body.empty()) return nullptr;
        return parse_json(response.body).value();
    }

    /// `more` are further members.
    static std::string definition(const std::string& name,
                                  const std::string& cron,
                                  const std::string& more = {}) {
        return R"({"name":")" + name + R"(","trigger":{"type":"CRON","cron":")" + cron +
               R"("},"target":{"kind":"HTTP","http":{"url":"https://a.example/"}})" + more + "}";
    }

    /// Its id.
    std::string add(const std::string& name,
                    const std::string& cron,
                    const std::string& more = {},
                    const net::Headers& headers = {}) {
        const json::value made =
            call(201, "POST", "/schedules", definition(name, cron, more), headers);
        return std::string(made.at("id").as_string());
    }

    runtime::testing::Simulated world{friday};
    SeededRandom random{1};
    Registry metrics;
    std::unique_ptr<dynamo::EmbeddedDatabase> database =
        *dynamo::open_embedded({.memory = true, .inline_writer = true}, world.clock);
    QuietSender sender;
    schedules::Service service{world.loop,
                               *database,
                               sender,
                               nullptr,
                               random,
                               Log::null(),
                               metrics,
                               schedules::ServiceOptions{.default_tz = "Europe/Berlin"}};
    Router router{world.loop, random, Log::null(), metrics};
    ScheduleRoutes schedule_routes{service};
    RunRoutes run_routes{service};
    CalendarRoutes calendar_routes{world.loop, service};
};

}  // namespace carillon::server::testing
