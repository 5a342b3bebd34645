#include "dynamo/endpoint/table_requests.hpp"

#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/operations.hpp"
#include "dynamo/endpoint/stream_text.hpp"
#include "dynamo/endpoint/tags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace carillon::dynamo::endpoint {

namespace {

constexpr std::int64_t units_max = 1'000'000'000'000;

using Definitions = std::vector<KeyAttribute>;

std::unexpected<Error> undefined_keys(const std::vector<std::string>& keys,
                                      const Definitions& definitions) {
    std::vector<std::string> names;
    for (const KeyAttribute& definition : definitions) names.push_back(definition.name);
    return parameter_fault(fmt::format(
        "Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], "
        "AttributeDefinitions: [{}]",
        fmt::join(keys, ", "),
        fmt::join(names, ", ")));
}

Result<Definitions> read_definitions(const Json& request) {
    Definitions definitions;
    const auto list = member(request, "AttributeDefinitions");
    if (!list) return definitions;
    for (const Json json : array_of(*list)) {
        const std::string_view type = *text_member(json, "AttributeType");
        const Type key_type = type == "S"   ? Type::string
                              : type == "N" ? Type::number
                                            : Type::binary;
        std::string name(*text_member(json, "AttributeName"));
        if (std::ranges::find(definitions, name, &KeyAttribute::name) != definitions.end()) {
            return parameter_fault(
                fmt::format("Duplicate AttributeName in AttributeDefinitions: {}", name));
        }
        definitions.push_back({std::move(name), key_type});
    }
    return definitions;
}

struct RawKey {
    std::vector<std::string> names{};
    std::vector<std::string> kinds{};
};

RawKey read_raw_key(const Json& owner) {
    RawKey raw;
    for (const Json element : array_of(*member(owner, "KeySchema"))) {
        raw.names.emplace_back(*text_member(element, "AttributeName"));
        raw.kinds.emplace_back(*text_member(element, "KeyType"));
    }
    return raw;
}

/// Several hash or sort attributes: global indexes only.
Result<KeySchema> to_multiple_key(const RawKey& raw, const std::vector<KeyAttribute>& attributes) {
    KeySchema key{attributes[0]};
    bool sorting = false;
    for (std::size_t i = 1; i < attributes.size(); ++i) {
        const bool sorts = raw.kinds[i] == "RANGE";
        if (sorting && !sorts) {
            return validation_fault(
                "Invalid KeySchema: All HASH key elements must come before all RANGE key elements");
        }
        sorting = sorts;
        if (!sorts) {
            key.more_hash.push_back(attributes[i]);
        } else if (!key.sort) {
            key.sort = attributes[i];
        } else {
            key.more_sort.push_back(attributes[i]);
        }
    }
    if (key.hash_attributes().size() > key_attributes_each_max ||
        key.sort_attributes().size() > key_attributes_each_max) {
        return parameter_fault(
            "The number of HASH or RANGE key elements in the KeySchema of a global secondary index "
            "exceeds the limit of 4");
    }
    return key;
}

/// `several`: whether there may be more than one hash and one sort attribute.
Result<KeySchema> to_key(const RawKey& raw, const Definitions& definitions, bool several = false) {
    std::vector<KeyAttribute> attributes;
    for (const std::string& name : raw.names) {
        const auto found = std::ranges::find(definitions, name, &KeyAttribute::name);
        if (found == definitions.end()) return undefined_keys(raw.names, definitions);
        attributes.push_back(*found);
    }
    const bool pair = raw.names.size() == 2 && raw.names[0] == raw.names[1];
    if (pair && raw.kinds[1] != "HASH") {
        return validation_fault(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name");
    }
    for (std::size_t i = 0; i < raw.names.size(); ++i) {
        if (std::ranges::count(raw.names, raw.names[i]) < 2 || (pair && !several)) continue;
        return parameter_fault(
            fmt::format("Duplicate attribute name in KeySchema: {}", raw.names[i]));
    }
    if (raw.kinds[0] != "HASH") {
        return validation_fault(
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    }
    if (several && (raw.kinds.size() > 2 || (raw.kinds.size() == 2 && raw.kinds[1] != "RANGE"))) {
        return to_multiple_key(raw, attributes);
    }
    if (pair) {
        return validation_fault(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name");
    }
    if (raw.kinds.size() == 2 && raw.kinds[1] != "RANGE") {
        return validation_fault(
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    }
    KeySchema key{attributes[0]};
    if (attributes.size() == 2) key.sort = attributes[1];
    return key;
}

Result<std::optional<Throughput>> read_throughput(const Json& owner) {
    const auto json = member(owner, "ProvisionedThroughput");
    if (!json) return std::nullopt;
    const Throughput throughput{*integer_member(*json, "ReadCapacityUnits"),
                                *integer_member(*json, "WriteCapacityUnits")};
    for (const auto& [name, units] : {std::pair{"ReadCapacityUnits", throughput.read},
                                      std::pair{"WriteCapacityUnits", throughput.write}}) {
        if (units > units_max) {
            return validation_fault(
                fmt::format("Given value {} for {} is out of bounds", units, name));
        }
    }
    return throughput;
}

Result<std::optional<OnDemandLimits>> read_limits(const Json& owner) {
    const auto json = member(owner, "OnDemandThroughput");
    if (!json) return std::nullopt;
    OnDemandLimits limits;
    limits.read = integer_member(*json, "MaxReadRequestUnits").value_or(-1);
    limits.write = integer_member(*json, "MaxWriteRequestUnits").value_or(-1);
    for (const std::int64_t units : {limits.read, limits.write}) {
        if (units == -1 || units >= 1) continue;
        return parameter_fault(fmt::format(
            "OnDemandThroughput values must be -1 or greater than or equal to 1, not {}", units));
    }
    return limits;
}

Result<std::optional<std::string>> read_table_class(const Json& request) {
    const auto name = text_member(request, "TableClass");
    if (!name) return std::nullopt;
    if (*name != "STANDARD" && *name != "STANDARD_INFREQUENT_ACCESS") {
        return validation_fault(
            "Invalid table-class parameter provided. Please try again with a valid table-class "
            "value: [STANDARD, STANDARD_INFREQUENT_ACCESS].");
    }
    return std::string(*name);
}

/// On with a key (empty: AWS's own), off, or not said.
Result<std::optional<std::optional<std::string>>> read_encryption(const Json& request) {
    const auto json = member(request, "SSESpecification");
    if (!json) return std::nullopt;
    const auto type = text_member(*json, "SSEType");
    const auto key = text_member(*json, "KMSMasterKeyId");
    std::optional<std::string> wanted;
    if (boolean_member(*json, "Enabled").value_or(false)) {
        if (type == "AES256") return parameter_fault("SSEType AES256 is not supported");
        wanted = std::string(key.value_or(""));
    } else if (key || type) {
        return parameter_fault(
            "SSEType and KMSMasterKeyId can be specified only when SSE is enabled");
    }
    return std::optional<std::optional<std::string>>(std::move(wanted));
}

Result<> read_projection(const Json& owner, IndexSchema& index) {
    const Json projection = *member(owner, "Projection");
    const auto type = text_member(projection, "ProjectionType");
    if (!type) return parameter_fault("Unknown ProjectionType: null");
    const auto names = member(projection, "NonKeyAttributes");
    if (names && *type != "INCLUDE") {
        return parameter_fault(
            fmt::format("ProjectionType is {}, but NonKeyAttributes is specified", *type));
    }
    if (!names && *type == "INCLUDE") {
        return parameter_fault("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    }
    index.projection = *type == "ALL"       ? ProjectionType::all
                       : *type == "INCLUDE" ? ProjectionType::include
                                            : ProjectionType::keys_only;
    if (!names) return {};
    for (const Json json : array_of(*names)) {
        const std::string_view name = text_of(json);
        if (std::ranges::find(index.non_key_attributes, name) != index.non_key_attributes.end()) {
            return parameter_fault(
                fmt::format("Duplicate attribute name in NonKeyAttributes: {}", name));
        }
        index.non_key_attributes.emplace_back(name);
    }
    return {};
}

Result<> check_local(const IndexSchema& index, const KeySchema& table) {
    if (!index.key.sort) {
        return parameter_fault(
            fmt::format("Index KeySchema does not have a range key for index: {}", index.name));
    }
    if (index.key.hash.name == table.hash.name) return {};
    return parameter_fault(
        fmt::format("Index KeySchema does not have the same leading hash key as table KeySchema "
                    "for index: {}. index hash key: {}, table hash key: {}",
                    index.name,
                    index.key.hash.name,
                    table.hash.name));
}

Result<IndexSchema> read_index(const Json& json, bool local, const Definitions& definitions) {
    IndexSchema index;
    index.name = std::string(*text_member(json, "IndexName"));
    index.local = local;
    CARILLON_TRY(index.key, to_key(read_raw_key(json), definitions, !local));
    return index;
}

Result<> add_unique(IndexSchema index, TableSchema& schema) {
    if (schema.index(index.name) != nullptr) {
        return parameter_fault(fmt::format("Duplicate index name: {}", index.name));
    }
    schema.indexes.push_back(std::move(index));
    return {};
}

Result<> read_local_indexes(const Json& request,
                            const Definitions& definitions,
                            TableSchema& schema) {
    const auto list = member(request, "LocalSecondaryIndexes");
    if (!list) return {};
    const auto entries = array_of(*list);
    if (entries.size() == 0) return parameter_fault("List of LocalSecondaryIndexes is empty");
    if (!schema.key.sort) {
        return parameter_fault(
            "Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex");
    }
    for (const Json json : entries) {
        CARILLON_TRY(IndexSchema index, read_index(json, true, definitions));
        CARILLON_TRY_VOID(check_local(index, schema.key));
        CARILLON_TRY_VOID(read_projection(json, index));
        CARILLON_TRY_VOID(add_unique(std::move(index), schema));
    }
    if (entries.size() > 5) {
        return parameter_fault("Number of LocalSecondaryIndexes exceeds per-table limit of 5");
    }
    return {};
}

Result<> check_limits(const std::optional<OnDemandLimits>& limits, const TableSettings& settings) {
    if (!limits || settings.on_demand) return {};
    return parameter_fault(
        "OnDemandThroughput can be specified only when BillingMode is PAY_PER_REQUEST");
}

Result<> read_global_indexes(const Json& request,
                             const Definitions& definitions,
                             TableSchema& schema) {
    const auto list = member(request, "GlobalSecondaryIndexes");
    if (!list) return {};
    const auto entries = array_of(*list);
    if (entries.size() == 0) return parameter_fault("List of GlobalSecondaryIndexes is empty");
    for (const Json json : entries) {
        CARILLON_TRY(IndexSchema index, read_index(json, false, definitions));
        CARILLON_TRY_VOID(read_projection(json, index));
        CARILLON_TRY(const auto throughput, read_throughput(json));
        if (throughput && schema.settings.on_demand) {
            return parameter_fault(
                fmt::format("ProvisionedThroughput should not be specified for index: {} when "
                            "BillingMode is PAY_PER_REQUEST",
                            index.name));
        }
        if (!throughput && !schema.settings.on_demand) {
            return parameter_fault(
                fmt::format("ProvisionedThroughput must be specified for index: {}", index.name));
        }
        if (throughput) schema.settings.index_throughput[index.name] = *throughput;
        CARILLON_TRY(const auto limits, read_limits(json));
        CARILLON_TRY_VOID(check_limits(limits, schema.settings));
        if (limits) schema.settings.index_on_demand_limits[index.name] = *limits;
        CARILLON_TRY_VOID(add_unique(std::move(index), schema));
    }
    if (entries.size() > 20) {
        return parameter_fault("GlobalSecondaryIndex count exceeds the per-table limit of 20");
    }
    return {};
}

Result<> read_billing(const Json& request, TableSettings& settings) {
    settings.on_demand = text_member(request, "BillingMode") == "PAY_PER_REQUEST";
    if (settings.on_demand) {
        if (!member(request, "ProvisionedThroughput")) return {};
        return parameter_fault(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
            "PAY_PER_REQUEST");
    }
    CARILLON_TRY(const auto throughput, read_throughput(request));
    if (!throughput) {
        return parameter_fault(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
            "PROVISIONED");
    }
    settings.throughput = *throughput;
    return {};
}

Result<std::optional<StreamCall>> read_stream(const Json& request) {
    const auto json = member(request, "StreamSpecification");
    if (!json) return std::nullopt;
    const bool enabled = *boolean_member(*json, "StreamEnabled");
    const auto view = text_member(*json, "StreamViewType");
    if (enabled && !view) {
        return parameter_fault(
            "StreamViewType must be specified when StreamEnabled is true in StreamSpecification");
    }
    if (!enabled && view) {
        return parameter_fault(
            "StreamViewType must not be specified when StreamEnabled is false in "
            "StreamSpecification");
    }
    StreamCall call;
    if (enabled) call.view = view_of(*view);
    return call;
}

/// Attributes that are defined but in no key.
Result<> check_definitions_used(const Definitions& definitions, const TableSchema& schema) {
    std::set<std::string_view> used;
    const auto take = [&used](const KeySchema& key) {
        for (const KeyAttribute* attribute : key.attributes()) used.insert(attribute->name);
    };
    take(schema.key);
    for (const IndexSchema& index : schema.indexes) take(index.key);
    if (used.size() == definitions.size()) return {};
    if (schema.indexes.empty()) {
        return parameter_fault(
            "Number of attributes in KeySchema does not exactly match number of attributes defined "
            "in AttributeDefinitions");
    }
    std::set<std::string_view> defined;
    for (const KeyAttribute& definition : definitions) defined.insert(definition.name);
    return parameter_fault(
        fmt::format("Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys "
                    "used: [{}]",
                    fmt::join(defined, ", "),
                    fmt::join(used, ", ")));
}

Result<> read_index_update(const Json& json,
                           const Definitions& definitions,
                           UpdateTableCall& call) {
    if (const auto update = member(json, "Update")) {
        CARILLON_TRY(const auto throughput, read_throughput(*update));
        CARILLON_TRY(const auto limits, read_limits(*update));
        const std::string name(*text_member(*update, "IndexName"));
        if (throughput) call.index_throughput.emplace_back(name, *throughput);
        if (limits) call.index_limits.emplace_back(name, *limits);
        if (throughput || limits) return {};
        return parameter_fault(
            fmt::format("ProvisionedThroughput must be specified for index: {}", name));
    }
    if (const auto create = member(json, "Create")) {
        UpdateTableCall::NewIndex index;
        CARILLON_TRY(index.schema, read_index(*create, false, definitions));
        CARILLON_TRY_VOID(read_projection(*create, index.schema));
        CARILLON_TRY(index.throughput, read_throughput(*create));
        CARILLON_TRY(index.limits, read_limits(*create));
        call.create = std::move(index);
        return {};
    }
    call.drop.emplace(*text_member(*member(json, "Delete"), "IndexName"));
    return {};
}

Result<> read_index_updates(const Json& request, UpdateTableCall& call) {
    const auto list = member(request, "GlobalSecondaryIndexUpdates");
    if (!list) return {};
    CARILLON_TRY(const Definitions definitions, read_definitions(request));
    std::vector<std::string_view> names;
    std::size_t online = 0;
    for (const Json json : array_of(*list)) {
        std::optional<Json> change;
        std::size_t count = 0;
        for (const std::string_view kind : {"Update", "Create", "Delete"}) {
            if (const auto found = member(json, kind)) {
                change = found;
                ++count;
                if (kind != "Update") ++online;
            }
        }
        if (count != 1) {
            return parameter_fault(fmt::format(
                "{} of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete {}",
                count == 0 ? "One" : "Only one",
                count == 0 ? "must not be null" : "may be given"));
        }
        const std::string_view name = *text_member(*change, "IndexName");
        if (std::ranges::find(names, name) != names.end()) {
            return parameter_fault(
                fmt::format("Only one global secondary index update per index is allowed "
                            "simultaneously. Index: {}",
                            name));
        }
        names.push_back(name);
        CARILLON_TRY_VOID(read_index_update(json, definitions, call));
    }
    if (online > 1) {
        return service_fault("LimitExceededException",
                             "Subscriber limit exceeded: Only 1 online index can be created or "
                             "deleted simultaneously per table");
    }
    return {};
}

}  // namespace

Result<TableSchema> read_create_table(const Json& request) {
    TableSchema schema;
    schema.name = table_name_of(request);
    CARILLON_TRY_VOID(read_billing(request, schema.settings));
    CARILLON_TRY(const Definitions definitions, read_definitions(request));
    const RawKey raw = read_raw_key(request);
    if (raw.names.size() > definitions.size()) {
        return validation_fault("Invalid KeySchema: Some index key attribute have no definition");
    }
    CARILLON_TRY(schema.key, to_key(raw, definitions));
    CARILLON_TRY_VOID(read_local_indexes(request, definitions, schema));
    CARILLON_TRY_VOID(read_global_indexes(request, definitions, schema));
    CARILLON_TRY_VOID(check_definitions_used(definitions, schema));
    CARILLON_TRY(const auto stream, read_stream(request));
    if (stream) schema.settings.stream = stream->view;
    CARILLON_TRY(const auto limits, read_limits(request));
    CARILLON_TRY_VOID(check_limits(limits, schema.settings));
    if (limits) schema.settings.on_demand_limits = *limits;
    CARILLON_TRY(const auto encryption, read_encryption(request));
    if (encryption) schema.settings.encryption_key = *encryption;
    schema.settings.deletion_protection =
        boolean_member(request, "DeletionProtectionEnabled").value_or(false);
    CARILLON_TRY(const auto table_class, read_table_class(request));
    schema.settings.table_class = table_class.value_or("");
    if (const auto tags = member(request, "Tags")) {
        CARILLON_TRY(schema.settings.tags, read_tags(*tags));
    }
    return schema;
}

Result<UpdateTableCall> read_update_table(const Json& request) {
    UpdateTableCall call;
    call.table = table_name_of(request);
    if (const auto mode = text_member(request, "BillingMode")) {
        call.on_demand = *mode == "PAY_PER_REQUEST";
    }
    call.deletion_protection = boolean_member(request, "DeletionProtectionEnabled");
    CARILLON_TRY(call.table_class, read_table_class(request));
    const auto updates = member(request, "GlobalSecondaryIndexUpdates");
    const bool changes_indexes = updates && array_of(*updates).size() > 0;
    const bool something =
        call.on_demand || call.deletion_protection || call.table_class || changes_indexes ||
        member(request, "ProvisionedThroughput") || member(request, "StreamSpecification") ||
        member(request, "SSESpecification") || member(request, "OnDemandThroughput");
    if (!something) {
        return validation_fault(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
            "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required");
    }
    CARILLON_TRY(call.throughput, read_throughput(request));
    if (call.on_demand == false && !call.throughput) {
        return parameter_fault(
            "ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
    }
    CARILLON_TRY(call.stream, read_stream(request));
    CARILLON_TRY(call.limits, read_limits(request));
    CARILLON_TRY(call.encryption, read_encryption(request));
    CARILLON_TRY_VOID(read_index_updates(request, call));
    return call;
}

}  // namespace carillon::dynamo::endpoint
