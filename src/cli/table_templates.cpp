#include "cli/table_templates.hpp"

#include "core/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace carillon::cli {
namespace {

using dynamo::IndexSchema;
using dynamo::KeyAttribute;
using dynamo::KeySchema;
using dynamo::TableSchema;

/// Every attribute that is part of a key, once.
std::vector<KeyAttribute> key_attributes(const TableSchema& table) {
    std::vector<KeyAttribute> attributes;
    const auto take = [&](const KeySchema& key) {
        const auto take_one = [&](const KeyAttribute& attribute) {
            if (std::ranges::find(attributes, attribute) == attributes.end()) {
                attributes.push_back(attribute);
            }
        };
        take_one(key.hash);
        if (key.sort) take_one(*key.sort);
    };
    take(table.key);
    for (const IndexSchema& index : table.indexes) take(index.key);
    return attributes;
}

std::string_view projection_name(const IndexSchema& index) {
    switch (index.projection) {
        case dynamo::ProjectionType::all:
            return "ALL";
        case dynamo::ProjectionType::keys_only:
            return "KEYS_ONLY";
        case dynamo::ProjectionType::include:
            return "INCLUDE";
    }
    return "ALL";
}

std::string_view stream_name(dynamo::StreamView view) {
    switch (view) {
        case dynamo::StreamView::keys_only:
            return "KEYS_ONLY";
        case dynamo::StreamView::new_image:
            return "NEW_IMAGE";
        case dynamo::StreamView::old_image:
            return "OLD_IMAGE";
        case dynamo::StreamView::new_and_old_images:
            return "NEW_AND_OLD_IMAGES";
    }
    return "KEYS_ONLY";
}

/// What both kinds of names allow: CloudFormation letters and digits, Terraform underscores too.
std::string resource_name(std::string_view table, bool underscores) {
    std::string name;
    bool capital = !underscores;
    for (const char c : table) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        if (!letter && !digit) {
            if (underscores) name += '_';
            capital = !underscores;
            continue;
        }
        name += capital && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        capital = false;
    }
    if (name.empty() || (name.front() >= '0' && name.front() <= '9')) name.insert(0, "T");
    return underscores ? name : name + "Table";
}

json::array key_json(const KeySchema& key) {
    json::array list;
    list.push_back(json::object{{"AttributeName", key.hash.name}, {"KeyType", "HASH"}});
    if (key.sort) {
        list.push_back(json::object{{"AttributeName", key.sort->name}, {"KeyType", "RANGE"}});
    }
    return list;
}

json::object throughput_json(const dynamo::Throughput& throughput) {
    return {{"ReadCapacityUnits", throughput.read}, {"WriteCapacityUnits", throughput.write}};
}

json::object index_json(const IndexSchema& index, const dynamo::TableSettings& settings) {
    json::object projection{{"ProjectionType", projection_name(index)}};
    if (!index.non_key_attributes.empty()) {
        json::array names(index.non_key_attributes.begin(), index.non_key_attributes.end());
        projection["NonKeyAttributes"] = std::move(names);
    }
    json::object object{{"IndexName", index.name},
                        {"KeySchema", key_json(index.key)},
                        {"Projection", std::move(projection)}};
    if (!index.local && !settings.on_demand) {
        const auto own = settings.index_throughput.find(index.name);
        object["ProvisionedThroughput"] = throughput_json(
            own == settings.index_throughput.end() ? settings.throughput : own->second);
    }
    return object;
}

