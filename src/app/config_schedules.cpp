// The settings of schedules: whether there are any, their zone, and the keys that targets name.

#include "app/config_parse.hpp"
#include "core/text.hpp"
#include "recurrence/zone.hpp"

#include <algorithm>

namespace carillon::app {
namespace {

constexpr std::size_t key_name_bytes_max = 64;

Result<> apply_schedules(Config& config, std::string_view text) {
    CARILLON_TRY(config.schedules, read_switch(text));
    return {};
}

Result<> apply_default_tz(Config& config, std::string_view text) {
    const auto zone = recurrence::Zone::find(trim(text));
    if (!zone) return wrong(zone.error().message);
    config.default_tz = trim(text);
    return {};
}

/// `billing=whsec_...,audit=whsec_...`: several of one name sign together. Messages never repeat
/// secrets.
Result<> apply_signing_keys(Config& config, std::string_view text) {
    config.signing_keys.clear();
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        const std::string_view each = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (each.empty()) continue;
        const std::size_t equals = each.find('=');
        const std::string_view name = trim(each.substr(0, equals));
        if (equals == std::string_view::npos || name.empty() || name.size() > key_name_bytes_max) {
            return wrong("must be NAME=SECRET, several separated by commas");
        }
        config.signing_keys[std::string(name)].emplace_back(trim(each.substr(equals + 1)));
    }
    return {};
}

}  // namespace

std::vector<Setting> schedule_settings() {
    return {
        {"schedules",
         {"CARILLON_SCHEDULES"},
         "SWITCH",
         "true or false: whether there are schedules; true if left out, but false where the store "
         "is "
         "shared: they need three tables of it",
         apply_schedules},
        {"default-tz",
         {"CARILLON_DEFAULT_TZ", "DEFAULT_TZ"},
         "ZONE",
         "Of schedules that name none, such as Europe/Berlin; UTC if left out",
         apply_default_tz},
        {"signing-keys",
         {"CARILLON_SIGNING_KEYS"},
         "NAME=SECRET",
         "Standard Webhooks secrets that targets of schedules choose by hmacKeyRef, several with "
         "commas. Better in the environment: flags are visible to other users",
         apply_signing_keys},
    };
}

}  // namespace carillon::app
