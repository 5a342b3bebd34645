// Hours of schedules of all kinds in one thread of simulated time: a store that fails and answers
// late, servers that die, clocks that jump. Afterwards the ledger is compared with an enumeration
// of its own. CARILLON_SIM_SEED replays one seed, CARILLON_SIM_HOURS makes it longer.

#include "dynamo/embedded/embedded.hpp"
#include "queue/faulty_store_test.hpp"
#include "runtime/simulated_test.hpp"
#include "schedules/service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

namespace carillon::schedules {
namespace {

using namespace std::chrono_literals;

const TimePoint begin = parse_instant("2026-06-05T20:00:00Z").value();  // A Friday.

/// What receivers have seen, whichever server called them.
struct Seen {
    std::map<std::string, int> deliveries;  ///< By `webhook-id`.
    std::size_t sent = 0;
    TimePoint
        latest{};  ///< Ever shown by the clock: what was due then may be sent after it went back.
};

class SimSender final : public delivery::Sender {
public:
    SimSender(runtime::Loop& loop, Random& random, Seen& seen)
        : loop_(loop), random_(random), seen_(seen) {}

    bool dead = false;

    Task<delivery::Verdict> send(delivery::Target /*target*/,
                                 delivery::Attempt attempt,
                                 runtime::StopToken stop) override {
        delivery::Verdict verdict;
        if (dead) co_return verdict;
        EXPECT_GE(std::max(loop_.now(), seen_.latest), attempt.scheduled_at)
            << attempt.occurrence_id << " is early";
        ++seen_.sent;
        const Duration takes{static_cast<std::int64_t>(random_.below(3) * random_.below(20'000))};
        if (takes > Duration::zero() && !co_await loop_.sleep_for(takes, stop)) co_return verdict;
        if (random_.below(10) == 0) {
            verdict.error = "Request failed with status 503";
            verdict.response.status = 503;
            co_return verdict;
        }
        verdict.outcome = delivery::Outcome::delivered;
        verdict.response.status = 200;
        if (!dead) ++seen_.deliveries[attempt.occurrence_id];
        co_return verdict;
    }

private:
    runtime::Loop& loop_;
    Random& random_;
    Seen& seen_;
};

struct Server {
    std::unique_ptr<queue::testing::FaultyStore> store;
    std::unique_ptr<SimSender> sender;
    std::unique_ptr<Service> service;
};

class Simulation : runtime::testing::Simulated {
public:
    explicit Simulation(std::uint64_t seed) : Simulated(begin), random_(seed) {
        auto opened = dynamo::open_embedded({.memory = true, .inline_writer = true}, clock);
        EXPECT_TRUE(opened);
        store_ = *std::move(opened);
    }

    void run(Duration length) {
        server_ = born({});
        add_schedules();
        server_.store->faults() = faults();
        const TimePoint end = begin + length;
        while (clock.now() < end) {
            run_for(Duration{static_cast<std::int64_t>(1 + random_.below(600'000))});
            const auto what = random_.below(6);
            if (what == 0) die();
            if (what == 1) jump();
        }
        server_.store->faults() = {};
        run_for(20min);
        finish(server_.service->stop(0s));
        server_.service.reset();
        for (const Schedule& schedule : schedules_) check(schedule);
        EXPECT_GT(seen_.sent, 0u);
        std::cout << "  " << rows_ << " instants, " << fired_ << " runs, " << seen_.sent
                  << " attempts, " << deaths_ << " deaths, " << jumps_ << " jumps\n";
    }

private:
    static queue::testing::Faults faults() {
        return {.fail = 0.03, .lose_reply = 0.03, .delay = 0.2};
    }

    Server born(queue::testing::Faults faults) {
        Server server;
        server.store =
            std::make_unique<queue::testing::FaultyStore>(*store_, loop, random_, faults);
        server.sender = std::make_unique<SimSender>(loop, random_, seen_);
        ServiceOptions options;
        options.queue.poll_interval = 60s;
        options.queue.interruptions_max = 1'000;
        server.service = std::make_unique<Service>(loop,
                                                   *server.store,
                                                   *server.sender,
                                                   nullptr,
                                                   random_,
                                                   *log_,
                                                   metrics_,
                                                   std::move(options));
        for (int tries = 0; tries < 100; ++tries) {
            if (finish(server.service->start())) return server;
        }
        ADD_FAILURE() << "the server does not start";
        return server;
    }

    void die() {
        ++deaths_;
        server_.store->die();
        server_.sender->dead = true;
        finish(server_.service->stop(0s));
        server_.service.reset();
        if (random_.below(2) == 0)
            run_for(Duration{static_cast<std::int64_t>(random_.below(3'600'000))});
        server_ = born({});
        server_.store->faults() = faults();
    }

    /// Somebody sets the clock.
    void jump() {
        ++jumps_;
        const Duration by{static_cast<std::int64_t>(random_.below(1'200'000)) - 600'000};
        seen_.latest = std::max(seen_.latest, clock.now());
        clock.set_wall(clock.now() + by);
    }

    void add_schedules() {
        constexpr std::array triggers{R"({"type":"CRON","cron":"*/7 * * * *"})",
                                      R"({"type":"CRON","cron":"*/20 * * * * *"})",
                                      R"({"type":"CRON","cron":"0 */2 * * *"})",
                                      R"({"type":"RRULE","rrule":"FREQ=MINUTELY;INTERVAL=4"})",
                                      R"({"type":"INTERVAL","every":"90s"})",
                                      R"({"type":"FIXED_DELAY","delaySec":45})",
                                      R"({"type":"ONE_SHOT","startAt":"2026-06-05T21:30:00Z"})"};
        constexpr std::array misfires{"skip", "last", "all", "newest"};
        constexpr std::array overlaps{"allow", "skip", "queue-one", "queue-all", "cancel"};
        int number = 0;
        for (const char* trigger : triggers) {
            for (int i = 0; i < 5; ++i, ++number) {
                boost::json::object body;
                body["name"] = "s" + std::to_string(number);
                body["tz"] = "Europe/Berlin";
                body["trigger"] = parse_json(trigger).value();
                body["target"] =
                    parse_json(R"({"kind":"HTTP","http":{"url":"https://example.com/"}})").value();
                boost::json::object policy;
                policy["misfire"] = misfires[static_cast<std::size_t>(number) % misfires.size()];
                policy["overlap"] = overlaps[static_cast<std::size_t>(i)];
                policy["retentionSec"] = 365 * 86'400;
                policy["backoffBaseSec"] = 0.5;
                policy["misfireNewest"] = 3;
                body["policy"] = std::move(policy);
                if (number % 6 == 0) body["jitter"] = "5s";
                if (number % 10 == 9) {
                    body["calendar"] = parse_json(R"({"businessDaysOnly":true})").value();
                }
                auto made = finish(server_.service->create("t", std::move(body)));
                ASSERT_TRUE(made) << describe(made.error());
                schedules_.push_back(*std::move(made));
            }
        }
    }

    std::vector<dynamo::Item> all(const dynamo::QueryRequest& query) {
        std::vector<dynamo::Item> items;
        dynamo::QueryRequest request = query;
        for (;;) {
            dynamo::QueryRequest next = request;
            auto page = finish(store_->query(std::move(next)));
            EXPECT_TRUE(page);
            if (!page) return items;
            for (dynamo::Item& item : page->items) items.push_back(std::move(item));
            if (!page->last_key) return items;
            request.start_key = page->last_key;
        }
    }

    std::vector<LedgerRow> ledger_of(const Schedule& schedule) {
        dynamo::QueryRequest query;
        query.table = TableNames{}.ledger;
        query.key.hash = "t#" + schedule.id;
        std::vector<LedgerRow> rows;
        for (const dynamo::Item& item : all(query)) {
            auto row = ledger_from_item(item);
            EXPECT_TRUE(row);
            if (row) rows.push_back(*std::move(row));
        }
        return rows;
    }

    std::map<std::string, Run> runs_of(const Schedule& schedule) {
        dynamo::QueryRequest query;
        query.table = TableNames{}.runs;
        query.index = std::string(by_schedule_index);
        query.consistent = false;
        query.key.hash = "t#" + schedule.id;
        std::map<std::string, Run> runs;
        for (const dynamo::Item& item : all(query)) {
            auto run = run_from_item(item);
            EXPECT_TRUE(run);
            if (run) runs.emplace(run->id, *run);
        }
        return runs;
    }

    std::optional<TimePoint> cursor_of(const Schedule& schedule) {
        dynamo::GetRequest get{.table = TableNames{}.schedules,
                               .key = schedule_key("t", schedule.id)};
        const auto item = finish(store_->get_item(std::move(get)));
        EXPECT_TRUE(item && *item);
        const auto stored = schedule_from_item(**item);
        EXPECT_TRUE(stored);
        return stored ? stored->cursor : std::nullopt;
    }

    void check(const Schedule& schedule) {
        SCOPED_TRACE(to_text(definition_json(schedule)));
        const std::vector<LedgerRow> rows = ledger_of(schedule);
        std::map<std::string, Run> runs = runs_of(schedule);
        rows_ += rows.size();
        fired_ += runs.size();
        const auto cursor = cursor_of(schedule);
        const TimePoint told = cursor.value_or(clock.now() + 24h);
        if (!std::holds_alternative<recurrence::FixedDelayTrigger>(schedule.spec.trigger)) {
            recurrence::Spec spec = schedule.spec;
            spec.calendar = {};
            const auto rule = recurrence::Recurrence::compile(spec);
            ASSERT_TRUE(rule);
            const auto want = rule->between(schedule.created_at, told, 1'000'000);
            ASSERT_TRUE(want);
            std::vector<TimePoint> have;
            for (const LedgerRow& row : rows) have.push_back(row.entry.nominal);
            EXPECT_EQ(have.size(), want->size());
            EXPECT_TRUE(have == *want) << "the ledger is not the enumeration";
        }
        for (const LedgerRow& row : rows) check(schedule, row, runs);
        EXPECT_TRUE(runs.empty()) << runs.size() << " runs without a row of the ledger";
        if (cursor) EXPECT_GT(*cursor + 30min, clock.now()) << "it no longer fires";
    }

    void check(const Schedule& schedule, const LedgerRow& row, std::map<std::string, Run>& runs) {
        const bool skipped = row.entry.outcome == LedgerOutcome::skipped;
        EXPECT_EQ(skipped, row.run_id.empty());
        EXPECT_EQ(skipped, row.entry.reason != SkipReason::none);
        if (skipped) return;
        EXPECT_FALSE(schedule.policy.misfire == Misfire::skip &&
                     row.entry.outcome == LedgerOutcome::caught_up);
        const auto found = runs.find(row.run_id);
        ASSERT_TRUE(found != runs.end()) << "a run is lost";
        const Run& run = found->second;
        EXPECT_EQ(run.fire_at, row.entry.nominal);
        const bool recent = row.written_at > clock.now() - 15min;
        EXPECT_TRUE(has_ended(run.status) || recent) << to_string(run.status);
        if (run.status == RunStatus::succeeded) {
            EXPECT_GE(seen_.deliveries["run_" + run.id], 1);
        }
        if (run.status == RunStatus::cancelled) {
            EXPECT_EQ(schedule.policy.overlap, Overlap::cancel);
        }
        runs.erase(found);
    }

    SeededRandom random_;
    Registry metrics_;
    std::ostringstream log_text_;
    std::unique_ptr<Log> log_ =
        open_log({.level = LogLevel::error, .now = [this] { return clock.now(); }}, log_text_);
    std::unique_ptr<dynamo::Database> store_;
    Seen seen_;
    Server server_;
    std::vector<Schedule> schedules_;
    std::size_t rows_ = 0;
    std::size_t fired_ = 0;
    int deaths_ = 0;
    int jumps_ = 0;
};

/// A whole number from the environment, for longer runs and replays.
std::uint64_t given(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread.
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Simulation, LeavesOneRowForEveryInstantWhateverDies) {
    const std::uint64_t only = given("CARILLON_SIM_SEED", 0);
    const std::uint64_t hours = given("CARILLON_SIM_HOURS", 1);
    for (std::uint64_t seed = only == 0 ? 1 : only; seed <= (only == 0 ? 3 : only); ++seed) {
        SCOPED_TRACE("CARILLON_SIM_SEED=" + std::to_string(seed));
        std::cout << "seed " << seed << '\n';
        Simulation simulation(seed);
        simulation.run(Duration{static_cast<std::int64_t>(hours) * 3'600'000});
        if (::testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace carillon::schedules
