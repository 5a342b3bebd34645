#include "server/layer_routes.hpp"

#include "core/json_reader.hpp"
#include "dynamo/item/json.hpp"
#include "server/problem.hpp"

#include <utility>

namespace carillon::server {
namespace {

constexpr std::int64_t items_default = 1'000;
constexpr std::int64_t items_max = 100'000;
constexpr std::size_t changes_max = 10'000;

json::value instant_or_null(const std::optional<TimePoint>& at) {
    return at ? json::value(format_instant(*at)) : json::value(nullptr);
}

json::object shown(const layer::LayerMeta& meta) {
    return {{"cursor", meta.cursor},
            {"loaded", meta.loaded},
            {"syncedLastTotal", meta.synced_last_total},
            {"syncedTimes", meta.synced_times},
            {"syncedTotal", meta.synced_total},
            {"unsyncedLastTotal", meta.unsynced_last_total},
            {"unsyncedTotal", meta.unsynced_total},
            {"unsyncedBytes", meta.unsynced_bytes},
            {"unsyncedPartitions", meta.unsynced_partitions},
            {"unsyncedSince", instant_or_null(meta.unsynced_since)},
            {"lastSyncAt", instant_or_null(meta.last_sync_at)},
            {"lastSyncMs", meta.last_sync_ms},
            {"syncing", meta.syncing}};
}

json::object shown(const layer::SyncReport& report) {
    json::object body{{"count", report.count},
                      {"partitions", report.partitions},
                      {"failed", report.failed},
                      {"locked", report.locked}};
    if (!report.error.empty()) body["error"] = report.error;
    return body;
}

json::array plain(const std::vector<dynamo::Item>& items) {
    json::array out;
    out.reserve(items.size());
    for (const dynamo::Item& item : items) out.push_back(dynamo::to_plain_json(item));
    return out;
}

net::ServerResponse view_response(const layer::View& view) {
    json::object body{{"count", view.items.size()},
                      {"sequence", view.sequence},
                      {"items", plain(view.items)},
                      {"next", nullptr}};
    if (view.next) body["next"] = *view.next;
    return json_response(200, body);
}

constexpr Choice<layer::ChangeType> change_types[] = {{"PUT", layer::ChangeType::put},
                                                      {"UPDATE", layer::ChangeType::update},
                                                      {"DELETE", layer::ChangeType::remove}};

Result<std::vector<layer::Change>> read_changes(const json::value& body) {
    JsonReader reader(body);
    JsonFields fields = reader.fields();
    std::vector<layer::Change> changes;
    for (JsonFields& each : fields.objects("changes", changes_max)) {
        layer::Change change;
        change.type = each.choice<layer::ChangeType>("type", change_types);
        const json::value* item = each.any("item");
        if (item != nullptr) {
            auto value = dynamo::from_plain_json(*item);
            if (!value) {
                each.reject("item", value.error().message);
            } else if (value->map() == nullptr) {
                each.reject("item", "must be an object");
            } else {
                change.item = *value->map();
            }
        }
        changes.push_back(std::move(change));
    }
    CARILLON_TRY_VOID(reader.finish());
    return changes;
}

struct AskedReset {
    std::optional<std::string> table{};
    std::optional<std::string> partition{};
};

Result<AskedReset> read_reset(const json::value& body) {
    AskedReset asked;
    if (body.is_null()) return asked;
    JsonReader reader(body);
    JsonFields fields = reader.fields();
    if (const auto table = fields.optional_string("table", {.bytes_min = 1})) {
        asked.table = std::string(*table);
    }
    if (const auto partition = fields.optional_string("partition")) {
        asked.partition = std::string(*partition);
    }
    CARILLON_TRY_VOID(reader.finish());
    return asked;
}

std::vector<QueryParameter> read_parameters() {
    return {{.name = "asOf",
             .kind = ParameterKind::instant,
             .description = "The state as it was then, while that is kept"},
            {.name = "limit",
             .kind = ParameterKind::integer,
             .description = "Items at most, 1000 if left out",
             .min = 1,
             .max = items_max},
            {.name = "after",
             .description = "next of the page before: only items behind that id",
             .max = 1'024}};
}

}  // namespace

std::vector<Route> LayerRoutes::routes() {
    const std::vector<Answer> view = {{200, "The items by their ids", "LayerView"}};
    const std::vector<Answer> report = {{200, "What was done", "LayerSyncReport"}};
    std::vector<QueryParameter> whole_parameters = read_parameters();
    whole_parameters.push_back(
        {.name = "partition", .description = "Only this one, whatever its name", .max = 900});
    whole_parameters.push_back({.name = "all",
                                .kind = ParameterKind::boolean,
                                .description = "The items of all partitions"});
    whole_parameters.push_back({.name = "sorted",
                                .kind = ParameterKind::boolean,
                                .description = "With all: by id rather than by partition"});
    return {
        {.method = "GET",
         .path = "/layers",
         .operation = "listLayers",
         .summary = "Name the layers of this server",
         .handler = [this](Call& call) { return list(call); },
         .answers = {{200, "Their names", "LayerNames"}}},
        {.method = "GET",
         .path = "/layers/{name}",
         .operation = "getLayer",
         .summary = "Read a layer without partitions, one of its partitions, or all of them",
         .handler = [this](Call& call) { return whole(call); },
         .query = std::move(whole_parameters),
         .answers = view},
        {.method = "GET",
         .path = "/layers/{name}/meta",
         .operation = "getLayerMeta",
         .summary = "What is synced and what is not",
         .handler = [this](Call& call) { return meta(call); },
         .answers = {{200, "Figures of the layer", "LayerMeta"}}},
        {.method = "GET",
         .path = "/layers/{name}/{partition}",
         .operation = "getLayerPartition",
         .summary = "Read the current items of a partition, or those of a past moment",
         .handler = [this](Call& call) { return partition(call); },
         .query = read_parameters(),
         .answers = view},
        {.method = "POST",
         .path = "/layers/{name}/changes",
         .operation = "setLayerChanges",
         .summary = "Track changes of items",
         .handler = [this](Call& call) { return change(call); },
         .body = BodyUse::required,
         .body_schema = "LayerChanges",
         .answers = {{200, "Written, and seen by every later read", "LayerSetReport"}}},
        {.method = "POST",
         .path = "/layers/{name}/sync",
         .operation = "syncLayer",
         .summary = "Fold pending changes into the snapshot",
         .handler = [this](Call& call) { return sync(call); },
         .answers = report},
        {.method = "POST",
         .path = "/layers/{name}/compact",
         .operation = "compactLayer",
         .summary = "Sync, merge all segments, and remove what nothing names",
         .handler = [this](Call& call) { return compact(call); },
         .answers = report},
        {.method = "POST",
         .path = "/layers/{name}/reset",
         .operation = "resetLayer",
         .summary = "Replace the state by what a table of the store holds",
         .handler = [this](Call& call) { return reset(call); },
         .body = BodyUse::optional,
         .body_schema = "LayerReset",
         .answers = {{200, "What the layer holds now", "LayerResetReport"}}},
    };
}

Result<LayerRoutes::Entry> LayerRoutes::find(const Call& call) const {
    const auto found = layers_.find(call.path[0]);
    if (found == layers_.end()) {
        return fail(Errc::not_found, "there is no layer " + call.path[0]);
    }
    return found->second;
}

LayerRoutes::Response LayerRoutes::list(Call& /*call*/) {
    json::array names;
    for (const auto& [name, entry] : layers_) names.emplace_back(name);
    co_return json_response(200, json::object{{"count", names.size()}, {"items", names}});
}

LayerRoutes::Response LayerRoutes::whole(Call& call) {
    CARILLON_CO_TRY(const Entry entry, find(call));
    if (!call.query.boolean("all").value_or(false)) {
        std::string name = call.query.text("partition").value_or("");
        co_return co_await read(*entry.layer, std::move(name), call);
    }
    for (const std::string_view other : {"partition", "after"}) {
        if (call.query.text(other)) {
            co_return invalid(std::string(other), "and all exclude each other");
        }
    }
    const bool sorted = call.query.boolean("sorted").value_or(true);
    CARILLON_CO_TRY(const layer::View view,
                    co_await entry.layer->get_all(sorted, call.query.instant("asOf")));
    co_return view_response(view);
}

LayerRoutes::Response LayerRoutes::partition(Call& call) {
    CARILLON_CO_TRY(const Entry entry, find(call));
    co_return co_await read(*entry.layer, call.path[1], call);
}

LayerRoutes::Response LayerRoutes::read(layer::Layer& layer, std::string partition, Call& call) {
    layer::ReadOptions options;
    options.as_of = call.query.instant("asOf");
    options.after = call.query.text("after").value_or("");
    options.limit = static_cast<std::size_t>(call.query.integer("limit").value_or(items_default));
    CARILLON_CO_TRY(const layer::View view,
                    co_await layer.get(std::move(partition), std::move(options)));
    co_return view_response(view);
}

LayerRoutes::Response LayerRoutes::meta(Call& call) {
    CARILLON_CO_TRY(const Entry entry, find(call));
    CARILLON_CO_TRY(const layer::LayerMeta meta, co_await entry.layer->meta());
    co_return json_response(200, shown(meta));
}

LayerRoutes::Response LayerRoutes::sync(Call& call) {
    CARILLON_CO_TRY(const Entry entry, find(call));
    CARILLON_CO_TRY(const layer::SyncReport report, co_await entry.layer->sync());
    co_return json_response(200, shown(report));
}

LayerRoutes::Response LayerRoutes::compact(Call& call) {
    CARILLON_CO_TRY(const Entry entry, find(call));
    CARILLON_CO_TRY(const layer::SyncReport report, co_await entry.layer->compact());
    co_return json_response(200, shown(report));
}

LayerRoutes::Response LayerRoutes::reset(Call& call) {
    CARILLON_CO_TRY(const Entry entry, find(call));
    CARILLON_CO_TRY(AskedReset asked, read_reset(call.body));
    layer::ResetOptions options;
    options.table = asked.table.value_or(entry.source_table);
    options.partition = std::move(asked.partition);
    if (options.table.empty()) {
        co_return invalid("table", "is required: the layer's configuration names no source");
    }
    CARILLON_CO_TRY(const layer::ResetReport report,
                    co_await entry.layer->reset(*entry.source, std::move(options)));
    co_return json_response(
        200,
        json::object{
            {"count", report.count}, {"partitions", report.partitions}, {"locked", report.locked}});
}

LayerRoutes::Response LayerRoutes::change(Call& call) {
    CARILLON_CO_TRY(const Entry entry, find(call));
    CARILLON_CO_TRY(auto changes, read_changes(call.body));
    CARILLON_CO_TRY(const layer::SetReport report, co_await entry.layer->set(std::move(changes)));
    json::object body{{"count", report.count}};
    if (report.synced) body["synced"] = shown(*report.synced);
    co_return json_response(200, body);
}

}  // namespace carillon::server
