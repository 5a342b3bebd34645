#include "dynamo/endpoint/operations.hpp"
#include "dynamo/endpoint/shapes.hpp"

#include <algorithm>

namespace carillon::dynamo::endpoint {

namespace {

// Those of the data plane, which are called most, come first.
constexpr Operation operations[] = {
    {"PutItem", &shapes::put_item, &Operations::put_item},
    {"GetItem", &shapes::get_item, &Operations::get_item},
    {"UpdateItem", &shapes::update_item, &Operations::update_item},
    {"DeleteItem", &shapes::delete_item, &Operations::delete_item},
    {"Query", &shapes::query, &Operations::query},
    {"Scan", &shapes::scan, &Operations::scan},
    {"BatchGetItem", &shapes::batch_get_item, &Operations::batch_get_item},
    {"BatchWriteItem", &shapes::batch_write_item, &Operations::batch_write_item},
    {"TransactGetItems", &shapes::transact_get_items, &Operations::transact_get_items},
    {"TransactWriteItems", &shapes::transact_write_items, &Operations::transact_write_items},
    {"ExecuteStatement", &shapes::execute_statement, &Operations::execute_statement},
    {"BatchExecuteStatement",
     &shapes::batch_execute_statement,
     &Operations::batch_execute_statement},
    {"ExecuteTransaction", &shapes::execute_transaction, &Operations::execute_transaction},
    {"CreateTable", &shapes::create_table, &Operations::create_table, true},
    {"DescribeTable", &shapes::describe_table, &Operations::describe_table, true},
    {"DeleteTable", &shapes::delete_table, &Operations::delete_table, true},
    {"ListTables", &shapes::list_tables, &Operations::list_tables, true},
    {"UpdateTable", &shapes::update_table, &Operations::update_table, true},
    {"UpdateTimeToLive", &shapes::update_time_to_live, &Operations::update_time_to_live, true},
    {"DescribeTimeToLive",
     &shapes::describe_time_to_live,
     &Operations::describe_time_to_live,
     true},
    {"TagResource", &shapes::tag_resource, &Operations::tag_resource, true},
    {"UntagResource", &shapes::untag_resource, &Operations::untag_resource, true},
    {"ListTagsOfResource",
     &shapes::list_tags_of_resource,
     &Operations::list_tags_of_resource,
     true},
    {"DescribeLimits", &shapes::nothing, &Operations::describe_limits, true},
    {"DescribeEndpoints", &shapes::nothing, nullptr, true},
};

}  // namespace

const Operation* find_operation(std::string_view name) {
    const auto found = std::ranges::find(operations, name, &Operation::name);
    return found == std::end(operations) ? nullptr : found;
}

Operations::Operations(Database& database, runtime::Clock& clock, Where where)
    : database_(database), clock_(clock), where_(std::move(where)), delays_(where_.table_delay) {}

std::string table_name_of(const Json& request) {
    return table_of_reference(text_member(request, "TableName").value_or(""));
}

std::string table_of_reference(std::string_view name) {
    constexpr std::string_view arn_part = ":table/";
    if (const std::size_t at = name.find(arn_part);
        name.starts_with("arn:") && at != std::string_view::npos) {
        name.remove_prefix(at + arn_part.size());
    }
    return std::string(name);
}

}  // namespace carillon::dynamo::endpoint
