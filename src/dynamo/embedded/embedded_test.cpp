// What is the embedded engine's own: opening and its errors, restarts, sweeping, checks.

#include "dynamo/embedded/embedded.hpp"

#include "core/random.hpp"
#include "dynamo/embedded/store_rig.hpp"
#include "runtime/system_random.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

namespace carillon::dynamo::embedded {
namespace {

namespace fs = std::filesystem;

Task<> create_and_put(EmbeddedDatabase& db, int count) {
    EXPECT_TRUE(co_await db.create_table(things()));
    std::vector<WriteUnit> units;
    for (int i = 0; i < count; ++i) {
        units.push_back({put_thing(std::to_string(i), "ready", i)});
    }
    for (const auto& answer : co_await db.update_batch(std::move(units))) EXPECT_TRUE(answer);
}

TEST(EmbeddedStore, KeepsEverythingOverARestart) {
    StoreRig store;
    ASSERT_TRUE(store.open());
    store.run(create_and_put(store.db(), 100));
    store.close();
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db) -> Task<> {
        const auto described = co_await db.describe_table("things");
        EXPECT_TRUE(described);
        if (!described) co_return;
        EXPECT_EQ(described->schema, things());
        EXPECT_EQ(described->item_count, 100);
        const auto page = co_await db.query(due_things());
        EXPECT_TRUE(page);
        if (page) EXPECT_EQ(page->count, 100);
    }(store.db()));
    store.expect_consistent();
}

TEST(EmbeddedStore, SharesASchemaThatStaysAsItWas) {
    StoreRig store;
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(things()));
        const auto first = co_await db.table_schema("things");
        const auto second = co_await db.table_schema("things");
        EXPECT_TRUE(first && second);
        if (!first || !second) co_return;
        EXPECT_EQ(first->get(), second->get());
        TableChange change;
        change.drop_index = "due";
        EXPECT_TRUE(co_await db.update_table("things", change));
        const auto third = co_await db.table_schema("things");
        EXPECT_TRUE(third && (*third)->indexes.empty());
        EXPECT_EQ(**first, things());
        const auto missing = co_await db.table_schema("nothing");
        EXPECT_TRUE(!missing && missing.error().code == Errc::not_found);
    }(store.db()));
}

TEST(EmbeddedStore, TokensOutliveARestart) {
    StoreRig store;
    ASSERT_TRUE(store.open());
    auto count = [](EmbeddedDatabase& db, bool create) -> Task<> {
        if (create) EXPECT_TRUE(co_await db.create_table(things()));
        UpdateRequest update;
        update.table = "things";
        update.key = {{"id", "a"}};
        update.update = Update::parse("ADD n :one").value();
        update.values = {{":one", 1}};
        WriteUnit unit;
        unit.emplace_back(update);
        EXPECT_TRUE(co_await db.transact_write(unit, "token"));
        const auto got = co_await db.get_item(get_thing("a"));
        EXPECT_TRUE(got && *got);
        if (got && *got) EXPECT_EQ(*(*got)->find("n"), Value(1));
    };
    store.run(count(store.db(), true));
    store.close();
    ASSERT_TRUE(store.open());
    store.run(count(store.db(), false));
}

TEST(EmbeddedStore, IsFoundAtItsMarkAfterARestart) {
    StoreRig store;
    ASSERT_TRUE(store.open());
    store.run(create_and_put(store.db(), 1'000));
    store.run([](EmbeddedDatabase& db) -> Task<> {
        for (int claim = 0; claim < 9; ++claim) {
            QueryRequest request = due_things();
            request.limit = 100;
            const auto page = co_await db.query(request);
            EXPECT_TRUE(page);
            if (!page) co_return;
            EXPECT_EQ(page->items.front().find("id")->string()[0], std::to_string(claim * 100));
            std::vector<WriteUnit> units;
            for (const Item& item : page->items) {
                DeleteRequest request_delete;
                request_delete.table = "things";
                request_delete.key = {{"id", *item.find("id")}};
                units.push_back({request_delete});
            }
            for (const auto& answer : co_await db.update_batch(std::move(units))) {
                EXPECT_TRUE(answer);
            }
        }
        EXPECT_TRUE(co_await db.query(due_things()));
    }(store.db()));
    store.close();
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db) -> Task<> {
        auto page = co_await db.query(due_things());
        EXPECT_TRUE(page);
        if (page) EXPECT_EQ(page->count, 100);
        EXPECT_TRUE(co_await db.put_item(put_thing("early", "ready", -5)));
        page = co_await db.query(due_things());
        EXPECT_TRUE(page);
        if (page) EXPECT_EQ(*page->items.front().find("id"), Value("early"));
    }(store.db()));
    store.expect_consistent();
    store.close();
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db) -> Task<> {
        const auto page = co_await db.query(due_things());
        EXPECT_TRUE(page);
        if (page) EXPECT_EQ(page->count, 101);
    }(store.db()));
    store.expect_consistent();
}

