#include "cli/migration.hpp"

#include "cli/store_rig_test.hpp"

namespace carillon::cli {

namespace {

using dynamo::Item;
using testing::StoreRig;

struct Stores : StoreRig {
    Stores() : from(open()), to(open()) {}

    Result<MigrationOutcome> go(MigrationOptions options = {}) {
        return run(migrate(*from, *to, std::move(options), state, hooks()));
    }

    MigrationHooks hooks() {
        MigrationHooks out;
        out.told = [this](const std::string& line) { told += line + "\n"; };
        out.keep = [this](const MigrationState& now) -> Result<> {
            kept = to_text(now);
            if (pages_max > 0 && --pages_max == 0) return fail(Errc::cancelled, "interrupted");
            return {};
        };
        return out;
    }

    ItemSum sum_of(dynamo::Database& database) {
        ItemSum out;
        std::optional<Item> start;
        do {
            dynamo::ScanRequest request{"things"};
            request.start_key = start;
            auto page = run(database.scan(request)).value();
            for (const Item& item : page.items) out.add(item);
            start = std::move(page.last_key);
        } while (start);
        return out;
    }

    std::unique_ptr<dynamo::EmbeddedDatabase> from;
    std::unique_ptr<dynamo::EmbeddedDatabase> to;
    MigrationState state{"a", "b", {}};
    std::string told;
    std::string kept;
    int pages_max = 0;
};

/// Items large enough for several pages.
void fill_large(Stores& stores, int count) {
    ASSERT_TRUE(stores.run(stores.from->create_table(StoreRig::things())));
    std::vector<dynamo::Write> writes;
    for (int i = 0; i < count; ++i) {
        writes.emplace_back(dynamo::PutRequest{
            "things", {{"id", std::to_string(i)}, {"text", std::string(20'000, 'x')}}});
    }
    ASSERT_TRUE(stores.run(stores.from->batch_write(std::move(writes))));
}

TEST(ItemSum, DoesNotDependOnTheOrder) {
    ItemSum one;
    ItemSum other;
    const Item a{{"id", "a"}};
    const Item b{{"id", "b"}, {"n", 1}};
    one.add(a);
    one.add(b);
    other.add(b);
    other.add(a);
    EXPECT_EQ(one, other);
    ItemSum third;
    third.add(a);
    third.add(a);
    EXPECT_NE(one, third);
    EXPECT_EQ(one.digits().size(), 32U);
    EXPECT_EQ(one.count, 2U);
}

TEST(Migrate, CopiesTablesWithEverything) {
    Stores stores;
    dynamo::TableSchema schema = StoreRig::things();
    schema.ttl_attribute = "expires";
    schema.settings.tags["team"] = "blue";
    ASSERT_TRUE(stores.run(stores.from->create_table(schema)));
    for (int i = 0; i < 100; ++i) {
        dynamo::PutRequest put{"things", {{"id", std::to_string(i)}, {"kind", "k"}, {"n", i}}};
        ASSERT_TRUE(stores.run(stores.from->put_item(put)));
    }
    const auto outcome = stores.go();
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->tables, 1U);
    EXPECT_EQ(outcome->items, 100U);
    EXPECT_TRUE(outcome->different.empty());
    EXPECT_EQ(stores.sum_of(*stores.to), stores.sum_of(*stores.from));
    const auto copy = stores.run(stores.to->describe_table("things")).value().schema;
    EXPECT_EQ(copy.indexes, schema.indexes);
    EXPECT_EQ(copy.ttl_attribute, schema.ttl_attribute);
    EXPECT_EQ(copy.settings.tags, schema.settings.tags);
    EXPECT_EQ(stores.to->check()->faults, 0U);
    EXPECT_EQ(stores.to->check()->index_entries, 100U);
}

TEST(Migrate, OnlyTellsInADryRun) {
    Stores stores;
    stores.fill(*stores.from, 3);
    ASSERT_TRUE(stores.go({.dry_run = true}));
    EXPECT_EQ(stores.told, "things: about 3 items, 1 indexes would be copied\n");
    EXPECT_TRUE(stores.run(stores.to->list_tables())->empty());
}

TEST(Migrate, TakesTheNamedTablesOnly) {
    Stores stores;
    stores.fill(*stores.from, 3);
    dynamo::TableSchema other = StoreRig::things();
    other.name = "other";
    ASSERT_TRUE(stores.run(stores.from->create_table(other)));
    ASSERT_TRUE(stores.go({.tables = {"other"}}));
    EXPECT_EQ(stores.run(stores.to->list_tables()).value(), std::vector<std::string>{"other"});
    EXPECT_EQ(stores.go({.tables = {"none"}}).error().message, "the source has no table none");
}

TEST(Migrate, RefusesTablesWithItems) {
    Stores stores;
    stores.fill(*stores.from, 3);
    stores.fill(*stores.to, 5);
    const auto refused = stores.go();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::already_exists);
    EXPECT_EQ(stores.sum_of(*stores.to).count, 5U);

    ASSERT_TRUE(stores.go({.overwrite = true}));
    EXPECT_EQ(stores.sum_of(*stores.to), stores.sum_of(*stores.from));
}

TEST(Migrate, WritesOverWhatIsThereWhenToldSo) {
    Stores stores;
    stores.fill(*stores.from, 5);
    stores.fill(*stores.to, 3);
    const auto outcome = stores.go({.resume = true});
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(outcome->different.empty());
    EXPECT_EQ(stores.sum_of(*stores.to).count, 5U);
}

TEST(Migrate, RefusesAnotherKey) {
    Stores stores;
    stores.fill(*stores.from, 1);
    dynamo::TableSchema schema = StoreRig::things();
    schema.key.hash.type = dynamo::Type::number;
    ASSERT_TRUE(stores.run(stores.to->create_table(schema)));
    EXPECT_EQ(stores.go().error().code, Errc::already_exists);
}

TEST(Migrate, GoesOnWhereItWasInterrupted) {
    Stores stores;
    fill_large(stores, 300);
    stores.pages_max = 2;
    const auto interrupted = stores.go();
    ASSERT_FALSE(interrupted);
    EXPECT_EQ(interrupted.error().code, Errc::cancelled);
    const std::uint64_t there = stores.sum_of(*stores.to).count;
    EXPECT_GT(there, 50U);
    EXPECT_LT(there, 300U);

    // As another process would: from what was kept.
    stores.state = read_migration_state(stores.kept).value();
    EXPECT_GE(stores.state.tables.at("things").copied.count, 50U);
    const auto outcome = stores.go();
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(outcome->different.empty());
    EXPECT_EQ(outcome->items, 300U);
    EXPECT_EQ(stores.sum_of(*stores.to), stores.sum_of(*stores.from));

    // And what was finished stays so.
    stores.state = read_migration_state(stores.kept).value();
    stores.told.clear();
    ASSERT_TRUE(stores.go());
    EXPECT_EQ(stores.told, "things: done before\n");
}

TEST(Migrate, BeginsAgainWhenTheTargetIsGone) {
    Stores stores;
    fill_large(stores, 120);
    stores.pages_max = 1;
    ASSERT_FALSE(stores.go());
    ASSERT_TRUE(stores.run(stores.to->delete_table("things")));
    stores.state = read_migration_state(stores.kept).value();
    const auto outcome = stores.go();
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(outcome->different.empty());
    EXPECT_EQ(stores.sum_of(*stores.to).count, 120U);
}

TEST(Migrate, TellsWhatIsDifferent) {
    Stores stores;
    stores.fill(*stores.from, 3);
    // An item of the target that the source does not have.
    ASSERT_TRUE(stores.run(stores.to->create_table(StoreRig::things())));
    dynamo::PutRequest stray{"things", {{"id", "stray"}}};
    ASSERT_TRUE(stores.run(stores.to->put_item(stray)));
    const auto outcome = stores.go({.resume = true});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->different, std::vector<std::string>{"things"});
    EXPECT_NE(stores.told.find("things: DIFFERENT: 3 items copied"), std::string::npos);
}

TEST(MigrationState, ReadsWhatItWrote) {
    MigrationState state{"embedded:a", "dynamodb://x", {}};
    state.tables["t"].copied.add({{"id", "a"}});
    state.tables["t"].last_key = Item{{"id", "a"}, {"n", 1}};
    state.tables["u"].copied_all = true;
    state.tables["u"].verified = true;
    const MigrationState again = read_migration_state(to_text(state)).value();
    EXPECT_EQ(again.from, state.from);
    EXPECT_EQ(again.to, state.to);
    EXPECT_EQ(again.tables.at("t").copied, state.tables["t"].copied);
    EXPECT_EQ(again.tables.at("t").last_key, state.tables["t"].last_key);
    EXPECT_TRUE(again.tables.at("u").verified);
    for (const char* bad :
         {"",
          "[]",
          "{}",
          R"({"tables":{"t":{}}})",
          R"({"tables":{"t":{"items":-1,"sum":"00"}}})",
          R"({"tables":{"t":{"items":1,"sum":"zz000000000000000000000000000000"}}})"}) {
        EXPECT_FALSE(read_migration_state(bad)) << bad;
    }
}

}  // namespace

}  // namespace carillon::cli
