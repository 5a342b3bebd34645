#include "library/store_url.hpp"

#include "aws/profile.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::library {
namespace {

/// A part of a name that DynamoDB takes for a table.
bool is_table_text(std::string_view text) {
    return text.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
           std::string_view::npos;
}

Result<bool> read_switch(std::string_view text) {
    for (const std::string_view yes : {"on", "true", "yes", "1"}) {
        if (equals_ignoring_case(text, yes)) return true;
    }
    for (const std::string_view no : {"off", "false", "no", "0"}) {
        if (equals_ignoring_case(text, no)) return false;
    }
    return fail(Errc::invalid, "must be on or off");
}

Result<> apply(DynamodbUrl& store, const std::string& name, const std::string& value) {
    if (name == "endpoint") {
        CARILLON_TRY(store.endpoint, net::parse_url(value));
        return {};
    }
    if (name == "prefix") {
        if (!is_table_text(value)) return fail(Errc::invalid, "holds what table names may not");
        store.prefix = value;
        return {};
    }
    if (name == "profile") {
        store.profile = value;
        return {};
    }
    if (name == "transactions") {
        CARILLON_TRY(store.transactions, read_switch(value));
        return {};
    }
    if (name == "streams") {
        CARILLON_TRY(store.streams, read_switch(value));
        return {};
    }
    if (name == "layout") {
        if (value != "seed" && value != "spread") {
            return fail(Errc::invalid, "must be spread or seed");
        }
        store.seed_layout = value == "seed";
        return {};
    }
    return fail(Errc::invalid,
                "is not known; there are endpoint, prefix, profile, transactions, streams "
                "and layout");
}

/// What stands behind `dynamodb:`. The error continues "store: URL: ".
Result<DynamodbUrl> parse_dynamodb(std::string_view rest) {
    if (!rest.starts_with("//")) return fail(Errc::invalid, "a region goes behind dynamodb://");
    rest.remove_prefix(2);
    const std::size_t mark = std::min(rest.find('?'), rest.size());
    std::string_view region = rest.substr(0, mark);
    while (region.ends_with('/')) region.remove_suffix(1);
    DynamodbUrl store;
    store.region = region;
    if (region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") !=
        std::string_view::npos) {
        return fail(Errc::invalid,
                    "the region is to be one such as eu-central-1; a server of your own is "
                    "dynamodb://local?endpoint=http://HOST:PORT");
    }
    if (mark < rest.size()) {
        CARILLON_TRY(const auto parameters, net::parse_query(rest.substr(mark + 1)));
        for (const auto& [name, value] : parameters) {
            const auto applied = apply(store, name, value);
            if (!applied) return fail(Errc::invalid, name + ": " + applied.error().message);
        }
    }
    if (store.region == "local" && !store.endpoint) {
        return fail(Errc::invalid, "the region local needs ?endpoint=http://HOST:PORT");
    }
    return store;
}

}  // namespace

Result<StoreUrl> parse_store_url(std::string_view url) {
    const auto refuse = [&](std::string_view why) {
        return fail(
            Errc::invalid,
            fmt::format("store: {}: {}; use embedded:DIR, memory: or dynamodb://REGION", url, why));
    };
    const std::size_t colon = url.find(':');
    if (colon == std::string_view::npos) return refuse("is not a store's URL");
    const std::string_view scheme = url.substr(0, colon);
    std::string_view rest = url.substr(colon + 1);
    if (scheme == "memory") {
        if (!rest.empty() && rest != "//") return refuse("memory: takes nothing after it");
        return StoreUrl{.memory = true};
    }
    if (scheme == "embedded") {
        // embedded:///var/lib/carillon is how other URLs would say it.
        if (rest.starts_with("//")) rest.remove_prefix(2);
        if (rest.empty()) return refuse("names no directory");
        return StoreUrl{.directory = std::string(rest)};
    }
    if (scheme == "dynamodb") {
        auto store = parse_dynamodb(rest);
        if (!store)
            return fail(Errc::invalid, fmt::format("store: {}: {}", url, store.error().message));
        return StoreUrl{.dynamodb = *std::move(store)};
    }
    if (scheme == "postgres" || scheme == "postgresql") {
        return refuse(fmt::format("this build has no engine for {}", scheme));
    }
    return refuse("is of no known kind");
}

Result<std::unique_ptr<dynamo::RemoteDatabase>> open_remote_url(DynamodbUrl url,
                                                                const aws::Environment& environment,
                                                                runtime::Loop& loop,
                                                                runtime::BlockingPool& pool,
                                                                Random& random,
                                                                Log& log) {
    dynamo::RemoteOptions options;
    options.environment = environment;
    options.region = std::move(url.region);
    if (options.region.empty()) {
        CARILLON_TRY(const aws::Profiles profiles,
                     aws::read_profiles(options.environment, options.read_file));
        options.region = aws::find_region(options.environment, profiles, url.profile);
    }
    if (options.region.empty()) {
        return fail(Errc::invalid,
                    "store: no region: name it (dynamodb://eu-central-1), or set AWS_REGION");
    }
    options.endpoint = std::move(url.endpoint);
    options.table_prefix = std::move(url.prefix);
    options.profile = std::move(url.profile);
    options.transactions = url.transactions;
    options.streams = url.streams;
    return dynamo::open_remote(std::move(options), loop, pool, random, log);
}

}  // namespace carillon::library
