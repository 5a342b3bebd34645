// A layer over the embedded engine in memory and a snapshot store, in a simulated world, both of
// which can be made to fail.

#pragma once

#include "dynamo/embedded/embedded.hpp"
#include "layer/faulty_objects_test.hpp"
#include "layer/layer.hpp"
#include "layer/memory_store.hpp"
#include "queue/faulty_store_test.hpp"
#include "runtime/simulated_test.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace carillon::layer::testing {

using namespace std::chrono_literals;

inline const TimePoint noon = parse_instant("2026-11-30T12:00:00Z").value();

inline dynamo::Item user(const std::string& id,
                         const std::string& state,
                         const std::string& partition = "users") {
    return {{"pk", partition}, {"sk", id}, {"state", state}};
}

inline Change put(const std::string& id,
                  const std::string& state,
                  const std::string& partition = "users") {
    return {.type = ChangeType::put, .item = user(id, state, partition)};
}

inline Change removal(const std::string& id, const std::string& partition = "users") {
    return {.type = ChangeType::remove, .item = user(id, "", partition)};
}

/// `id=state`, in the order of the view.
inline std::vector<std::string> states_of(const View& view) {
    std::vector<std::string> out;
    for (const dynamo::Item& item : view.items) {
        out.push_back(*item.find("sk")->string() + "=" + *item.find("state")->string());
    }
    return out;
}

struct Rig : runtime::testing::Simulated {
    Rig() : Simulated(noon) {
        auto opened = dynamo::open_embedded({.memory = true, .inline_writer = true}, clock);
        if (!opened) std::abort();
        engine = *std::move(opened);
        options.name = "users";
        options.id_of = by_attribute("sk");
        options.partition_of = by_attribute("pk");
    }

    ~Rig() {
        for (auto& world : worlds) finish(world->layer->stop());
    }

    /// One process: a layer with its own way to the stores.
    struct World {
        std::unique_ptr<queue::testing::FaultyStore> store;
        std::unique_ptr<FaultyObjects> objects;
        std::unique_ptr<Layer> layer;
    };

    World& process() {
        auto world = std::make_unique<World>();
        world->store = std::make_unique<queue::testing::FaultyStore>(
            *engine,
            loop,
            random,
            queue::testing::Faults{.exclusive = exclusive, .watches = false});
        world->objects = std::make_unique<FaultyObjects>(memory, loop, random);
        LayerOptions given = options;
        given.owner = "process-" + std::to_string(worlds.size());
        Snapshots snapshots = whole ? Snapshots(whole) : Snapshots(world->objects.get());
        auto made = Layer::make(
            loop, *world->store, snapshots, random, Log::null(), metrics, std::move(given));
        EXPECT_TRUE(made) << describe(made.error());
        world->layer = *std::move(made);
        const auto started = finish(world->layer->start());
        EXPECT_TRUE(started) << describe(started.error());
        worlds.push_back(std::move(world));
        return *worlds.back();
    }

    Layer& layer() { return *process().layer; }

    void set(Layer& layer, std::vector<Change> changes) {
        const auto report = finish(layer.set(std::move(changes)));
        EXPECT_TRUE(report) << describe(report.error());
    }

    SyncReport sync(Layer& layer) {
        const auto report = finish(layer.sync());
        EXPECT_TRUE(report) << describe(report.error());
        return report ? *report : SyncReport{.failed = 1};
    }

    std::vector<std::string> get(Layer& layer,
                                 const std::string& partition = "users",
                                 ReadOptions read = {}) {
        const auto view = finish(layer.get(partition, std::move(read)));
        EXPECT_TRUE(view) << describe(view.error());
        return view ? states_of(*view) : std::vector<std::string>{"an error"};
    }

    std::vector<std::string> as_of(Layer& layer, TimePoint at) {
        ReadOptions read{.as_of = at};
        return get(layer, "users", std::move(read));
    }

    LayerMeta meta(Layer& layer) {
        const auto found = finish(layer.meta());
        EXPECT_TRUE(found) << describe(found.error());
        return found ? *found : LayerMeta{};
    }

    std::vector<dynamo::Item> rows(const std::string& hash) {
        dynamo::QueryRequest query;
        query.table = options.table;
        query.key.hash = hash;
        const auto page = finish(engine->query(std::move(query)));
        EXPECT_TRUE(page) << describe(page.error());
        return page ? page->items : std::vector<dynamo::Item>{};
    }

    SeededRandom random{42};
    Registry metrics;
    std::unique_ptr<dynamo::EmbeddedDatabase> engine;
    MemoryStore memory;
    WholeStore* whole = nullptr;
    bool exclusive = false;
    LayerOptions options;
    std::vector<std::unique_ptr<World>> worlds;
};

}  // namespace carillon::layer::testing
