// A layer in one thread of simulated time: eight writers, four readers, two syncers that are killed
// at random, over a store and a snapshot store that fail, lose answers and are late, on clocks that
// jump. The table's change stream tells afterwards what was really written, and every read is
// compared with it. CARILLON_SIM_SEED replays one seed, CARILLON_SIM_MINUTES makes it longer.

#include "layer/layer_rig_test.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

namespace carillon::layer::testing {
namespace {

constexpr int writers = 8;
constexpr int readers = 4;
constexpr int syncers = 2;
constexpr int partitions = 3;
constexpr int ids = 12;

/// One call of set() for one item, as its writer saw it.
struct Written {
    std::string partition;
    std::string value;
    std::int64_t begun = 0;  ///< Ticks.
    std::int64_t ended = 0;
    std::uint64_t sequence = 0;  ///< 0: not acknowledged.
};

struct Seen {
    std::string partition;
    std::int64_t begun = 0;
    std::int64_t ended = 0;
    std::uint64_t sequence = 0;
    std::optional<TimePoint> as_of{};
    std::vector<std::string> states{};
};

/// What a partition's log really held, by sequence.
struct Truth {
    struct Entry {
        std::string id;
        std::string value;  ///< Empty: removed.
        TimePoint at{};
    };

    std::map<std::uint64_t, Entry> log;

    [[nodiscard]] std::vector<std::string> state(std::uint64_t sequence) const {
        std::map<std::string, std::string> items;
        for (const auto& [number, entry] : log) {
            if (number > sequence) break;
            items[entry.id] = entry.value;
        }
        std::vector<std::string> out;
        for (const auto& [id, value] : items) {
            if (!value.empty()) out.push_back(id + "=" + value);
        }
        return out;
    }
};

enum class Kind : std::uint8_t { segments, deleting, lists, callbacks };

class Simulation : Rig {
public:
    Simulation(std::uint64_t seed, Kind kind) : kind_(kind), chance_(seed) {
        options.grace = 2s;
        options.lease_ttl = 5s;
        options.background = false;
        if (kind == Kind::deleting) options.keep = 0s;
        if (kind == Kind::segments) options.keep = 2h;
        if (kind == Kind::lists) lists_ = std::make_unique<JsonObjects>(late_, "cache/");
        if (kind == Kind::callbacks) {
            Callbacks callbacks;
            callbacks.getter = [this](std::string name) { return load(std::move(name)); };
            callbacks.setter = [this](std::string name, json::array items) {
                return save(std::move(name), std::move(items));
            };
            lists_ = std::make_unique<CallbackStore>(std::move(callbacks));
        }
        whole = lists_.get();
        late_.faults = {.fail = 0.03, .lose_reply = 0.03, .delay = 0.3, .delay_max = 2s};
    }

    void run(Duration length) {
        (void)process();  // Creates the table, without faults.
        dynamo::TableChange stream;
        stream.settings = dynamo::TableSettings{.stream = dynamo::StreamView::new_image};
        ASSERT_TRUE(finish(engine->update_table("layers", std::move(stream))));
        for (int i = 0; i < writers + readers; ++i) clients_.push_back(&faulty(process()));
        end_ = clock.ticks() + std::chrono::nanoseconds(length).count();
        for (int i = 0; i < writers; ++i) group.spawn(write(i));
        for (int i = 0; i < readers; ++i) group.spawn(read(writers + i));
        for (int i = 0; i < syncers; ++i) group.spawn(syncer());
        group.spawn(jump());
        run_for(length + 3min);
        finish(settle());
        run_for(1min);
        check();
    }

private:
    World& faulty(World& world) {
        world.store->faults() = {
            .fail = 0.02, .lose_reply = 0.02, .delay = 0.3, .exclusive = false, .watches = false};
        world.objects->faults = {.fail = 0.05, .lose_reply = 0.03, .delay = 0.3};
        return world;
    }

    [[nodiscard]] bool over() const { return clock.ticks() >= end_; }

    [[nodiscard]] Duration some(std::int64_t most) {
        return Duration{static_cast<std::int64_t>(chance_.below(static_cast<std::uint64_t>(most)))};
    }

