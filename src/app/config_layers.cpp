// The layers of a server, as the sections [layers.NAME] of the file or one text describe them.

#include "app/config_parse.hpp"
#include "core/text.hpp"
#include "layer/snapshot_url.hpp"
#include "layer/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::app {
namespace {

constexpr Duration day{86'400'000};

/// The rest of the text behind a separator, which is left out.
std::string_view cut(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

std::vector<std::string> names_of(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) names.emplace_back(cut(text, ','));
    return names;
}

Result<> apply_field(LayerConfig& layer, std::string_view key, std::string_view value) {
    if (key == "snapshots") {
        const auto place = layer::parse_snapshot_url(value);
        if (!place) return wrong(place.error().message);
        layer.snapshots = value;
    } else if (key == "id") {
        layer.id = names_of(value);
    } else if (key == "partition") {
        layer.partition = names_of(value);
    } else if (key == "table") {
        layer.table = value;
    } else if (key == "format") {
        if (value != "segments" && value != "json") return wrong("must be segments or json");
        layer.json = value == "json";
    } else if (key == "source") {
        layer.source = value;
    } else if (key == "feed") {
        CARILLON_TRY(layer.feed, read_switch(value));
    } else if (key == "seed-events") {
        layer.seed_events = value;
    } else if (key == "sync-count") {
        CARILLON_TRY(const auto count, read_number(value, 1, 1'000'000'000));
        layer.sync_count = static_cast<std::int64_t>(count);
    } else if (key == "sync-bytes") {
        CARILLON_TRY(const auto bytes, parse_bytes(value));
        layer.sync_bytes = static_cast<std::int64_t>(bytes);
    } else if (key == "sync-age") {
        CARILLON_TRY(layer.sync_age, read_duration(value, Duration{10}, 365 * day));
    } else if (key == "keep") {
        CARILLON_TRY(layer.keep, read_duration(value, Duration{0}, 3'650 * day));
    } else if (key == "lease") {
        CARILLON_TRY(layer.lease, read_duration(value, Duration{1'000}, Duration{3'600'000}));
    } else if (key == "parallel") {
        CARILLON_TRY(layer.parallel, read_number(value, 1, 64));
    } else {
        return wrong(
            "is unknown; there are snapshots, id, partition, table, format, source, feed, "
            "seed-events, sync-count, sync-bytes, sync-age, keep, lease and parallel");
    }
    return {};
}

Result<LayerConfig> read_layer(std::string_view text) {
    LayerConfig layer;
    layer.name = cut(text, ' ');
    if (const auto named = layer::check_layer_name(layer.name); !named) {
        return wrong("the name of a layer " + named.error().message);
    }
    while (!(text = trim(text)).empty()) {
        std::string_view value = cut(text, ' ');
        const std::string_view key = cut(value, '=');
        const auto applied = apply_field(layer, key, value);
        if (!applied) {
            return wrong(fmt::format("{}: {}: {}", layer.name, key, applied.error().message));
        }
    }
    if (layer.id.empty()) {
        return wrong(layer.name + ": id: is required: the attributes that tell items apart");
    }
    if (layer.feed && layer.source.empty()) {
        return wrong(layer.name + ": feed: needs a source, the table that is followed");
    }
    return layer;
}

/// `users id=sk partition=pk snapshots=directory:./x; orders id=id`.
Result<> apply_layers(Config& config, std::string_view text) {
    config.layers.clear();
    while (!text.empty()) {
        const std::string_view each = trim(cut(text, ';'));
        if (each.empty()) continue;
        CARILLON_TRY(LayerConfig layer, read_layer(each));
        const auto same = [&](const LayerConfig& other) { return other.name == layer.name; };
        if (std::ranges::any_of(config.layers, same)) {
            return wrong(layer.name + " is given twice");
        }
        config.layers.push_back(std::move(layer));
    }
    return {};
}

}  // namespace

std::vector<Setting> layer_settings() {
    return {{"layers",
             {"CARILLON_LAYERS"},
             "TEXT",
             "Layers, separated by semicolons: NAME id=ATTRIBUTE snapshots=URL ...; in the file "
             "sections [layers.NAME]",
             apply_layers}};
}

}  // namespace carillon::app
