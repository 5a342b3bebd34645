#include "app/config.hpp"

#include "app/config_parse.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace carillon::app {
namespace {

template <std::size_t Config::* Member, std::uint64_t Min, std::uint64_t Max>
Result<> apply_number(Config& config, std::string_view text) {
    CARILLON_TRY(config.*Member, read_number(text, Min, Max));
    return {};
}

template <std::size_t Config::* Member, std::uint64_t Min, std::uint64_t Max>
Result<> apply_bytes(Config& config, std::string_view text) {
    CARILLON_TRY(const std::size_t bytes, parse_bytes(text));
    if (bytes < Min || bytes > Max) {
        return wrong(fmt::format("must be from {} to {} bytes", Min, Max));
    }
    config.*Member = bytes;
    return {};
}

template <Duration Config::* Member, std::int64_t MinMs, std::int64_t MaxMs>
Result<> apply_duration(Config& config, std::string_view text) {
    CARILLON_TRY(config.*Member, read_duration(text, Duration(MinMs), Duration(MaxMs)));
    return {};
}

/// `No`: the setting is named after the absence (`no-sync`).
template <bool Config::* Member, bool No>
Result<> apply_switch(Config& config, std::string_view text) {
    CARILLON_TRY(const bool on, read_switch(text));
    config.*Member = on != No;
    return {};
}

template <std::string Config::* Member>
Result<> apply_text(Config& config, std::string_view text) {
    config.*Member = text;
    return {};
}

template <std::string Config::* Member>
Result<> apply_filled_text(Config& config, std::string_view text) {
    if (trim(text).empty()) return wrong("must not be empty");
    config.*Member = trim(text);
    return {};
}

Result<> apply_port(Config& config, std::string_view text) {
    CARILLON_TRY(const std::uint64_t port, read_number(text, 0, 65'535));
    config.port = static_cast<std::uint16_t>(port);
    return {};
}

Result<> apply_log_level(Config& config, std::string_view text) {
    const auto level = parse_log_level(text);
    if (!level) return wrong("must be one of trace, debug, info, warn, error, off");
    config.log_level = *level;
    return {};
}

Result<> apply_log_format(Config& config, std::string_view text) {
    if (text == "text") {
        config.log_format = LogFormat::text;
    } else if (text == "json") {
        config.log_format = LogFormat::json;
    } else {
        return wrong("must be text or json");
    }
    return {};
}

Result<> apply_targets(Config& config, std::string_view text) {
    CARILLON_TRY(config.targets, net::AddressGuard::parse(text));
    return {};
}

/// Several, separated by commas, while receivers change over. Messages never repeat them.
Result<> apply_secrets(Config& config, std::string_view text) {
    config.signing_secrets.clear();
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        const std::string_view secret = trim(text.substr(0, end));
        if (!secret.empty()) config.signing_secrets.emplace_back(secret);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return {};
}

/// Several, separated by spaces: their hosts and options may have commas.
Result<> apply_publishers(Config& config, std::string_view text) {
    config.publishers.clear();
    while (!(text = trim(text)).empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        config.publishers.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return {};
}

constexpr std::int64_t day_ms = 86'400'000;

/// The server itself.
std::vector<Setting> server_settings() {
    return {
        {"host",
         {"CARILLON_HOST", "HOST"},
         "ADDRESS",
         "Where to listen; only loopback, as there is no authentication yet",
         apply_filled_text<&Config::host>},
        {"port", {"CARILLON_PORT", "PORT"}, "PORT", "0 for any free one", apply_port},
        {"body-max",
         {"CARILLON_BODY_MAX"},
         "BYTES",
         "Largest request that is taken",
         apply_bytes<&Config::body_bytes_max, 1'024, std::uint64_t{1} << 30U>},
        {"connections-max",
         {"CARILLON_CONNECTIONS_MAX"},
         "N",
         "Clients at a time",
         apply_number<&Config::connections_max, 1, 1'000'000>},
        {"grace",
         {"CARILLON_GRACE"},
         "DURATION",
         "How long what runs may take when the server is told to stop",
         apply_duration<&Config::grace, 0, day_ms>},
        {"log-level",
         {"CARILLON_LOG_LEVEL", "LOG_LEVEL"},
         "LEVEL",
         "trace, debug, info, warn, error or off",
         apply_log_level},
        {"log-format", {"CARILLON_LOG_FORMAT"}, "FORMAT", "text or json", apply_log_format},
    };
}

/// What is kept, and how.
std::vector<Setting> store_settings() {
    return {
        {"store",
         {"CARILLON_STORE"},
         "URL",
         "Where webhooks live: embedded:DIR, memory: (gone at the end), or dynamodb://REGION",
         apply_filled_text<&Config::store>},
        {"no-sync",
         {"CARILLON_NO_SYNC"},
         "",
         "Acknowledge before the disk has it: faster, but a power cut loses the last moments",
         apply_switch<&Config::sync, true>},
        {"cache",
         {"CARILLON_CACHE"},
         "BYTES",
         "Memory for what is read often, such as 256MB",
         apply_bytes<&Config::cache_bytes, 1U << 20U, std::uint64_t{1} << 40U>},
        {"table",
         {"CARILLON_TABLE"},
         "NAME",
         "Table of the store that holds the webhooks",
         apply_filled_text<&Config::table>},
        {"id-prefix",
         {"CARILLON_ID_PREFIX"},
         "TEXT",
         "Makes ids TEXT#uuid",
         apply_text<&Config::id_prefix>},
    };
}

/// When and how often is called.
std::vector<Setting> attempt_settings() {
    return {
        {"no-deliver",
         {"CARILLON_NO_DELIVER"},
         "",
         "Keep webhooks and answer requests, but ring only what is triggered",
         apply_switch<&Config::deliver, true>},
        {"concurrency",
         {"CARILLON_CONCURRENCY"},
         "N",
         "Deliveries at a time",
         apply_number<&Config::concurrency, 1, 100'000>},
        {"concurrency-per-host",
         {"CARILLON_CONCURRENCY_PER_HOST"},
         "N",
         "Deliveries at a time to one host; 0: no limit of its own",
         apply_number<&Config::concurrency_per_host, 0, 100'000>},
        {"timeout",
         {"CARILLON_TIMEOUT"},
         "DURATION",
         "For one delivery, from the call to the last byte of the answer",
         apply_duration<&Config::timeout, 10, day_ms>},
        {"connect-timeout",
         {"CARILLON_CONNECT_TIMEOUT"},
         "DURATION",
         "For name resolution, TCP and TLS of a delivery",
         apply_duration<&Config::connect_timeout, 10, day_ms>},
        {"retry-base",
         {"CARILLON_RETRY_BASE"},
         "DURATION",
         "Pause before the second attempt; doubles with each failure",
         apply_duration<&Config::retry_base, 1, day_ms>},
        {"retry-cap",
         {"CARILLON_RETRY_CAP"},
         "DURATION",
         "The longest pause between attempts",
         apply_duration<&Config::retry_cap, 1, 30 * day_ms>},
    };
}

/// Who may be called, and how they can trust the call.
std::vector<Setting> target_settings() {
    return {
        {"allow-targets",
         {"CARILLON_ALLOW_TARGETS"},
         "RANGES",
         "Private addresses that webhooks may call: 127.0.0.0/8,10.1.0.0/16",
         apply_targets},
        {"signing-secret",
         {"CARILLON_SIGNING_SECRET"},
         "SECRET",
         "Standard Webhooks secret (whsec_...) that signs deliveries; several with commas. "
         "Better in the environment: flags are visible to other users",
         apply_secrets},
        {"nats-url",
         {"CARILLON_NATS_URL", "NATS_URL"},
         "URL",
         "NATS server with JetStream that events of schedules go to: nats://127.0.0.1:4222",
         apply_text<&Config::nats_url>},
        {"publishers",
         {"CARILLON_PUBLISHERS"},
         "URLS",
         "Brokers that events may go to, separated by spaces (nats, redis, amqp, kafka, sqs, sns, "
         "eventbridge, https). Better in the environment, if they hold passwords",
         apply_publishers},
        {"no-verify-tls",
         {"CARILLON_NO_VERIFY_TLS"},
         "",
         "Accept any certificate of targets; for tests only",
         apply_switch<&Config::verify_tls, true>},
        {"ca-file",
         {"CARILLON_CA_FILE"},
         "FILE",
         "Certificate authorities (PEM) to trust instead of the system's",
         apply_text<&Config::ca_file>},
    };
}

const std::vector<Setting>& table() {
    static const std::vector<Setting> rows = [] {
        std::vector<Setting> all;
        for (auto part : {store_settings(),
                          server_settings(),
                          attempt_settings(),
                          target_settings(),
                          events_settings(),
                          layer_settings(),
                          schedule_settings(),
                          endpoint_settings()}) {
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }();
    return rows;
}

const Setting* find_setting(std::span<const Setting> among, std::string_view name) {
    const auto at = std::ranges::find(among, name, &Setting::name);
    return at == among.end() ? nullptr : &*at;
}

/// Edits (insert, remove, replace) that turn `a` into `b`.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t at = 0; at <= b.size(); ++at) row[at] = at;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

std::string suggestion(std::string_view key) {
    const auto nearest = std::ranges::min_element(
        table(), {}, [&](const Setting& setting) { return distance(key, setting.name); });
    if (distance(key, nearest->name) > 3) return "; see carillon serve --help";
    return fmt::format("; did you mean '{}'?", nearest->name);
}

Result<> apply_at(Config& config,
                  const Setting& setting,
                  std::string_view text,
                  std::string where) {
    const auto applied = setting.apply(config, text);
    if (applied) return {};
    return wrong(std::move(where) + ": " + applied.error().message);
}

constexpr std::string_view section_prefix = "dynamodb-";

/// The setting of a command that a key of the file means; nullptr when it is another command's.
struct FileKey {
    bool known = false;
    const Setting* setting = nullptr;
};

FileKey serve_key(std::string_view key) {
    if (const Setting* setting = find_setting(settings(), key)) return {true, setting};
    return {key.starts_with(section_prefix) &&
            find_setting(dynamodb_settings(), key.substr(section_prefix.size())) != nullptr};
}

FileKey dynamodb_key(std::string_view key) {
    if (key.starts_with(section_prefix)) {
        const Setting* setting =
            find_setting(dynamodb_settings(), key.substr(section_prefix.size()));
        return {setting != nullptr, setting};
    }
    // How a program logs and ends is the same for all commands; port and store are not.
    const bool shared = key.starts_with("log-") || key == "grace";
    return {find_setting(settings(), key) != nullptr,
            shared ? find_setting(dynamodb_settings(), key) : nullptr};
}

Result<> apply_file(Config& config, const FileTexts& file, FileKey (*meaning)(std::string_view)) {
    for (const FileEntry& entry : file.entries) {
        const std::string where = fmt::format("{}:{}", file.name, entry.line);
        // TOML writers prefer underscores, the command line dashes.
        std::string key = entry.key;
        std::ranges::replace(key, '_', '-');
        const FileKey found = meaning(key);
        if (!found.known) {
            return wrong(where + ": unknown key '" + entry.key + "'" + suggestion(key));
        }
        if (found.setting == nullptr) continue;
        CARILLON_TRY_VOID(apply_at(config, *found.setting, entry.text, where + ": " + entry.key));
    }
    return {};
}

Result<> apply_environment(Config& config,
                           std::span<const Setting> among,
                           const Getenv& environment) {
    for (const Setting& setting : among) {
        for (const std::string_view name : setting.environment) {
            const auto text = environment(name);
            // An empty variable is how shells unset one for a single command.
            if (!text || text->empty()) continue;
            CARILLON_TRY_VOID(
                apply_at(config, setting, *text, std::string(name) + " (environment)"));
            break;
        }
    }
    return {};
}

Result<> apply_flags(Config& config, std::span<const Setting> among, const FlagTexts& flags) {
    for (const auto& [name, text] : flags) {
        const Setting* setting = find_setting(among, name);
        if (setting == nullptr) return wrong("--" + name + ": unknown");
        CARILLON_TRY_VOID(apply_at(config, *setting, text, "--" + name));
    }
    return {};
}

}  // namespace

aws::Environment aws_variables(const Getenv& environment) {
    aws::Environment variables;
    for (const std::string& name : aws::variable_names()) {
        if (auto value = environment(name)) variables.emplace(name, *std::move(value));
    }
    return variables;
}

std::span<const Setting> settings() {
    return table();
}

Result<Config> resolve(const FlagTexts& flags, const Getenv& environment, const FileTexts& file) {
    Config config;
    CARILLON_TRY_VOID(apply_file(config, file, serve_key));
    CARILLON_TRY_VOID(apply_environment(config, settings(), environment));
    CARILLON_TRY_VOID(apply_flags(config, settings(), flags));
    if (!is_loopback(config.host)) {
        return wrong(fmt::format(
            "host: {} can be reached from other machines, and there is no authentication yet: "
            "listen on 127.0.0.1 and put a proxy that authenticates in front",
            config.host));
    }
    if (config.retry_cap < config.retry_base)
        return wrong("retry-cap: must not be below retry-base");
    if (config.dynamodb.port) {
        CARILLON_TRY_VOID(check_endpoint(config.dynamodb, environment, section_prefix));
    }
    config.aws = aws_variables(environment);
    return config;
}

Result<Config> resolve_dynamodb(const FlagTexts& flags,
                                const Getenv& environment,
                                const FileTexts& file) {
    Config config;
    config.store = "memory:";
    config.dynamodb.port = 8000;
    CARILLON_TRY_VOID(apply_file(config, file, dynamodb_key));
    CARILLON_TRY_VOID(apply_environment(config, dynamodb_settings(), environment));
    CARILLON_TRY_VOID(apply_flags(config, dynamodb_settings(), flags));
    CARILLON_TRY_VOID(check_endpoint(config.dynamodb, environment, {}));
    return config;
}

bool is_loopback(std::string_view host) {
    if (host == "localhost") return true;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto address = net::IpAddress::parse(host);
    if (!address) return false;
    static const auto ranges = {net::IpRange::parse("127.0.0.0/8"), net::IpRange::parse("::1")};
    return std::ranges::any_of(
        ranges, [&](const auto& range) { return range && range->contains(*address); });
}

Result<std::size_t> parse_bytes(std::string_view text) {
    struct Unit {
        std::string_view name;
        unsigned shift;
    };

    constexpr std::array units{Unit{"", 0}, Unit{"k", 10}, Unit{"m", 20}, Unit{"g", 30}};
    std::uint64_t number = 0;
    const auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string rest = to_lower(trim(text.substr(static_cast<std::size_t>(stop - text.data()))));
    for (const std::string_view ending : {"ib", "b"}) {
        if (rest.ends_with(ending)) {
            rest.resize(rest.size() - ending.size());
            break;
        }
    }
    const auto unit = std::ranges::find(units, rest, &Unit::name);
    if (fault != std::errc{} || unit == units.end() || number > (UINT64_MAX >> unit->shift)) {
        return wrong(fmt::format("must be a size such as 64MB or 512k, not '{}'", text));
    }
    return number << unit->shift;
}

}  // namespace carillon::app
