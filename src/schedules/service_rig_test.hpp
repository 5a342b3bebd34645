// For the tests of this module: a service on simulated time, with a sender that says what it is
// told.

#pragma once

#include "core/json.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "runtime/simulated_test.hpp"
#include "schedules/service.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace carillon::schedules::testing {

using namespace std::chrono_literals;

inline const TimePoint noon = parse_instant("2026-11-27T12:00:00Z").value();

inline boost::json::value json(std::string_view text) {
    auto parsed = parse_json(text);
    EXPECT_TRUE(parsed) << text;
    return *std::move(parsed);
}

/// Answers as the test says, and notes what it was sent when.
class FakeSender final : public delivery::Sender {
public:
    explicit FakeSender(runtime::Loop& loop) : loop_(loop) {}

    struct Call {
        std::string id;
        TimePoint at{};
        TimePoint due{};
        boost::json::value body;
        std::string url{};
    };

    std::vector<Call> calls{};
    Duration delay{0};
    std::function<int(const Call&)> status = [](const Call&) { return 200; };

    Task<delivery::Verdict> send(delivery::Target target,
                                 delivery::Attempt attempt,
                                 runtime::StopToken stop) override {
        EXPECT_GE(loop_.now(), attempt.scheduled_at) << "ran early";
        calls.push_back(
            {attempt.occurrence_id, loop_.now(), attempt.scheduled_at, target.body, target.url});
        const Call call = calls.back();
        delivery::Verdict verdict;
        if (delay > Duration::zero() && !co_await loop_.sleep_for(delay, stop)) {
            verdict.error = "cancelled";
            co_return verdict;
        }
        verdict.response.status = status(call);
        if (verdict.response.status == 200) {
            verdict.outcome = delivery::Outcome::delivered;
        } else {
            verdict.error = "Request failed with status 503";
        }
        co_return verdict;
    }

private:
    runtime::Loop& loop_;
};

/// Counts warnings.
class CountingLog final : public Log {
public:
    int warnings = 0;

    [[nodiscard]] bool enabled(LogLevel level) const noexcept override {
        return level == LogLevel::warn;
    }

    void write(LogLevel, std::string_view, std::span<const LogField>) noexcept override {
        ++warnings;
    }
};

/// Answers as the test says, and notes what it was given.
class FakePublisher final : public bus::Publisher {
public:
    std::vector<bus::Message> messages{};
    std::function<Result<>()> answer = [] { return Result<>{}; };
    std::function<Result<>(const bus::Message&)> judge{};  ///< Before anything is sent.

    Task<std::vector<Result<>>> publish(std::vector<bus::Message> batch) override {
        std::vector<Result<>> answers;
        for (bus::Message& message : batch) {
            messages.push_back(std::move(message));
            answers.push_back(answer());
        }
        co_return answers;
    }

    Result<> check(const bus::Message& message) override {
        return judge ? judge(message) : Result<>{};
    }

    Task<> close() override { co_return; }
};

struct Rig : runtime::testing::Simulated {
    explicit Rig(ServiceOptions given = {}, bus::Publisher* with = nullptr)
        : Simulated(noon), options(std::move(given)), publisher(with) {
        auto opened = dynamo::open_embedded({.memory = true, .inline_writer = true}, clock);
        if (!opened) std::abort();
        database = *std::move(opened);
        start();
    }

    ~Rig() { stop(); }

    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;

    void start() {
        ServiceOptions copy = options;
        service = std::make_unique<Service>(
            loop, *database, sender, publisher, random, log, metrics, std::move(copy));
        const auto started = finish(service->start());
        ASSERT_TRUE(started) << describe(started.error());
    }

    void stop() {
        if (!service) return;
        finish(service->stop(1s));
        service.reset();
    }

    Schedule create(const std::string& members, std::string tenant = "acme") {
        auto made = finish(service->create(
            std::move(tenant),
            json(R"({"name":"n)" + std::to_string(++names) +
                 R"(","target":{"kind":"HTTP","http":{"url":"https://example.com/"}},)" + members +
                 "}")));
        EXPECT_TRUE(made) << describe(made.error());
        return *std::move(made);
    }

    Result<Schedule> update(const Schedule& schedule,
                            std::string_view patch,
                            std::optional<std::int64_t> version = {}) {
        return finish(service->update(schedule.tenant, schedule.id, json(patch), version));
    }

    /// The ledger, oldest first: `12:01:00 fired`.
    std::vector<std::string> ledger(const Schedule& schedule) {
        std::vector<std::string> out;
        LedgerRequest request{.limit = 100};
        for (;;) {
            LedgerRequest next = request;
            auto page = finish(service->ledger(schedule.tenant, schedule.id, std::move(next)));
            EXPECT_TRUE(page);
            for (const LedgerRow& row : page->items) {
                std::string line = format_instant(row.entry.nominal).substr(11, 8) + " " +
                                   std::string(to_string(row.entry.outcome));
                if (row.entry.reason != SkipReason::none) {
                    line.append(" ").append(to_string(row.entry.reason));
                }
                out.insert(out.begin(), line);
            }
            if (!page->next_cursor) return out;
            request.cursor = page->next_cursor;
        }
    }

    std::vector<Run> runs(const Schedule& schedule) {
        auto page =
            finish(service->list_runs(schedule.tenant, {.schedule_id = schedule.id, .limit = 100}));
        EXPECT_TRUE(page);
        return page->items;
    }

    ServiceOptions options;
    bus::Publisher* publisher;
    std::unique_ptr<dynamo::EmbeddedDatabase> database;
    SeededRandom random{7};
    Registry metrics;
    CountingLog log;
    FakeSender sender{loop};
    std::unique_ptr<Service> service;
    int names = 0;
};

using Lines = std::vector<std::string>;

}  // namespace carillon::schedules::testing
