// ensure_table (dynamo/ensure_table.hpp) over this engine.

#include "dynamo/ensure_table.hpp"

#include "dynamo/embedded/embedded.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo {
namespace {

TableSchema wanted() {
    TableSchema schema;
    schema.name = "things";
    schema.key.hash = {.name = "id"};
    schema.key.sort = KeyAttribute{.name = "at"};
    IndexSchema due;
    due.name = "due";
    due.key.hash = {.name = "state"};
    schema.indexes = {due};
    return schema;
}

struct Rig {
    runtime::SimulatedClock clock{from_epoch_ms(1'000'000)};
    runtime::Loop loop{clock};
    std::unique_ptr<EmbeddedDatabase> database =
        open_embedded({.memory = true, .inline_writer = true}, clock).value();
    runtime::TaskGroup group{loop};

    Result<TableDescription> ensure(TableSchema schema) {
        std::optional<Result<TableDescription>> answer;
        group.spawn(store(*database, std::move(schema), answer));
        loop.run_simulated(
            clock, clock.now() + Duration{60'000}, [&] { return answer.has_value(); });
        if (!answer) return fail(Errc::internal, "no answer");
        return *std::move(answer);
    }

private:
    static Task<> store(Database& in,
                        TableSchema schema,
                        std::optional<Result<TableDescription>>& answer) {
        answer.emplace(co_await ensure_table(in, std::move(schema)));
    }
};

TEST(EnsureTable, MakesWhatIsMissing) {
    Rig rig;
    TableSchema bare = wanted();
    bare.indexes.clear();
    const auto made = rig.ensure(bare);
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->schema.indexes.empty());
    const auto completed = rig.ensure(wanted());
    ASSERT_TRUE(completed) << describe(completed.error());
    EXPECT_NE(completed->schema.index("due"), nullptr);
    const auto again = rig.ensure(wanted());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->schema.indexes.size(), 1U);
    // What is there beside is left alone.
    const auto still = rig.ensure(bare);
    ASSERT_TRUE(still);
    EXPECT_EQ(still->schema.indexes.size(), 1U);
}

TEST(EnsureTable, RefusesTablesThatAreSomethingElse) {
    Rig rig;
    ASSERT_TRUE(rig.ensure(wanted()));
    TableSchema key = wanted();
    key.key.sort.reset();
    EXPECT_EQ(rig.ensure(key).error().code, Errc::invalid);
    TableSchema index = wanted();
    index.indexes[0].key.hash.name = "other";
    EXPECT_EQ(rig.ensure(index).error().code, Errc::invalid);
    TableSchema local = wanted();
    local.indexes.push_back(local.indexes[0]);
    local.indexes[1].name = "local";
    local.indexes[1].local = true;
    local.indexes[1].key = {.hash = {.name = "id"}, .sort = KeyAttribute{.name = "n"}};
    EXPECT_NE(rig.ensure(local).error().message.find("cannot be added"), std::string::npos);
}

}  // namespace
}  // namespace carillon::dynamo
