// One service over the embedded engine in memory, in a simulated world, with a scripted receiver.

#pragma once

#include "dynamo/embedded/embedded.hpp"
#include "queue/faulty_store_test.hpp"
#include "runtime/simulated_test.hpp"
#include "webhooks/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::webhooks::testing {

using queue::testing::FaultyStore;
using namespace std::chrono_literals;

inline const TimePoint noon = parse_instant("2026-11-21T12:00:00Z").value();

/// Answers as the test says, and notes what it was sent when.
class FakeSender final : public delivery::Sender {
public:
    /// It asks `database` whose each delivery is.
    FakeSender(runtime::Loop& loop, dynamo::Database& database)
        : loop_(loop), database_(database) {}

    struct Call {
        std::string id;          ///< The webhook's own.
        std::string webhook_id;  ///< What a receiver sees.
        int number = 0;
        TimePoint at{};
        delivery::Target target;
    };

    std::vector<Call> calls;
    std::size_t running = 0;
    Duration delay{0};
    std::function<delivery::Verdict(const Call&)> answer;
    /// Its process has died: what it is asked to send never leaves it.
    bool dead = false;

    Task<delivery::Verdict> send(delivery::Target target,
                                 delivery::Attempt attempt,
                                 runtime::StopToken stop) override {
        if (dead) co_return unanswered("dead");
        Call call{{}, attempt.occurrence_id, attempt.number, loop_.now(), std::move(target)};
        call.id = co_await own_id(attempt.occurrence_id);
        EXPECT_GE(call.at, attempt.scheduled_at) << call.id << " rang early";
        calls.push_back(call);
        ++running;
        bool completed = true;
        if (delay > Duration::zero()) completed = co_await loop_.sleep_for(delay, stop);
        --running;
        if (!completed) co_return unanswered("cancelled before the answer came");
        if (answer) co_return answer(call);
        co_return status(200);
    }

    [[nodiscard]] std::vector<std::string> ids() const {
        std::vector<std::string> out;
        for (const Call& call : calls) out.push_back(call.id);
        return out;
    }

    static delivery::Verdict status(int code) {
        delivery::Verdict verdict;
        verdict.response = {.status = code, .body = "body"};
        if (code >= 200 && code < 300) {
            verdict.outcome = delivery::Outcome::delivered;
        } else {
            verdict.outcome = code == 410 ? delivery::Outcome::rejected : delivery::Outcome::failed;
            verdict.error = "Request failed with status " + std::to_string(code);
        }
        return verdict;
    }

    static delivery::Verdict unanswered(std::string error) {
        delivery::Verdict verdict;
        verdict.error = std::move(error);
        return verdict;
    }

private:
    Task<std::string> own_id(std::string webhook_id) {
        dynamo::ScanRequest request;
        request.table = ServiceOptions{}.table;
        while (!own_ids_.contains(webhook_id)) {
            dynamo::ScanRequest next = request;
            const auto page = co_await database_.scan(std::move(next));
            if (!page) co_return "unknown";
            for (const dynamo::Item& item : page->items) {
                if (auto webhook = from_item(item)) {
                    own_ids_[occurrence_id(*webhook)] = webhook->id;
                }
            }
            if (!page->last_key) break;
            request.start_key = page->last_key;
        }
        co_return own_ids_[webhook_id];
    }

    runtime::Loop& loop_;
    dynamo::Database& database_;
    std::map<std::string, std::string> own_ids_;
};

inline std::unique_ptr<dynamo::EmbeddedDatabase> open_in_memory(runtime::Clock& clock) {
    auto opened = dynamo::open_embedded({.memory = true, .inline_writer = true}, clock);
    if (!opened) std::abort();
    return *std::move(opened);
}

struct Rig : runtime::testing::Simulated {
    Rig() : Simulated(noon) {
        options.backoff = {.base = 10s, .cap = 1h, .multiplier = 2, .jitter = 0};
        options.queue.concurrency = 25;
    }

    ~Rig() {
        if (service) finish(service->stop(0s));
    }

    SeededRandom random{42};
    Registry metrics;
    std::unique_ptr<dynamo::EmbeddedDatabase> database = open_in_memory(clock);
    FakeSender sender{loop, *database};
    ServiceOptions options;
    std::unique_ptr<Service> service;

    std::unique_ptr<Service> make(dynamo::Database& on, bool work = true) {
        return make(on, sender, work);
    }

    std::unique_ptr<Service> make(dynamo::Database& on, FakeSender& by, bool work = true) {
        auto made = std::make_unique<Service>(loop, on, by, random, Log::null(), metrics, options);
        const auto started = finish(made->start(work));
        EXPECT_TRUE(started) << describe(started.error());
        return made;
    }

    /// A view of the database that a test can cut off (`fail_all`), as for a process that died.
    std::unique_ptr<FaultyStore> faulty_store() {
        return std::make_unique<FaultyStore>(*database, loop, random, queue::testing::Faults{});
    }

    Service& begin(bool work = true) {
        service = make(*database, work);
        return *service;
    }

    static Registration registration(TimePoint schedule,
                                     std::optional<std::string> id = std::nullopt,
                                     std::string name_space = "shop") {
        Registration made;
        made.name_space = std::move(name_space);
        made.id = std::move(id);
        made.url = "https://example.com/hook";
        made.schedule = schedule;
        return made;
    }

    Webhook add(Registration registration) {
        auto made = finish(service->register_webhook(std::move(registration)));
        EXPECT_TRUE(made) << describe(made.error());
        return made ? *std::move(made) : Webhook{};
    }

    Webhook add(const std::string& id, TimePoint schedule) {
        return add(registration(schedule, id));
    }

    Webhook get(const std::string& id, const std::string& name_space = "shop") {
        auto found = finish(service->get(name_space, id));
        EXPECT_TRUE(found) << describe(found.error());
        return found ? *std::move(found) : Webhook{};
    }

    bool exists(const std::string& id) { return finish(service->get("shop", id)).has_value(); }

    FetchPage fetch(Fetch of) {
        auto page = finish(service->fetch(std::move(of)));
        EXPECT_TRUE(page) << describe(page.error());
        return page ? *std::move(page) : FetchPage{};
    }

    std::vector<std::string> ids(Selection selection) {
        std::vector<std::string> out;
        for (const Webhook& webhook : fetch({.selection = std::move(selection)}).items) {
            out.push_back(webhook.id);
        }
        return out;
    }
};

}  // namespace carillon::webhooks::testing
