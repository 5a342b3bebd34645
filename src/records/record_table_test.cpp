#include "records/records_rig_test.hpp"

namespace carillon::records {
namespace {

using namespace testing;

TableModel orders_model() {
    TableModel model;
    model.table = "Orders";
    model.key.hash = {.name = "AccountId"};
    model.key.sort = dynamo::KeyAttribute{.name = "RunTime"};
    model.version_attribute = "Version";
    model.created_attribute = "CreatedAt";
    model.updated_attribute = "UpdatedAt";
    return model;
}

std::string text(const Item& item, const char* name) {
    const Value* value = item.find(name);
    return value != nullptr && value->string() != nullptr ? *value->string() : "none";
}

TEST(RecordTable, TheSeedsTablesHaveTheSeedsLayout) {
    const dynamo::TableSchema records = schema_of(records_model());
    EXPECT_EQ(records.name, "Records");
    EXPECT_EQ(records.key.hash.name, "AccountId");
    EXPECT_EQ(records.key.sort->name, "RunTime");
    ASSERT_EQ(records.indexes.size(), 1U);
    EXPECT_EQ(records.indexes[0].name, "Processed");
    EXPECT_EQ(records.indexes[0].key.hash.name, "Processed");
    EXPECT_EQ(records.indexes[0].key.hash.type, dynamo::Type::number);
    EXPECT_FALSE(records.indexes[0].key.sort);
    EXPECT_EQ(records.indexes[0].projection, dynamo::ProjectionType::all);
    const dynamo::TableSchema users = schema_of(users_model());
    EXPECT_EQ(users.name, "Users");
    EXPECT_EQ(users.key.hash.name, "pk");
    EXPECT_EQ(users.key.sort->name, "sk");
    EXPECT_TRUE(users.indexes.empty());
}

TEST(RecordTable, ATableTellsItsModel) {
    EXPECT_EQ(model_of(schema_of(sharded_model())).work, sharded_model().work);
    EXPECT_EQ(model_of(schema_of(records_model())).work, records_model().work);
    EXPECT_EQ(model_of(schema_of(users_model())).work.layout, WorkLayout::none);
    EXPECT_EQ(model_of(schema_of(records_model()), "Done").work.layout, WorkLayout::none);
}

TEST(RecordTable, AProcessedRecordLooksAsTheSeedsProgramsLeaveIt) {
    Rig rig;
    rig.put("r", {{"DocumentId", "DOC1"}, {"Processed", 0}, {"Extra", true}});
    rig.run_for(1s);
    rig.process();
    const Item expected{{"AccountId", "ACC1"},
                        {"RunTime", "r"},
                        {"DocumentId", "DOC1"},
                        {"Extra", true},
                        {"Processed", 1},
                        {"CreatedAt", "2026-11-27T12:00:00.000Z"},
                        {"UpdatedAt", "2026-11-27T12:00:01.000Z"}};
    EXPECT_EQ(rig.get("r"), expected);
}

TEST(RecordTable, RecordsThatTheSeedsProgramsWroteAreProcessed) {
    Rig rig;
    rig.put_raw({{"AccountId", "ACC1"}, {"RunTime", "r"}, {"Processed", 0}, {"DocumentId", "D"}});
    EXPECT_EQ(rig.process().processed, 1);
    EXPECT_EQ(*rig.get("r")->find("Processed"), Value(1));
}

TEST(RecordTable, ARecordThatIsPutAgainKeepsTheTimeOfItsCreation) {
    Rig rig;
    rig.put("r", {{"DocumentId", "DOC1"}});
    rig.run_for(1h);
    const Item second = rig.put("r", {{"DocumentId", "DOC2"}});
    EXPECT_EQ(text(second, "CreatedAt"), "2026-11-27T12:00:00.000Z");
    EXPECT_EQ(text(second, "UpdatedAt"), "2026-11-27T13:00:00.000Z");
    EXPECT_EQ(text(*rig.get("r"), "DocumentId"), "DOC2");
    EXPECT_EQ(text(*rig.get("r"), "CreatedAt"), "2026-11-27T12:00:00.000Z");
}

TEST(RecordTable, AnOlderVersionIsNotWrittenOverANewerOne) {
    Rig rig(orders_model());
    const Item first = rig.put("r", {{"Total", 1}});
    EXPECT_EQ(*first.find("Version"), Value(1));
    Item mine = first;
    mine.set("Total", 2);
    EXPECT_EQ(*rig.finish(rig.table->put(mine)).value().find("Version"), Value(2));
    Item theirs = first;
    theirs.set("Total", 3);
    const auto refused = rig.finish(rig.table->put(theirs));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::condition_failed);
    EXPECT_EQ(refused.error().message, "the record was changed meanwhile: its version is 2, not 1");
    EXPECT_EQ(*rig.get("r")->find("Total"), Value(2));
}

TEST(RecordTable, ANewRecordWithAVersionDoesNotReplaceOne) {
    Rig rig(orders_model());
    rig.put("r", {{"Total", 1}});
    Item other = Rig::key("r");
    const auto refused = rig.finish(rig.table->put(other));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::already_exists);
    EXPECT_EQ(*rig.get("r")->find("Total"), Value(1));
}

