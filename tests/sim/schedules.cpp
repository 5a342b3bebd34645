// A service with schedules of all kinds in one thread of simulated time: a store that fails and
// answers late, servers that die, clocks that jump. Afterwards the ledger is compared with an
// enumeration of its own, and each row with what the policies promise (schedule_checks.hpp).
//
// Short by itself. By the environment:
//   CARILLON_SIM_YEAR=1            1 000 schedules, a year, 240 deaths asked for
//   CARILLON_SIM_SEED=7            only this seed (a failure names it)
//   CARILLON_SIM_SEEDS=5           so many seeds
//   CARILLON_SIM_HOURS, CARILLON_SIM_SCHEDULES, CARILLON_SIM_DEATHS
// Clocks jump with odd seeds only: where they do not, wall times tell what came first, and more can
// be checked.

#include "dynamo/embedded/embedded.hpp"
#include "queue/faulty_store_test.hpp"
#include "runtime/simulated_test.hpp"
#include "schedule_checks.hpp"
#include "schedule_kinds.hpp"
#include "schedules/service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace carillon::schedules {
namespace {

using namespace std::chrono_literals;

const TimePoint begin = parse_instant("2026-06-05T20:00:00Z").value();  // A Friday.

class SimSender final : public delivery::Sender {
public:
    SimSender(runtime::Loop& loop, Random& random, sim::Seen& seen)
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
    sim::Seen& seen_;
};

struct Server {
    std::unique_ptr<queue::testing::FaultyStore> store;
    std::unique_ptr<SimSender> sender;
    std::unique_ptr<Service> service;
};

/// A whole number from the environment.
std::int64_t given(const char* name, std::int64_t otherwise) {
    const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread.
    return text == nullptr ? otherwise : std::strtoll(text, nullptr, 10);
}

struct Extent {
    Duration length{};
    int schedules = 0;
    int deaths = 0;

    static Extent from_environment() {
        const bool is_year = given("CARILLON_SIM_YEAR", 0) != 0;
        Extent out;
        out.length = 1h * given("CARILLON_SIM_HOURS", is_year ? 365 * 24 : 1);
        out.schedules = static_cast<int>(given("CARILLON_SIM_SCHEDULES", is_year ? 1'000 : 35));
        out.deaths = static_cast<int>(given("CARILLON_SIM_DEATHS", is_year ? 240 : 3));
        return out;
    }
};

class Simulation : runtime::testing::Simulated {
public:
    Simulation(std::uint64_t seed, Extent extent)
        : Simulated(begin), extent_(extent), jumping_(seed % 2 == 1), random_(seed) {
        auto opened = dynamo::open_embedded({.memory = true, .inline_writer = true}, clock);
        EXPECT_TRUE(opened);
        store_ = *std::move(opened);
    }

    void run() {
        server_ = born({});
        add_schedules();
        server_.store->faults() = faults();
        const TimePoint end = begin + extent_.length;
        // As many deaths as wanted, and about as many jumps.
        const Duration apart = extent_.length / std::max(1, extent_.deaths);
        while (clock.now() < end) {
            run_for(some(2 * apart));
            die();
            if (jumping_) {
                run_for(some(10min));
                jump();
            }
        }
        server_.store->faults() = {};
        // Whatever a policy lets wait has its turn.
        run_for(40min);
        finish(server_.service->stop(0s));
        server_.service.reset();
        for (const Schedule& schedule : schedules_) {
            sim::check(facts_of(schedule), seen_);
            if (::testing::Test::HasFailure()) return;
        }
        EXPECT_GT(seen_.sent, 0u);
        std::cout << "  " << rows_ << " instants, " << fired_ << " runs, " << seen_.sent
                  << " attempts, " << deaths_ << " deaths, " << jumps_ << " jumps\n";
    }

private:
    static queue::testing::Faults faults() {
        return {.fail = 0.03, .lose_reply = 0.03, .delay = 0.2};
    }

    Duration some(Duration most) {
        return Duration{1 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(
                                std::max<std::int64_t>(1, most.count()))))};
    }

