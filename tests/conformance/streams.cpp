#include "conformance/conformance.hpp"

#include <fmt/format.h>

namespace carillon::conformance {

using dynamo::ChangeKind;
using dynamo::ChangePage;
using dynamo::ChangesRequest;
using dynamo::Item;
using dynamo::StreamDescription;
using dynamo::StreamName;
using dynamo::StreamView;
using dynamo::Value;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

dynamo::TableSchema streamed(dynamo::TableSchema schema,
                             StreamView view = StreamView::new_and_old_images) {
    schema.settings.stream = view;
    return schema;
}

/// The table's newest stream.
Task<StreamDescription> latest_stream(dynamo::Database& db, std::string table = "things") {
    const auto described = co_await db.describe_table(table);
    EXPECT_TRUE(described) << outcome(described);
    if (!described) co_return StreamDescription{};
    StreamName name{table, described->stream_label};
    const auto stream = co_await db.describe_stream(name);
    EXPECT_TRUE(stream) << outcome(stream);
    co_return stream ? *stream : StreamDescription{};
}

ChangesRequest from_start(const StreamDescription& stream) {
    ChangesRequest request;
    request.stream = stream.name;
    request.shard = stream.shards.front().id;
    return request;
}

Task<ChangePage> read_all(dynamo::Database& db, StreamDescription stream) {
    const auto page = co_await db.read_changes(from_start(stream));
    EXPECT_TRUE(page) << outcome(page);
    co_return page ? *page : ChangePage{};
}

/// "insert a", "modify a", "remove a", "expire a": kinds and the key's `id`.
std::vector<std::string> told(const ChangePage& page) {
    std::vector<std::string> lines;
    for (const dynamo::ChangeRecord& record : page.records) {
        const char* kind = record.kind == ChangeKind::insert   ? "insert"
                           : record.kind == ChangeKind::modify ? "modify"
                           : record.expired                    ? "expire"
                                                               : "remove";
        const Value* id = record.key.find("id");
        lines.push_back(fmt::format("{} {}", kind, id != nullptr ? *id->string() : "?"));
    }
    return lines;
}

void expect_rising(const ChangePage& page) {
    for (std::size_t i = 1; i < page.records.size(); ++i) {
        EXPECT_LT(page.records[i - 1].sequence, page.records[i].sequence);
    }
}

}  // namespace

TEST_P(DatabaseConformance, EveryKindOfWriteIsRecordedOnceAndInOrder) {
    if (!db().capabilities().streams) GTEST_SKIP() << "the engine has no change streams";
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(streamed(hash_table())));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "a"}, {"n", 1}})));
        // The same again, in whatever order and notation, changes nothing.
        EXPECT_TRUE(co_await db.put_item(put("things", {{"n", 1}, {"id", "a"}})));
        EXPECT_TRUE(
            co_await db.update_item(update("things", {{"id", "a"}}, "SET n = :n", {{":n", 1}})));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "a"}, {"n", 2}})));
        EXPECT_TRUE(
            co_await db.update_item(update("things", {{"id", "b"}}, "SET n = :n", {{":n", 5}})));
        EXPECT_TRUE(co_await db.update_item(update("things", {{"id", "b"}}, "REMOVE n")));
        EXPECT_TRUE(co_await db.delete_item(erase("things", {{"id", "a"}})));
        EXPECT_TRUE(co_await db.delete_item(erase("things", {{"id", "a"}})));
        dynamo::DeleteRequest refused = erase("things", {{"id", "b"}});
        refused.condition = when("attribute_exists(n)");
        EXPECT_EQ(code_of(co_await db.delete_item(refused)), Errc::condition_failed);

        const StreamDescription stream = co_await latest_stream(db);
        CARILLON_CO_ASSERT(!stream.shards.empty());
        EXPECT_TRUE(stream.enabled);
        EXPECT_EQ(stream.view, StreamView::new_and_old_images);
        const ChangePage page = co_await read_all(db, stream);
        EXPECT_THAT(told(page),
                    ElementsAre("insert a", "modify a", "insert b", "modify b", "remove a"));
        expect_rising(page);
        EXPECT_FALSE(page.ended);
        CARILLON_CO_ASSERT(page.records.size() == 5);
        EXPECT_EQ(page.records[0].old_image, std::nullopt);
        EXPECT_EQ(page.records[0].new_image, (Item{{"id", "a"}, {"n", 1}}));
        EXPECT_EQ(page.records[1].old_image, (Item{{"id", "a"}, {"n", 1}}));
        EXPECT_EQ(page.records[1].new_image, (Item{{"id", "a"}, {"n", 2}}));
        EXPECT_EQ(page.records[3].new_image, (Item{{"id", "b"}}));
        EXPECT_EQ(page.records[4].old_image, (Item{{"id", "a"}, {"n", 2}}));
        EXPECT_EQ(page.records[4].new_image, std::nullopt);
        EXPECT_EQ(page.records[4].key, (Item{{"id", "a"}}));
    }(db()));
}

