// The settings of the outbox: its table, and which publisher handles which types of events.

#include "app/config_parse.hpp"
#include "bus/broker_url.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::app {
namespace {

/// `order.*=nats://127.0.0.1:4222 *=redis://127.0.0.1/events`: separated by spaces.
Result<> apply_events(Config& config, std::string_view text) {
    config.events.routes.clear();
    while (!(text = trim(text)).empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view each = text.substr(0, end);
        text.remove_prefix(end);
        const std::size_t equals = each.find('=');
        if (equals == 0 || equals == std::string_view::npos || equals + 1 == each.size()) {
            return wrong("must be TYPE=URL, several separated by spaces");
        }
        EventRoute route{std::string(each.substr(0, equals)), std::string(each.substr(equals + 1))};
        if (const auto url = bus::parse_broker_url(route.url); !url) {
            return wrong(route.pattern + ": " + url.error().message);
        }
        const auto same = [&](const EventRoute& other) { return other.pattern == route.pattern; };
        if (std::ranges::any_of(config.events.routes, same)) {
            return wrong(route.pattern + " is given twice");
        }
        config.events.routes.push_back(std::move(route));
    }
    return {};
}

constexpr std::int64_t day_ms = 86'400'000;

template <Duration EventsConfig::* Member, std::int64_t MinMs, std::int64_t MaxMs>
Result<> apply_duration(Config& config, std::string_view text) {
    CARILLON_TRY(config.events.*Member, read_duration(text, Duration(MinMs), Duration(MaxMs)));
    return {};
}

Result<> apply_index(Config& config, std::string_view text) {
    config.events.index = trim(text);
    return {};
}

Result<> apply_batch_size(Config& config, std::string_view text) {
    CARILLON_TRY(config.events.batch_size, read_number(text, 1, 1'000));
    return {};
}

Result<> apply_max_retries(Config& config, std::string_view text) {
    CARILLON_TRY(const std::uint64_t count, read_number(text, 1, 1'000));
    config.events.max_retries = static_cast<int>(count);
    return {};
}

Result<> apply_retention(Config& config, std::string_view text) {
    if (text != "keep" && text != "expire" && text != "archive" && text != "remove") {
        return wrong("must be keep, expire, archive or remove");
    }
    config.events.retention = text;
    return {};
}

Result<> apply_unknown(Config& config, std::string_view text) {
    if (text != "park" && text != "acknowledge") return wrong("must be park or acknowledge");
    config.events.acknowledge_unknown = text == "acknowledge";
    return {};
}

Result<> apply_table(Config& config, std::string_view text) {
    if (trim(text).empty()) return wrong("must not be empty");
    config.events.table = trim(text);
    config.events.named = true;
    return {};
}

Result<> apply_layout(Config& config, std::string_view text) {
    if (text != "v2" && text != "v0" && text != "sharded") {
        return wrong("must be v2, v0 or sharded");
    }
    config.events.layout = text;
    return {};
}

Result<> apply_ordered(Config& config, std::string_view text) {
    CARILLON_TRY(config.events.ordered, read_switch(text));
    return {};
}

}  // namespace

std::vector<Setting> events_settings() {
    return {
        {"events",
         {"CARILLON_EVENTS"},
         "TYPE=URL",
         "Which publisher handles which events of the outbox, separated by spaces; in the file the "
         "section [events]",
         apply_events},
        {"events-table",
         {"CARILLON_EVENTS_TABLE"},
         "NAME",
         "Table of the store that holds the outbox",
         apply_table},
        {"events-layout",
         {"CARILLON_EVENTS_LAYOUT"},
         "NAME",
         "v2 or v0, as other workers of the table have it, or sharded for a table of our own",
         apply_layout},
        {"events-index",
         {"CARILLON_EVENTS_INDEX"},
         "NAME",
         "Index by status of a table that other workers made; if left out, the layout's own name",
         apply_index},
        {"events-ordered",
         {"CARILLON_EVENTS_ORDERED"},
         "true|false",
         "Handle events of one key one by one, in the order of their emission",
         apply_ordered},
        {"events-batch-size",
         {"CARILLON_EVENTS_BATCH_SIZE"},
         "N",
         "Events claimed at a time",
         apply_batch_size},
        {"events-poll-interval",
         {"CARILLON_EVENTS_POLL_INTERVAL"},
         "DURATION",
         "Longest sleep between looks at a table that others write",
         apply_duration<&EventsConfig::poll_interval, 10, day_ms>},
        {"events-processing-timeout",
         {"CARILLON_EVENTS_PROCESSING_TIMEOUT"},
         "DURATION",
         "How long an event of a worker that died waits for another; extended while it is handled",
         apply_duration<&EventsConfig::processing_timeout, 1'000, day_ms>},
        {"events-max-retries",
         {"CARILLON_EVENTS_MAX_RETRIES"},
         "N",
         "Attempts in all before an event is failed",
         apply_max_retries},
        {"events-retry-base",
         {"CARILLON_EVENTS_RETRY_BASE"},
         "DURATION",
         "Pause before the second attempt; doubles with each failure",
         apply_duration<&EventsConfig::retry_base, 1, day_ms>},
        {"events-retention",
         {"CARILLON_EVENTS_RETENTION"},
         "NAME",
         "Completed events: keep, expire, archive (into the table of that name and -archive), "
         "remove",
         apply_retention},
        {"events-completed-ttl",
         {"CARILLON_EVENTS_COMPLETED_TTL"},
         "DURATION",
         "How long expire keeps them",
         apply_duration<&EventsConfig::completed_ttl, 1'000, 3'650 * day_ms>},
        {"events-unknown",
         {"CARILLON_EVENTS_UNKNOWN"},
         "NAME",
         "Events that no publisher handles: park or acknowledge",
         apply_unknown},
    };
}

}  // namespace carillon::app
