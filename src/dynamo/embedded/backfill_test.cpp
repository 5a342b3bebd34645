// Indexes that come to tables with items: filled in parts, beside writes, over restarts.

#include "core/random.hpp"
#include "dynamo/embedded/store_rig.hpp"
#include "runtime/system_random.hpp"

#include <algorithm>
#include <chrono>

namespace carillon::dynamo::embedded {
namespace {

constexpr int many = 3'000;

TableSchema plain_things() {
    TableSchema schema = things();
    schema.indexes.clear();
    return schema;
}

Task<> fill_table(EmbeddedDatabase& db, int count) {
    EXPECT_TRUE(co_await db.create_table(plain_things()));
    std::vector<Write> writes;
    for (int i = 0; i < count; ++i) writes.emplace_back(put_thing(std::to_string(i), "ready", i));
    EXPECT_TRUE(co_await db.batch_write(std::move(writes)));
}

TableChange add_due_index() {
    TableChange change;
    change.create_index = things().indexes.front();
    return change;
}

/// Waits as a client does: by asking.
Task<> until_built(EmbeddedDatabase& db, runtime::Clock& clock) {
    const std::int64_t give_up = clock.ticks() + 60'000'000'000;
    while (clock.ticks() < give_up) {
        const auto described = co_await db.describe_table("things");
        EXPECT_TRUE(described);
        if (!described || (described->building.empty() && !described->ttl_building)) co_return;
        // A write, so that time passes; it changes nothing.
        EXPECT_TRUE(co_await db.delete_item({.table = "things", .key = {{"id", "nobody"}}}));
    }
    ADD_FAILURE() << "the index is not filled";
}

Task<std::int64_t> count_due(EmbeddedDatabase& db) {
    QueryRequest request = due_things();
    request.select = Select::count;
    std::int64_t count = 0;
    for (;;) {
        const auto page = co_await db.query(request);
        EXPECT_TRUE(page) << (page ? "" : describe(page.error()));
        if (!page) co_return -1;
        count += page->count;
        if (!page->last_key) co_return count;
        request.start_key = page->last_key;
    }
}

TEST(Backfill, FewItemsAreEnteredAtOnce) {
    StoreRig store({.memory = true});
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db) -> Task<> {
        co_await fill_table(db, 100);
        const auto changed = co_await db.update_table("things", add_due_index());
        EXPECT_TRUE(changed);
        if (changed) EXPECT_TRUE(changed->building.empty());
        EXPECT_EQ(co_await count_due(db), 100);
    }(store.db()));
    store.expect_consistent();
}

TEST(Backfill, ManyItemsAreEnteredInPartsWhileWritesGoOn) {
    const auto seed = runtime::SystemRandom().next();
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    StoreRig store({.memory = true});
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db, runtime::Clock& clock, SeededRandom& dice) -> Task<> {
        co_await fill_table(db, many);
        const auto changed = co_await db.update_table("things", add_due_index());
        EXPECT_TRUE(changed);
        if (!changed) co_return;
        EXPECT_EQ(changed->building, std::vector<std::string>{"due"});
        const auto refused = co_await db.query(due_things());
        EXPECT_FALSE(refused);
        if (!refused) {
            EXPECT_EQ(refused.error().message,
                      "Cannot read from backfilling global secondary index: due");
        }
        for (int i = 0; i < 400; ++i) {
            const std::string id = std::to_string(dice.next() % (many + 500));
            if (dice.next() % 3 == 0) {
                EXPECT_TRUE(co_await db.delete_item({.table = "things", .key = {{"id", id}}}));
            } else {
                EXPECT_TRUE(co_await db.put_item(
                    put_thing(id, "ready", static_cast<std::int64_t>(dice.next() % 10'000))));
            }
        }
        co_await until_built(db, clock);
        const auto described = co_await db.describe_table("things");
        EXPECT_TRUE(described);
        if (described) EXPECT_EQ(co_await count_due(db), described->item_count);
    }(store.db(), store.clock(), random));
    store.expect_consistent();
}

TEST(Backfill, GoesOnAfterARestart) {
    StoreRig store({.sync = false});
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db) -> Task<> {
        co_await fill_table(db, many);
        const auto changed = co_await db.update_table("things", add_due_index());
        EXPECT_TRUE(changed && !changed->building.empty());
    }(store.db()));
    // Wherever it is by now.
    store.close();
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db, runtime::Clock& clock) -> Task<> {
        co_await until_built(db, clock);
        EXPECT_EQ(co_await count_due(db), many);
    }(store.db(), store.clock()));
    store.expect_consistent();
}

TEST(Backfill, WithoutThreadsTheCallWaitsForIt) {
    StoreRig store({.memory = true, .inline_writer = true});
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db) -> Task<> {
        co_await fill_table(db, many);
        const auto changed = co_await db.update_table("things", add_due_index());
        EXPECT_TRUE(changed);
        if (changed) EXPECT_TRUE(changed->building.empty());
        EXPECT_EQ(co_await count_due(db), many);
    }(store.db()));
    store.expect_consistent();
}

TEST(Backfill, AnIndexCanBeDroppedBeforeItIsFilled) {
    StoreRig store({.memory = true});
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db, runtime::Clock& clock) -> Task<> {
        co_await fill_table(db, many);
        EXPECT_TRUE(co_await db.update_table("things", add_due_index()));
        TableChange drop;
        drop.drop_index = "due";
        const auto dropped = co_await db.update_table("things", drop);
        EXPECT_TRUE(dropped);
        if (dropped) EXPECT_TRUE(dropped->building.empty());
        EXPECT_TRUE(co_await db.update_table("things", add_due_index()));
        co_await until_built(db, clock);
        EXPECT_EQ(co_await count_due(db), many);
    }(store.db(), store.clock()));
    store.expect_consistent();
}

TEST(Backfill, TimeToLiveComesToATableWithManyItems) {
    StoreRig store({.memory = true, .sweep_interval = Duration{3'600'000}});
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db, runtime::Clock& clock) -> Task<> {
        co_await fill_table(db, many);
        // All of them have been due since 1970, which is too long ago to count; two are not.
        const std::int64_t past = to_epoch_ms(clock.now()) / 1'000 - 10;
        EXPECT_TRUE(co_await db.put_item(put_thing("a", "ready", past)));
        EXPECT_TRUE(co_await db.put_item(put_thing("b", "ready", past)));
        EXPECT_TRUE(co_await db.set_time_to_live("things", "due"));
        const auto gone = co_await db.get_item(get_thing("a"));
        EXPECT_TRUE(gone && !*gone);
        co_await until_built(db, clock);
        EXPECT_EQ((co_await db.sweep_expired()).value_or(0), 2U);
    }(store.db(), store.clock()));
    store.expect_consistent();
}

}  // namespace
}  // namespace carillon::dynamo::embedded