TEST_P(DatabaseConformance, TransactionsAndBatchesAreRecorded) {
    if (!db().capabilities().streams) GTEST_SKIP() << "the engine has no change streams";
    if (!GetParam().transactions) GTEST_SKIP() << "the engine has no transactions";
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(streamed(hash_table())));
        EXPECT_TRUE(co_await db.create_table(hash_table("silent")));
        dynamo::WriteUnit unit;
        unit.emplace_back(put("things", {{"id", "a"}}));
        unit.emplace_back(put("silent", {{"id", "a"}}));
        unit.emplace_back(update("things", {{"id", "b"}}, "SET n = :n", {{":n", 1}}));
        EXPECT_TRUE(co_await db.transact_write(unit));
        dynamo::WriteUnit cancelled;
        cancelled.emplace_back(put("things", {{"id", "c"}}));
        dynamo::PutRequest fails = put("things", {{"id", "a"}, {"n", 9}});
        fails.condition = when("attribute_not_exists(id)");
        cancelled.emplace_back(fails);
        EXPECT_EQ(code_of(co_await db.transact_write(cancelled)), Errc::condition_failed);
        std::vector<dynamo::WriteUnit> units;
        units.push_back({put("things", {{"id", "d"}})});
        units.push_back({put("things", {{"id", "d"}, {"n", 1}})});
        units.push_back({erase("things", {{"id", "d"}})});
        for (const auto& answer : co_await db.update_batch(std::move(units))) EXPECT_TRUE(answer);
        std::vector<dynamo::Write> writes;
        writes.emplace_back(put("things", {{"id", "e"}}));
        writes.emplace_back(erase("things", {{"id", "a"}}));
        EXPECT_TRUE(co_await db.batch_write(std::move(writes)));
        const ChangePage page = co_await read_all(db, co_await latest_stream(db));
        EXPECT_THAT(told(page),
                    ElementsAre("insert a",
                                "insert b",
                                "insert d",
                                "modify d",
                                "remove d",
                                "insert e",
                                "remove a"));
        expect_rising(page);
    }(db()));
}

TEST_P(DatabaseConformance, ViewsSayWhatARecordHolds) {
    if (!db().capabilities().streams) GTEST_SKIP() << "the engine has no change streams";
    run([](dynamo::Database& db) -> Task<> {
        const StreamView views[] = {
            StreamView::keys_only, StreamView::new_image, StreamView::old_image};
        for (const StreamView view : views) {
            const std::string table = fmt::format("things-{}", static_cast<int>(view));
            EXPECT_TRUE(co_await db.create_table(streamed(sorted_table(table), view)));
            EXPECT_TRUE(co_await db.put_item(put(table, {{"id", "a"}, {"n", 1}, {"x", "1"}})));
            EXPECT_TRUE(co_await db.put_item(put(table, {{"id", "a"}, {"n", 1}, {"x", "2"}})));
            const ChangePage page = co_await read_all(db, co_await latest_stream(db, table));
            CARILLON_CO_ASSERT(page.records.size() == 2);
            const dynamo::ChangeRecord& record = page.records[1];
            EXPECT_EQ(record.key, (Item{{"id", "a"}, {"n", 1}}));
            EXPECT_EQ(record.new_image.has_value(), view == StreamView::new_image);
            EXPECT_EQ(record.old_image.has_value(), view == StreamView::old_image);
        }
    }(db()));
}

