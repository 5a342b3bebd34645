// What is this engine's own about change streams: restarts, kills, reclaiming, and what they cost.

#include "dynamo/embedded/streams.hpp"

#include "core/random.hpp"
#include "dynamo/embedded/store_rig.hpp"
#include "runtime/system_random.hpp"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

namespace carillon::dynamo::embedded {
namespace {

TableSchema streamed_things() {
    TableSchema schema = things();
    schema.settings.stream = StreamView::new_and_old_images;
    return schema;
}

/// All records of the newest stream of `things`, page by page.
Task<std::vector<ChangeRecord>> all_changes(EmbeddedDatabase& db) {
    std::vector<ChangeRecord> all;
    const auto streams = co_await db.list_streams("things");
    EXPECT_TRUE(streams && !streams->empty());
    if (!streams || streams->empty()) co_return all;
    ChangesRequest request;
    request.stream = streams->back().name;
    request.shard = streams->back().shards.front().id;
    for (;;) {
        auto page = co_await db.read_changes(request);
        EXPECT_TRUE(page) << (page ? "" : describe(page.error()));
        if (!page || page->records.empty()) co_return all;
        request.after_sequence = page->last_sequence;
        for (ChangeRecord& record : page->records) all.push_back(std::move(record));
    }
}

/// The records, applied one after the other, must make the table as it is; and each must fit the
/// state that the ones before it left.
Task<> expect_replayable(EmbeddedDatabase& db) {
    std::map<std::string, Item> model;
    std::string last;
    for (const ChangeRecord& record : co_await all_changes(db)) {
        EXPECT_LT(last, record.sequence);
        last = record.sequence;
        const std::string id = *record.key.find("id")->string();
        const auto found = model.find(id);
        EXPECT_EQ(found != model.end(), record.kind != ChangeKind::insert) << id;
        if (found != model.end()) EXPECT_EQ(record.old_image, found->second);
        if (record.kind == ChangeKind::remove) {
            model.erase(id);
        } else {
            model[id] = *record.new_image;
        }
    }
    ScanRequest scan;
    scan.table = "things";
    std::size_t items = 0;
    for (;;) {
        const auto page = co_await db.scan(scan);
        EXPECT_TRUE(page);
        if (!page) co_return;
        for (const Item& item : page->items) {
            ++items;
            const auto found = model.find(*item.find("id")->string());
            EXPECT_TRUE(found != model.end() && found->second == item);
        }
        if (!page->last_key) break;
        scan.start_key = page->last_key;
    }
    EXPECT_EQ(items, model.size());
}

TEST(Streams, SequenceNumbersAreTextsThatSort) {
    EXPECT_EQ(sequence_text(7), "100000000000000000007");
    EXPECT_EQ(parse_sequence(sequence_text(7)), 7U);
    EXPECT_EQ(parse_sequence("00" + sequence_text(7)), 7U);
    EXPECT_EQ(parse_sequence("12"), 0U);
    EXPECT_EQ(parse_sequence("999999999999999999999"), ~std::uint64_t{0});
    EXPECT_EQ(parse_sequence("199999999999999999999"), ~std::uint64_t{0});
    EXPECT_EQ(parse_sequence(sequence_text(~std::uint64_t{0})), ~std::uint64_t{0});
    EXPECT_FALSE(parse_sequence(""));
    EXPECT_FALSE(parse_sequence("1x"));
}

TEST(Streams, GoOnAfterARestart) {
    StoreRig store;
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(streamed_things()));
        EXPECT_TRUE(co_await db.put_item(put_thing("a", "ready", 1)));
    }(store.db()));
    for (int i = 0; i < 3; ++i) {
        store.close();
        ASSERT_TRUE(store.open());
        store.run([](EmbeddedDatabase& db, int due) -> Task<> {
            EXPECT_TRUE(co_await db.put_item(put_thing("a", "ready", due)));
            EXPECT_EQ((co_await all_changes(db)).size(), static_cast<std::size_t>(due));
            co_await expect_replayable(db);
        }(store.db(), i + 2));
    }
    store.expect_consistent();
}

TEST(Streams, SweepsTellOfWhatTheyTakeAndReclaimOldRecords) {
    StoreRig store({.sweep_interval = Duration{3'600'000}});
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db, runtime::Clock& clock) -> Task<> {
        TableSchema schema = streamed_things();
        schema.ttl_attribute = "expires";
        EXPECT_TRUE(co_await db.create_table(schema));
        PutRequest request = put_thing("a", "ready", 1);
        request.item.set("expires", to_epoch_ms(clock.now()) / 1'000 - 5);
        EXPECT_TRUE(co_await db.put_item(request));
        EXPECT_EQ((co_await db.sweep_expired()).value_or(0), 1U);
        const auto changes = co_await all_changes(db);
        EXPECT_EQ(changes.size(), 2U);
        if (changes.size() != 2) co_return;
        EXPECT_EQ(changes[1].kind, ChangeKind::remove);
        EXPECT_TRUE(changes[1].expired);
        EXPECT_EQ(changes[1].old_image, request.item);
    }(store.db(), store.clock()));
    store.expect_consistent();
}

