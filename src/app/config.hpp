// What a server is told: flags over environment over carillon.toml over defaults.
//
// Every setting is one row of a table (name, environment names, help, how its text is read), from
// which the command line, the environment and the file are all served, so that they cannot differ.

#pragma once

#include "aws/environment.hpp"
#include "aws/sigv4.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "net/address_guard.hpp"
#include "observability/log.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::app {

/// The DynamoDB endpoint: of `carillon dynamodb`, or beside the scheduler.
struct DynamodbConfig {
    std::optional<std::uint16_t> port{};  ///< Absent: `carillon serve` runs none.
    /// `localhost` is both loopback addresses: SDKs differ in which of them they try.
    std::string host = "localhost";
    std::string region = "us-east-1";
    bool verify_signatures = false;
    std::vector<aws::Credentials> keys{};  ///< Secrets are never logged.
    bool allow_anyone = false;  ///< Other machines may call without a verified signature.
    Duration table_delay{0};    ///< How long tables and indexes are CREATING, DELETING, UPDATING.
};

/// Events whose type matches are handled by the publisher of that URL.
struct EventRoute {
    std::string pattern;
    std::string url;
};

/// The outbox.
struct EventsConfig {
    std::vector<EventRoute> routes{};
    std::string table = "events-outbox";
    bool named = false;         ///< The table was named, so it is wanted.
    std::string layout = "v2";  ///< `v2`, `v0` or `sharded`.
    bool ordered = false;       ///< Events with a key in the order of their emission.
    std::string index{};        ///< Empty: the layout's own.
    std::size_t batch_size = 50;
    Duration poll_interval{1'000};
    Duration processing_timeout{30'000};
    int max_retries = 5;
    Duration retry_base{1'000};
    std::string retention = "keep";  ///< `keep`, `expire`, `archive` or `remove`.
    Duration completed_ttl{7 * 86'400'000};
    bool acknowledge_unknown = false;
};

/// A layer (seed 003).
struct LayerConfig {
    std::string name;
    std::string snapshots = "directory:./var/layers";  ///< layer::parse_snapshot_url().
    std::vector<std::string> id{};                     ///< Attributes.
    std::vector<std::string> partition{};              ///< Attributes; empty: one partition.
    std::string table = "layers";
    bool json = false;     ///< Lists of items as the seed writes them, instead of segments.
    std::string source{};  ///< Table that resets read and feeds follow.
    bool feed = false;
    std::string seed_events{};  ///< Seed 003's events table, to be taken over; may be empty.
    std::optional<std::int64_t> sync_count{};
    std::optional<std::int64_t> sync_bytes{};
    std::optional<Duration> sync_age{10'000};
    Duration keep{5 * 86'400'000};
    Duration lease{30'000};  ///< After which others take over from a server that died.
    std::size_t parallel = 4;
};

struct Config {
    std::string store = "embedded:./var/carillon";
    std::string host = "127.0.0.1";
    std::uint16_t port = 3080;
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;
    net::AddressGuard targets{};  ///< Which addresses webhooks may call.
    std::size_t concurrency = 25;
    std::size_t concurrency_per_host = 0;  ///< 0: no limit of its own.
    Duration timeout{30'000};
    Duration connect_timeout{5'000};
    Duration retry_base{1'000};
    Duration retry_cap{3'600'000};
    std::vector<std::string> signing_secrets{};  ///< Never logged.
    /// Brokers that events may go to; the first takes what names none. May hold secrets: never
    /// logged.
    std::vector<std::string> publishers{};
    std::string nats_url{};  ///< The first of them, by the name that seed 002 gives it.
    /// By name, for targets that choose. Never logged.
    std::map<std::string, std::vector<std::string>, std::less<>> signing_keys{};
    std::optional<bool> schedules{};  ///< Whether there are any; unset: as the store suggests.
    std::string default_tz = "UTC";   ///< Of schedules that name none.
    bool verify_tls = true;
    std::string ca_file{};
    std::string table = "webhooks";
    std::string id_prefix{};
    bool deliver = true;  ///< Whether webhooks ring, or are only kept.
    bool sync = true;     ///< Whether a write is on disk before it is acknowledged.
    std::size_t cache_bytes = std::size_t{128} << 20U;
    std::size_t body_bytes_max = std::size_t{4} << 20U;
    std::size_t connections_max = 10'000;
    Duration grace{10'000};  ///< For what runs when the server is told to stop.
    DynamodbConfig dynamodb{};
    EventsConfig events{};
    std::vector<LayerConfig> layers{};
    aws::Environment aws{};  ///< What AWS's variables say, for stores there.
};

struct Setting {
    std::string_view name;  ///< `log-level`: of the flag and the key of the file.
    std::vector<std::string_view> environment;  ///< The first that is set counts.
    std::string_view value;                     ///< What the help calls it; empty: a switch.
    std::string_view help;
    /// Errors are `invalid` without a field; the caller says where the text came from.
    Result<> (*apply)(Config& config, std::string_view text);
    bool repeats = false;  ///< The flag may be given several times: texts are joined by commas.
};

/// Of `carillon serve`.
[[nodiscard]] std::span<const Setting> settings();
/// Of `carillon dynamodb`. In the file they are keys of the section [dynamodb].
[[nodiscard]] std::span<const Setting> dynamodb_settings();

/// Texts by the setting's name.
using FlagTexts = std::map<std::string, std::string, std::less<>>;
using Getenv = std::function<std::optional<std::string>(std::string_view name)>;

/// Those variables that the AWS SDKs read too.
[[nodiscard]] aws::Environment aws_variables(const Getenv& environment);

/// One line of a configuration file.
struct FileEntry {
    std::string key;
    std::string text;
    std::size_t line = 0;
};

struct FileTexts {
    std::string name;  ///< As messages call it; empty: there is none.
    std::vector<FileEntry> entries{};
};

/// `invalid`; the message begins with where: `--port`, `PORT (environment)`, `carillon.toml:7`.
[[nodiscard]] Result<Config> resolve(const FlagTexts& flags,
                                     const Getenv& environment,
                                     const FileTexts& file);

/// The same for `carillon dynamodb`. Of the file, what belongs to the server alone is passed over.
[[nodiscard]] Result<Config> resolve_dynamodb(const FlagTexts& flags,
                                              const Getenv& environment,
                                              const FileTexts& file);

/// Whether the address is one that only this machine reaches.
[[nodiscard]] bool is_loopback(std::string_view host);

/// `64MB`, `64MiB`, `512k`, `1G` (powers of 1024), or bytes.
[[nodiscard]] Result<std::size_t> parse_bytes(std::string_view text);

}  // namespace carillon::app