json::object table_properties(const TableSchema& table) {
    const dynamo::TableSettings& settings = table.settings;
    json::object properties{{"TableName", table.name}};
    json::array definitions;
    for (const KeyAttribute& attribute : key_attributes(table)) {
        definitions.push_back(json::object{{"AttributeName", attribute.name},
                                           {"AttributeType", dynamo::type_name(attribute.type)}});
    }
    properties["AttributeDefinitions"] = std::move(definitions);
    properties["KeySchema"] = key_json(table.key);
    for (const bool local : {false, true}) {
        json::array list;
        for (const IndexSchema& index : table.indexes) {
            if (index.local == local) list.push_back(index_json(index, settings));
        }
        if (list.empty()) continue;
        properties[local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes"] = std::move(list);
    }
    properties["BillingMode"] = settings.on_demand ? "PAY_PER_REQUEST" : "PROVISIONED";
    if (!settings.on_demand) {
        properties["ProvisionedThroughput"] = throughput_json(settings.throughput);
    }
    if (table.ttl_attribute) {
        properties["TimeToLiveSpecification"] =
            json::object{{"AttributeName", *table.ttl_attribute}, {"Enabled", true}};
    }
    if (settings.stream) {
        properties["StreamSpecification"] =
            json::object{{"StreamViewType", stream_name(*settings.stream)}};
    }
    if (!settings.table_class.empty()) properties["TableClass"] = settings.table_class;
    properties["DeletionProtectionEnabled"] = settings.deletion_protection;
    properties["PointInTimeRecoverySpecification"] =
        json::object{{"PointInTimeRecoveryEnabled", true}};
    if (!settings.tags.empty()) {
        json::array tags;
        for (const auto& [key, value] : settings.tags) {
            tags.push_back(json::object{{"Key", key}, {"Value", value}});
        }
        properties["Tags"] = std::move(tags);
    }
    return properties;
}

/// Indented, as people keep it in their repositories.
void append_pretty(std::string& out, const json::value& value, std::size_t depth) {
    const std::string indent((depth + 1) * 2, ' ');
    bool first = true;
    const auto next = [&] {
        if (!first) out += ',';
        first = false;
        out += '\n' + indent;
    };
    if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
        out += '{';
        for (const auto& [name, member] : *object) {
            next();
            append_json_string(out, {name.data(), name.size()});
            out += ": ";
            append_pretty(out, member, depth + 1);
        }
        out += '\n' + std::string(depth * 2, ' ') + '}';
    } else if (const json::array* array = value.if_array(); array != nullptr && !array->empty()) {
        out += '[';
        for (const json::value& member : *array) {
            next();
            append_pretty(out, member, depth + 1);
        }
        out += '\n' + std::string(depth * 2, ' ') + ']';
    } else {
        append_text(out, value);
    }
}

/// A string of HCL: JSON's escapes, and none of its templates.
std::string hcl_string(std::string_view text) {
    std::string escaped;
    for (std::size_t i = 0; i < text.size(); ++i) {
        escaped += text[i];
        const bool opens = (text[i] == '$' || text[i] == '%') && i + 1 < text.size();
        if (opens && text[i + 1] == '{') escaped += text[i];
    }
    std::string out;
    append_json_string(out, escaped);
    return out;
}

void append_terraform_index(std::string& out,
                            const IndexSchema& index,
                            const dynamo::TableSettings& settings) {
    out += index.local ? "\n  local_secondary_index {\n" : "\n  global_secondary_index {\n";
    out += fmt::format("    name            = {}\n", hcl_string(index.name));
    if (!index.local)
        out += fmt::format("    hash_key        = {}\n", hcl_string(index.key.hash.name));
    if (index.key.sort) {
        out += fmt::format("    range_key       = {}\n", hcl_string(index.key.sort->name));
    }
    out += fmt::format("    projection_type = {}\n", hcl_string(projection_name(index)));
    if (!index.non_key_attributes.empty()) {
        std::string names;
        for (const std::string& name : index.non_key_attributes) {
            if (!names.empty()) names += ", ";
            names += hcl_string(name);
        }
        out += fmt::format("    non_key_attributes = [{}]\n", names);
    }
    if (!index.local && !settings.on_demand) {
        const auto own = settings.index_throughput.find(index.name);
        const dynamo::Throughput units =
            own == settings.index_throughput.end() ? settings.throughput : own->second;
        out += fmt::format(
            "    read_capacity   = {}\n    write_capacity  = {}\n", units.read, units.write);
    }
    out += "  }\n";
}

void append_terraform_settings(std::string& out, const TableSchema& table) {
    const dynamo::TableSettings& settings = table.settings;
    if (table.ttl_attribute) {
        out += fmt::format("\n  ttl {{\n    attribute_name = {}\n    enabled        = true\n  }}\n",
                           hcl_string(*table.ttl_attribute));
    }
    if (settings.stream) {
        out += fmt::format("\n  stream_enabled   = true\n  stream_view_type = {}\n",
                           hcl_string(stream_name(*settings.stream)));
    }
    if (!settings.table_class.empty()) {
        out += fmt::format("\n  table_class = {}\n", hcl_string(settings.table_class));
    }
    out += fmt::format("\n  deletion_protection_enabled = {}\n", settings.deletion_protection);
    out += "\n  point_in_time_recovery {\n    enabled = true\n  }\n";
    if (!settings.tags.empty()) {
        out += "\n  tags = {\n";
        for (const auto& [key, value] : settings.tags) {
            out += fmt::format("    {} = {}\n", hcl_string(key), hcl_string(value));
        }
        out += "  }\n";
    }
    out += "\n  lifecycle {\n    prevent_destroy = true\n  }\n";
}