TEST(RecordTable, InsertRefusesWhatIsThere) {
    Rig rig;
    rig.put("r");
    const auto refused = rig.finish(rig.table->put(Rig::key("r"), PutMode::insert));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::already_exists);
}

TEST(RecordTable, AnUpdateChangesWhatItNamesAndMakesNoRecord) {
    Rig rig(orders_model());
    rig.put("r", {{"Total", 5}, {"Note", "old"}, {"Kept", "yes"}});
    Changes changes;
    changes.set.emplace_back("City", "Bern");
    changes.add.emplace_back("Total", 7);
    changes.remove.emplace_back("Note");
    const auto updated = rig.finish(rig.table->update(Rig::key("r"), changes, 1));
    ASSERT_TRUE(updated) << describe(updated.error());
    EXPECT_EQ(*updated->find("Total"), Value(12));
    EXPECT_EQ(text(*updated, "City"), "Bern");
    EXPECT_EQ(updated->find("Note"), nullptr);
    EXPECT_EQ(text(*updated, "Kept"), "yes");
    EXPECT_EQ(*updated->find("Version"), Value(2));
    EXPECT_EQ(rig.finish(rig.table->update(Rig::key("r"), changes, 1)).error().code,
              Errc::condition_failed);
    EXPECT_EQ(rig.finish(rig.table->update(Rig::key("ghost"), changes)).error().code,
              Errc::not_found);
    EXPECT_FALSE(rig.get("ghost"));
}

TEST(RecordTable, AnUpdateMayNotTouchWhatTheTableKeeps) {
    Rig rig;
    rig.put("r");
    for (const char* name :
         {"AccountId", "RunTime", "CreatedAt", "UpdatedAt", "Processed", "workTurn", ""}) {
        Changes changes;
        changes.set.emplace_back(name, 1);
        const auto refused = rig.finish(rig.table->update(Rig::key("r"), changes));
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().code, Errc::invalid) << name;
    }
}

TEST(RecordTable, RemoveTellsWhetherThereWasOneAndMindsTheVersion) {
    Rig rig(orders_model());
    rig.put("r");
    EXPECT_EQ(rig.finish(rig.table->remove(Rig::key("r"), 9)).error().code, Errc::condition_failed);
    EXPECT_TRUE(rig.finish(rig.table->remove(Rig::key("r"), 1)).value());
    EXPECT_FALSE(rig.finish(rig.table->remove(Rig::key("r"), 1)).value());
    EXPECT_FALSE(rig.finish(rig.table->remove(Rig::key("r"))).value());
}

TEST(RecordTable, QueriesAreReadPageByPageToTheirEnd) {
    Rig rig;
    rig.put_many(25);
    RecordQuery query;
    query.key.hash = "ACC1";
    query.limit = 10;
    std::vector<std::string> names;
    int pages = 0;
    do {
        auto page = rig.finish(rig.table->query(query));
        ASSERT_TRUE(page) << describe(page.error());
        for (const Item& item : page->items) names.push_back(text(item, "RunTime"));
        query.cursor = page->next;
        ++pages;
    } while (query.cursor && pages < 10);
    ASSERT_EQ(names.size(), 25U);
    for (int i = 0; i < 25; ++i) EXPECT_EQ(names[static_cast<std::size_t>(i)], Rig::name(i));
}