TEST(EmbeddedStore, BelongsToOneProcess) {
    StoreRig store;
    ASSERT_TRUE(store.open());
    runtime::SystemClock clock;
    const auto second = open_embedded(store.options(), clock);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::unavailable);
    EXPECT_NE(second.error().message.find("is in use by another process (pid " +
                                          std::to_string(::getpid()) + ")"),
              std::string::npos)
        << second.error().message;
    store.close();
    EXPECT_TRUE(store.open());
}

TEST(EmbeddedStore, RefusesDirectoriesThatHoldSomethingElse) {
    const TemporaryDirectory directory;
    runtime::SystemClock clock;
    std::ofstream(directory.path() + "/letter.txt") << "dear";
    const auto opened = open_embedded({.directory = directory.path()}, clock);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::invalid);
    EXPECT_NE(opened.error().message.find("letter.txt"), std::string::npos);
    const auto file = open_embedded({.directory = directory.path() + "/letter.txt"}, clock);
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().code, Errc::internal);
    EXPECT_EQ(open_embedded({}, clock).error().code, Errc::invalid);
}

TEST(EmbeddedStore, SaysThatItsFilesAreDamaged) {
    StoreRig store;
    ASSERT_TRUE(store.open());
    store.run(create_and_put(store.db(), 10));
    store.close();
    std::ofstream(store.options().directory + "/CURRENT") << "nonsense";
    const auto opened = store.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corrupt) << describe(opened.error());
}

TEST(EmbeddedStore, ReclaimsWhatHasExpired) {
    StoreRig store({.sweep_interval = Duration{3'600'000}});
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db, runtime::Clock& clock) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(things()));
        const std::int64_t now = to_epoch_ms(clock.now()) / 1'000;
        for (int i = 0; i < 10; ++i) {
            PutRequest request = put_thing(std::to_string(i), "ready", i);
            request.item.set("expires", i < 7 ? now - 10 : now + 1'000);
            EXPECT_TRUE(co_await db.put_item(request));
        }
        // Fills the index of expiries from what is there.
        EXPECT_TRUE(co_await db.set_time_to_live("things", "expires"));
        const auto reclaimed = co_await db.sweep_expired();
        EXPECT_TRUE(reclaimed);
        if (reclaimed) EXPECT_EQ(*reclaimed, 7U);
        const auto described = co_await db.describe_table("things");
        EXPECT_TRUE(described);
        if (described) EXPECT_EQ(described->item_count, 3);
    }(store.db(), store.clock()));
    const auto report = store.db().check();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->faults, 0U);
    EXPECT_EQ(report->items, 3U);
    EXPECT_EQ(report->index_entries, 6U);  // Due and expiry.
}

TEST(EmbeddedStore, CopiesItselfWhileOpen) {
    StoreRig store;
    ASSERT_TRUE(store.open());
    store.run(create_and_put(store.db(), 50));
    const std::string copy = store.options().directory + "-copy";
    ASSERT_TRUE(store.db().checkpoint(copy));
    EXPECT_EQ(store.db().checkpoint(copy).error().code, Errc::already_exists);
    StoreRig copied({.directory = copy});
    ASSERT_TRUE(copied.open());
    const auto report = copied.db().check();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->items, 50U);
    EXPECT_EQ(report->faults, 0U);
}

/// Random writes, compared with a map; restarted now and then.
TEST(EmbeddedStore, AgreesWithAModelUnderRandomWrites) {
    const auto seed = runtime::SystemRandom().next();
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    StoreRig store({.item_buffer_bytes = 1U << 20, .index_buffer_bytes = 1U << 20});
    ASSERT_TRUE(store.open());
    store.run(create_and_put(store.db(), 0));
    std::map<std::string, std::int64_t> model;
    for (int round = 0; round < 30; ++round) {
        store.run([](EmbeddedDatabase& db,
                     SeededRandom& dice,
                     std::map<std::string, std::int64_t>& items) -> Task<> {
            std::vector<WriteUnit> units;
            for (int i = 0; i < 200; ++i) {
                const std::string id = std::to_string(dice.next() % 300);
                if (dice.next() % 3 == 0) {
                    DeleteRequest request;
                    request.table = "things";
                    request.key = {{"id", id}};
                    units.push_back({request});
                    items.erase(id);
                } else {
                    const auto due = static_cast<std::int64_t>(dice.next() % 1'000);
                    units.push_back({put_thing(id, "ready", due)});
                    items[id] = due;
                }
            }
            for (const auto& answer : co_await db.update_batch(std::move(units))) {
                EXPECT_TRUE(answer);
            }
            const auto page = co_await db.query(due_things());
            EXPECT_TRUE(page);
            if (!page) co_return;
            std::map<std::string, std::int64_t> found;
            std::int64_t last = -1;
            for (const Item& item : page->items) {
                const std::int64_t due = item.find("due")->number()->to_int64().value_or(-1);
                EXPECT_GE(due, last);
                last = due;
                found[*item.find("id")->string()] = due;
            }
            EXPECT_EQ(found, items);
        }(store.db(), random, model));
        if (random.next() % 5 == 0) {
            store.close();
            ASSERT_TRUE(store.open());
        }
        store.expect_consistent();
    }
}

}  // namespace
}  // namespace carillon::dynamo::embedded