TEST_P(DatabaseConformance, ReadersGoOnWhereTheyLeftOff) {
    if (!db().capabilities().streams) GTEST_SKIP() << "the engine has no change streams";
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(streamed(hash_table())));
        const StreamDescription empty = co_await latest_stream(db);
        CARILLON_CO_ASSERT(!empty.shards.empty());
        // What is newest now is a place to start from, even when there is nothing yet.
        ChangesRequest live = from_start(empty);
        live.after_sequence = empty.shards[0].newest_sequence;
        for (int i = 0; i < 10; ++i) {
            EXPECT_TRUE(co_await db.put_item(put("things", {{"id", std::to_string(i)}})));
        }
        std::vector<std::string> all;
        live.limit = 3;
        for (int i = 0; i < 5; ++i) {
            const auto page = co_await db.read_changes(live);
            CARILLON_CO_ASSERT(page);
            for (const std::string& line : told(*page)) all.push_back(line);
            live.after_sequence = page->last_sequence;
        }
        EXPECT_EQ(all.size(), 10U);
        EXPECT_EQ(all.back(), "insert 9");

        ChangesRequest at = from_start(empty);
        const auto first = co_await db.read_changes(at);
        CARILLON_CO_ASSERT(first && first->records.size() == 10);
        at.after_sequence = first->records[4].sequence;
        const auto after = co_await db.read_changes(at);
        CARILLON_CO_ASSERT(after);
        EXPECT_EQ(told(*after).front(), "insert 5");
        at.inclusive = true;
        const auto including = co_await db.read_changes(at);
        CARILLON_CO_ASSERT(including);
        EXPECT_EQ(told(*including).front(), "insert 4");
        at.after_sequence = (co_await latest_stream(db)).shards[0].first_sequence;
        const auto start = co_await db.read_changes(at);
        CARILLON_CO_ASSERT(start);
        EXPECT_EQ(start->records.size(), 10U);
        at.after_sequence = "12x";
        EXPECT_EQ(code_of(co_await db.read_changes(at)), Errc::invalid);
        at.shard = "another";
        EXPECT_EQ(code_of(co_await db.read_changes(at)), Errc::not_found);
        at.stream.label = "never";
        EXPECT_EQ(code_of(co_await db.read_changes(at)), Errc::not_found);
    }(db()));
}

TEST_P(DatabaseConformance, TheNewestPlaceIsBehindWhatHappenedWellBefore) {
    if (!db().capabilities().streams) GTEST_SKIP() << "the engine has no change streams";
    run([](dynamo::Database& db, TestClock& clock) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(streamed(hash_table())));
        for (const char* id : {"a", "b", "c"}) {
            EXPECT_TRUE(co_await db.put_item(put("things", {{"id", id}})));
        }
        // Engines that cannot tell a number tell a time.
        clock.advance(Duration{120'000});
        const StreamDescription stream = co_await latest_stream(db);
        CARILLON_CO_ASSERT(!stream.shards.empty());
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "d"}})));
        clock.advance(Duration{2'000});
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "e"}})));
        ChangesRequest request = from_start(stream);
        request.after_sequence = stream.shards[0].newest_sequence;
        request.limit = 2;
        std::vector<std::string> all;
        for (int i = 0; i < 5; ++i) {
            const auto page = co_await db.read_changes(request);
            CARILLON_CO_ASSERT(page);
            for (std::string& line : told(*page)) all.push_back(std::move(line));
            request.after_sequence = page->last_sequence;
        }
        EXPECT_THAT(all, ElementsAre("insert d", "insert e"));
        // Having come to later changes, it is a number.
        EXPECT_EQ(request.after_sequence.find_first_not_of("0123456789"), std::string::npos);
    }(db(), clock_));
}

