#include "app/command_line.hpp"
#include "app/store_open.hpp"

#include <gtest/gtest.h>

namespace carillon::app {

namespace {

Getenv environment_of(std::string store) {
    return [store = std::move(store)](std::string_view name) -> std::optional<std::string> {
        if (name == "CARILLON_STORE" && !store.empty()) return store;
        return std::nullopt;
    };
}

Command parse(std::vector<std::string> arguments, std::string store = {}) {
    return parse_command_line(std::move(arguments), environment_of(std::move(store)));
}

StoreCommand store_of(std::vector<std::string> arguments, std::string store = {}) {
    const Command command = parse(std::move(arguments), std::move(store));
    if (const auto* found = std::get_if<StoreCommand>(&command)) return *found;
    const auto* ended = std::get_if<Ended>(&command);
    ADD_FAILURE() << (ended != nullptr ? ended->err : "another command");
    return {};
}

TEST(StoreLine, ReadsWhatToLookAt) {
    const StoreCommand scan = store_of({"store",
                                        "scan",
                                        "things",
                                        "--filter",
                                        "n > :n",
                                        "--values",
                                        R"({":n":1})",
                                        "--plain",
                                        "--limit",
                                        "5",
                                        "--url",
                                        "http://127.0.0.1:8000"});
    EXPECT_EQ(scan.url, "http://127.0.0.1:8000");
    EXPECT_TRUE(scan.plain);
    const auto& options = std::get<StoreScan>(scan.what).options;
    EXPECT_EQ(options.table, "things");
    EXPECT_EQ(options.filter, "n > :n");
    EXPECT_EQ(options.expressions.values, R"({":n":1})");
    EXPECT_EQ(options.limit, 5);

    const StoreCommand query =
        store_of({"store", "query", "things", "--key", "id = :i", "--index", "by_kind", "--desc"});
    EXPECT_EQ(std::get<StoreQuery>(query.what).options.key, "id = :i");
    EXPECT_EQ(std::get<StoreQuery>(query.what).options.index, "by_kind");
    EXPECT_TRUE(std::get<StoreQuery>(query.what).options.descending);

    const StoreCommand get = store_of({"store", "get", "things", R"({"id":"a"})"});
    EXPECT_EQ(std::get<cli::GetOptions>(get.what).key, R"({"id":"a"})");
    const StoreCommand put = store_of({"store", "put", "things", "-", "--if", "a = b"});
    EXPECT_EQ(std::get<cli::PutOptions>(put.what).item, "-");
    EXPECT_EQ(std::get<cli::PutOptions>(put.what).condition, "a = b");
}

TEST(StoreLine, ReadsWhatToDoWithFiles) {
    const StoreCommand backup = store_of({"store", "backup", "copy", "--store", "embedded:x"});
    EXPECT_EQ(backup.store, "embedded:x");
    EXPECT_EQ(std::get<StoreFiles>(backup.what).work, FileWork::backup);
    EXPECT_EQ(std::get<StoreFiles>(backup.what).other, "copy");
    EXPECT_EQ(std::get<StoreFiles>(store_of({"store", "check"}).what).work, FileWork::check);
    EXPECT_EQ(std::get<StoreFiles>(store_of({"store", "compact"}).what).work, FileWork::compact);
    EXPECT_EQ(std::get<StoreFiles>(store_of({"store", "restore", "c"}).what).work,
              FileWork::restore);
}

TEST(StoreLine, TakesTheStoreOfTheEnvironment) {
    EXPECT_EQ(store_of({"store", "tables"}).store, Config{}.store);
    EXPECT_EQ(store_of({"store", "tables"}, "embedded:e").store, "embedded:e");
    EXPECT_EQ(store_of({"store", "tables", "--store", "s"}, "embedded:e").store, "s");
}

TEST(StoreLine, ReadsMigrations) {
    const Command command = parse({"migrate",
                                   "--from",
                                   "embedded:a",
                                   "--to",
                                   "embedded:b",
                                   "--tables",
                                   "x,y",
                                   "--dry-run",
                                   "--state",
                                   "s.json"});
    const auto& migrate = std::get<MigrateCommand>(command);
    EXPECT_EQ(migrate.from, "embedded:a");
    EXPECT_EQ(migrate.to, "embedded:b");
    EXPECT_EQ(migrate.options.tables, (std::vector<std::string>{"x", "y"}));
    EXPECT_TRUE(migrate.options.dry_run);
    EXPECT_EQ(migrate.state_file, "s.json");
}

TEST(StoreLine, RefusesWhatMakesNoSense) {
    const std::vector<std::vector<std::string>> lines = {
        {"store"},
        {"store", "scan"},
        {"store", "scan", "t", "--limit", "0"},
        {"store", "query", "t"},
        {"store", "get", "t"},
        {"store", "backup"},
        {"migrate", "--from", "a"},
        {"migrate", "--from", "a", "--to", "b", "--overwrite", "--resume"},
    };
    for (const auto& line : lines) {
        const Command command = parse(line);
        const auto* ended = std::get_if<Ended>(&command);
        ASSERT_NE(ended, nullptr) << line.back();
        EXPECT_EQ(ended->code, cli::ExitCode::usage) << line.back();
    }
}

TEST(StoreUrlOf, TakesDirectoriesAndServers) {
    EXPECT_EQ(store_url_of("./dir"), "embedded:./dir");
    EXPECT_EQ(store_url_of("embedded:x"), "embedded:x");
    EXPECT_EQ(store_url_of("dynamodb://eu-central-1"), "dynamodb://eu-central-1");
    EXPECT_EQ(store_url_of("http://127.0.0.1:8000"),
              "dynamodb://local?endpoint=http://127.0.0.1:8000");
}

}  // namespace

}  // namespace carillon::app
