// The settings of the DynamoDB endpoint: as a command of its own (`--port`) and beside the
// scheduler
// (`--dynamodb-port`). Both read the same environment and the same section of the file.

#include "app/config_parse.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace carillon::app {
namespace {

Result<> apply_port(Config& config, std::string_view text) {
    CARILLON_TRY(const std::uint64_t port, read_number(text, 0, 65'535));
    config.dynamodb.port = static_cast<std::uint16_t>(port);
    return {};
}

Result<> apply_host(Config& config, std::string_view text) {
    if (trim(text).empty()) return wrong("must not be empty");
    config.dynamodb.host = trim(text);
    return {};
}

Result<> apply_region(Config& config, std::string_view text) {
    const bool good = !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
    if (!good) return wrong(fmt::format("must be the name of a region, not '{}'", text));
    config.dynamodb.region = text;
    return {};
}

Result<> apply_verify(Config& config, std::string_view text) {
    CARILLON_TRY(config.dynamodb.verify_signatures, read_switch(text));
    return {};
}

Result<> apply_allow_anyone(Config& config, std::string_view text) {
    CARILLON_TRY(config.dynamodb.allow_anyone, read_switch(text));
    return {};
}

/// Never repeats the text: half of it is secret.
Result<aws::Credentials> read_key(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view id = trim(text.substr(0, equals));
    if (equals == std::string_view::npos || id.empty() || trim(text.substr(equals + 1)).empty()) {
        return wrong("must be ID=SECRET");
    }
    return aws::Credentials{.access_key_id = std::string(id),
                            .secret_access_key = std::string(trim(text.substr(equals + 1)))};
}

Result<> add_keys(DynamodbConfig& config, std::string_view text, char separator) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        const std::string_view one = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (one.empty() || one.starts_with('#')) continue;
        CARILLON_TRY(aws::Credentials key, read_key(one));
        const auto same =
            std::ranges::find(config.keys, key.access_key_id, &aws::Credentials::access_key_id);
        // The later of two with one id counts: flags come after the file.
        if (same != config.keys.end()) config.keys.erase(same);
        config.keys.push_back(std::move(key));
    }
    return {};
}

Result<> apply_keys(Config& config, std::string_view text) {
    return add_keys(config.dynamodb, text, ',');
}

Result<> apply_keys_file(Config& config, std::string_view text) {
    std::ifstream file{std::string(text), std::ios::binary};
    if (!file) return wrong(fmt::format("cannot open {}", text));
    const std::string lines{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto added = add_keys(config.dynamodb, lines, '\n');
    if (!added) return wrong(fmt::format("{}: each line {}", text, added.error().message));
    return {};
}

Result<> apply_table_delay(Config& config, std::string_view text) {
    constexpr Duration most = std::chrono::hours(1);
    // Emulators count it in milliseconds, without a unit.
    const bool bare = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
    CARILLON_TRY(
        config.dynamodb.table_delay,
        read_duration(bare ? std::string(text) + "ms" : std::string(text), Duration(0), most));
    return {};
}

/// Rows of the general table that the command has too, under names of its own for the environment.
Setting shared(std::string_view name,
               std::vector<std::string_view> environment,
               std::string_view help) {
    const auto all = settings();
    const auto row = std::ranges::find(all, name, &Setting::name);
    Setting copy = *row;
    if (!environment.empty()) copy.environment = std::move(environment);
    if (!help.empty()) copy.help = help;
    return copy;
}

/// `dynamodb-port` is what the server calls the command's `port`.
std::string_view command_name(std::string_view name) {
    return name.substr(std::string_view("dynamodb-").size());
}

std::vector<Setting> command_settings() {
    std::vector<Setting> rows = endpoint_settings();
    for (Setting& row : rows) {
        row.name = command_name(row.name);
        if (row.name == "port") row.help = "0 for any free one (default 8000)";
    }
    rows.insert(rows.begin(),
                {shared("store",
                        {"CARILLON_DYNAMODB_STORE", "CARILLON_STORE"},
                        "Where tables live: memory: (default; gone at the end), or embedded:DIR"),
                 shared("no-sync", {}, {}),
                 shared("cache", {}, {})});
    rows.insert(
        rows.end(),
        {shared("grace", {}, {}), shared("log-level", {}, {}), shared("log-format", {}, {})});
    return rows;
}

}  // namespace

std::vector<Setting> endpoint_settings() {
    return {
        {"dynamodb-port",
         {"CARILLON_DYNAMODB_PORT"},
         "PORT",
         "Serve the store's tables over DynamoDB's protocol too; 0 for any free port",
         apply_port},
        {"dynamodb-host",
         {"CARILLON_DYNAMODB_HOST"},
         "ADDRESS",
         "Where that listens (default localhost: 127.0.0.1 and ::1); an address that other "
         "machines reach needs verified signatures",
         apply_host},
        {"dynamodb-region",
         {"CARILLON_DYNAMODB_REGION"},
         "NAME",
         "Of the ARNs in answers (default us-east-1); requests of any region are taken",
         apply_region},
        {"dynamodb-verify-signatures",
         {"CARILLON_DYNAMODB_VERIFY_SIGNATURES"},
         "",
         "Answer only requests that one of the keys has signed",
         apply_verify},
        {"dynamodb-access-key",
         {"CARILLON_DYNAMODB_ACCESS_KEY"},
         "ID=SECRET",
         "A key; may be repeated. Better in the environment (several with commas) or in a file: "
         "flags are visible to other users",
         apply_keys,
         true},
        {"dynamodb-access-key-file",
         {"CARILLON_DYNAMODB_ACCESS_KEY_FILE"},
         "FILE",
         "Keys, one ID=SECRET a line",
         apply_keys_file},
        {"dynamodb-allow-anyone",
         {"CARILLON_DYNAMODB_ALLOW_ANYONE"},
         "",
         "Listen to other machines without verifying signatures: in containers and closed networks",
         apply_allow_anyone},
        {"dynamodb-table-delay",
         {"CARILLON_DYNAMODB_TABLE_DELAY"},
         "DURATION",
         "How long tables and indexes are CREATING, UPDATING or DELETING (default 0s)",
         apply_table_delay},
    };
}

std::span<const Setting> dynamodb_settings() {
    static const std::vector<Setting> rows = command_settings();
    return rows;
}

Result<> check_endpoint(DynamodbConfig& config,
                        const Getenv& environment,
                        std::string_view prefix) {
    if (config.verify_signatures && config.keys.empty()) {
        const auto id = environment("AWS_ACCESS_KEY_ID");
        const auto secret = environment("AWS_SECRET_ACCESS_KEY");
        if (!id || id->empty() || !secret || secret->empty()) {
            return wrong(
                fmt::format("{0}verify-signatures: there is no key to verify with: add "
                            "--{0}access-key ID=SECRET, or set AWS_ACCESS_KEY_ID and "
                            "AWS_SECRET_ACCESS_KEY",
                            prefix));
        }
        config.keys.push_back({.access_key_id = *id, .secret_access_key = *secret});
    }
    if (!config.verify_signatures && !config.keys.empty()) {
        return wrong(fmt::format(
            "{0}access-key: nobody is asked for a key without --{0}verify-signatures", prefix));
    }
    if (!is_loopback(config.host) && !config.verify_signatures && !config.allow_anyone) {
        return wrong(
            fmt::format("{0}host: {1} can be reached from other machines, and anyone there could "
                        "read and write: add --{0}verify-signatures with --{0}access-key "
                        "ID=SECRET, or --{0}allow-anyone",
                        prefix,
                        config.host));
    }
    return {};
}

}  // namespace carillon::app