    Server born(queue::testing::Faults faults) {
        Server server;
        server.store =
            std::make_unique<queue::testing::FaultyStore>(*store_, loop, random_, faults);
        server.sender = std::make_unique<SimSender>(loop, random_, seen_);
        ServiceOptions options;
        // The store has watches, so polls find nothing that was not known: idle days cost little.
        options.queue.poll_interval = extent_.length > 48h ? Duration{10min} : Duration{1min};
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
        // At once, within the hour, or after a weekend that is longer than what is caught up with.
        if (random_.below(2) == 0) run_for(some(extent_.length > 48h ? 12h : 1h));
        if (extent_.length > 48h && random_.below(20) == 0) run_for(some(72h));
        server_ = born({});
        server_.store->faults() = faults();
    }

    /// Somebody sets the clock.
    void jump() {
        ++jumps_;
        seen_.latest = std::max(seen_.latest, clock.now());
        clock.set_wall(clock.now() + some(20min) - 10min);
    }

    void add_schedules() {
        sim::Kinds kinds(random_, begin, extent_.length);
        for (int number = 0; number < extent_.schedules; ++number) {
            auto made = finish(server_.service->create("t", kinds.make(number)));
            ASSERT_TRUE(made) << describe(made.error());
            schedules_.push_back(*std::move(made));
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

    sim::Facts facts_of(const Schedule& schedule) {
        sim::Facts facts{.schedule = schedule, .now = clock.now(), .clock_jumped = jumps_ > 0};
        dynamo::QueryRequest ledger;
        ledger.table = TableNames{}.ledger;
        ledger.key.hash = "t#" + schedule.id;
        for (const dynamo::Item& item : all(ledger)) {
            auto row = ledger_from_item(item);
            EXPECT_TRUE(row);
            if (row) facts.rows.push_back(*std::move(row));
        }
        dynamo::QueryRequest runs;
        runs.table = TableNames{}.runs;
        runs.index = std::string(by_schedule_index);
        runs.consistent = false;
        runs.key.hash = "t#" + schedule.id;
        for (const dynamo::Item& item : all(runs)) {
            auto run = run_from_item(item);
            EXPECT_TRUE(run);
            if (run) facts.runs.emplace(run->id, *run);
        }
        dynamo::GetRequest get{.table = TableNames{}.schedules,
                               .key = schedule_key("t", schedule.id)};
        const auto item = finish(store_->get_item(std::move(get)));
        EXPECT_TRUE(item && *item);
        const auto stored = schedule_from_item(**item);
        EXPECT_TRUE(stored);
        if (stored) {
            facts.cursor = stored->cursor;
            // While its run goes on, a FIXED_DELAY has none that is known.
            if (stored->awaiting_run) facts.cursor = facts.now;
        }
        rows_ += facts.rows.size();
        fired_ += facts.runs.size();
        return facts;
    }

    Extent extent_;
    bool jumping_;
    SeededRandom random_;
    Registry metrics_;
    std::ostringstream log_text_;
    std::unique_ptr<Log> log_ =
        open_log({.level = LogLevel::error, .now = [this] { return clock.now(); }}, log_text_);
    std::unique_ptr<dynamo::Database> store_;
    sim::Seen seen_;
    Server server_;
    std::vector<Schedule> schedules_;
    std::size_t rows_ = 0;
    std::size_t fired_ = 0;
    int deaths_ = 0;
    int jumps_ = 0;
};

TEST(Simulation, LeavesOneRowForEveryInstantWhateverDies) {
    const Extent extent = Extent::from_environment();
    const std::int64_t only = given("CARILLON_SIM_SEED", 0);
    const std::int64_t first = only == 0 ? 1 : only;
    const std::int64_t last = only == 0 ? given("CARILLON_SIM_SEEDS", 3) : only;
    for (std::int64_t seed = first; seed <= last; ++seed) {
        SCOPED_TRACE("CARILLON_SIM_SEED=" + std::to_string(seed));
        std::cout << "seed " << seed << std::endl;
        Simulation simulation(static_cast<std::uint64_t>(seed), extent);
        simulation.run();
        if (::testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace carillon::schedules
