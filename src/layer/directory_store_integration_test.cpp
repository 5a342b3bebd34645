// Objects in a real directory, and in memory: what both promise.

#include "layer/directory_store.hpp"
#include "layer/memory_store.hpp"
#include "runtime/clock.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

namespace carillon::layer {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::SizeIs;

/// Stores are named by whether they are directories.
class Store : public ::testing::TestWithParam<bool> {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "carillon-layer-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        root = pattern;
        if (GetParam()) {
            auto opened = DirectoryStore::open(loop, pool, random, root / "new/folder");
            ASSERT_TRUE(opened) << describe(opened.error());
            store = *std::move(opened);
        } else {
            store = std::make_unique<MemoryStore>();
        }
    }

    void TearDown() override { fs::remove_all(root); }

    template <class T>
    T finish(Task<T> task) {
        std::optional<T> answer;
        group.spawn(keep(std::move(task), answer));
        loop.context().restart();
        loop.run();
        return *std::move(answer);
    }

    runtime::SystemClock clock;
    runtime::Loop loop{clock};
    runtime::BlockingPool pool{4};
    runtime::SystemRandom random;
    runtime::TaskGroup group{loop};
    fs::path root;
    std::unique_ptr<ObjectStore> store;

private:
    template <class T>
    Task<> keep(Task<T> task, std::optional<T>& answer) {
        answer.emplace(co_await std::move(task));
        loop.stop();
    }
};

TEST_P(Store, KeepsObjectsByTheirKeys) {
    const std::string bytes("a\0b", 3);
    const auto written = finish(store->put("users/p-\xc3\xa4 #1/x.clr", bytes));
    ASSERT_TRUE(written) << describe(written.error());
    const auto read = finish(store->get("users/p-\xc3\xa4 #1/x.clr"));
    ASSERT_TRUE(read) << describe(read.error());
    EXPECT_EQ(read->bytes, bytes);
    EXPECT_EQ(read->version, *written);
    EXPECT_EQ(finish(store->get("users/other")).error().code, Errc::not_found);
    EXPECT_TRUE(finish(store->remove("users/p-\xc3\xa4 #1/x.clr")));
    EXPECT_TRUE(finish(store->remove("users/p-\xc3\xa4 #1/x.clr")));
    EXPECT_EQ(finish(store->get("users/p-\xc3\xa4 #1/x.clr")).error().code, Errc::not_found);
}

TEST_P(Store, WritesOnConditions) {
    PutOptions fresh{.condition = {.absent = true}};
    const auto first = finish(store->put("state", "1", fresh));
    ASSERT_TRUE(first) << describe(first.error());
    EXPECT_EQ(finish(store->put("state", "2", fresh)).error().code, Errc::condition_failed);
    PutOptions over{.condition = {.version = *first}};
    const auto second = finish(store->put("state", "2", over));
    ASSERT_TRUE(second) << describe(second.error());
    EXPECT_NE(*second, *first);
    EXPECT_EQ(finish(store->put("state", "3", over)).error().code, Errc::condition_failed);
    EXPECT_EQ(finish(store->put("gone", "3", over)).error().code, Errc::condition_failed);
    EXPECT_EQ(finish(store->get("state"))->bytes, "2");
}

TEST_P(Store, OfWritersThatSawTheSameVersionOneSucceeds) {
    const auto first = finish(store->put("state", "0"));
    ASSERT_TRUE(first);
    std::vector<Result<std::string>> answers(8, std::string());
    const auto write =
        [](ObjectStore& to, std::string version, Result<std::string>& answer) -> Task<> {
        PutOptions over{.condition = {.version = std::move(version)}};
        answer = co_await to.put("state", "1", std::move(over));
    };
    const auto all = [&](runtime::TaskGroup& writers) -> Task<Result<>> {
        co_await writers.join();
        co_return Result<>{};
    };
    runtime::TaskGroup writers(loop);
    for (auto& answer : answers) writers.spawn(write(*store, *first, answer));
    ASSERT_TRUE(finish(all(writers)));
    EXPECT_EQ(std::ranges::count_if(answers, [](const auto& each) { return each.has_value(); }), 1);
}

TEST_P(Store, ListsWhatBeginsWithAPrefixInOrder) {
    for (const char* key : {"b/2", "a/1", "b/10", "b/1/x", "bb", "c"}) {
        ASSERT_TRUE(finish(store->put(key, "x")));
    }
    const auto page = finish(store->list("b/"));
    ASSERT_TRUE(page) << describe(page.error());
    EXPECT_THAT(page->keys, ElementsAre("b/1/x", "b/10", "b/2"));
    EXPECT_THAT(finish(store->list(""))->keys, SizeIs(6));
    EXPECT_THAT(finish(store->list("none/"))->keys, SizeIs(0));
}

TEST_P(Store, ListsAThousandAtATime) {
    for (int i = 0; i < 1'002; ++i) {
        ASSERT_TRUE(finish(store->put("k" + std::to_string(10'000 + i), "")));
    }
    const auto first = finish(store->list("k"));
    ASSERT_TRUE(first && first->next);
    EXPECT_THAT(first->keys, SizeIs(1'000));
    const auto second = finish(store->list("k", first->next));
    ASSERT_TRUE(second);
    EXPECT_THAT(second->keys, ElementsAre("k11000", "k11001"));
    EXPECT_FALSE(second->next);
}

TEST_P(Store, RefusesKeysThatLeadElsewhere) {
    for (const char* key : {"", "/etc/passwd", "../x", "a/../x", "a//b", "a/", "a\nb", "."}) {
        EXPECT_EQ(finish(store->put(key, "x")).error().code, Errc::invalid) << key;
    }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Store, ::testing::Bool());

}  // namespace
}  // namespace carillon::layer
