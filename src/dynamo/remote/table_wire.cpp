#include "dynamo/remote/table_wire.hpp"

#include "dynamo/stream_view.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace carillon::dynamo::remote {

namespace {

void append_definitions(std::string& body, const std::vector<const KeySchema*>& keys) {
    std::vector<const KeyAttribute*> attributes;
    const auto take = [&](const KeyAttribute& attribute) {
        const bool known = std::ranges::any_of(
            attributes, [&](const KeyAttribute* one) { return one->name == attribute.name; });
        if (!known) attributes.push_back(&attribute);
    };
    for (const KeySchema* key : keys) {
        take(key->hash);
        if (key->sort) take(*key->sort);
    }
    begin_member(body, "AttributeDefinitions");
    body += '[';
    for (const KeyAttribute* attribute : attributes) {
        if (body.back() != '[') body += ',';
        body += '{';
        append_member(body, "AttributeName", attribute->name);
        append_member(body, "AttributeType", type_name(attribute->type));
        body += '}';
    }
    body += ']';
}

void append_key(std::string& body, const KeySchema& key) {
    begin_member(body, "KeySchema");
    body += "[{";
    append_member(body, "AttributeName", key.hash.name);
    append_member(body, "KeyType", "HASH");
    body += '}';
    if (key.sort) {
        body += ",{";
        append_member(body, "AttributeName", key.sort->name);
        append_member(body, "KeyType", "RANGE");
        body += '}';
    }
    body += ']';
}

void append_throughput(std::string& body, const Throughput& throughput) {
    begin_member(body, "ProvisionedThroughput");
    body += '{';
    append_member(body, "ReadCapacityUnits", throughput.read);
    append_member(body, "WriteCapacityUnits", throughput.write);
    body += '}';
}

std::string_view projection_name(ProjectionType type) {
    if (type == ProjectionType::all) return "ALL";
    return type == ProjectionType::keys_only ? "KEYS_ONLY" : "INCLUDE";
}

void append_index(std::string& body, const IndexSchema& index, const TableSettings& settings) {
    body += '{';
    append_member(body, "IndexName", index.name);
    append_key(body, index.key);
    begin_member(body, "Projection");
    body += '{';
    append_member(body, "ProjectionType", projection_name(index.projection));
    if (!index.non_key_attributes.empty()) {
        begin_member(body, "NonKeyAttributes");
        body += '[';
        for (const std::string& name : index.non_key_attributes) {
            if (body.back() != '[') body += ',';
            append_json_string(body, name);
        }
        body += ']';
    }
    body += '}';
    if (!index.local && !settings.on_demand) {
        const auto own = settings.index_throughput.find(index.name);
        append_throughput(
            body, own == settings.index_throughput.end() ? settings.throughput : own->second);
    }
    body += '}';
}

void append_indexes(std::string& body, const TableSchema& schema, bool local) {
    std::string list;
    for (const IndexSchema& index : schema.indexes) {
        if (index.local != local) continue;
        if (!list.empty()) list += ',';
        append_index(list, index, schema.settings);
    }
    if (list.empty()) return;
    begin_member(body, local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes");
    body.append("[").append(list).append("]");
}

void append_stream(std::string& body, std::optional<StreamView> view) {
    begin_member(body, "StreamSpecification");
    body += '{';
    append_member(body, "StreamEnabled", view.has_value());
    if (view) append_member(body, "StreamViewType", view_name(*view));
    body += '}';
}

void append_settings(std::string& body, const TableSettings& settings) {
    append_member(body, "BillingMode", settings.on_demand ? "PAY_PER_REQUEST" : "PROVISIONED");
    if (!settings.on_demand) append_throughput(body, settings.throughput);
    if (settings.deletion_protection) append_member(body, "DeletionProtectionEnabled", true);
    if (!settings.table_class.empty()) append_member(body, "TableClass", settings.table_class);
    if (settings.stream) append_stream(body, settings.stream);
    if (settings.tags.empty()) return;
    begin_member(body, "Tags");
    body += '[';
    for (const auto& [key, value] : settings.tags) {
        if (body.back() != '[') body += ',';
        body += '{';
        append_member(body, "Key", key);
        append_member(body, "Value", value);
        body += '}';
    }
    body += ']';
}

Type type_of(std::string_view name) {
    if (name == "N") return Type::number;
    return name == "B" ? Type::binary : Type::string;
}

Result<KeySchema> read_key(const json::object& owner, const json::array& definitions) {
    const json::array* elements = array_member(owner, "KeySchema");
    if (elements == nullptr) return fail(Errc::corrupt, "a table without KeySchema");
    KeySchema key;
    for (const json::value& element : *elements) {
        if (!element.is_object()) continue;
        KeyAttribute attribute;
        attribute.name = text_member(element.get_object(), "AttributeName");
        for (const json::value& definition : definitions) {
            if (!definition.is_object()) continue;
            if (text_member(definition.get_object(), "AttributeName") != attribute.name) continue;
            attribute.type = type_of(text_member(definition.get_object(), "AttributeType"));
        }
        if (text_member(element.get_object(), "KeyType") == "HASH") {
            key.hash = std::move(attribute);
        } else {
            key.sort = std::move(attribute);
        }
    }
    if (key.hash.name.empty()) return fail(Errc::corrupt, "a table without hash key");
    return key;
}

Throughput read_throughput(const json::object& owner) {
    const json::object* json = object_member(owner, "ProvisionedThroughput");
    if (json == nullptr) return {};
    return {whole_member(*json, "ReadCapacityUnits"), whole_member(*json, "WriteCapacityUnits")};
}

Result<> read_indexes(const json::object& table,
                      const json::array& definitions,
                      bool local,
                      TableSchema& schema) {
    const json::array* list =
        array_member(table, local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes");
    if (list == nullptr) return {};
    for (const json::value& json : *list) {
        if (!json.is_object()) continue;
        const json::object& object = json.get_object();
        IndexSchema index;
        index.name = text_member(object, "IndexName");
        index.local = local;
        CARILLON_TRY(index.key, read_key(object, definitions));
        if (const json::object* projection = object_member(object, "Projection")) {
            const std::string type = text_member(*projection, "ProjectionType");
            if (type == "KEYS_ONLY") index.projection = ProjectionType::keys_only;
            if (type == "INCLUDE") index.projection = ProjectionType::include;
            if (const json::array* names = array_member(*projection, "NonKeyAttributes")) {
                for (const json::value& name : *names) {
                    if (!name.is_string()) continue;
                    index.non_key_attributes.emplace_back(name.get_string().data(),
                                                          name.get_string().size());
                }
            }
        }
        if (!local && !schema.settings.on_demand) {
            schema.settings.index_throughput[index.name] = read_throughput(object);
        }
        schema.indexes.push_back(std::move(index));
    }
    return {};
}

}  // namespace

std::string create_table_body(const TableSchema& schema, const std::string& name) {
    std::string body = "{";
    append_member(body, "TableName", name);
    std::vector<const KeySchema*> keys{&schema.key};
    for (const IndexSchema& index : schema.indexes) keys.push_back(&index.key);
    append_definitions(body, keys);
    append_key(body, schema.key);
    append_indexes(body, schema, true);
    append_indexes(body, schema, false);
    append_settings(body, schema.settings);
    return body + "}";
}

std::string update_settings_members(const TableSettings& before, const TableSettings& after) {
    std::string body;
    if (before.on_demand != after.on_demand) {
        append_member(body, "BillingMode", after.on_demand ? "PAY_PER_REQUEST" : "PROVISIONED");
    }
    if (!after.on_demand && (before.on_demand || before.throughput != after.throughput)) {
        append_throughput(body, after.throughput);
    }
    if (before.deletion_protection != after.deletion_protection) {
        append_member(body, "DeletionProtectionEnabled", after.deletion_protection);
    }
    if (!after.table_class.empty() && before.table_class != after.table_class) {
        append_member(body, "TableClass", after.table_class);
    }
    return body;
}

std::vector<std::string> update_stream_members(const TableSettings& before,
                                               const TableSettings& after) {
    std::vector<std::string> steps;
    if (before.stream == after.stream) return steps;
    if (before.stream) append_stream(steps.emplace_back(), std::nullopt);
    if (after.stream) append_stream(steps.emplace_back(), after.stream);
    return steps;
}

std::string create_index_members(const TableSchema& table, const IndexSchema& index) {
    std::string body;
    append_definitions(body, {&index.key});
    begin_member(body, "GlobalSecondaryIndexUpdates");
    body += "[{\"Create\":";
    append_index(body, index, table.settings);
    return body + "}]";
}

Result<TableDescription> read_table(const json::object& table, const std::string& name) {
    const json::array* definitions = array_member(table, "AttributeDefinitions");
    if (definitions == nullptr) return fail(Errc::corrupt, "a table without definitions");
    TableDescription description;
    description.schema.name = name;
    CARILLON_TRY(description.schema.key, read_key(table, *definitions));
    TableSettings& settings = description.schema.settings;
    const json::object* billing = object_member(table, "BillingModeSummary");
    settings.throughput = read_throughput(table);
    // Servers that leave the summary out say it by a throughput of nothing.
    settings.on_demand = billing != nullptr
                             ? text_member(*billing, "BillingMode") != "PROVISIONED"
                             : settings.throughput.read == 0 && settings.throughput.write == 0;
    if (settings.on_demand) settings.throughput = {};
    const json::value* guarded = member(table, "DeletionProtectionEnabled");
    settings.deletion_protection = guarded != nullptr && guarded->is_bool() && guarded->get_bool();
    if (const json::object* summary = object_member(table, "TableClassSummary")) {
        settings.table_class = text_member(*summary, "TableClass");
    }
    if (const json::object* stream = object_member(table, "StreamSpecification")) {
        const json::value* enabled = member(*stream, "StreamEnabled");
        if (enabled != nullptr && enabled->is_bool() && enabled->get_bool()) {
            settings.stream = view_of(text_member(*stream, "StreamViewType"));
        }
    }
    description.stream_label = text_member(table, "LatestStreamLabel");
    CARILLON_TRY_VOID(read_indexes(table, *definitions, true, description.schema));
    CARILLON_TRY_VOID(read_indexes(table, *definitions, false, description.schema));
    description.status = text_member(table, "TableStatus");
    description.id = text_member(table, "TableId");
    description.item_count = whole_member(table, "ItemCount");
    description.size_bytes = whole_member(table, "TableSizeBytes");
    if (const json::value* at = member(table, "CreationDateTime")) {
        description.created_at = read_instant(*at);
    }
    return description;
}

bool is_active(const json::object& table) {
    if (text_member(table, "TableStatus") != "ACTIVE") return false;
    const json::array* indexes = array_member(table, "GlobalSecondaryIndexes");
    if (indexes == nullptr) return true;
    return std::ranges::all_of(*indexes, [](const json::value& index) {
        if (!index.is_object()) return true;
        const std::string status = text_member(index.get_object(), "IndexStatus");
        return status.empty() || status == "ACTIVE";
    });
}

}  // namespace carillon::dynamo::remote
