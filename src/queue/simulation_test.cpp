// Random work, random faults, random deaths, in simulated time; and a ledger that notices whatever
// must not happen. Every failure names its seed.

#include "queue/faulty_store_test.hpp"
#include "queue/world_test.hpp"

#include <cstdlib>
#include <set>

namespace carillon::queue::testing {
namespace {

struct Setting {
    const char* name;
    bool exclusive;
    bool watches;
    bool faults;
    int deaths;
    int edits;
    std::size_t processes;
    bool engine = false;  ///< The embedded engine in memory instead of the plain store.
};

constexpr int attempts_max = 4;

/// What is known to have happened, whatever the store says.
struct Ledger {
    std::map<std::string, int> failures;  ///< Attempts that ended in a failure in a live process.
    std::map<std::string, int> successes;
    std::map<std::string, int> poisonings;
    std::map<std::string, const void*> running;  ///< In whose handler.
    std::set<std::string> edited;
    std::set<std::string> deleted;
    std::size_t starts = 0;
    std::size_t overlaps = 0;
};

class SimHandler final : public Handler {
public:
    SimHandler(World& world, Ledger& ledger, bool exclusive)
        : world_(world), ledger_(ledger), exclusive_(exclusive) {}

    void die() {
        dead_ = true;
        std::erase_if(ledger_.running, [this](const auto& entry) { return entry.second == this; });
    }

    Task<Settlement> handle(Claim claim) override {
        const std::string id = *claim.item.find("id")->string();
        const bool counted = !dead_;
        if (counted) {
            // Both stores answer reads without giving the loop a turn: this is now.
            auto stored = co_await world_.store->get_item(
                dynamo::GetRequest{.table = "work", .key = World::key(id)});
            check_start(id, claim, stored ? *std::move(stored) : std::nullopt);
            ++ledger_.starts;
            if (!ledger_.running.emplace(id, this).second) ++ledger_.overlaps;
        }
        const auto wait = static_cast<std::int64_t>(world_.random.below(5));
        if (wait > 0) {
            const Duration pause{wait * wait * 20};
            (void)co_await world_.loop.sleep_for(pause, claim.stop);
        }
        if (counted && !dead_) ledger_.running.erase(id);
        Settlement settlement;
        settlement.item = std::move(claim.item);
        const auto drawn = world_.random.below(10);
        if (drawn == 0) {
            settlement.verdict = Verdict::release;
        } else if (drawn < 4) {
            if (!dead_) ++ledger_.failures[id];
            const NextAttempt next = after_failure(claim.attempt,
                                                   attempts_max,
                                                   Backoff{.base = 100ms, .cap = 2s},
                                                   world_.loop.now(),
                                                   std::nullopt,
                                                   world_.random);
            settlement.verdict = next.verdict;
            settlement.ready_at = next.ready_at;
        } else if (!dead_) {
            ++ledger_.successes[id];
        }
        co_return settlement;
    }

    Settlement poisoned(Claim claim) override {
        ++ledger_.poisonings[*claim.item.find("id")->string()];
        Settlement settlement;
        settlement.verdict = Verdict::failed;
        settlement.item = std::move(claim.item);
        return settlement;
    }

private:
    /// At the moment of its start the row is in the store as it was claimed: ready and due, or
    /// leased by this very claim. So nothing that ended is run again, and attempts are right.
    void check_start(const std::string& id,
                     const Claim& claim,
                     const std::optional<dynamo::Item>& stored) {
        EXPECT_LE(claim.due_at, world_.loop.now()) << id << " is early";
        ASSERT_TRUE(stored.has_value()) << id << " does not exist any more";
        const auto row = world_.rows.read(*stored);
        ASSERT_TRUE(row.has_value());
        EXPECT_EQ(claim.attempt, row->attempts + 1) << id;
        if (exclusive_) {
            EXPECT_EQ(row->state, State::ready) << id;
            EXPECT_LE(row->due_at, world_.loop.now()) << id;
        } else {
            EXPECT_EQ(row->state, State::leased) << id;
            EXPECT_EQ(row->lease_token, claim.row.lease_token) << id;
        }
    }

