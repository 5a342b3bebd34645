// What needs no processes of its own; tests/e2e/records.py has the rest.

#include "cli/records_commands.hpp"

#include "cli/progress_bar.hpp"
#include "cli/store_rig_test.hpp"

#include <gtest/gtest.h>

namespace carillon::cli {
namespace {

struct Rig : testing::StoreRig {
    std::unique_ptr<dynamo::EmbeddedDatabase> database = open();
    SeededRandom random{1};

    RecordsCommands commands(RecordsOptions options = {}) {
        return {*database, loop(), random, console, std::move(options)};
    }

    std::string taken() {
        std::string text = out.str();
        out.str({});
        return text;
    }
};

TEST(RecordsCommands, TheSeedsTablesAreMadeAndUsedWithoutAFlag) {
    Rig rig;
    auto commands = rig.commands();
    EXPECT_EQ(rig.run(commands.create({})), ExitCode::ok);
    EXPECT_NE(rig.taken().find("Records  AccountId, RunTime  flag Processed"), std::string::npos);
    EXPECT_EQ(rig.run(commands.put({.record = R"({"AccountId":"A","RunTime":"t"})"})),
              ExitCode::ok);
    EXPECT_EQ(rig.taken(), "1 record written\n");
    EXPECT_EQ(rig.run(commands.list({.count = true})), ExitCode::ok);
    EXPECT_EQ(rig.taken(), "1\n");
}

TEST(RecordsCommands, RecordsComeOneALineFromStandardInput) {
    Rig rig;
    auto commands = rig.commands({.table = "Jobs", .json = true});
    EXPECT_EQ(rig.run(commands.create({.table = "Jobs", .key = "id:N", .shards = 3})),
              ExitCode::ok);
    for (int i = 0; i < 250; ++i) rig.in.str(rig.in.str() + "{\"id\":" + std::to_string(i) + "}\n");
    rig.taken();
    EXPECT_EQ(rig.run(commands.put({.record = "-"})), ExitCode::ok);
    EXPECT_EQ(rig.taken(), "{\"written\":250}\n");
    EXPECT_EQ(rig.run(commands.list({.limit = 7, .count = true})), ExitCode::ok);
    EXPECT_EQ(rig.taken(), "7\n");
    EXPECT_EQ(rig.run(commands.list({.count = true})), ExitCode::ok);
    EXPECT_EQ(rig.taken(), "250\n");
}

TEST(RecordsCommands, ARecordThatIsThereIsRefusedWhenNewOnesAreWanted) {
    Rig rig;
    auto commands = rig.commands();
    EXPECT_EQ(rig.run(commands.create({})), ExitCode::ok);
    const RecordsPut put{.record = R"({"AccountId":"A","RunTime":"t"})", .only_new = true};
    EXPECT_EQ(rig.run(commands.put(put)), ExitCode::ok);
    EXPECT_EQ(rig.run(commands.put(put)), ExitCode::failed);
    EXPECT_NE(rig.err.str().find("record 1: already exists: there is a record of that key"),
              std::string::npos)
        << rig.err.str();
}

TEST(RecordsCommands, MistakesAreNamedWithTheirOwnExitCodes) {
    Rig rig;
    auto commands = rig.commands();
    EXPECT_EQ(rig.run(commands.list({})), ExitCode::not_found);
    EXPECT_EQ(rig.run(commands.list({.state = "odd"})), ExitCode::usage);
    EXPECT_EQ(rig.run(commands.create({.table = "Jobs", .key = "id:X"})), ExitCode::usage);
    EXPECT_EQ(rig.run(commands.create({})), ExitCode::ok);
    EXPECT_EQ(rig.run(commands.put({.record = "nonsense"})), ExitCode::usage);
    EXPECT_EQ(rig.run(commands.put({.record = R"({"AccountId":"A"})"})), ExitCode::usage);
}

TEST(ProgressBar, FillsAndTells) {
    EXPECT_EQ(bar_text(900, 2'000, 312.4, "3 quarantined"),
              "[##########--------------]  45%  900 of 2000  312/s  3 quarantined");
    EXPECT_EQ(bar_text(0, 10, 0, ""), "[------------------------]   0%  0 of 10  0/s");
    EXPECT_EQ(bar_text(12, 10, 5, ""), "[########################] 100%  12 of 12  5/s");
    EXPECT_EQ(bar_text(7, 0, 2, ""), "7 done  2/s");
}

TEST(ProgressBar, WritesNothingWhereNobodyWatches) {
    std::ostringstream err;
    const runtime::SystemClock clock;
    ProgressBar bar(err, clock, false);
    bar.update(1, 2, "");
    bar.clear();
    EXPECT_EQ(err.str(), "");
}

}  // namespace
}  // namespace carillon::cli
