#include "dynamo/embedded/settings_codec.hpp"

#include <string>
#include <utility>

namespace carillon::dynamo::embedded {

namespace {

constexpr std::pair<const char*, std::int64_t TableSettings::*> times[] = {
    {"on_demand_since", &TableSettings::on_demand_since_ms},
    {"raised", &TableSettings::throughput_raised_ms},
    {"lowered", &TableSettings::throughput_lowered_ms},
    {"lowerings", &TableSettings::throughput_lowerings},
    {"class_changed", &TableSettings::table_class_changed_ms},
};
constexpr std::pair<const char*, bool TableSettings::*> flags[] = {
    {"on_demand", &TableSettings::on_demand},
    {"protected", &TableSettings::deletion_protection},
};

template <class Units>
Value encode_throughput(const Units& units) {
    return List{units.read, units.write};
}

Result<Throughput> decode_throughput(const Value& value) {
    const List* list = value.list();
    const auto part = [&](std::size_t at) -> std::optional<std::int64_t> {
        const Number* number = (*list)[at].number();
        return number != nullptr ? number->to_int64() : std::nullopt;
    };
    if (list == nullptr || list->size() != 2 || !part(0) || !part(1)) {
        return fail(Errc::corrupt, "A table's throughput cannot be read");
    }
    return Throughput{*part(0), *part(1)};
}

Result<> decode_maps(const Map& map, TableSettings& settings) {
    if (const Value* indexes = map.find("index_throughput"); indexes != nullptr && indexes->map()) {
        for (const Attribute& one : *indexes->map()) {
            CARILLON_TRY(settings.index_throughput[one.name], decode_throughput(one.value));
        }
    }
    if (const Value* limits = map.find("index_limits"); limits != nullptr && limits->map()) {
        for (const Attribute& one : *limits->map()) {
            CARILLON_TRY(const Throughput units, decode_throughput(one.value));
            settings.index_on_demand_limits[one.name] = {units.read, units.write};
        }
    }
    if (const Value* tags = map.find("tags"); tags != nullptr && tags->map() != nullptr) {
        for (const Attribute& tag : *tags->map()) {
            if (tag.value.string() == nullptr) {
                return fail(Errc::corrupt, "A table's tags cannot be read");
            }
            settings.tags[tag.name] = *tag.value.string();
        }
    }
    return {};
}

}  // namespace

Value encode_settings(const TableSettings& settings) {
    Map map;
    for (const auto& [name, member] : times) map.set(name, settings.*member);
    for (const auto& [name, member] : flags) map.set(name, settings.*member);
    map.set("throughput", encode_throughput(settings.throughput));
    map.set("class", settings.table_class);
    Map indexes;
    for (const auto& [name, throughput] : settings.index_throughput) {
        indexes.set(name, encode_throughput(throughput));
    }
    map.set("index_throughput", std::move(indexes));
    Map tags;
    for (const auto& [key, value] : settings.tags) tags.set(key, value);
    map.set("tags", std::move(tags));
    if (settings.on_demand_limits != OnDemandLimits{}) {
        map.set("limits", encode_throughput(settings.on_demand_limits));
    }
    if (!settings.index_on_demand_limits.empty()) {
        Map limits;
        for (const auto& [name, units] : settings.index_on_demand_limits) {
            limits.set(name, encode_throughput(units));
        }
        map.set("index_limits", std::move(limits));
    }
    if (settings.encryption_key) map.set("encryption_key", *settings.encryption_key);
    if (settings.stream) map.set("stream_view", static_cast<int>(*settings.stream));
    return map;
}

Result<TableSettings> decode_settings(const Value& value) {
    const Map* map = value.map();
    if (map == nullptr) return fail(Errc::corrupt, "A table's settings cannot be read");
    TableSettings settings;
    for (const auto& [name, member] : times) {
        const Value* found = map->find(name);
        if (found == nullptr || found->number() == nullptr) continue;
        settings.*member = found->number()->to_int64().value_or(0);
    }
    for (const auto& [name, member] : flags) {
        const Value* found = map->find(name);
        if (found == nullptr || found->get_if<bool>() == nullptr) continue;
        settings.*member = *found->get_if<bool>();
    }
    if (const Value* found = map->find("throughput")) {
        CARILLON_TRY(settings.throughput, decode_throughput(*found));
    }
    if (const Value* found = map->find("limits")) {
        CARILLON_TRY(const Throughput units, decode_throughput(*found));
        settings.on_demand_limits = {units.read, units.write};
    }
    if (const Value* found = map->find("encryption_key"); found != nullptr && found->string()) {
        settings.encryption_key = *found->string();
    }
    if (const Value* found = map->find("class"); found != nullptr && found->string() != nullptr) {
        settings.table_class = *found->string();
    }
    if (const Value* found = map->find("stream_view"); found != nullptr && found->number()) {
        settings.stream = static_cast<StreamView>(found->number()->to_int64().value_or(0));
    }
    CARILLON_TRY_VOID(decode_maps(*map, settings));
    return settings;
}

}  // namespace carillon::dynamo::embedded