/// Random writes to few items, many at a time, with restarts: the stream replays to the table.
TEST(Streams, ReplayToTheTableUnderRandomWrites) {
    const auto seed = runtime::SystemRandom().next();
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    StoreRig store;
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(streamed_things()));
    }(store.db()));
    for (int round = 0; round < 6; ++round) {
        store.run([](EmbeddedDatabase& db, SeededRandom& dice) -> Task<> {
            std::vector<WriteUnit> units;
            for (int i = 0; i < 300; ++i) {
                const std::string id = std::to_string(dice.next() % 50);
                if (dice.next() % 3 == 0) {
                    DeleteRequest request;
                    request.table = "things";
                    request.key = {{"id", id}};
                    units.push_back({request});
                } else {
                    units.push_back(
                        {put_thing(id, "ready", static_cast<std::int64_t>(dice.next() % 4))});
                }
            }
            for (const auto& answer : co_await db.update_batch(std::move(units))) {
                EXPECT_TRUE(answer);
            }
        }(store.db(), random));
        if (random.next() % 3 == 0) {
            store.close();
            ASSERT_TRUE(store.open());
        }
        store.run(expect_replayable(store.db()));
    }
    store.expect_consistent();
}

constexpr int answers_descriptor = 9;

Task<> change_for_ever(EmbeddedDatabase& db, int pipe, std::uint64_t seed) {
    SeededRandom random(seed);
    for (;;) {
        const std::string id = std::to_string(random.next() % 40);
        if (random.next() % 4 == 0) {
            DeleteRequest request;
            request.table = "things";
            request.key = {{"id", id}};
            if (!co_await db.delete_item(request)) std::_Exit(2);
        } else {
            const auto due = static_cast<std::int64_t>(random.next() % 1'000);
            if (!co_await db.put_item(put_thing(id, "ready", due))) std::_Exit(2);
        }
        const char done = 1;
        if (::write(pipe, &done, sizeof done) != sizeof done) std::_Exit(3);
    }
}

/// The process that the next test kills: this program again, in the directory of its store.
TEST(StreamsCrash, DISABLED_ProcessToKill) {
    if (!std::filesystem::exists("kill-me")) GTEST_SKIP() << "is started by another test";
    StoreRig store({.directory = "store", .item_buffer_bytes = 256U << 10});
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db) -> Task<> {
        (void)co_await db.create_table(streamed_things());
    }(store.db()));
    runtime::Loop loop(store.clock());
    runtime::TaskGroup group(loop);
    runtime::SystemRandom random;
    for (int i = 0; i < 8; ++i) {
        group.spawn(change_for_ever(store.db(), answers_descriptor, random.next()));
    }
    loop.run();
}

TEST(StreamsCrash, KillNineLosesNoRecordOfAnyChange) {
    const TemporaryDirectory directory;
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    std::filesystem::create_directory(directory.path() + "/kill-me");
    runtime::SystemRandom random;
    for (int round = 0; round < 3; ++round) {
        int pipe[2];
        ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
        const pid_t process = ::fork();
        ASSERT_GE(process, 0);
        if (process == 0) {
            if (::dup2(pipe[1], answers_descriptor) < 0 || ::chdir(directory.path().c_str()) != 0) {
                ::_exit(4);
            }
            ::execl(program.c_str(),
                    program.c_str(),
                    "--gtest_also_run_disabled_tests",
                    "--gtest_filter=StreamsCrash.DISABLED_ProcessToKill",
                    "--gtest_brief=1",
                    nullptr);
            ::_exit(5);
        }
        ::close(pipe[1]);
        const std::size_t enough = 50 + random.next() % 300;
        char done = 0;
        for (std::size_t i = 0; ::read(pipe[0], &done, 1) == 1; ++i) {
            if (i == enough) ::kill(process, SIGKILL);
        }
        ::close(pipe[0]);
        int status = 0;
        ::waitpid(process, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status)) << "exit " << WEXITSTATUS(status);
        StoreRig store({.directory = directory.path() + "/store"});
        ASSERT_TRUE(store.open());
        store.expect_consistent();
        store.run(expect_replayable(store.db()));
    }
}

}  // namespace
}  // namespace carillon::dynamo::embedded