TEST_P(DatabaseConformance, PagesOfChangesEndAtAMegabyte) {
    if (!db().capabilities().streams) GTEST_SKIP() << "the engine has no change streams";
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(streamed(hash_table(), StreamView::new_image)));
        for (int i = 0; i < 5; ++i) {
            EXPECT_TRUE(co_await db.put_item(
                put("things", {{"id", std::to_string(i)}, {"body", std::string(300'000, 'x')}})));
        }
        const StreamDescription stream = co_await latest_stream(db);
        ChangesRequest request = from_start(stream);
        const auto page = co_await db.read_changes(request);
        CARILLON_CO_ASSERT(page);
        EXPECT_EQ(page->records.size(), 3U);
        request.after_sequence = page->last_sequence;
        const auto rest = co_await db.read_changes(request);
        CARILLON_CO_ASSERT(rest);
        EXPECT_EQ(rest->records.size(), 2U);
    }(db()));
}

TEST_P(DatabaseConformance, ANewStreamBeginsWhenOneIsTurnedOnAgain) {
    if (!db().capabilities().streams) GTEST_SKIP() << "the engine has no change streams";
    run([](dynamo::Database& db, TestClock& clock) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(streamed(hash_table(), StreamView::keys_only)));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "a"}})));
        const StreamDescription old = co_await latest_stream(db);
        dynamo::TableChange off;
        off.settings = dynamo::TableSettings{};
        EXPECT_TRUE(co_await db.update_table("things", off));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "unseen"}})));
        const auto described = co_await db.describe_table("things");
        CARILLON_CO_ASSERT(described);
        EXPECT_EQ(described->stream_label, old.name.label);
        EXPECT_FALSE(described->schema.settings.stream);
        dynamo::TableChange on = off;
        on.settings->stream = StreamView::new_image;
        EXPECT_TRUE(co_await db.update_table("things", on));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "b"}})));

        const StreamDescription now = co_await latest_stream(db);
        CARILLON_CO_ASSERT(!now.shards.empty());
        EXPECT_NE(now.name.label, old.name.label);
        EXPECT_NE(now.shards[0].id, old.shards[0].id);
        EXPECT_EQ(now.view, StreamView::new_image);
        EXPECT_THAT(told(co_await read_all(db, now)), ElementsAre("insert b"));
        const ChangePage before = co_await read_all(db, old);
        EXPECT_THAT(told(before), ElementsAre("insert a"));
        EXPECT_TRUE(before.ended);
        const auto closed = co_await db.describe_stream(old.name);
        CARILLON_CO_ASSERT(closed);
        EXPECT_FALSE(closed->enabled);
        EXPECT_EQ(closed->shards[0].last_sequence, before.records[0].sequence);
        EXPECT_GT((co_await read_all(db, now)).records[0].sequence, before.records[0].sequence);

        auto listed = co_await db.list_streams("things");
        CARILLON_CO_ASSERT(listed);
        EXPECT_EQ(listed->size(), 2U);
        EXPECT_TRUE(co_await db.delete_table("things"));
        const ChangePage rest = co_await read_all(db, now);
        EXPECT_THAT(told(rest), ElementsAre("insert b"));
        EXPECT_TRUE(rest.ended);
        clock.advance(std::chrono::hours{25});
        listed = co_await db.list_streams("");
        CARILLON_CO_ASSERT(listed);
        EXPECT_THAT(listed->size(), 0U);
        EXPECT_EQ(code_of(co_await db.describe_stream(old.name)), Errc::not_found);
    }(db(), clock_));
}