std::string key_text(const KeySchema& key) {
    std::string text = fmt::format("{} ({})", key.hash.name, dynamo::type_name(key.hash.type));
    if (key.sort) {
        text += fmt::format(", {} ({})", key.sort->name, dynamo::type_name(key.sort->type));
    }
    return text;
}

}  // namespace

std::string to_cloudformation(const std::vector<TableSchema>& tables) {
    json::object resources;
    json::object outputs;
    for (const TableSchema& table : tables) {
        const std::string name = resource_name(table.name, false);
        resources[name] = json::object{{"Type", "AWS::DynamoDB::Table"},
                                       {"DeletionPolicy", "Retain"},
                                       {"UpdateReplacePolicy", "Retain"},
                                       {"Properties", table_properties(table)}};
        const auto attribute = [&](std::string_view which) {
            return json::object{{"Value", json::object{{"Fn::GetAtt", json::array{name, which}}}}};
        };
        outputs[name + "Name"] = json::object{{"Value", json::object{{"Ref", name}}}};
        outputs[name + "Arn"] = attribute("Arn");
        if (table.settings.stream) outputs[name + "StreamArn"] = attribute("StreamArn");
    }
    const json::value document =
        json::object{{"AWSTemplateFormatVersion", "2010-09-09"},
                     {"Description", "The tables of Carillon, a durable scheduler"},
                     {"Resources", std::move(resources)},
                     {"Outputs", std::move(outputs)}};
    std::string out;
    append_pretty(out, document, 0);
    return out + '\n';
}

std::string to_terraform(const std::vector<TableSchema>& tables) {
    std::string out = "# The tables of Carillon, a durable scheduler.\n";
    for (const TableSchema& table : tables) {
        const dynamo::TableSettings& settings = table.settings;
        out += fmt::format("\nresource \"aws_dynamodb_table\" \"{}\" {{\n",
                           resource_name(table.name, true));
        out += fmt::format("  name         = {}\n", hcl_string(table.name));
        out += fmt::format("  billing_mode = {}\n",
                           hcl_string(settings.on_demand ? "PAY_PER_REQUEST" : "PROVISIONED"));
        if (!settings.on_demand) {
            out += fmt::format("  read_capacity  = {}\n  write_capacity = {}\n",
                               settings.throughput.read,
                               settings.throughput.write);
        }
        out += fmt::format("  hash_key     = {}\n", hcl_string(table.key.hash.name));
        if (table.key.sort) {
            out += fmt::format("  range_key    = {}\n", hcl_string(table.key.sort->name));
        }
        for (const KeyAttribute& attribute : key_attributes(table)) {
            out += fmt::format("\n  attribute {{\n    name = {}\n    type = {}\n  }}\n",
                               hcl_string(attribute.name),
                               hcl_string(dynamo::type_name(attribute.type)));
        }
        for (const IndexSchema& index : table.indexes) {
            append_terraform_index(out, index, settings);
        }
        append_terraform_settings(out, table);
        out += "}\n";
    }
    return out;
}

std::string table_text(const dynamo::TableDescription& table) {
    const TableSchema& schema = table.schema;
    const dynamo::TableSettings& settings = schema.settings;
    std::string out = fmt::format("{}  {}\n", schema.name, table.status);
    out += fmt::format("  key      {}\n", key_text(schema.key));
    for (const IndexSchema& index : schema.indexes) {
        out += fmt::format("  index    {}: {}, {}{}\n",
                           index.name,
                           key_text(index.key),
                           projection_name(index),
                           index.local ? ", local" : "");
    }
    if (settings.on_demand) {
        out += "  billing  on demand\n";
    } else {
        out += fmt::format("  billing  {} read and {} write units provisioned\n",
                           settings.throughput.read,
                           settings.throughput.write);
    }
    if (schema.ttl_attribute) out += fmt::format("  expiry   {}\n", *schema.ttl_attribute);
    if (settings.stream) out += fmt::format("  stream   {}\n", stream_name(*settings.stream));
    out += fmt::format("  items    about {}, {} bytes\n", table.item_count, table.size_bytes);
    return out;
}

}  // namespace carillon::cli
