#include "cli/store_commands.hpp"

#include "cli/store_rig_test.hpp"

#include <algorithm>

namespace carillon::cli {

namespace {

using testing::StoreRig;

struct Commands : StoreRig {
    explicit Commands(ItemForm form = ItemForm::plain, bool json = false)
        : store(open()), commands(*store, console, json, form) {}

    std::unique_ptr<dynamo::EmbeddedDatabase> store;
    StoreCommands commands;
};

std::size_t lines(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

TEST(StoreCommands, ListTables) {
    Commands rig;
    EXPECT_EQ(rig.run(rig.commands.tables()), ExitCode::ok);
    EXPECT_EQ(rig.err.str(), "no tables\n");
    rig.fill(*rig.store, 3);
    EXPECT_EQ(rig.run(rig.commands.tables()), ExitCode::ok);
    EXPECT_NE(rig.out.str().find("things"), std::string::npos);
    EXPECT_NE(rig.out.str().find("id (S)"), std::string::npos);
    EXPECT_NE(rig.out.str().find("by_kind"), std::string::npos);
}

TEST(StoreCommands, ListTablesAsJson) {
    Commands rig(ItemForm::plain, true);
    rig.fill(*rig.store, 2);
    EXPECT_EQ(rig.run(rig.commands.tables()), ExitCode::ok);
    EXPECT_NE(rig.out.str().find(R"x("name":"things","key":"id (S)","items":2)x"),
              std::string::npos)
        << rig.out.str();
}

TEST(StoreCommands, ScanEverythingOrSome) {
    Commands all;
    all.fill(*all.store, 1'200);
    EXPECT_EQ(all.run(all.commands.scan({.table = "things"})), ExitCode::ok);
    EXPECT_EQ(lines(all.out.str()), 1'200U);

    Commands some;
    some.fill(*some.store, 20);
    EXPECT_EQ(
        some.run(some.commands.scan({.table = "things",
                                     .filter = "kind = :k AND #n > :n",
                                     .projection = "id",
                                     .expressions = {R"({"#n":"n"})", R"({":k":"odd",":n":16})"}})),
        ExitCode::ok);
    EXPECT_EQ(lines(some.out.str()), 2U);
    EXPECT_NE(some.out.str().find("{\"id\":\"0017\"}\n"), std::string::npos) << some.out.str();

    Commands limited;
    limited.fill(*limited.store, 20);
    EXPECT_EQ(limited.run(limited.commands.scan({.table = "things", .limit = 7})), ExitCode::ok);
    EXPECT_EQ(lines(limited.out.str()), 7U);

    Commands counted;
    counted.fill(*counted.store, 20);
    EXPECT_EQ(
        counted.run(counted.commands.scan({.table = "things", .index = "by_kind", .count = true})),
        ExitCode::ok);
    EXPECT_EQ(counted.out.str(), "20\n");
}

TEST(StoreCommands, QueryTablesAndIndexes) {
    Commands rig(ItemForm::typed);
    rig.fill(*rig.store, 5);
    EXPECT_EQ(
        rig.run(rig.commands.query(
            {.table = "things", .key = "id = :i", .expressions = {"", R"({":i":{"S":"0003"}})"}})),
        ExitCode::ok);
    EXPECT_EQ(rig.out.str(),
              R"({"id":{"S":"0003"},"kind":{"S":"odd"},"n":{"N":"3"}})"
              "\n");
    rig.out.str("");
    EXPECT_EQ(rig.run(rig.commands.query({.table = "things",
                                          .index = "by_kind",
                                          .key = "kind = :k",
                                          .expressions = {"", R"({":k":{"S":"even"}})"},
                                          .limit = 2})),
              ExitCode::ok);
    EXPECT_EQ(lines(rig.out.str()), 2U);
}

TEST(StoreCommands, GetAndPut) {
    Commands rig;
    rig.fill(*rig.store, 1);
    EXPECT_EQ(rig.run(rig.commands.put({.table = "things", .item = R"({"id":"x","n":7})"})),
              ExitCode::ok);
    EXPECT_EQ(rig.out.str(), "1 written\n");
    rig.out.str("");
    EXPECT_EQ(rig.run(rig.commands.get({.table = "things", .key = R"({"id":"x"})"})), ExitCode::ok);
    EXPECT_EQ(rig.out.str(), "{\"id\":\"x\",\"n\":7}\n");
    EXPECT_EQ(rig.run(rig.commands.get({.table = "things", .key = R"({"id":"y"})"})),
              ExitCode::not_found);
    EXPECT_EQ(
        rig.run(rig.commands.put(
            {.table = "things", .item = R"({"id":"x"})", .condition = "attribute_not_exists(id)"})),
        ExitCode::failed);
    EXPECT_NE(rig.err.str().find("The conditional request failed"), std::string::npos);
}

TEST(StoreCommands, PutManyFromALineEach) {
    Commands rig;
    rig.fill(*rig.store, 0);
    std::string text;
    for (int i = 0; i < 1'100; ++i) text += "{\"id\":\"" + std::to_string(i) + "\"}\n\n";
    rig.in.str(text);
    EXPECT_EQ(rig.run(rig.commands.put({.table = "things", .item = "-"})), ExitCode::ok);
    EXPECT_EQ(rig.out.str(), "1100 written\n");
    rig.out.str("");
    EXPECT_EQ(rig.run(rig.commands.scan({.table = "things", .count = true})), ExitCode::ok);
    EXPECT_EQ(rig.out.str(), "1100\n");
}

TEST(StoreCommands, PutOneOverSeveralLines) {
    Commands rig;
    rig.fill(*rig.store, 0);
    rig.in.str("{\n  \"id\": \"a\",\n  \"n\": 1\n}\n");
    EXPECT_EQ(rig.run(rig.commands.put({.table = "things", .item = "-"})), ExitCode::ok);
    EXPECT_EQ(rig.out.str(), "1 written\n");
}

TEST(StoreCommands, SayWhatIsWrong) {
    Commands rig;
    rig.fill(*rig.store, 1);
    EXPECT_EQ(rig.run(rig.commands.scan({.table = "nothing"})), ExitCode::not_found);
    EXPECT_NE(rig.err.str().find("Table: nothing not found"), std::string::npos);
    EXPECT_EQ(rig.run(rig.commands.scan({.table = "things", .filter = "n >"})), ExitCode::usage);
    EXPECT_NE(rig.err.str().find("--filter: Syntax error"), std::string::npos) << rig.err.str();
    EXPECT_EQ(rig.run(rig.commands.query({.table = "things", .key = "n = :n"})), ExitCode::usage);
    EXPECT_EQ(rig.run(rig.commands.query({.table = "things", .index = "none", .key = "n = :n"})),
              ExitCode::not_found);
    EXPECT_EQ(rig.run(rig.commands.put({.table = "things", .item = "{}"})), ExitCode::usage);
    EXPECT_EQ(rig.run(rig.commands.put({.table = "things", .item = "@/no/such/file"})),
              ExitCode::not_found);
}

TEST(BytesText, IsForPeople) {
    EXPECT_EQ(bytes_text(0), "0 B");
    EXPECT_EQ(bytes_text(1'023), "1023 B");
    EXPECT_EQ(bytes_text(1'536), "1.5 KB");
    EXPECT_EQ(bytes_text(5U << 20), "5.0 MB");
}

}  // namespace

}  // namespace carillon::cli
