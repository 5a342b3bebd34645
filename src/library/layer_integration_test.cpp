// A layer, as embedders use it: over a real store, with real threads.

#include "carillon/layer.hpp"
#include "dynamo/embedded/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace carillon {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <class T>
T value_of(Expected<T> answer) {
    EXPECT_TRUE(answer) << answer.error().message << " " << answer.error().field;
    if (!answer) std::abort();
    if constexpr (!std::is_void_v<T>) return *std::move(answer);
}

LayerChange put(const std::string& id, const std::string& state) {
    return {.item = {{"pk", "users"}, {"sk", id}, {"state", state}}};
}

LayerChange removal(const std::string& id) {
    return {.kind = LayerChange::Kind::remove, .item = {{"pk", "users"}, {"sk", id}}};
}

std::vector<std::string> states(Layer& layer, const LayerRead& read = {}) {
    std::vector<std::string> out;
    for (const Attributes& item : value_of(layer.get("users", read)).items) {
        out.push_back(*item.find("sk")->get_if<std::string>() + "=" +
                      *item.find("state")->get_if<std::string>());
    }
    return out;
}

struct World {
    Store store = value_of(Store::open({.url = "memory:"}));

    static LayerOptions options() {
        return {.name = "users", .id = {"sk"}, .partition = {"pk"}, .snapshots = "memory:"};
    }

    Layer start(LayerOptions given = options()) const {
        Layer layer(store, std::move(given));
        value_of(layer.start());
        return layer;
    }
};

TEST(Layer, ShowsWhatWasSetBeforeAndAfterASync) {
    const World world;
    Layer layer = world.start();
    EXPECT_EQ(value_of(layer.set({put("a", "1"), put("b", "1")})), 2U);
    value_of(layer.set({removal("b"), put("c", "1")}));
    EXPECT_THAT(states(layer), ElementsAre("a=1", "c=1"));
    const LayerSync report = value_of(layer.sync());
    EXPECT_EQ(report.count, 4U);
    EXPECT_EQ(report.partitions, 1U);
    EXPECT_THAT(states(layer), ElementsAre("a=1", "c=1"));
    const LayerMeta meta = value_of(layer.meta());
    EXPECT_EQ(meta.synced_total, 4);
    EXPECT_EQ(meta.unsynced_total, 0);
    EXPECT_THAT(value_of(layer.partitions()), ElementsAre("users"));
    LayerRead page{.limit = 1};
    const LayerView first = value_of(layer.get("users", page));
    EXPECT_EQ(first.next, "a");
    page.after = *first.next;
    EXPECT_THAT(states(layer, page), ElementsAre("c=1"));
    EXPECT_EQ(value_of(layer.get_all()).items.size(), 2U);
}

TEST(Layer, SyncsByTheSeedsStrategyAndKeepsListsByTheSeedsCallbacks) {
    const World world;
    std::mutex mutex;
    std::map<std::string, std::string> lists;
    LayerOptions options = World::options();
    options.lists.getter = [&](const std::string& name) -> Expected<std::string> {
        const std::scoped_lock lock(mutex);
        return lists[name];
    };
    options.lists.setter = [&](const std::string& name, const std::string& items) -> Expected<> {
        const std::scoped_lock lock(mutex);
        lists[name] = items;
        return {};
    };
    options.sync_when = [](const LayerMeta& meta) { return meta.unsynced_total >= 2; };
    options.background = false;
    Layer layer = world.start(std::move(options));
    value_of(layer.set({put("a", "1")}));
    EXPECT_THAT(lists, IsEmpty());
    value_of(layer.set({put("b", "1")}));
    EXPECT_EQ(lists["users#users"],
              R"([{"pk":"users","sk":"a","state":"1"},{"pk":"users","sk":"b","state":"1"}])");
    EXPECT_THAT(states(layer), ElementsAre("a=1", "b=1"));
}

TEST(Layer, WhatACallbackThrowsIsAFailureAndLosesNothing) {
    const World world;
    std::atomic<bool> broken = true;
    std::string list;
    LayerOptions options = World::options();
    options.lists.getter = [&](const std::string&) -> Expected<std::string> { return list; };
    options.lists.setter = [&](const std::string&, const std::string& items) -> Expected<> {
        if (broken) throw std::runtime_error("no bucket today");
        list = items;
        return {};
    };
    Layer layer = world.start(std::move(options));
    value_of(layer.set({put("a", "1")}));
    const LayerSync failed = value_of(layer.sync());
    EXPECT_EQ(failed.failed, 1U);
    EXPECT_THAT(failed.error, HasSubstr("no bucket today"));
    EXPECT_THAT(states(layer), ElementsAre("a=1"));
    broken = false;
    EXPECT_EQ(value_of(layer.sync()).count, 1U);
    EXPECT_THAT(states(layer), ElementsAre("a=1"));
}

TEST(Layer, IdsAndPartitionsMayComeFromFunctions) {
    const World world;
    LayerOptions options{.name = "users", .snapshots = "memory:"};
    options.id_of = [](const Attributes& item) {
        const Value* id = item.find("sk");
        return id == nullptr ? std::string() : *id->get_if<std::string>();
    };
    options.partition_of = [](const Attributes&) { return "users"; };
    Layer layer = world.start(std::move(options));
    value_of(layer.set({put("a", "1")}));
    EXPECT_THAT(states(layer), ElementsAre("a=1"));
    const auto refused = layer.set({{.item = {{"pk", "users"}}}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, FailureKind::invalid);
    EXPECT_EQ(refused.error().message, "Item must have an unique identifier");
}

TEST(Layer, GoesOnWithWhatAnotherProgramLeft) {
    const dynamo::embedded::TemporaryDirectory directory;
    LayerOptions options = World::options();
    options.snapshots = "directory:" + directory.path() + "/snapshots";
    for (int run = 1; run <= 3; ++run) {
        const Store store =
            value_of(Store::open({.url = "embedded:" + directory.path() + "/store"}));
        Layer layer(store, options);
        value_of(layer.start());
        if (run > 1) EXPECT_THAT(states(layer), ElementsAre("a=" + std::to_string(run - 1)));
        value_of(layer.set({put("a", std::to_string(run))}));
        if (run == 2) EXPECT_EQ(value_of(layer.sync()).failed, 0U);
    }
}

TEST(Layer, SaysWhatIsWrongWithItsOptionsAndItsUse) {
    const World world;
    LayerOptions nameless = World::options();
    nameless.name = "a/b";
    LayerOptions without_id = World::options();
    without_id.id.clear();
    LayerOptions half = World::options();
    half.lists.getter = [](const std::string&) -> Expected<std::string> { return ""; };
    LayerOptions follower = World::options();
    follower.follow = true;
    LayerOptions nowhere = World::options();
    nowhere.snapshots = "ftp://x";
    for (const LayerOptions& options : {nameless, without_id, half, follower, nowhere}) {
        Layer layer(world.store, options);
        const auto started = layer.start();
        ASSERT_FALSE(started);
        EXPECT_EQ(started.error().kind, FailureKind::invalid) << started.error().message;
    }
    Layer layer(world.store, World::options());
    EXPECT_EQ(layer.get("users").error().message, "the layer has not been started");
    value_of(layer.start());
    Layer second(world.store, World::options());
    const auto refused = second.start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, FailureKind::conflict);
    layer.stop();
    EXPECT_EQ(layer.sync().error().message, "the layer was stopped");
    value_of(second.start());
    EXPECT_EQ(second.reset().error().field, "source");
}

}  // namespace
}  // namespace carillon
