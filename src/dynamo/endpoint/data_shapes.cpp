// Requests of the data plane.

#include "dynamo/endpoint/shape_parts.hpp"
#include "dynamo/endpoint/shapes.hpp"

namespace carillon::dynamo::endpoint::shapes {

namespace {

constexpr Member expected_members[] = {{"AttributeValueList", &value_list},
                                       {"ComparisonOperator", &text, comparison_choice},
                                       {"Exists", &flag},
                                       {"Value", &value}};
constexpr Shape expected{Kind::structure, "ExpectedAttributeValue", expected_members};
constexpr Shape expected_map{.kind = Kind::map, .element = &expected};

constexpr Member condition_members[] = {{"AttributeValueList", &value_list},
                                        {"ComparisonOperator", &text, comparison_required}};
constexpr Shape condition{Kind::structure, "Condition", condition_members};
constexpr Shape condition_map{.kind = Kind::map, .element = &condition};

constexpr Member attribute_update_members[] = {{"Action", &text, action_choice}, {"Value", &value}};
constexpr Shape attribute_update{Kind::structure, "AttributeValueUpdate", attribute_update_members};
constexpr Shape attribute_update_map{.kind = Kind::map, .element = &attribute_update};

constexpr Member put_members[] = {
    {"ReturnConsumedCapacity", &text, capacity_choice},
    {"TableName", &text, table_reference},
    {"Item", &value_map, present},
    {"ConditionalOperator", &text, operator_choice},
    {"Expected", &expected_map},
    {"ReturnValues", &text, values_choice},
    {"ReturnItemCollectionMetrics", &text, metrics_choice},
    {"ReturnValuesOnConditionCheckFailure", &text, failure_choice},
    {"ConditionExpression", &text},
    {"ExpressionAttributeValues", &value_map},
    {"ExpressionAttributeNames", &text_map},
};

constexpr Member get_members[] = {
    {"ReturnConsumedCapacity", &text, capacity_choice},
    {"AttributesToGet", &text_list, attribute_names},
    {"TableName", &text, table_reference},
    {"Key", &value_map, present},
    {"ConsistentRead", &flag},
    {"ProjectionExpression", &text},
    {"ExpressionAttributeNames", &text_map},
};

constexpr Member update_members[] = {
    {"ReturnConsumedCapacity", &text, capacity_choice},
    {"TableName", &text, table_reference},
    {"ReturnItemCollectionMetrics", &text, metrics_choice},
    {"ReturnValues", &text, values_choice},
    {"ReturnValuesOnConditionCheckFailure", &text, failure_choice},
    {"Key", &value_map, present},
    {"ConditionalOperator", &text, operator_choice},
    {"Expected", &expected_map},
    {"AttributeUpdates", &attribute_update_map},
    {"ConditionExpression", &text},
    {"UpdateExpression", &text},
    {"ExpressionAttributeValues", &value_map},
    {"ExpressionAttributeNames", &text_map},
};

constexpr Member delete_members[] = {
    {"ReturnConsumedCapacity", &text, capacity_choice},
    {"TableName", &text, table_reference},
    {"ReturnValues", &text, values_choice},
    {"ReturnItemCollectionMetrics", &text, metrics_choice},
    {"ReturnValuesOnConditionCheckFailure", &text, failure_choice},
    {"Key", &value_map, present},
    {"ConditionalOperator", &text, operator_choice},
    {"Expected", &expected_map},
    {"ConditionExpression", &text},
    {"ExpressionAttributeValues", &value_map},
    {"ExpressionAttributeNames", &text_map},
};

constexpr Member query_members[] = {
    {"Select", &text, select_choice},
    {"IndexName", &text, optional_name},
    {"ReturnConsumedCapacity", &text, capacity_choice},
    {"QueryFilter", &condition_map},
    {"TableName", &text, table_reference},
    {"ConditionalOperator", &text, operator_choice},
    {"AttributesToGet", &text_list, attribute_names},
    {"Limit", &integer, positive},
    {"KeyConditions", &condition_map},
    {"ExclusiveStartKey", &value_map},
    {"ConsistentRead", &flag},
    {"ScanIndexForward", &flag},
    {"KeyConditionExpression", &text},
    {"FilterExpression", &text},
    {"ProjectionExpression", &text},
    {"ExpressionAttributeValues", &value_map},
    {"ExpressionAttributeNames", &text_map},
};

constexpr Rule segment_rules[] = {{.is = Is::at_least, .number = 0},
                                  {.is = Is::at_most, .number = 999'999}};
constexpr Rule segments_rules[] = {{.is = Is::at_least, .number = 1},
                                   {.is = Is::at_most, .number = 1'000'000}};

constexpr Member scan_members[] = {
    {"Select", &text, select_choice},
    {"IndexName", &text, optional_name},
    {"TotalSegments", &integer, segments_rules},
    {"ReturnConsumedCapacity", &text, capacity_choice},
    {"TableName", &text, table_reference},
    {"ConditionalOperator", &text, operator_choice},
    {"ScanFilter", &condition_map},
    {"Segment", &integer, segment_rules},
    {"Limit", &integer, positive},
    {"AttributesToGet", &text_list, attribute_names},
    {"ExclusiveStartKey", &value_map},
    {"ConsistentRead", &flag},
    {"FilterExpression", &text},
    {"ProjectionExpression", &text},
    {"ExpressionAttributeValues", &value_map},
    {"ExpressionAttributeNames", &text_map},
};

// --- Batches ---

// How many are too many, batches say with texts of their own.
constexpr Rule keys_rules[] = {{.is = Is::present}, {.is = Is::length_at_least, .number = 1}};
constexpr Shape key_list{.kind = Kind::list, .element = &value_map};
constexpr Member keys_members[] = {
    {"Keys", &key_list, keys_rules},
    {"AttributesToGet", &text_list, attribute_names},
    {"ConsistentRead", &flag},
    {"ProjectionExpression", &text},
    {"ExpressionAttributeNames", &text_map},
};
constexpr Shape keys_and_attributes{Kind::structure, "KeysAndAttributes", keys_members};
constexpr Shape keys_by_table{.kind = Kind::map, .element = &keys_and_attributes};
constexpr Rule batch_get_rules[] = {{.is = Is::present},
                                    {.is = Is::keys, .nested = table_key_rules}};
constexpr Member batch_get_members[] = {
    {"ReturnConsumedCapacity", &text, capacity_choice},
    {"RequestItems", &keys_by_table, batch_get_rules},
};

constexpr Member delete_request_members[] = {{"Key", &value_map, present}};
constexpr Shape delete_request{Kind::structure, "DeleteRequest", delete_request_members};
constexpr Member put_request_members[] = {{"Item", &value_map, present}};
constexpr Shape put_request{Kind::structure, "PutRequest", put_request_members};
constexpr Member write_request_members[] = {{"DeleteRequest", &delete_request},
                                            {"PutRequest", &put_request}};
constexpr Shape write_request{Kind::structure, "WriteRequest", write_request_members};
constexpr Shape write_list{.kind = Kind::list, .element = &write_request};
constexpr Shape writes_by_table{.kind = Kind::map, .element = &write_list};
constexpr Rule write_list_rules[] = {{.is = Is::length_at_most, .number = 25},
                                     {.is = Is::length_at_least, .number = 1}};
constexpr Rule batch_write_rules[] = {{.is = Is::present},
                                      {.is = Is::keys, .nested = table_key_rules},
                                      {.is = Is::values, .nested = write_list_rules}};
constexpr Member batch_write_members[] = {
    {"ReturnConsumedCapacity", &text, capacity_choice},
    {"ReturnItemCollectionMetrics", &text, metrics_choice},
    {"RequestItems", &writes_by_table, batch_write_rules},
};

// --- Transactions ---

constexpr Member transact_get_members[] = {
    {"Key", &value_map, present},
    {"TableName", &text, table_reference},
    {"ProjectionExpression", &text},
    {"ExpressionAttributeNames", &text_map},
};
constexpr Shape transact_get{Kind::structure, "Get", transact_get_members};
constexpr Member transact_get_item_members[] = {{"Get", &transact_get, present}};
constexpr Shape transact_get_item{Kind::structure, "TransactGetItem", transact_get_item_members};
constexpr Shape transact_get_list{.kind = Kind::list, .element = &transact_get_item};
constexpr Rule transact_list_rules[] = {{.is = Is::present},
                                        {.is = Is::length_at_most, .number = 100},
                                        {.is = Is::length_at_least, .number = 1}};
constexpr Member transact_gets_members[] = {
    {"ReturnConsumedCapacity", &text, capacity_choice},
    {"TransactItems", &transact_get_list, transact_list_rules},
};

constexpr Member check_members[] = {
    {"Key", &value_map, present},
    {"TableName", &text, table_reference},
    {"ConditionExpression", &text, present},
    {"ReturnValuesOnConditionCheckFailure", &text, failure_choice},
    {"ExpressionAttributeNames", &text_map},
    {"ExpressionAttributeValues", &value_map},
};
constexpr Shape transact_check{Kind::structure, "ConditionCheck", check_members};
constexpr Member transact_put_members[] = {
    {"Item", &value_map, present},
    {"TableName", &text, table_reference},
    {"ConditionExpression", &text},
    {"ReturnValuesOnConditionCheckFailure", &text, failure_choice},
    {"ExpressionAttributeNames", &text_map},
    {"ExpressionAttributeValues", &value_map},
};
constexpr Shape transact_put{Kind::structure, "Put", transact_put_members};
constexpr Member transact_delete_members[] = {
    {"Key", &value_map, present},
    {"TableName", &text, table_reference},
    {"ConditionExpression", &text},
    {"ReturnValuesOnConditionCheckFailure", &text, failure_choice},
    {"ExpressionAttributeNames", &text_map},
    {"ExpressionAttributeValues", &value_map},
};
constexpr Shape transact_delete{Kind::structure, "Delete", transact_delete_members};
constexpr Member transact_update_members[] = {
    {"Key", &value_map, present},
    {"UpdateExpression", &text, present},
    {"TableName", &text, table_reference},
    {"ConditionExpression", &text},
    {"ReturnValuesOnConditionCheckFailure", &text, failure_choice},
    {"ExpressionAttributeNames", &text_map},
    {"ExpressionAttributeValues", &value_map},
};
constexpr Shape transact_update{Kind::structure, "Update", transact_update_members};
constexpr Member transact_write_item_members[] = {
    {"ConditionCheck", &transact_check},
    {"Put", &transact_put},
    {"Delete", &transact_delete},
    {"Update", &transact_update},
};
constexpr Shape transact_write_item{
    Kind::structure, "TransactWriteItem", transact_write_item_members};
constexpr Shape transact_write_list{.kind = Kind::list, .element = &transact_write_item};
constexpr Rule token_rules[] = {{.is = Is::length_at_most, .number = 36},
                                {.is = Is::length_at_least, .number = 1}};
constexpr Member transact_writes_members[] = {
    {"ReturnConsumedCapacity", &text, capacity_choice},
    {"ReturnItemCollectionMetrics", &text, metrics_choice},
    {"ClientRequestToken", &text, token_rules},
    {"TransactItems", &transact_write_list, transact_list_rules},
};

}  // namespace

constexpr Shape put_item{Kind::structure, "PutItemInput", put_members};
constexpr Shape get_item{Kind::structure, "GetItemInput", get_members};
constexpr Shape update_item{Kind::structure, "UpdateItemInput", update_members};
constexpr Shape delete_item{Kind::structure, "DeleteItemInput", delete_members};
constexpr Shape query{Kind::structure, "QueryInput", query_members};
constexpr Shape scan{Kind::structure, "ScanInput", scan_members};
constexpr Shape batch_get_item{Kind::structure, "BatchGetItemInput", batch_get_members};
constexpr Shape batch_write_item{Kind::structure, "BatchWriteItemInput", batch_write_members};
constexpr Shape transact_get_items{Kind::structure, "TransactGetItemsInput", transact_gets_members};
constexpr Shape transact_write_items{
    Kind::structure, "TransactWriteItemsInput", transact_writes_members};

}  // namespace carillon::dynamo::endpoint::shapes
