#include "conformance/conformance.hpp"

namespace carillon::conformance {

using dynamo::Item;
using dynamo::SortCondition;
using dynamo::SortOperator;
using dynamo::Value;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

Task<> fill_numbers(dynamo::Database& db, int count) {
    EXPECT_TRUE(co_await db.create_table(sorted_table()));
    std::vector<dynamo::Write> writes;
    for (int i = 0; i < count; ++i) {
        writes.emplace_back(put("things", {{"id", "p"}, {"n", i - 2}, {"even", i % 2 == 0}}));
        writes.emplace_back(put("things", {{"id", "other"}, {"n", i}}));
    }
    EXPECT_TRUE(co_await db.batch_write(std::move(writes)));
}

}  // namespace

TEST_P(DatabaseConformance, QueriesReadOnePartitionInNumberOrder) {
    run([](dynamo::Database& db) -> Task<> {
        co_await fill_numbers(db, 5);
        dynamo::QueryRequest request = query("things", "p");
        const auto forward = co_await db.query(request);
        CARILLON_CO_ASSERT(forward);
        EXPECT_THAT(column(*forward, "n"), ElementsAre(-2, -1, 0, 1, 2));
        EXPECT_EQ(forward->count, 5);
        EXPECT_EQ(forward->scanned_count, 5);
        EXPECT_FALSE(forward->last_key);
        request.forward = false;
        const auto backward = co_await db.query(request);
        CARILLON_CO_ASSERT(backward);
        EXPECT_THAT(column(*backward, "n"), ElementsAre(2, 1, 0, -1, -2));
        const auto nothing = co_await db.query(query("things", "nobody"));
        CARILLON_CO_ASSERT(nothing);
        EXPECT_THAT(nothing->items, IsEmpty());
    }(db()));
}

TEST_P(DatabaseConformance, SortConditionsBoundTheRange) {
    struct Case {
        SortCondition sort;
        std::vector<Value> numbers;
    };

    const Case cases[] = {
        {{SortOperator::equal, 1}, {1}},
        {{SortOperator::equal, 9}, {}},
        {{SortOperator::less, 0}, {-2, -1}},
        {{SortOperator::less_equal, 0}, {-2, -1, 0}},
        {{SortOperator::greater, 0}, {1, 2}},
        {{SortOperator::greater_equal, 0}, {0, 1, 2}},
        {{SortOperator::between, -1, 1}, {-1, 0, 1}},
        {{SortOperator::between, 7, 9}, {}},
    };
    run(fill_numbers(db(), 5));
    for (const Case& c : cases) {
        run([](dynamo::Database& db, const Case& wanted) -> Task<> {
            dynamo::QueryRequest request = query("things", "p");
            request.key.sort = wanted.sort;
            const auto page = co_await db.query(request);
            CARILLON_CO_ASSERT(page);
            EXPECT_EQ(column(*page, "n"), wanted.numbers) << static_cast<int>(wanted.sort.op);
            request.forward = false;
            const auto backward = co_await db.query(request);
            CARILLON_CO_ASSERT(backward);
            std::vector<Value> reversed(wanted.numbers.rbegin(), wanted.numbers.rend());
            EXPECT_EQ(column(*backward, "n"), reversed) << static_cast<int>(wanted.sort.op);
        }(db(), c));
    }
}

TEST_P(DatabaseConformance, BeginsWithFindsPrefixesOfText) {
    run([](dynamo::Database& db) -> Task<> {
        dynamo::TableSchema schema = hash_table();
        schema.key.sort = {"name", dynamo::Type::string};
        EXPECT_TRUE(co_await db.create_table(schema));
        std::vector<dynamo::Write> writes;
        for (const char* name : {"a", "ab", "abc", "abd", "ac", "b", "\xf4\x8f\xbf\xbf"}) {
            writes.emplace_back(put("things", {{"id", "p"}, {"name", name}}));
        }
        EXPECT_TRUE(co_await db.batch_write(std::move(writes)));
        dynamo::QueryRequest request = query("things", "p");
        request.key.sort = SortCondition{SortOperator::begins_with, "ab"};
        const auto page = co_await db.query(request);
        CARILLON_CO_ASSERT(page);
        EXPECT_THAT(column(*page, "name"), ElementsAre("ab", "abc", "abd"));
        request.forward = false;
        const auto backward = co_await db.query(request);
        CARILLON_CO_ASSERT(backward);
        EXPECT_THAT(column(*backward, "name"), ElementsAre("abd", "abc", "ab"));
        request.key.sort->value = "\xf4\x8f\xbf\xbf";
        const auto last = co_await db.query(request);
        CARILLON_CO_ASSERT(last);
        EXPECT_EQ(last->count, 1);
    }(db()));
}

