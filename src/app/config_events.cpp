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
    };
}

}  // namespace carillon::app