TEST(RecordTable, BadLimitsAndCursorsAreNamed) {
    Rig rig;
    EXPECT_EQ(rig.finish(rig.table->scan(0, std::nullopt)).error().field, "limit");
    EXPECT_EQ(rig.finish(rig.table->scan(10, "nonsense")).error().field, "cursor");
    EXPECT_EQ(rig.finish(rig.table->list(WorkState::processed, 1'001, {})).error().field, "limit");
}

struct Lists : ::testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(Layouts, Lists, ::testing::Bool(), [](const auto& info) {
    return info.param ? "sharded" : "flag";
});

TEST_P(Lists, EveryStateIsListedPageByPage) {
    Rig rig(GetParam() ? sharded_model() : records_model());
    rig.put_many(40);
    rig.shop.answer = [](const std::string& name, int) -> Result<> {
        if (name < "r0012") return fail(Errc::denied, "no");
        return {};
    };
    rig.process();
    for (int i = 100; i < 123; ++i) rig.put(Rig::name(i));
    const std::pair<WorkState, std::size_t> expected[] = {{WorkState::quarantined, 12},
                                                          {WorkState::processed, 28},
                                                          {WorkState::unprocessed, 23},
                                                          {WorkState::in_hand, 0}};
    for (const auto& [state, count] : expected) {
        std::map<std::string, int> found;
        std::optional<std::string> next;
        do {
            auto page = rig.finish(rig.table->list(state, 5, next));
            ASSERT_TRUE(page) << describe(page.error());
            EXPECT_LE(page->items.size(), 5U);
            for (const Item& item : page->items) {
                ++found[text(item, "RunTime")];
                EXPECT_EQ(rig.table->state_of(item).value(), state);
            }
            next = page->next;
        } while (next);
        EXPECT_EQ(found.size(), count) << to_string(state);
        EXPECT_EQ(rig.count(state), static_cast<std::int64_t>(count)) << to_string(state);
    }
}

TEST_P(Lists, AQuarantinedRecordIsRequeuedWithAllItsAttempts) {
    Rig rig(GetParam() ? sharded_model() : records_model());
    rig.put("r");
    rig.shop.answer = [](const std::string&, int) -> Result<> { return fail(Errc::denied, "no"); };
    rig.process();
    EXPECT_EQ(rig.count(WorkState::quarantined), 1);
    EXPECT_TRUE(rig.finish(rig.table->requeue(Rig::key("r"))).value());
    EXPECT_FALSE(rig.finish(rig.table->requeue(Rig::key("r"))).value());
    rig.shop.answer = nullptr;
    const Report report = rig.process();
    EXPECT_EQ(report.processed, 1);
    EXPECT_EQ(report.outcomes.at(0).attempts, 1);
}

TEST_P(Lists, MarkingTellsWhatItFound) {
    Rig rig(GetParam() ? sharded_model() : records_model(), true);
    rig.put("r");
    EXPECT_EQ(rig.finish(rig.table->mark_processed(Rig::key("r"))).value(), Marked::marked);
    EXPECT_EQ(rig.finish(rig.table->mark_processed(Rig::key("r"))).value(), Marked::already);
    rig.put("held");
    rig.shop.delay = 1s;
    auto processor = rig.make();
    std::optional<bool> ended;
    rig.group.spawn([](Task<Result<Report>> run, std::optional<bool>& done) -> Task<> {
        done = (co_await std::move(run)).has_value();
    }(processor->run(rig.shop.handler()), ended));
    rig.run_for(100ms);
    EXPECT_EQ(rig.finish(rig.table->mark_processed(Rig::key("held"))).value(), Marked::in_hand);
    rig.run_for(1min);
    EXPECT_EQ(ended, true);
    EXPECT_EQ(rig.shop.runs["held"], 1);
}

TEST(RecordTable, ATableWithoutAFlagCannotBeMarked) {
    Rig rig(users_model());
    EXPECT_EQ(rig.finish(rig.table->mark_processed({{"pk", "a"}, {"sk", "b"}})).error().code,
              Errc::invalid);
    Processor processor(rig.loop, *rig.store, rig.model, rig.random, Log::null(), rig.metrics, {});
    EXPECT_EQ(rig.finish(processor.run(rig.shop.handler())).error().code, Errc::invalid);
}

}  // namespace
}  // namespace carillon::records
