#include "app/config.hpp"

#include "app/config_file.hpp"

#include <gtest/gtest.h>

#include <set>

namespace carillon::app {
namespace {

using Environment = std::map<std::string, std::string, std::less<>>;

Result<Config> with(const FlagTexts& flags,
                    const Environment& environment = {},
                    std::string_view toml = {}) {
    const auto getenv = [&](std::string_view name) -> std::optional<std::string> {
        const auto at = environment.find(name);
        if (at == environment.end()) return std::nullopt;
        return at->second;
    };
    CARILLON_TRY(const FileTexts file, read_toml(toml, "carillon.toml"));
    return resolve(flags, getenv, file);
}

Result<Config> dynamodb_with(const FlagTexts& flags,
                             const Environment& environment = {},
                             std::string_view toml = {}) {
    const auto getenv = [&](std::string_view name) -> std::optional<std::string> {
        const auto at = environment.find(name);
        if (at == environment.end()) return std::nullopt;
        return at->second;
    };
    CARILLON_TRY(const FileTexts file, read_toml(toml, "carillon.toml"));
    return resolve_dynamodb(flags, getenv, file);
}

std::string mistake(const Result<Config>& config) {
    return config ? "none" : config.error().message;
}

TEST(Config, HasTheDocumentedDefaults) {
    const auto config = with({});
    ASSERT_TRUE(config) << describe(config.error());
    EXPECT_EQ(config->store, "embedded:./var/carillon");
    EXPECT_EQ(config->host, "127.0.0.1");
    EXPECT_EQ(config->port, 3080);
    EXPECT_EQ(config->concurrency, 25u);
    EXPECT_TRUE(config->sync);
    EXPECT_TRUE(config->deliver);
    EXPECT_FALSE(config->targets.allows(net::IpAddress::parse("127.0.0.1").value()));
}

TEST(Config, MapsTypesOfEventsToPublishersInASectionOfTheFile) {
    const auto config = with({},
                             {},
                             "[events]\n\"order.*\" = \"nats://127.0.0.1\"\n"
                             "\"*\" = \"redis://127.0.0.1/0?linger=5ms\"\n");
    ASSERT_TRUE(config) << describe(config.error());
    ASSERT_EQ(config->events.routes.size(), 2u);
    EXPECT_EQ(config->events.routes[0].pattern, "*");
    EXPECT_EQ(config->events.routes[0].url, "redis://127.0.0.1/0?linger=5ms");
    EXPECT_EQ(config->events.routes[1].pattern, "order.*");
}

TEST(Config, DescribesLayersInSectionsOfTheFile) {
    const auto config = with({},
                             {},
                             "[layers.users]\nid = \"sk\"\npartition = [\"pk\", \"kind\"]\n"
                             "snapshots = \"s3://snaps/x?region=eu-west-1\"\nsync-count = 100\n"
                             "keep = \"2d\"\nlease = \"5s\"\nsource = \"people\"\nfeed = true\n"
                             "[layers.orders]\nid = \"id\"\nformat = \"json\"\n");
    ASSERT_TRUE(config) << describe(config.error());
    ASSERT_EQ(config->layers.size(), 2u);
    const LayerConfig& orders = config->layers[0];
    EXPECT_EQ(orders.name, "orders");
    EXPECT_TRUE(orders.json);
    EXPECT_EQ(orders.snapshots, "directory:./var/layers");
    const LayerConfig& users = config->layers[1];
    EXPECT_EQ(users.partition, (std::vector<std::string>{"pk", "kind"}));
    EXPECT_EQ(users.sync_count, 100);
    EXPECT_EQ(users.keep, Duration{2 * 86'400'000});
    EXPECT_EQ(users.lease, Duration{5'000});
    EXPECT_EQ(orders.lease, Duration{30'000});
    EXPECT_TRUE(users.feed);
    EXPECT_EQ(users.source, "people");
}

TEST(Config, SaysWhatIsWrongWithALayer) {
    struct Case {
        const char* text;
        const char* message;
    };

    const Case cases[] = {
        {"users", "users: id: is required"},
        {"a/b id=x", "the name of a layer must have"},
        {"users id=x colour=red", "users: colour: is unknown"},
        {"users id=x snapshots=ftp://x", "users: snapshots: must be memory:"},
        {"users id=x sync-count=0", "users: sync-count: must be a whole number"},
        {"users id=x lease=10ms", "users: lease: must be"},
        {"users id=x feed=true", "users: feed: needs a source"},
        {"users id=x; users id=y", "users is given twice"},
    };
    for (const Case& each : cases) {
        const auto config = with({{"layers", each.text}});
        ASSERT_FALSE(config) << each.text;
        EXPECT_TRUE(config.error().message.contains(each.message)) << config.error().message;
    }
}

TEST(Config, HasTheSeedsOptionsOfTheOutbox) {
    const auto defaults = with({});
    ASSERT_TRUE(defaults) << describe(defaults.error());
    EXPECT_EQ(defaults->events.batch_size, 50u);
    EXPECT_EQ(defaults->events.poll_interval, Duration{1'000});
    EXPECT_EQ(defaults->events.processing_timeout, Duration{30'000});
    EXPECT_EQ(defaults->events.max_retries, 5);
    EXPECT_EQ(defaults->events.retry_base, Duration{1'000});

    const auto config = with({{"events-index", "StatusIndex"},
                              {"events-batch-size", "10"},
                              {"events-poll-interval", "200ms"},
                              {"events-processing-timeout", "1m"},
                              {"events-max-retries", "3"},
                              {"events-retry-base", "5s"},
                              {"events-retention", "expire"},
                              {"events-completed-ttl", "1d"},
                              {"events-ordered", "true"},
                              {"events-unknown", "acknowledge"}});
    ASSERT_TRUE(config) << describe(config.error());
    EXPECT_EQ(config->events.index, "StatusIndex");
    EXPECT_TRUE(config->events.ordered);
    EXPECT_EQ(config->events.batch_size, 10u);
    EXPECT_EQ(config->events.processing_timeout, Duration{60'000});
    EXPECT_EQ(config->events.max_retries, 3);
    EXPECT_EQ(config->events.retention, "expire");
    EXPECT_TRUE(config->events.acknowledge_unknown);
}

TEST(Config, RefusesWhatMakesNoSenseForTheOutbox) {
    EXPECT_NE(mistake(with({{"events", "order.placed"}})).find("must be TYPE=URL"),
              std::string::npos);
    EXPECT_NE(mistake(with({{"events", "*=nats://a *=nats://b"}})).find("* is given twice"),
              std::string::npos);
    EXPECT_NE(mistake(with({{"events-layout", "v1"}})).find("must be v2, v0 or sharded"),
              std::string::npos);
    EXPECT_NE(mistake(with({{"events-max-retries", "0"}})).find("must be a whole number from 1"),
              std::string::npos);
    EXPECT_NE(mistake(with({{"events-retention", "drop"}})).find("must be keep, expire, archive"),
              std::string::npos);
}

TEST(Config, KnowsWhatSchedulesNeed) {
    const auto config = with({{"schedules", "false"}},
                             {{"DEFAULT_TZ", "Europe/Berlin"}},
                             "signing-keys = [\"a=one\", \"b=two\", \"a=three\"]\n");
    ASSERT_TRUE(config) << describe(config.error());
    EXPECT_EQ(config->schedules, false);
    EXPECT_EQ(config->default_tz, "Europe/Berlin");
    EXPECT_EQ(config->signing_keys.at("a"), (std::vector<std::string>{"one", "three"}));
    EXPECT_EQ(config->signing_keys.at("b"), (std::vector<std::string>{"two"}));
    EXPECT_EQ(with({})->schedules, std::nullopt);
    EXPECT_EQ(with({})->default_tz, "UTC");
    EXPECT_NE(mistake(with({{"default-tz", "Mars/Olympus"}})).find("--default-tz"),
              std::string::npos);
    const std::string secret = mistake(with({{"signing-keys", "hunter2"}}));
    EXPECT_NE(secret.find("NAME=SECRET"), std::string::npos);
    EXPECT_EQ(secret.find("hunter2"), std::string::npos);
}

TEST(Config, LetsFlagsWinOverEnvironmentOverFile) {
    const std::string_view file = "port = 1\nconcurrency = 2\nstore = \"memory:\"\n";
    const Environment environment = {{"CARILLON_PORT", "10"}, {"CARILLON_CONCURRENCY", "20"}};
    const auto config = with({{"port", "100"}}, environment, file);
    ASSERT_TRUE(config) << describe(config.error());
    EXPECT_EQ(config->port, 100);
    EXPECT_EQ(config->concurrency, 20u);
    EXPECT_EQ(config->store, "memory:");
}

TEST(Config, HonoursTheUsualEnvironmentNames) {
    const auto config = with({}, {{"PORT", "4000"}, {"HOST", "::1"}, {"LOG_LEVEL", "warn"}});
    ASSERT_TRUE(config) << describe(config.error());
    EXPECT_EQ(config->port, 4000);
    EXPECT_EQ(config->host, "::1");
    EXPECT_EQ(config->log_level, LogLevel::warn);
    EXPECT_EQ(with({}, {{"PORT", "4000"}, {"CARILLON_PORT", "5000"}})->port, 5000);
    EXPECT_EQ(with({}, {{"PORT", ""}})->port, 3080);
}

TEST(Config, ReadsEverySetting) {
    const auto config = with({{"allow-targets", "127.0.0.0/8, 10.0.0.1"},
                              {"concurrency-per-host", "4"},
                              {"timeout", "2m"},
                              {"connect-timeout", "250ms"},
                              {"retry-base", "2s"},
                              {"retry-cap", "1h"},
                              {"signing-secret", "one, two,"},
                              {"nats-url", "nats://a,b"},
                              {"publishers", " redis://h  amqp://a,b "},
                              {"no-verify-tls", "true"},
                              {"ca-file", "/etc/ca.pem"},
                              {"table", "hooks"},
                              {"id-prefix", "p"},
                              {"no-deliver", "true"},
                              {"no-sync", "true"},
                              {"cache", "64MB"},
                              {"body-max", "512k"},
                              {"connections-max", "7"},
                              {"grace", "0s"},
                              {"log-level", "OFF"},
                              {"log-format", "json"},
                              {"host", "localhost"},
                              {"store", "memory:"},
                              {"port", "0"},
                              {"concurrency", "100"}});
    ASSERT_TRUE(config) << describe(config.error());
    EXPECT_TRUE(config->targets.allows(net::IpAddress::parse("127.1.2.3").value()));
    EXPECT_FALSE(config->targets.allows(net::IpAddress::parse("10.0.0.2").value()));
    EXPECT_EQ(config->concurrency_per_host, 4u);
    EXPECT_EQ(config->timeout, std::chrono::minutes(2));
    EXPECT_EQ(config->connect_timeout, Duration(250));
    EXPECT_EQ(config->retry_base, Duration(2'000));
    EXPECT_EQ(config->retry_cap, std::chrono::hours(1));
    EXPECT_EQ(config->signing_secrets, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(config->nats_url, "nats://a,b");
    EXPECT_EQ(config->publishers, (std::vector<std::string>{"redis://h", "amqp://a,b"}));
    EXPECT_FALSE(config->verify_tls);
    EXPECT_EQ(config->ca_file, "/etc/ca.pem");
    EXPECT_EQ(config->table, "hooks");
    EXPECT_EQ(config->id_prefix, "p");
    EXPECT_FALSE(config->deliver);
    EXPECT_FALSE(config->sync);
    EXPECT_EQ(config->cache_bytes, 64U << 20U);
    EXPECT_EQ(config->body_bytes_max, 512U << 10U);
    EXPECT_EQ(config->connections_max, 7u);
    EXPECT_EQ(config->grace, Duration(0));
    EXPECT_EQ(config->log_level, LogLevel::off);
    EXPECT_EQ(config->log_format, LogFormat::json);
}

TEST(Config, SaysWhereAMistakeIs) {
    struct Case {
        FlagTexts flags;
        Environment environment;
        const char* begin;
    };

    const Case cases[] = {
        {{{"port", "65536"}}, {}, "--port: must be"},
        {{{"port", "-1"}}, {}, "--port: must be"},
        {{{"port", "80x"}}, {}, "--port: must be"},
        {{}, {{"PORT", "http"}}, "PORT (environment): must be"},
        {{{"concurrency", "0"}}, {}, "--concurrency: must be"},
        {{{"timeout", "soon"}}, {}, "--timeout: "},
        {{{"timeout", "1ms"}}, {}, "--timeout: must be from 10ms to"},
        {{{"allow-targets", "127.0.0.0/33"}}, {}, "--allow-targets: "},
        {{{"allow-targets", "localhost"}}, {}, "--allow-targets: "},
        {{{"log-level", "loud"}}, {}, "--log-level: must be one of"},
        {{{"log-format", "xml"}}, {}, "--log-format: must be"},
        {{{"store", " "}}, {}, "--store: must not be empty"},
        {{{"cache", "lots"}}, {}, "--cache: must be a size"},
        {{{"cache", "1k"}}, {}, "--cache: must be from"},
        {{{"retry-base", "1h"}, {"retry-cap", "1m"}}, {}, "retry-cap: "},
        {{}, {{"CARILLON_NO_SYNC", "perhaps"}}, "CARILLON_NO_SYNC (environment): must be"},
    };
    for (const Case& c : cases) {
        const std::string message = mistake(with(c.flags, c.environment));
        EXPECT_TRUE(message.starts_with(c.begin)) << message << " should begin with " << c.begin;
    }
}

TEST(Config, RefusesAddressesThatOthersReach) {
    for (const char* host : {"0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "example.org"}) {
        EXPECT_NE(mistake(with({{"host", host}})).find("no authentication"), std::string::npos)
            << host;
    }
    for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"}) {
        EXPECT_EQ(mistake(with({{"host", host}})), "none") << host;
    }
}

TEST(ConfigFile, TakesTextsNumbersTruthsAndLists) {
    const auto config = with({}, {}, R"(
# a comment
host = "127.0.0.2"
port = 0
no-sync = true
allow_targets = ["127.0.0.0/8", "10.0.0.0/8"]
timeout = "10s"
)");
    ASSERT_TRUE(config) << describe(config.error());
    EXPECT_EQ(config->host, "127.0.0.2");
    EXPECT_EQ(config->port, 0);
    EXPECT_FALSE(config->sync);
    EXPECT_TRUE(config->targets.allows(net::IpAddress::parse("10.1.1.1").value()));
    EXPECT_EQ(config->timeout, Duration(10'000));
}

TEST(ConfigFile, NamesKeyAndLineOfAMistake) {
    struct Case {
        const char* toml;
        const char* message;
    };

    const Case cases[] = {
        {"\nprot = 1\n", "carillon.toml:2: unknown key 'prot'; did you mean 'port'?"},
        {"host = \"127.0.0.1\"\nport = 70000\n", "carillon.toml:2: port: must be"},
        {"port = 1.5\n", "carillon.toml:1: port: must be a text, a whole number"},
        {"[server]\nport = 1\n", "carillon.toml:1: unknown section [server]"},
        {"port = \n", "carillon.toml:1: "},
        {"port = 1\nport = 2\n", "carillon.toml:2: "},
        {"completely-different = 1\n",
         "carillon.toml:1: unknown key 'completely-different'; see carillon serve --help"},
        {"allow-targets = [[1]]\n", "carillon.toml:1: allow-targets: must be"},
    };
    for (const Case& c : cases) {
        const std::string message = mistake(with({}, {}, c.toml));
        EXPECT_TRUE(message.starts_with(c.message))
            << message << " should begin with " << c.message;
    }
}

TEST(ConfigFile, MayBeMissingUnlessItIsNamed) {
    EXPECT_TRUE(read_config_file("/nonexistent/carillon.toml", false)->entries.empty());
    EXPECT_FALSE(read_config_file("/nonexistent/carillon.toml", true));
}

TEST(Settings, AreDistinct) {
    std::set<std::string_view> names;
    for (const Setting& setting : settings()) {
        EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
        EXPECT_FALSE(setting.environment.empty()) << setting.name;
        for (const auto name : setting.environment) EXPECT_TRUE(names.insert(name).second) << name;
        EXPECT_FALSE(setting.help.empty()) << setting.name;
    }
}

TEST(DynamodbConfig, HasTheDocumentedDefaults) {
    const auto config = dynamodb_with({});
    ASSERT_TRUE(config) << describe(config.error());
    EXPECT_EQ(config->store, "memory:");
    EXPECT_EQ(config->dynamodb.host, "localhost");
    EXPECT_EQ(config->dynamodb.port, 8000);
    EXPECT_EQ(config->dynamodb.region, "us-east-1");
    EXPECT_FALSE(config->dynamodb.verify_signatures);
    EXPECT_EQ(config->dynamodb.table_delay, Duration(0));
    // A server runs no endpoint unless it is told to.
    EXPECT_FALSE(with({})->dynamodb.port);
}

TEST(DynamodbConfig, LetsFlagsWinOverEnvironmentOverFile) {
    const std::string_view file = "[dynamodb]\nport = 1\nregion = \"file\"\nstore = \"memory:\"\n";
    const Environment environment = {{"CARILLON_DYNAMODB_PORT", "10"},
                                     {"CARILLON_DYNAMODB_STORE", "embedded:env"},
                                     {"CARILLON_STORE", "embedded:other"}};
    const auto config = dynamodb_with({{"port", "100"}}, environment, file);
    ASSERT_TRUE(config) << describe(config.error());
    EXPECT_EQ(config->dynamodb.port, 100);
    EXPECT_EQ(config->store, "embedded:env");
    EXPECT_EQ(config->dynamodb.region, "file");
    EXPECT_EQ(dynamodb_with({}, {{"CARILLON_STORE", "embedded:s"}})->store, "embedded:s");
}

TEST(DynamodbConfig, SharesTheFileWithTheServer) {
    const std::string_view file =
        "port = 4000\nstore = \"embedded:webhooks\"\nlog-level = \"warn\"\n"
        "[dynamodb]\nport = 9000\ntable_delay = \"2s\"\nstore = \"embedded:tables\"\n";
    const auto command = dynamodb_with({}, {}, file);
    ASSERT_TRUE(command) << describe(command.error());
    EXPECT_EQ(command->store, "embedded:tables");
    EXPECT_EQ(command->dynamodb.port, 9000);
    EXPECT_EQ(command->log_level, LogLevel::warn);
    const auto server = with({}, {}, file);
    ASSERT_TRUE(server) << describe(server.error());
    EXPECT_EQ(server->store, "embedded:webhooks");
    EXPECT_EQ(server->port, 4000);
    EXPECT_EQ(server->dynamodb.port, 9000);
    EXPECT_EQ(server->dynamodb.table_delay, Duration(2'000));
}

TEST(DynamodbConfig, CollectsKeysFromEverywhere) {
    const auto config = dynamodb_with({{"verify-signatures", "true"}, {"access-key", "A=a/+=,B=b"}},
                                      {{"CARILLON_DYNAMODB_ACCESS_KEY", "C=c,A=older"}});
    ASSERT_TRUE(config) << describe(config.error());
    std::map<std::string, std::string> keys;
    for (const auto& key : config->dynamodb.keys) {
        keys[key.access_key_id] = key.secret_access_key;
    }
    EXPECT_EQ(keys, (std::map<std::string, std::string>{{"A", "a/+="}, {"B", "b"}, {"C", "c"}}));

    const auto usual =
        dynamodb_with({{"verify-signatures", "true"}},
                      {{"AWS_ACCESS_KEY_ID", "id"}, {"AWS_SECRET_ACCESS_KEY", "secret"}});
    ASSERT_TRUE(usual) << describe(usual.error());
    ASSERT_EQ(usual->dynamodb.keys.size(), 1u);
    EXPECT_EQ(usual->dynamodb.keys[0].access_key_id, "id");
}

TEST(DynamodbConfig, TakesTheDelayInMillisecondsToo) {
    EXPECT_EQ(dynamodb_with({{"table-delay", "250"}})->dynamodb.table_delay, Duration(250));
    EXPECT_EQ(dynamodb_with({{"table-delay", "3s"}})->dynamodb.table_delay, Duration(3'000));
}

TEST(DynamodbConfig, IsSafeByDefault) {
    for (const char* host : {"0.0.0.0", "::", "192.168.1.5"}) {
        EXPECT_NE(mistake(dynamodb_with({{"host", host}})).find("--allow-anyone"),
                  std::string::npos)
            << host;
        EXPECT_EQ(mistake(dynamodb_with({{"host", host}, {"allow-anyone", "true"}})), "none");
        EXPECT_EQ(mistake(dynamodb_with(
                      {{"host", host}, {"verify-signatures", "true"}, {"access-key", "A=b"}})),
                  "none");
        EXPECT_NE(mistake(with({{"dynamodb-host", host}, {"dynamodb-port", "0"}}))
                      .find("--dynamodb-allow-anyone"),
                  std::string::npos);
    }
    for (const char* host : {"127.0.0.1", "::1", "localhost"}) {
        EXPECT_EQ(mistake(dynamodb_with({{"host", host}})), "none") << host;
    }
}

TEST(DynamodbConfig, SaysWhereAMistakeIs) {
    struct Case {
        FlagTexts flags;
        const char* begin;
    };

    const Case cases[] = {
        {{{"port", "65536"}}, "--port: must be"},
        {{{"region", "eu west"}}, "--region: must be"},
        {{{"host", ""}}, "--host: must not be empty"},
        {{{"table-delay", "soon"}}, "--table-delay: "},
        {{{"table-delay", "2h"}}, "--table-delay: must be from"},
        {{{"access-key", "secret"}}, "--access-key: must be ID=SECRET"},
        {{{"access-key", "=secret"}}, "--access-key: must be ID=SECRET"},
        {{{"access-key-file", "/nonexistent/keys"}}, "--access-key-file: cannot open"},
        {{{"access-key", "A=secret"}}, "access-key: nobody is asked"},
        {{{"verify-signatures", "true"}}, "verify-signatures: there is no key"},
    };
    for (const Case& c : cases) {
        const std::string message = mistake(dynamodb_with(c.flags));
        EXPECT_TRUE(message.starts_with(c.begin)) << message << " should begin with " << c.begin;
        EXPECT_EQ(message.find("secret'"), std::string::npos) << "a secret is repeated";
    }
    EXPECT_EQ(mistake(dynamodb_with({}, {}, "[dynamodb]\nprot = 1\n")).substr(0, 41),
              "carillon.toml:2: unknown key 'dynamodb-pr");
    EXPECT_EQ(mistake(dynamodb_with({}, {}, "prot = 1\n")).substr(0, 30),
              "carillon.toml:1: unknown key '");
}

TEST(DynamodbSettings, AreDistinct) {
    std::set<std::string_view> names;
    for (const Setting& setting : dynamodb_settings()) {
        EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
        EXPECT_FALSE(setting.environment.empty()) << setting.name;
        for (const auto name : setting.environment) EXPECT_TRUE(names.insert(name).second) << name;
        EXPECT_FALSE(setting.help.empty()) << setting.name;
    }
}

TEST(ParseBytes, KnowsUnits) {
    EXPECT_EQ(parse_bytes("0").value(), 0u);
    EXPECT_EQ(parse_bytes("1234").value(), 1'234u);
    EXPECT_EQ(parse_bytes("2k").value(), 2'048u);
    EXPECT_EQ(parse_bytes("2 KiB").value(), 2'048u);
    EXPECT_EQ(parse_bytes("3MB").value(), 3u << 20U);
    EXPECT_EQ(parse_bytes("1G").value(), 1u << 30U);
    EXPECT_EQ(parse_bytes("7B").value(), 7u);
    for (const char* bad :
         {"", "k", "-1", "1.5M", "1T", "1 2", "99999999999999999999", "17179869184G"}) {
        EXPECT_FALSE(parse_bytes(bad)) << bad;
    }
}

}  // namespace
}  // namespace carillon::app
