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