    World& world_;
    Ledger& ledger_;
    bool exclusive_;
    bool dead_ = false;
};

/// One process: its view of the store, its handler, its queue.
struct Process {
    std::unique_ptr<FaultyStore> store;
    std::unique_ptr<SimHandler> handler;
    std::unique_ptr<Queue> queue;
};

class Simulation {
public:
    Simulation(const Setting& setting, std::uint64_t seed) : setting_(setting), world_(seed) {
        if (setting.engine) world_.use_engine();
        world_.create_table();
        const auto pick = [&](std::uint64_t bound) { return world_.random.below(bound); };
        QueueOptions& options = world_.options;
        options.concurrency = 1 + pick(6);
        options.concurrency_per_key = pick(3);
        options.claim_batch = 1 + pick(12);
        options.held_max = 2 + pick(20);
        options.held_per_key_max = 1 + pick(8);
        options.settle_batch = 1 + pick(8);
        options.lease = 2s;
        options.interruptions_max = 100;
    }

    void run() {
        insert_rows();
        for (std::size_t i = 0; i < setting_.processes; ++i) processes_.push_back(born(i));
        int deaths = setting_.deaths;
        int edits = setting_.edits;
        const TimePoint until = world_.clock.now() + 12s;
        while (world_.clock.now() < until) {
            world_.run_for(Duration{static_cast<std::int64_t>(world_.random.below(400))});
            if (edits > 0 && world_.random.below(2) == 0) {
                --edits;
                edit("r" + std::to_string(world_.random.below(rows_)));
            }
            if (deaths > 0 && world_.random.below(8) == 0) {
                --deaths;
                const std::size_t which = world_.random.below(processes_.size());
                bury(processes_[which]);
                processes_[which] = born(which);
            }
        }
        for (Process& process : processes_) {
            process.store->faults().fail = 0;
            process.store->faults().lose_reply = 0;
        }
        // Long enough for every lease to lapse and every pause to pass; mostly it takes a moment.
        for (int i = 0; i < 300 && !settled_all(); ++i) world_.run_for(1s);
        world_.run_for(1s);
        for (Process& process : processes_) {
            const QueueStats stats = process.queue->stats();
            EXPECT_EQ(stats.held + stats.running + stats.settling, 0u);
            world_.finish(process.queue->stop(0s));
            process.queue.reset();
        }
        check_end();
    }

private:
    void insert_rows() {
        rows_ = 5 + world_.random.below(40);
        for (std::uint64_t i = 0; i < rows_; ++i) {
            const auto offset = static_cast<std::int64_t>(world_.random.below(12'000)) - 2'000;
            world_.put("r" + std::to_string(i),
                       noon + Duration{offset},
                       "t" + std::to_string(world_.random.below(4)));
        }
    }

    Process born(std::size_t number) {
        Faults faults;
        faults.exclusive = setting_.exclusive;
        faults.watches = setting_.watches;
        if (setting_.faults) {
            faults = Faults{.fail = 0.05, .lose_reply = 0.05, .delay = 0.4};
            faults.exclusive = setting_.exclusive;
            faults.watches = setting_.watches;
        }
        Process process;
        process.store =
            std::make_unique<FaultyStore>(*world_.store, world_.loop, world_.random, faults);
        process.handler = std::make_unique<SimHandler>(world_, ledger_, setting_.exclusive);
        QueueOptions options = world_.options;
        options.owner = "p" + std::to_string(number);
        for (;;) {
            process.queue = std::make_unique<Queue>(world_.loop,
                                                    *process.store,
                                                    world_.rows,
                                                    *process.handler,
                                                    world_.random,
                                                    Log::null(),
                                                    world_.metrics,
                                                    options);
            if (world_.finish(process.queue->start())) return process;
            world_.finish(process.queue->stop(0s));
        }
    }

    void bury(Process& process) {
        process.store->die();
        process.handler->die();
        world_.finish(process.queue->stop(0s));
        process.queue.reset();
    }

    /// As a domain does it: under a hold, conditional on what was read.
    void edit(const std::string& id) {
        if (!setting_.exclusive) return;
        const Queue::Hold hold = processes_.front().queue->hold(World::key(id));
        if (hold.running()) return;
        auto item = world_.get(id);
        if (!item) return;
        const auto row = world_.rows.read(*item);
        if (row->state != State::ready) return;
        world_.run_for(Duration{static_cast<std::int64_t>(world_.random.below(60))});
        const auto condition = world_.rows.unchanged(*item);
        if (world_.random.below(4) == 0) {
            dynamo::DeleteRequest removal;
            removal.table = "work";
            removal.key = World::key(id);
            removal.condition = condition;
            ASSERT_TRUE(world_.finish(world_.store->delete_item(std::move(removal)))) << id;
            ledger_.deleted.insert(id);
            return;
        }
        RowState next = *row;
        next.due_at = world_.loop.now() +
                      Duration{static_cast<std::int64_t>(world_.random.below(3'000)) - 1'000};
        dynamo::PutRequest put;
        put.table = "work";
        put.item = *item;
        put.condition = condition;
        world_.rows.write(put.item, next);
        ASSERT_TRUE(world_.finish(world_.store->put_item(std::move(put)))) << id;
        ledger_.edited.insert(id);
    }

    [[nodiscard]] bool settled_all() {
        for (std::uint64_t i = 0; i < rows_; ++i) {
            const auto stored = world_.get("r" + std::to_string(i));
            if (!stored) continue;
            const auto row = world_.rows.read(*stored);
            if (!row || row->state == State::ready || row->state == State::leased) return false;
        }
        return true;
    }

    void check_end() {
        for (std::uint64_t i = 0; i < rows_; ++i) {
            const std::string id = "r" + std::to_string(i);
            const auto stored = world_.get(id);
            EXPECT_EQ(!stored.has_value(), ledger_.deleted.contains(id)) << id;
            if (!stored) continue;
            const auto row = world_.rows.read(*stored);
            ASSERT_TRUE(row.has_value());
            EXPECT_TRUE(row->state == State::done || row->state == State::failed)
                << id << " was forgotten in state " << to_string(row->state);
            if (row->state == State::done) EXPECT_GE(ledger_.successes[id], 1) << id;
            if (row->state == State::failed) EXPECT_EQ(row->attempts, attempts_max) << id;
            EXPECT_LE(row->attempts, ledger_.failures[id]) << id;
            if (setting_.deaths == 0 && setting_.exclusive) {
                EXPECT_EQ(row->attempts, ledger_.failures[id]) << id;
                EXPECT_EQ(ledger_.successes[id], row->state == State::done ? 1 : 0) << id;
            }
        }
        if (setting_.exclusive || !setting_.faults) EXPECT_EQ(ledger_.overlaps, 0u);
        if (setting_.exclusive) EXPECT_EQ(world_.in_flight(), 0u);
    }

    Setting setting_;
    World world_;
    Ledger ledger_;
    std::uint64_t rows_ = 0;
    std::vector<Process> processes_;
};

class SimulatedQueue : public ::testing::TestWithParam<Setting> {};

TEST_P(SimulatedQueue, LosesNothingAndRunsNothingThatEnded) {
    constexpr std::uint64_t seeds = 15;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(std::string(GetParam().name) + ", seed " + std::to_string(seed));
        Simulation simulation(GetParam(), seed);
        simulation.run();
        if (HasFailure()) {
            ADD_FAILURE() << "stopped at seed " << seed << " of " << GetParam().name;
            return;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    All,
    SimulatedQueue,
    ::testing::Values(Setting{"ExclusiveQuiet", true, true, false, 0, 0, 1},
                      Setting{"ExclusiveEdits", true, true, false, 0, 20, 1},
                      Setting{"ExclusiveFaults", true, true, true, 0, 0, 1},
                      Setting{"ExclusiveFaultsEdits", true, true, true, 0, 20, 1},
                      Setting{"ExclusiveUnwatched", true, false, true, 0, 10, 1},
                      Setting{"ExclusiveDeaths", true, true, false, 5, 0, 1},
                      Setting{"ExclusiveAll", true, true, true, 5, 20, 1},
                      Setting{"SharedQuiet", false, false, false, 0, 0, 3},
                      Setting{"SharedFaults", false, false, true, 0, 0, 3},
                      Setting{"SharedDeaths", false, false, false, 5, 0, 3},
                      Setting{"SharedAll", false, true, true, 5, 0, 3},
                      Setting{"EngineExclusive", true, true, true, 5, 20, 1, true},
                      Setting{"EngineShared", false, false, true, 5, 0, 3, true}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace carillon::queue::testing
