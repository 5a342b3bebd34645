#include "app/tables.hpp"

#include "core/json.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace carillon::app {
namespace {

struct Ran {
    cli::ExitCode code;
    std::string out;
    std::string err;
};

Ran run(const TablesOptions& options, const std::string& store) {
    runtime::SystemClock clock;
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    cli::Console console{in, out, err};
    Config config;
    config.store = store;
    config.log_level = LogLevel::off;
    const cli::ExitCode code = tables(options, config, console, clock);
    return {code, out.str(), err.str()};
}

TEST(Tables, AreMadeAndShown) {
    TablesOptions options;
    options.action = TablesAction::create;
    options.stream = "KEYS_ONLY";
    const Ran made = run(options, "memory:");
    EXPECT_EQ(made.code, cli::ExitCode::ok) << made.err;
    EXPECT_NE(made.out.find("webhooks  ACTIVE\n"), std::string::npos) << made.out;
    EXPECT_NE(made.out.find("stream   KEYS_ONLY\n"), std::string::npos) << made.out;
    for (const char* table : {"schedules", "schedule-runs", "schedule-ledger", "events-outbox"}) {
        EXPECT_NE(made.out.find(std::string(table) + "  ACTIVE\n"), std::string::npos) << table;
    }
    options.action = TablesAction::describe;
    const Ran missing = run(options, "memory:");
    EXPECT_EQ(missing.code, cli::ExitCode::not_found);
    EXPECT_NE(missing.err.find("Table: webhooks not found"), std::string::npos) << missing.err;
}

TEST(Tables, AreWrittenAsTemplates) {
    TablesOptions options;
    options.action = TablesAction::export_template;
    options.billing = "5/10";
    options.tags = {"team=bells", "note=a=b"};
    const Ran json = run(options, "dynamodb://eu-central-1?prefix=test-");
    ASSERT_EQ(json.code, cli::ExitCode::ok) << json.err;
    const auto document = parse_json(json.out);
    ASSERT_TRUE(document);
    const json::object& properties =
        document->at_pointer("/Resources/TestWebhooksTable/Properties").as_object();
    EXPECT_EQ(properties.at("TableName"), "test-webhooks");
    EXPECT_EQ(properties.at("BillingMode"), "PROVISIONED");
    // Nothing that caps a namespace at 10 GB.
    EXPECT_FALSE(properties.contains("LocalSecondaryIndexes"));
    EXPECT_EQ(properties.at("GlobalSecondaryIndexes").as_array().size(), 2U);
    EXPECT_EQ(to_text(properties.at("Tags").at(0)), R"({"Key":"note","Value":"a=b"})");
    const Ran seeds = run(options, "dynamodb://eu-central-1?layout=seed");
    EXPECT_NE(seeds.out.find("LocalSecondaryIndexes"), std::string::npos);
    options.format = "terraform";
    const Ran terraform = run(options, "dynamodb://eu-central-1");
    EXPECT_NE(terraform.out.find("resource \"aws_dynamodb_table\" \"webhooks\""),
              std::string::npos);
}

TEST(Tables, AreAllThatTheServerUses) {
    Config config;
    const auto names = [&] {
        std::string all;
        for (const dynamo::TableSchema& schema : tables_of(config, true).value()) {
            all += schema.name + " ";
        }
        return all;
    };
    config.store = "dynamodb://eu-central-1?prefix=p-";
    EXPECT_EQ(names(), "p-webhooks p-carillon-workers ");
    config.schedules = true;
    EXPECT_EQ(names(),
              "p-webhooks p-carillon-workers p-schedules p-schedule-runs p-schedule-ledger ");
    config.store = "memory:";
    config.schedules = false;
    EXPECT_EQ(names(), "webhooks events-outbox ");
    config.events.retention = "archive";
    config.layers = {{.name = "a"}, {.name = "b"}};
    EXPECT_EQ(names(), "webhooks events-outbox events-outbox-archive layers ");
}

TEST(Tables, SayWhichFlagIsWrong) {
    struct Case {
        TablesOptions options;
        const char* part;
    };

    const Case cases[] = {{{.billing = "cheap"}, "--billing"},
                          {{.billing = "5"}, "--billing"},
                          {{.billing = "0/5"}, "--billing"},
                          {{.stream = "ALL"}, "--stream"},
                          {{.tags = {"novalue"}}, "--tag"}};
    for (const Case& one : cases) {
        const Ran ran = run(one.options, "memory:");
        EXPECT_EQ(ran.code, cli::ExitCode::usage);
        EXPECT_NE(ran.err.find(one.part), std::string::npos) << ran.err;
    }
}

}  // namespace
}  // namespace carillon::app