TEST_P(DatabaseConformance, PagesFollowEachOtherWithoutGapOrOverlap) {
    for (const bool forward : {true, false}) {
        if (forward) run(fill_numbers(db(), 23));
        run([](dynamo::Database& db, bool ascending) -> Task<> {
            dynamo::QueryRequest request = query("things", "p");
            request.limit = 5;
            request.forward = ascending;
            std::vector<Value> seen;
            int pages = 0;
            for (;;) {
                const auto page = co_await db.query(request);
                CARILLON_CO_ASSERT(page);
                ++pages;
                for (const Value& value : column(*page, "n")) seen.push_back(value);
                if (!page->last_key) break;
                EXPECT_EQ(page->last_key->size(), 2U);
                request.start_key = page->last_key;
            }
            EXPECT_EQ(pages, 5);
            std::vector<Value> wanted;
            for (int i = 0; i < 23; ++i) wanted.emplace_back(ascending ? i - 2 : 20 - i);
            EXPECT_EQ(seen, wanted);
        }(db(), forward));
    }
}

TEST_P(DatabaseConformance, LimitsCountBeforeTheFilter) {
    run([](dynamo::Database& db) -> Task<> {
        co_await fill_numbers(db, 10);
        dynamo::QueryRequest request = query("things", "p");
        request.limit = 4;
        request.filter = when("even = :yes", {{":yes", true}});
        const auto page = co_await db.query(request);
        CARILLON_CO_ASSERT(page);
        EXPECT_EQ(page->scanned_count, 4);
        EXPECT_EQ(page->count, 2);
        EXPECT_THAT(column(*page, "n"), ElementsAre(-2, 0));
        CARILLON_CO_ASSERT(page->last_key);
        EXPECT_EQ(*page->last_key, (Item{{"id", "p"}, {"n", 1}}));
        // A page that ends by its limit has a key to go on from, even at the very end.
        request.limit = 10;
        const auto all = co_await db.query(request);
        CARILLON_CO_ASSERT(all);
        EXPECT_TRUE(all->last_key);
        request.start_key = all->last_key;
        const auto rest = co_await db.query(request);
        CARILLON_CO_ASSERT(rest);
        EXPECT_EQ(rest->scanned_count, 0);
        EXPECT_FALSE(rest->last_key);
    }(db()));
}

TEST_P(DatabaseConformance, PagesEndBehindTheItemThatFillsAMegabyte) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(sorted_table()));
        for (int i = 0; i < 5; ++i) {
            EXPECT_TRUE(co_await db.put_item(
                put("things", {{"id", "p"}, {"n", i}, {"big", std::string(350'000, 'x')}})));
        }
        dynamo::QueryRequest request = query("things", "p");
        request.select = dynamo::Select::count;
        const auto page = co_await db.query(request);
        CARILLON_CO_ASSERT(page && page->last_key);
        EXPECT_TRUE(page->items.empty());
        EXPECT_EQ(page->count, 3);
        request.start_key = page->last_key;
        const auto next = co_await db.query(request);
        CARILLON_CO_ASSERT(next);
        EXPECT_EQ(next->count, 2);
        EXPECT_FALSE(next->last_key);
    }(db()));
}

TEST_P(DatabaseConformance, ProjectionsCutItemsDown) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        EXPECT_TRUE(co_await db.put_item(
            put("things", {{"id", "a"}, {"x", 1}, {"m", dynamo::Map{{"p", 1}, {"q", 2}}}})));
        auto projection = dynamo::Projection::parse("m.q, x");
        CARILLON_CO_ASSERT(projection);
        dynamo::GetRequest request = get("things", {{"id", "a"}});
        request.projection = *projection;
        const auto got = co_await db.get_item(request);
        CARILLON_CO_ASSERT(got && *got);
        EXPECT_EQ(**got, (Item{{"m", dynamo::Map{{"q", 2}}}, {"x", 1}}));
        dynamo::QueryRequest all = query("things", "a");
        all.projection = *projection;
        const auto page = co_await db.query(all);
        CARILLON_CO_ASSERT(page);
        EXPECT_THAT(page->items, ElementsAre(Item{{"m", dynamo::Map{{"q", 2}}}, {"x", 1}}));
    }(db()));
}

TEST_P(DatabaseConformance, BadQueriesAreRefused) {
    run([](dynamo::Database& db) -> Task<> {
        co_await fill_numbers(db, 3);
        dynamo::QueryRequest request = query("things", 5);
        EXPECT_EQ(code_of(co_await db.query(request)), Errc::invalid);
        request = query("things", "");
        EXPECT_EQ(code_of(co_await db.query(request)), Errc::invalid);
        request = query("things", "p");
        request.limit = 0;
        EXPECT_EQ(code_of(co_await db.query(request)), Errc::invalid);
        request = query("things", "p");
        request.key.sort = SortCondition{SortOperator::equal, "text"};
        EXPECT_EQ(code_of(co_await db.query(request)), Errc::invalid);
        request.key.sort = SortCondition{SortOperator::begins_with, 1};
        EXPECT_EQ(code_of(co_await db.query(request)), Errc::invalid);
        request = query("things", "p");
        request.start_key = Item{{"id", "p"}};
        EXPECT_EQ(code_of(co_await db.query(request)), Errc::invalid);
        request.start_key = Item{{"id", "other"}, {"n", 1}};
        EXPECT_EQ(code_of(co_await db.query(request)), Errc::invalid);
        request.start_key = Item{{"id", "p"}, {"n", "1"}};
        EXPECT_EQ(code_of(co_await db.query(request)), Errc::invalid);
    }(db()));
}

}  // namespace carillon::conformance
