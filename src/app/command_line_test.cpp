#include "app/command_line.hpp"

#include "app/listen.hpp"

#include <gtest/gtest.h>

namespace carillon::app {
namespace {

Command parse(std::vector<std::string> arguments, std::string server = {}) {
    return parse_command_line(std::move(arguments),
                              [&](std::string_view name) -> std::optional<std::string> {
                                  if (name == "CARILLON_SERVER" && !server.empty()) return server;
                                  if (name == "CARILLON_CONFIG") return "from-env.toml";
                                  return std::nullopt;
                              });
}

template <class T>
T what(const Command& command) {
    const auto* webhook = std::get_if<WebhookCommand>(&command);
    if (webhook == nullptr) {
        const auto* ended = std::get_if<Ended>(&command);
        ADD_FAILURE() << "no webhook command: " << (ended == nullptr ? "" : ended->err);
        return {};
    }
    const T* it = std::get_if<T>(&webhook->what);
    if (it == nullptr) {
        ADD_FAILURE() << "another webhook command";
        return {};
    }
    return *it;
}

TEST(CommandLine, ReadsAdd) {
    const Command command = parse({"webhook", "add",      "-X",
                                   "PUT",     "-H",       "A: 1",
                                   "-H",      "B: 2",     "https://a.example/",
                                   "-d",      "{}",       "--in",
                                   "5s",      "--every",  "30m",
                                   "--max",   "5",        "--retries",
                                   "7",       "--id",     "x",
                                   "-n",      "shop",     "-q",
                                   "--json",  "--server", "http://h:1"});
    const auto add = what<AddCommand>(command);
    EXPECT_EQ(add.options.url, "https://a.example/");
    EXPECT_EQ(add.options.method, "PUT");
    EXPECT_EQ(add.options.headers, (std::vector<std::string>{"A: 1", "B: 2"}));
    EXPECT_EQ(add.options.data, "{}");
    EXPECT_EQ(add.options.in, "5s");
    EXPECT_EQ(add.options.every, "30m");
    EXPECT_EQ(add.options.max, 5);
    EXPECT_EQ(add.options.retries, 7);
    EXPECT_EQ(add.options.id, "x");
    EXPECT_EQ(add.options.name_space, "shop");
    EXPECT_TRUE(add.quiet);
    EXPECT_EQ(std::get<WebhookCommand>(command).server, "http://h:1");
    EXPECT_TRUE(std::get<WebhookCommand>(command).json);
}

TEST(CommandLine, TakesTheServerFromTheEnvironment) {
    EXPECT_EQ(std::get<WebhookCommand>(parse({"webhook", "list"}, "http://e:2")).server,
              "http://e:2");
    EXPECT_EQ(std::get<WebhookCommand>(parse({"webhook", "list"})).server, "http://127.0.0.1:3080");
}

TEST(CommandLine, ReadsList) {
    const auto list = what<ListCommand>(parse({"webhook",
                                               "list",
                                               "--status",
                                               "failed",
                                               "--from",
                                               "-1d",
                                               "--to",
                                               "now",
                                               "--desc",
                                               "--limit",
                                               "5",
                                               "--all",
                                               "--id-prefix",
                                               "a",
                                               "--start-key",
                                               "k"}));
    EXPECT_EQ(list.options.selection.status, "FAILED");
    EXPECT_EQ(list.options.selection.from, "-1d");
    EXPECT_EQ(list.options.selection.to, "now");
    EXPECT_EQ(list.options.selection.id_prefix, "a");
    EXPECT_EQ(list.options.selection.name_space, "default");
    EXPECT_TRUE(list.options.descending);
    EXPECT_EQ(list.options.limit, 5);
    EXPECT_EQ(list.options.start_key, "k");
    EXPECT_TRUE(list.all);
}

TEST(CommandLine, ReadsWhatActsOnIds) {
    struct Case {
        const char* name;
        cli::Action action;
    };

    const Case cases[] = {{"get", cli::Action::get},
                          {"rm", cli::Action::remove},
                          {"suspend", cli::Action::suspend},
                          {"unsuspend", cli::Action::unsuspend},
                          {"retry", cli::Action::retry}};
    for (const Case& c : cases) {
        const auto act = what<ActCommand>(parse({"webhook", c.name, "a", "b", "-n", "shop"}));
        EXPECT_EQ(act.action, c.action) << c.name;
        EXPECT_EQ(act.options.ids, (std::vector<std::string>{"a", "b"})) << c.name;
        EXPECT_EQ(act.options.selection.name_space, "shop") << c.name;
    }
    const auto many = what<ActCommand>(parse({"webhook", "rm", "--status", "COMPLETED"}));
    EXPECT_EQ(many.options.selection.status, "COMPLETED");
    EXPECT_TRUE(what<ActCommand>(parse({"webhook", "rm", "--all"})).options.all);
}

TEST(CommandLine, ReadsTrigger) {
    EXPECT_FALSE(what<cli::TriggerOptions>(parse({"webhook", "trigger"})).dry_run);
    const auto dry = what<cli::TriggerOptions>(
        parse({"webhook", "trigger", "--dry-run", "--at", "+1h", "-n", "shop", "--limit", "3"}));
    EXPECT_TRUE(dry.dry_run);
    EXPECT_EQ(dry.at, "+1h");
    EXPECT_EQ(dry.name_space, "shop");
    EXPECT_EQ(dry.limit, 3);
}

TEST(CommandLine, ReadsServe) {
    const Command command =
        parse({"serve", "--port", "0", "--no-sync", "--store", "memory:", "--config", "c.toml"});
    const auto& serve = std::get<ServeCommand>(command);
    EXPECT_EQ(serve.flags, (FlagTexts{{"port", "0"}, {"no-sync", "true"}, {"store", "memory:"}}));
    EXPECT_EQ(serve.config_file, "c.toml");
    EXPECT_EQ(std::get<ServeCommand>(parse({"serve"})).config_file, "from-env.toml");
}

TEST(CommandLine, ReadsListen) {
    const Command command = parse({"listen",
                                   "--port",
                                   "9000",
                                   "--fail",
                                   "30%",
                                   "--delay",
                                   "200ms",
                                   "--seed",
                                   "7",
                                   "--json",
                                   "--count",
                                   "3"});
    const auto& listen = std::get<ListenOptions>(command);
    EXPECT_EQ(listen.port, 9000);
    EXPECT_DOUBLE_EQ(listen.receiver.fail_share, 0.3);
    EXPECT_EQ(listen.receiver.status, 503);
    EXPECT_EQ(listen.receiver.delay, Duration(200));
    EXPECT_EQ(listen.receiver.seed, 7u);
    EXPECT_TRUE(listen.json);
    EXPECT_EQ(listen.count_max, 3u);
    EXPECT_EQ(std::get<ListenOptions>(parse({"listen"})).receiver.status, 200);
    EXPECT_EQ(std::get<ListenOptions>(parse({"listen", "--status", "418"})).receiver.status, 418);
}

TEST(CommandLine, EndsWithUsageWhereItMakesNoSense) {
    const std::vector<std::vector<std::string>> lines = {
        {},
        {"ring"},
        {"webhook"},
        {"webhook", "add"},
        {"webhook", "add", "u", "--max", "many"},
        {"webhook", "list", "--status", "SLEEPING"},
        {"webhook", "list", "--limit", "0"},
        {"webhook", "trigger", "--at", "now"},
        {"webhook", "get", "--all"},
        {"listen", "--fail", "130%"},
        {"listen", "--fail", "some"},
        {"listen", "--status", "99"},
        {"listen", "--delay", "long"},
        {"listen", "--port", "70000"},
        {"serve", "--prot", "1"},
        {"serve", "--port"},
        {"demo", "extra"},
    };
    for (const auto& line : lines) {
        const Command command = parse(line);
        const auto* ended = std::get_if<Ended>(&command);
        const std::string shown = line.empty() ? "" : line.back();
        ASSERT_NE(ended, nullptr) << shown;
        EXPECT_EQ(ended->code, cli::ExitCode::usage) << shown;
        EXPECT_FALSE(ended->err.empty()) << shown;
    }
}

TEST(CommandLine, TeachesWithExamples) {
    const std::vector<std::vector<std::string>> lines = {
        {"--help"},
        {"serve", "--help"},
        {"webhook", "--help"},
        {"webhook", "add", "--help"},
        {"webhook", "list", "--help"},
        {"webhook", "rm", "--help"},
        {"webhook", "trigger", "--help"},
        {"listen", "--help"},
    };
    for (const auto& line : lines) {
        const Command command = parse(line);
        const auto* ended = std::get_if<Ended>(&command);
        ASSERT_NE(ended, nullptr);
        EXPECT_EQ(ended->code, cli::ExitCode::ok);
        EXPECT_NE(ended->out.find("  carillon "), std::string::npos) << ended->out;
    }
    const Command help = parse({"serve", "--help"});
    for (const Setting& setting : settings()) {
        EXPECT_NE(std::get<Ended>(help).out.find("--" + std::string(setting.name)),
                  std::string::npos)
            << setting.name;
    }
}

TEST(ParseShare, TakesPercentAndShares) {
    EXPECT_DOUBLE_EQ(parse_share("30%").value(), 0.3);
    EXPECT_DOUBLE_EQ(parse_share("0.25").value(), 0.25);
    EXPECT_DOUBLE_EQ(parse_share("100%").value(), 1.0);
    EXPECT_DOUBLE_EQ(parse_share("0").value(), 0.0);
    for (const char* bad : {"", "%", "101%", "-1%", "1.5", "half", "nan", "3 0%"}) {
        EXPECT_FALSE(parse_share(bad)) << bad;
    }
}

TEST(CommandLine, ReadsDynamodb) {
    const Command command = parse({"dynamodb",
                                   "--store",
                                   "embedded:./d",
                                   "--verify-signatures",
                                   "--access-key",
                                   "A=a",
                                   "--access-key",
                                   "B=b",
                                   "--port",
                                   "0"});
    const auto* dynamodb = std::get_if<DynamodbCommand>(&command);
    ASSERT_NE(dynamodb, nullptr);
    EXPECT_EQ(dynamodb->flags,
              (FlagTexts{{"store", "embedded:./d"},
                         {"verify-signatures", "true"},
                         {"access-key", "A=a,B=b"},
                         {"port", "0"}}));
    EXPECT_EQ(dynamodb->config_file, "from-env.toml");
}

TEST(CommandLine, TakesMostFlagsOnce) {
    const Command command = parse({"dynamodb", "--port", "1", "--port", "2"});
    const auto* ended = std::get_if<Ended>(&command);
    ASSERT_NE(ended, nullptr);
    EXPECT_EQ(ended->code, cli::ExitCode::usage);
}

TEST(CommandLine, SaysWhichCommandsThereAreAndWhereTheirHelpIs) {
    struct Case {
        std::vector<std::string> typed;
        const char* error;
        const char* help;
    };

    const Case cases[] = {
        {{"schedule"}, "carillon schedule needs one of: add, list, get", "carillon schedule"},
        {{"schedule", "ad"},
         "there is no 'carillon schedule ad'; there are: add",
         "carillon schedule"},
        {{"nope"}, "there is no 'carillon nope'; there are: serve", "carillon"},
        {{"calendar", "get"}, "KEY is required", "carillon calendar get"},
        {{"run", "list", "--status", "x"}, "--status: x not in", "carillon run list"},
        {{"cron", "0", "9", "*", "*", "*"}, "stands in quotes", "carillon cron"},
        {{"schedule", "rm", "a", "--bogus"}, "not expected: --bogus", "carillon schedule rm"},
    };
    for (const Case& one : cases) {
        const Command command = parse(one.typed);
        const auto* ended = std::get_if<Ended>(&command);
        ASSERT_NE(ended, nullptr) << one.error;
        EXPECT_EQ(ended->code, cli::ExitCode::usage);
        EXPECT_NE(ended->err.find(one.error), std::string::npos) << ended->err;
        EXPECT_TRUE(ended->err.ends_with("see " + std::string(one.help) + " --help\n"))
            << ended->err;
    }
}

TEST(CommandLine, TeachesHowToPointAClientAtDynamodb) {
    const Command command = parse({"dynamodb", "--help"});
    const auto* ended = std::get_if<Ended>(&command);
    ASSERT_NE(ended, nullptr);
    EXPECT_EQ(ended->code, cli::ExitCode::ok);
    for (const char* part :
         {"--endpoint-url http://127.0.0.1:8000", "DynamoDBClient(", "--store"}) {
        EXPECT_NE(ended->out.find(part), std::string::npos) << part;
    }
}

}  // namespace
}  // namespace carillon::app