    std::string some_partition() { return "p" + std::to_string(chance_.below(partitions)); }

    Task<> write(int number) {
        Layer& layer = *clients_[static_cast<std::size_t>(number)]->layer;
        for (int count = 0; !over(); ++count) {
            Written written{.partition = some_partition(),
                            .value = std::to_string(number) + "-" + std::to_string(count),
                            .begun = clock.ticks()};
            const std::string id = "i" + std::to_string(chance_.below(ids) + 10);
            std::vector<Change> changes;
            // A removal is known by its value all the same: the log keeps the item.
            changes.push_back({.type = chance_.below(5) == 0 ? ChangeType::remove : ChangeType::put,
                               .item = user(id, written.value, written.partition)});
            const auto report = co_await layer.set(std::move(changes));
            written.ended = clock.ticks();
            if (report) written.sequence = report->where.at(written.partition).last;
            written_.push_back(std::move(written));
            (void)co_await loop.sleep_for(some(800));
        }
    }

    Task<> read(int number) {
        Layer& layer = *clients_[static_cast<std::size_t>(number)]->layer;
        while (!over()) {
            Seen seen{.partition = some_partition(), .begun = clock.ticks()};
            ReadOptions options;
            if (kind_ == Kind::segments && chance_.below(4) == 0) {
                options.as_of = loop.now() - some(1'200'000);
                seen.as_of = options.as_of;
            }
            const auto view = co_await layer.get(seen.partition, std::move(options));
            seen.ended = clock.ticks();
            if (view) {
                seen.sequence = view->sequence;
                seen.states = states_of(*view);
                seen_.push_back(std::move(seen));
            } else {
                ++failed_reads_;
            }
            (void)co_await loop.sleep_for(some(1'500));
        }
    }

    /// A process that syncs until it dies, and the next one after it.
    Task<> syncer() {
        while (!over()) {
            World& world = new_world();
            const std::int64_t dies =
                clock.ticks() + std::chrono::nanoseconds(some(40'000)).count();
            group.spawn(die_at(world, dies));
            while (!over() && clock.ticks() < dies) {
                const auto report = chance_.below(8) == 0 ? co_await world.layer->compact()
                                                          : co_await world.layer->sync();
                if (report && clock.ticks() < dies) folded_ += report->count;
                (void)co_await loop.sleep_for(some(2'000));
            }
        }
    }

    Task<> die_at(World& world, std::int64_t ticks) {
        const auto left =
            std::chrono::nanoseconds(std::max<std::int64_t>(0, ticks - clock.ticks()));
        (void)co_await loop.sleep_for(std::chrono::duration_cast<Duration>(left));
        if (over()) co_return;
        ++deaths_;
        world.store->die();
        world.objects->die();
    }

    World& new_world() {
        auto world = std::make_unique<World>();
        world->store = std::make_unique<queue::testing::FaultyStore>(
            *engine, loop, random, queue::testing::Faults{});
        world->objects = std::make_unique<FaultyObjects>(memory, loop, random);
        LayerOptions given = options;
        given.owner = "syncer-" + std::to_string(worlds.size());
        const Snapshots snapshots = whole ? Snapshots(whole) : Snapshots(world->objects.get());
        auto made = Layer::make(
            loop, *world->store, snapshots, random, Log::null(), metrics, std::move(given));
        EXPECT_TRUE(made);
        world->layer = *std::move(made);
        worlds.push_back(std::move(world));
        return faulty(*worlds.back());
    }

    /// Somebody sets the clock.
    Task<> jump() {
        while (!over()) {
            (void)co_await loop.sleep_for(some(120'000));
            clock.set_wall(clock.now() + some(20'000) - 10s);
        }
    }

    /// All faults end; what is left is folded.
    Task<> settle() {
        late_.faults = {};
        Layer& layer = *worlds.front()->layer;
        for (int tries = 0; tries < 20; ++tries) {
            const auto report = co_await layer.sync();
            EXPECT_TRUE(report) << describe(report.error());
            if (report && !report->locked && report->failed == 0) break;
            if (report && report->failed > 0) std::cout << "  " << report->error << "\n";
            (void)co_await loop.sleep_for(2s);
        }
        const auto meta = co_await layer.meta();
        EXPECT_TRUE(meta);
        if (meta) EXPECT_EQ(meta->unsynced_total, 0);
    }

    Task<Result<json::array>> load(std::string name) {
        CARILLON_CO_TRY_VOID(co_await away());
        co_return values_[name];
    }

    Task<Result<>> save(std::string name, json::array items) {
        CARILLON_CO_TRY_VOID(co_await away());
        values_[name] = std::move(items);
        if (chance_.below(30) == 0) co_return fail(Errc::timeout, "the reply was lost");
        co_return Result<>{};
    }

    /// Late, sometimes later than a lease lasts; and sometimes not at all.
    Task<Result<>> away() {
        if (chance_.below(4) == 0) (void)co_await loop.sleep_for(some(2'000));
        if (chance_.below(40) == 0) (void)co_await loop.sleep_for(some(30'000));
        if (chance_.below(30) == 0) co_return fail(Errc::unavailable, "the callback failed");
        co_return Result<>{};
    }

    /// From the change stream of the table.
    std::map<std::string, Truth> truth() {
        std::map<std::string, Truth> all;
        const auto streams = finish(engine->list_streams("layers"));
        EXPECT_TRUE(streams);
        for (const auto& shard : streams->front().shards) {
            dynamo::ChangesRequest request{.stream = streams->front().name, .shard = shard.id};
            for (;;) {
                dynamo::ChangesRequest next = request;
                const auto page = finish(engine->read_changes(std::move(next)));
                EXPECT_TRUE(page);
                if (page->records.empty()) break;
                for (const auto& record : page->records) note(all, record);
                request.after_sequence = page->last_sequence;
            }
        }
        return all;
    }

    static void note(std::map<std::string, Truth>& all, const dynamo::ChangeRecord& record) {
        constexpr std::string_view log = "layer:users:log:";
        const std::string hash = text_of(record.key, "pk");
        if (!hash.starts_with(log) || record.kind != dynamo::ChangeKind::insert) return;
        const auto row = LayerTable::log_row_of(*record.new_image);
        ASSERT_TRUE(row);
        ASSERT_EQ(row->parts, 1u);
        const auto block = RecordBlock::decode(row->block);
        ASSERT_TRUE(block);
        Truth& truth = all[hash.substr(log.size())];
        for (const Record& each : (*block)->records()) {
            const auto item = item_of(each);
            ASSERT_TRUE(item);
            // A sequence is given once.
            const bool fresh = truth.log
                                   .emplace(each.sequence,
                                            Truth::Entry{.id = std::string(each.id),
                                                         .value = text_of(*item, "state"),
                                                         .at = row->at})
                                   .second;
            ASSERT_TRUE(fresh);
            if (each.removed()) truth.log[each.sequence].value += " removed";
        }
    }

    void check() {
        auto all = truth();
        std::map<std::string, std::map<std::string, int>> values;
        for (auto& [partition, truth] : all) {
            std::uint64_t next = 1;
            for (auto& [sequence, entry] : truth.log) {
                EXPECT_EQ(sequence, next++) << partition;
                const std::size_t removed = entry.value.find(" removed");
                ++values[partition][entry.value.substr(0, removed)];
                if (removed != std::string::npos) removed_[partition].insert(sequence);
            }
        }
        check_writes(all, values);
        for (auto& [partition, truth] : all) {
            for (const std::uint64_t sequence : removed_[partition]) {
                truth.log[sequence].value.clear();
            }
        }
        check_reads(all);
        check_end(all);
        std::cout << "  " << written_.size() << " writes, " << seen_.size() << " reads, "
                  << failed_reads_ << " failed, " << folded_ << " folded, " << deaths_
                  << " deaths, " << memory.size() << " objects\n";
        EXPECT_GT(seen_.size(), 100u);
        EXPECT_GT(folded_, 0u);
        // Most of what failed was retried within.
        EXPECT_LT(failed_reads_ * 3, seen_.size());
    }

    void check_writes(const std::map<std::string, Truth>& all,
                      const std::map<std::string, std::map<std::string, int>>& values) {
        std::size_t acknowledged = 0;
        for (const Written& written : written_) {
            const auto& counts = values.at(written.partition);
            const auto found = counts.find(written.value);
            // Never twice: a second time would bring an old state back.
            if (found != counts.end()) EXPECT_EQ(found->second, 1) << written.value;
            if (written.sequence == 0) continue;
            ++acknowledged;
            const auto& log = all.at(written.partition).log;
            const auto entry = log.find(written.sequence);
            ASSERT_NE(entry, log.end()) << "lost: " << written.value;
            EXPECT_TRUE(entry->second.value.starts_with(written.value)) << written.value;
        }
        EXPECT_GT(acknowledged * 10, written_.size() * 8);
        // In real time: what began after another was acknowledged comes behind it.
        for (const Written& later : written_) {
            if (later.sequence == 0) continue;
            for (const Written& earlier : written_) {
                if (earlier.sequence == 0 || earlier.ended >= later.begun ||
                    earlier.partition != later.partition) {
                    continue;
                }
                EXPECT_LT(earlier.sequence, later.sequence);
            }
        }
    }

    void check_reads(std::map<std::string, Truth>& all) {
        for (const Seen& seen : seen_) {
            const Truth& truth = all[seen.partition];
            EXPECT_EQ(seen.states, truth.state(seen.sequence))
                << seen.partition << " at " << seen.sequence;
            if (seen.as_of) {
                for (const auto& [sequence, entry] : truth.log) {
                    EXPECT_EQ(entry.at <= *seen.as_of, sequence <= seen.sequence)
                        << "as of " << format_instant(*seen.as_of);
                }
                continue;
            }
            for (const Written& written : written_) {
                if (written.partition != seen.partition || written.ended >= seen.begun) continue;
                EXPECT_LE(written.sequence, seen.sequence) << "stale: " << written.value;
            }
            for (const Seen& before : seen_) {
                if (before.as_of || before.partition != seen.partition ||
                    before.ended >= seen.begun) {
                    continue;
                }
                EXPECT_LE(before.sequence, seen.sequence);
            }
        }
    }

    void check_end(std::map<std::string, Truth>& all) {
        Layer& layer = *worlds.front()->layer;
        for (const auto& [partition, truth] : all) {
            EXPECT_EQ(get(layer, partition), truth.state(truth.log.rbegin()->first));
        }
    }

    Kind kind_;
    SeededRandom chance_;
    FaultyObjects late_{memory, loop, random};
    std::unique_ptr<WholeStore> lists_;
    std::map<std::string, json::array> values_;
    std::vector<World*> clients_;
    std::int64_t end_ = 0;
    std::vector<Written> written_;
    std::vector<Seen> seen_;
    std::map<std::string, std::set<std::uint64_t>> removed_;
    std::size_t failed_reads_ = 0;
    std::uint64_t folded_ = 0;
    int deaths_ = 0;
};

class LayerSimulation : public ::testing::TestWithParam<Kind> {};

std::vector<std::uint64_t> seeds() {
    if (const char* given = std::getenv("CARILLON_SIM_SEED")) {
        return {std::strtoull(given, nullptr, 10)};
    }
    return {1};
}

Duration length() {
    const char* given = std::getenv("CARILLON_SIM_MINUTES");
    return std::chrono::minutes{given == nullptr ? 3 : std::strtol(given, nullptr, 10)};
}

TEST_P(LayerSimulation, NothingIsLostNothingVanishesAndNoReadIsStale) {
    for (const std::uint64_t seed : seeds()) {
        std::cout << "seed " << seed << "\n";
        Simulation simulation(seed, GetParam());
        simulation.run(length());
        if (HasFailure()) return;
    }
}

std::string name_of(const ::testing::TestParamInfo<Kind>& kind) {
    constexpr std::array names{"Segments", "DeletedRows", "JsonLists", "Callbacks"};
    return names[static_cast<std::size_t>(kind.param)];
}

INSTANTIATE_TEST_SUITE_P(
    Snapshots,
    LayerSimulation,
    ::testing::Values(Kind::segments, Kind::deleting, Kind::lists, Kind::callbacks),
    name_of);

}  // namespace
}  // namespace carillon::layer::testing