TEST_P(DatabaseConformance, ChangesAreForgottenAfterADay) {
    if (!db().capabilities().streams) GTEST_SKIP() << "the engine has no change streams";
    run([](dynamo::Database& db, TestClock& clock) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(streamed(hash_table())));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "a"}})));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "b"}})));
        clock.advance(std::chrono::hours{23});
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "c"}})));
        const StreamDescription stream = co_await latest_stream(db);
        const ChangePage all = co_await read_all(db, stream);
        CARILLON_CO_ASSERT(all.records.size() == 3);
        clock.advance(std::chrono::hours{2});
        EXPECT_THAT(told(co_await read_all(db, stream)), ElementsAre("insert c"));
        EXPECT_EQ((co_await latest_stream(db)).shards[0].first_sequence, all.records[2].sequence);
        ChangesRequest request = from_start(stream);
        request.after_sequence = all.records[1].sequence;
        const auto rest = co_await db.read_changes(request);
        CARILLON_CO_ASSERT(rest);
        EXPECT_THAT(told(*rest), ElementsAre("insert c"));
        request.after_sequence = all.records[0].sequence;
        const auto trimmed = co_await db.read_changes(request);
        EXPECT_EQ(code_of(trimmed), Errc::not_found);
        CARILLON_CO_ASSERT(!trimmed);
        EXPECT_NE(dynamic_cast<const dynamo::ChangesTrimmed*>(trimmed.error().detail.get()),
                  nullptr);
        clock.advance(std::chrono::hours{30});
        EXPECT_THAT(told(co_await read_all(db, stream)), IsEmpty());
    }(db(), clock_));
}

TEST_P(DatabaseConformance, OverwritingWhatHasExpiredTellsOfItsEnd) {
    if (!db().capabilities().streams) GTEST_SKIP() << "the engine has no change streams";
    if (!GetParam().expires_at_once) GTEST_SKIP() << "the engine expires in its own time";
    run([](dynamo::Database& db, TestClock& clock) -> Task<> {
        dynamo::TableSchema schema = streamed(hash_table());
        schema.ttl_attribute = "expires";
        EXPECT_TRUE(co_await db.create_table(schema));
        const std::int64_t soon = to_epoch_ms(clock.now()) / 1'000 + 10;
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "a"}, {"expires", soon}})));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "b"}, {"expires", soon}})));
        clock.advance(Duration{20'000});
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "a"}, {"n", 1}})));
        EXPECT_TRUE(co_await db.delete_item(erase("things", {{"id", "b"}})));
        const ChangePage page = co_await read_all(db, co_await latest_stream(db));
        EXPECT_THAT(told(page),
                    ElementsAre("insert a", "insert b", "expire a", "insert a", "expire b"));
        CARILLON_CO_ASSERT(page.records.size() == 5);
        EXPECT_EQ(page.records[2].old_image, (Item{{"id", "a"}, {"expires", soon}}));
        EXPECT_EQ(page.records[3].old_image, std::nullopt);
    }(db(), clock_));
}

TEST_P(DatabaseConformance, WatchersHearOfChanges) {
    if (!db().capabilities().streams || !GetParam().watches) {
        GTEST_SKIP() << "the engine has no change streams, or no watches";
    }
    int heard = 0;
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(streamed(hash_table())));
        EXPECT_TRUE(co_await db.create_table(streamed(hash_table("others"))));
    }(db()));
    dynamo::Watch watch = db().watch_changes(loop_, "things", [&heard] { ++heard; });
    auto write = [](dynamo::Database& db, const char* table, int n) -> Task<> {
        EXPECT_TRUE(co_await db.put_item(put(table, {{"id", "a"}, {"n", n}})));
    };
    auto settle = [this] {
        loop_.context().restart();
        loop_.context().poll();
    };
    run(write(db(), "others", 1));
    settle();
    EXPECT_EQ(heard, 0);
    run(write(db(), "things", 1));
    settle();
    EXPECT_EQ(heard, 1);
    run(write(db(), "things", 1));
    settle();
    EXPECT_EQ(heard, 1);
    watch = {};
    run(write(db(), "things", 2));
    settle();
    EXPECT_EQ(heard, 1);
}

}  // namespace carillon::conformance
