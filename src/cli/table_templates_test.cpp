#include "cli/table_templates.hpp"

#include "core/json.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace carillon::cli {
namespace {

dynamo::TableSchema table() {
    dynamo::TableSchema schema;
    schema.name = "carillon-web.hooks";
    schema.key.hash = {.name = "namespace"};
    schema.key.sort = dynamo::KeyAttribute{.name = "id"};
    dynamo::IndexSchema due;
    due.name = "due";
    due.key.hash = {.name = "__due"};
    due.key.sort = dynamo::KeyAttribute{.name = "__dueAt", .type = dynamo::Type::number};
    dynamo::IndexSchema local;
    local.name = "by-schedule";
    local.local = true;
    local.key.hash = {.name = "namespace"};
    local.key.sort = dynamo::KeyAttribute{.name = "schedule"};
    local.projection = dynamo::ProjectionType::include;
    local.non_key_attributes = {"status", "url"};
    schema.indexes = {due, local};
    schema.ttl_attribute = "expiresAt";
    schema.settings.stream = dynamo::StreamView::new_and_old_images;
    schema.settings.tags = {{"app", "carillon"}, {"cost", "${center}"}};
    return schema;
}

const json::object& object_at(const json::value& value, std::string_view path) {
    return value.at_pointer(path).as_object();
}

TEST(CloudFormation, HasEverythingOfATable) {
    const auto document = parse_json(to_cloudformation({table()}));
    ASSERT_TRUE(document) << describe(document.error());
    EXPECT_EQ(document->at_pointer("/AWSTemplateFormatVersion"), "2010-09-09");
    const json::object& resource = object_at(*document, "/Resources/CarillonWebHooksTable");
    EXPECT_EQ(resource.at("Type"), "AWS::DynamoDB::Table");
    EXPECT_EQ(resource.at("DeletionPolicy"), "Retain");
    EXPECT_EQ(resource.at("UpdateReplacePolicy"), "Retain");
    const json::object& properties = resource.at("Properties").as_object();
    EXPECT_EQ(properties.at("TableName"), "carillon-web.hooks");
    EXPECT_EQ(properties.at("BillingMode"), "PAY_PER_REQUEST");
    EXPECT_FALSE(properties.contains("ProvisionedThroughput"));
    // Each key attribute once, and no other: CloudFormation refuses both.
    EXPECT_EQ(to_text(properties.at("AttributeDefinitions")),
              R"([{"AttributeName":"namespace","AttributeType":"S"},)"
              R"({"AttributeName":"id","AttributeType":"S"},)"
              R"({"AttributeName":"__due","AttributeType":"S"},)"
              R"({"AttributeName":"__dueAt","AttributeType":"N"},)"
              R"({"AttributeName":"schedule","AttributeType":"S"}])");
    EXPECT_EQ(to_text(properties.at("KeySchema")),
              R"([{"AttributeName":"namespace","KeyType":"HASH"},)"
              R"({"AttributeName":"id","KeyType":"RANGE"}])");
    EXPECT_EQ(properties.at("GlobalSecondaryIndexes").as_array().size(), 1U);
    EXPECT_EQ(to_text(properties.at("LocalSecondaryIndexes").at(0).at("Projection")),
              R"({"ProjectionType":"INCLUDE","NonKeyAttributes":["status","url"]})");
    EXPECT_EQ(to_text(properties.at("TimeToLiveSpecification")),
              R"({"AttributeName":"expiresAt","Enabled":true})");
    EXPECT_EQ(to_text(properties.at("StreamSpecification")),
              R"({"StreamViewType":"NEW_AND_OLD_IMAGES"})");
    EXPECT_EQ(properties.at("Tags").as_array().size(), 2U);
    const json::object& outputs = object_at(*document, "/Outputs");
    EXPECT_EQ(to_text(outputs.at("CarillonWebHooksTableArn")),
              R"({"Value":{"Fn::GetAtt":["CarillonWebHooksTable","Arn"]}})");
    EXPECT_TRUE(outputs.contains("CarillonWebHooksTableStreamArn"));
}

TEST(CloudFormation, SaysProvisionedUnitsOfTablesAndIndexes) {
    dynamo::TableSchema schema = table();
    schema.settings.on_demand = false;
    schema.settings.throughput = {5, 6};
    schema.settings.index_throughput["due"] = {7, 8};
    schema.settings.stream.reset();
    const auto document = parse_json(to_cloudformation({schema}));
    ASSERT_TRUE(document);
    const json::object& properties =
        object_at(*document, "/Resources/CarillonWebHooksTable/Properties");
    EXPECT_EQ(properties.at("BillingMode"), "PROVISIONED");
    EXPECT_EQ(to_text(properties.at("ProvisionedThroughput")),
              R"({"ReadCapacityUnits":5,"WriteCapacityUnits":6})");
    EXPECT_EQ(to_text(properties.at("GlobalSecondaryIndexes").at(0).at("ProvisionedThroughput")),
              R"({"ReadCapacityUnits":7,"WriteCapacityUnits":8})");
    EXPECT_FALSE(
        properties.at("LocalSecondaryIndexes").at(0).as_object().contains("ProvisionedThroughput"));
    EXPECT_FALSE(object_at(*document, "/Outputs").contains("CarillonWebHooksTableStreamArn"));
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Terraform, HasEverythingOfATable) {
    const std::string text = to_terraform({table()});
    for (const char* line : {R"(resource "aws_dynamodb_table" "carillon_web_hooks" {)",
                             R"(  name         = "carillon-web.hooks")",
                             R"(  billing_mode = "PAY_PER_REQUEST")",
                             R"(  hash_key     = "namespace")",
                             R"(  range_key    = "id")",
                             R"(  global_secondary_index {)",
                             R"(    hash_key        = "__due")",
                             R"(  local_secondary_index {)",
                             R"(    non_key_attributes = ["status", "url"])",
                             R"(    attribute_name = "expiresAt")",
                             R"(  stream_view_type = "NEW_AND_OLD_IMAGES")",
                             R"(    prevent_destroy = true)",
                             R"(    "app" = "carillon")",
                             // No template of Terraform's.
                             R"(    "cost" = "$${center}")"}) {
        EXPECT_TRUE(has_line(text, line)) << line << "\nis not in\n" << text;
    }
    EXPECT_EQ(std::ranges::count(text, '{'), std::ranges::count(text, '}'));
    // A local index has its table's hash key.
    const std::string local = text.substr(text.find("local_secondary_index"));
    EXPECT_EQ(local.substr(0, local.find('}')).find("hash_key"), std::string::npos);
}

TEST(TableText, IsForPeople) {
    dynamo::TableDescription description;
    description.schema = table();
    description.item_count = 3;
    description.size_bytes = 900;
    EXPECT_EQ(table_text(description),
              "carillon-web.hooks  ACTIVE\n"
              "  key      namespace (S), id (S)\n"
              "  index    due: __due (S), __dueAt (N), ALL\n"
              "  index    by-schedule: namespace (S), schedule (S), INCLUDE, local\n"
              "  billing  on demand\n"
              "  expiry   expiresAt\n"
              "  stream   NEW_AND_OLD_IMAGES\n"
              "  items    about 3, 900 bytes\n");
}

}  // namespace
}  // namespace carillon::cli
