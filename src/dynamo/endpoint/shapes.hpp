// The operations' requests, as data. One Shape each, members in the order in which DynamoDB names
// them when several are wrong.

#pragma once

#include "dynamo/endpoint/shape.hpp"

namespace carillon::dynamo::endpoint::shapes {

extern const Shape put_item;
extern const Shape get_item;
extern const Shape update_item;
extern const Shape delete_item;
extern const Shape query;
extern const Shape scan;
extern const Shape batch_get_item;
extern const Shape batch_write_item;
extern const Shape transact_get_items;
extern const Shape transact_write_items;

extern const Shape execute_statement;
extern const Shape batch_execute_statement;
extern const Shape execute_transaction;

extern const Shape create_table;
extern const Shape update_table;
extern const Shape describe_table;
extern const Shape delete_table;
extern const Shape list_tables;
extern const Shape update_time_to_live;
extern const Shape describe_time_to_live;
extern const Shape tag_resource;
extern const Shape untag_resource;
extern const Shape list_tags_of_resource;
extern const Shape nothing;

}  // namespace carillon::dynamo::endpoint::shapes
