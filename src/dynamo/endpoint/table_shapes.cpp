// Requests of the control plane.

#include "dynamo/endpoint/shape_parts.hpp"
#include "dynamo/endpoint/shapes.hpp"

namespace carillon::dynamo::endpoint::shapes {

namespace {

constexpr Rule type_rules[] = {{.is = Is::present}, {.is = Is::one_of, .choices = "B, N, S"}};
constexpr Rule key_type_rules[] = {{.is = Is::present},
                                   {.is = Is::one_of, .choices = "HASH, RANGE"}};
constexpr Rule key_name_rules[] = {{.is = Is::present},
                                   {.is = Is::length_at_least, .number = 1},
                                   {.is = Is::length_at_most, .number = 255}};
constexpr Rule units_rules[] = {{.is = Is::present}, {.is = Is::at_least, .number = 1}};
constexpr Rule billing_rules[] = {{.is = Is::one_of, .choices = "PROVISIONED, PAY_PER_REQUEST"}};
constexpr Rule projection_rules[] = {{.is = Is::one_of, .choices = "ALL, INCLUDE, KEYS_ONLY"}};
constexpr Rule not_empty[] = {{.is = Is::length_at_least, .number = 1}};
constexpr Rule schema_rules[] = {{.is = Is::present},
                                 {.is = Is::length_at_least, .number = 1},
                                 {.is = Is::length_at_most, .number = 2}};

constexpr Rule index_schema_rules[] = {{.is = Is::present},
                                       {.is = Is::length_at_least, .number = 1},
                                       {.is = Is::length_at_most, .number = 8}};

constexpr Member definition_members[] = {{"AttributeName", &text, key_name_rules},
                                         {"AttributeType", &text, type_rules}};
constexpr Shape definition{Kind::structure, "AttributeDefinition", definition_members};
constexpr Shape definition_list{.kind = Kind::list, .element = &definition};

constexpr Member key_members[] = {{"AttributeName", &text, key_name_rules},
                                  {"KeyType", &text, key_type_rules}};
constexpr Shape key_element{Kind::structure, "KeySchemaElement", key_members};
constexpr Shape key_schema{.kind = Kind::list, .element = &key_element};

constexpr Member throughput_members[] = {{"WriteCapacityUnits", &whole, units_rules},
                                         {"ReadCapacityUnits", &whole, units_rules}};
constexpr Shape throughput{Kind::structure, "ProvisionedThroughput", throughput_members};

constexpr Member limits_members[] = {{"MaxReadRequestUnits", &whole},
                                     {"MaxWriteRequestUnits", &whole}};
constexpr Shape limits{Kind::structure, "OnDemandThroughput", limits_members};

constexpr Rule encryption_rules[] = {{.is = Is::one_of, .choices = "AES256, KMS"}};
constexpr Member encryption_members[] = {
    {"Enabled", &flag}, {"SSEType", &text, encryption_rules}, {"KMSMasterKeyId", &text}};
constexpr Shape encryption{Kind::structure, "SSESpecification", encryption_members};

constexpr Rule attribute_name_rules[] = {{.is = Is::length_at_least, .number = 1},
                                         {.is = Is::length_at_most, .number = 255}};
constexpr Shape attribute_names{
    .kind = Kind::list, .element = &text, .element_rules = attribute_name_rules};
constexpr Member projection_members[] = {{"ProjectionType", &text, projection_rules},
                                         {"NonKeyAttributes", &attribute_names, not_empty}};
constexpr Shape projection{Kind::structure, "Projection", projection_members};

constexpr Member local_index_members[] = {{"IndexName", &text, resource_name},
                                          {"KeySchema", &key_schema, schema_rules},
                                          {"Projection", &projection, present}};
constexpr Shape local_index{Kind::structure, "LocalSecondaryIndex", local_index_members};
constexpr Shape local_index_list{.kind = Kind::list, .element = &local_index};

constexpr Member global_index_members[] = {{"IndexName", &text, resource_name},
                                           {"KeySchema", &key_schema, index_schema_rules},
                                           {"Projection", &projection, present},
                                           {"ProvisionedThroughput", &throughput},
                                           {"OnDemandThroughput", &limits}};
constexpr Shape global_index{Kind::structure, "GlobalSecondaryIndex", global_index_members};
constexpr Shape global_index_list{.kind = Kind::list, .element = &global_index};

constexpr Rule tag_key_rules[] = {{.is = Is::present},
                                  {.is = Is::length_at_least, .number = 1},
                                  {.is = Is::length_at_most, .number = 128}};
constexpr Rule tag_value_rules[] = {{.is = Is::present}, {.is = Is::length_at_most, .number = 256}};
constexpr Member tag_members[] = {{"Key", &text, tag_key_rules}, {"Value", &text, tag_value_rules}};
constexpr Shape tag{Kind::structure, "Tag", tag_members};
constexpr Shape tag_list{.kind = Kind::list, .element = &tag};

constexpr Rule view_rules[] = {
    {.is = Is::one_of, .choices = "NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, KEYS_ONLY"}};
constexpr Member stream_members[] = {{"StreamEnabled", &flag, present},
                                     {"StreamViewType", &text, view_rules}};
constexpr Shape stream{Kind::structure, "StreamSpecification", stream_members};

constexpr Member create_members[] = {
    {"AttributeDefinitions", &definition_list, present},
    {"TableName", &text, table_name},
    {"BillingMode", &text, billing_rules},
    {"ProvisionedThroughput", &throughput},
    {"KeySchema", &key_schema, schema_rules},
    {"GlobalSecondaryIndexes", &global_index_list},
    {"LocalSecondaryIndexes", &local_index_list},
    {"StreamSpecification", &stream},
    {"SSESpecification", &encryption},
    {"TableClass", &text},
    {"DeletionProtectionEnabled", &flag},
    {"OnDemandThroughput", &limits},
    {"Tags", &tag_list},
};

constexpr Member update_index_members[] = {{"IndexName", &text, resource_name},
                                           {"ProvisionedThroughput", &throughput},
                                           {"OnDemandThroughput", &limits}};
constexpr Shape update_index{
    Kind::structure, "UpdateGlobalSecondaryIndexAction", update_index_members};
constexpr Member create_index_members[] = {{"Projection", &projection, present},
                                           {"IndexName", &text, resource_name},
                                           {"ProvisionedThroughput", &throughput},
                                           {"KeySchema", &key_schema, index_schema_rules},
                                           {"OnDemandThroughput", &limits}};
constexpr Shape create_index{
    Kind::structure, "CreateGlobalSecondaryIndexAction", create_index_members};
constexpr Member delete_index_members[] = {{"IndexName", &text, resource_name}};
constexpr Shape delete_index{
    Kind::structure, "DeleteGlobalSecondaryIndexAction", delete_index_members};
constexpr Member index_update_members[] = {
    {"Update", &update_index}, {"Create", &create_index}, {"Delete", &delete_index}};
constexpr Shape index_update{Kind::structure, "GlobalSecondaryIndexUpdate", index_update_members};
constexpr Shape index_updates{.kind = Kind::list, .element = &index_update};

constexpr Member update_members[] = {
    {"TableName", &text, table_name},
    {"AttributeDefinitions", &definition_list},
    {"ProvisionedThroughput", &throughput},
    {"BillingMode", &text, billing_rules},
    {"GlobalSecondaryIndexUpdates", &index_updates},
    {"StreamSpecification", &stream},
    {"SSESpecification", &encryption},
    {"TableClass", &text},
    {"DeletionProtectionEnabled", &flag},
    {"OnDemandThroughput", &limits},
};

constexpr Member table_members[] = {{"TableName", &text, table_name}};

constexpr Rule page_rules[] = {{.is = Is::at_least, .number = 1},
                               {.is = Is::at_most, .number = 100}};
constexpr Member list_members[] = {{"Limit", &integer, page_rules},
                                   {"ExclusiveStartTableName", &text, optional_name}};

constexpr Member ttl_members[] = {{"AttributeName", &text, key_name_rules},
                                  {"Enabled", &flag, present}};
constexpr Shape ttl{Kind::structure, "TimeToLiveSpecification", ttl_members};
constexpr Member update_ttl_members[] = {{"TableName", &text, table_name},
                                         {"TimeToLiveSpecification", &ttl, present}};

constexpr Member tag_resource_members[] = {{"ResourceArn", &text}, {"Tags", &tag_list}};
constexpr Member untag_members[] = {{"ResourceArn", &text}, {"TagKeys", &text_list}};
constexpr Member list_tags_members[] = {{"ResourceArn", &text}, {"NextToken", &text}};

}  // namespace

constexpr Shape create_table{Kind::structure, "CreateTableInput", create_members};
constexpr Shape update_table{Kind::structure, "UpdateTableInput", update_members};
constexpr Shape describe_table{Kind::structure, "DescribeTableInput", table_members};
constexpr Shape delete_table{Kind::structure, "DeleteTableInput", table_members};
constexpr Shape list_tables{Kind::structure, "ListTablesInput", list_members};
constexpr Shape update_time_to_live{Kind::structure, "UpdateTimeToLiveInput", update_ttl_members};
constexpr Shape describe_time_to_live{Kind::structure, "DescribeTimeToLiveInput", table_members};
constexpr Shape tag_resource{Kind::structure, "TagResourceInput", tag_resource_members};
constexpr Shape untag_resource{Kind::structure, "UntagResourceInput", untag_members};
constexpr Shape list_tags_of_resource{
    Kind::structure, "ListTagsOfResourceInput", list_tags_members};
constexpr Shape nothing{Kind::structure, "EmptyInput"};

}  // namespace carillon::dynamo::endpoint::shapes
