// Requests that carry PartiQL statements.

#include "dynamo/endpoint/shape_parts.hpp"
#include "dynamo/endpoint/shapes.hpp"

namespace carillon::dynamo::endpoint::shapes {

namespace {

constexpr Rule statement_rules[] = {{.is = Is::present},
                                    {.is = Is::length_at_least, .number = 1},
                                    {.is = Is::length_at_most, .number = 8192}};
constexpr Rule parameter_rules[] = {{.is = Is::length_at_least, .number = 1}};
constexpr Rule next_token_rules[] = {{.is = Is::length_at_least, .number = 1},
                                     {.is = Is::length_at_most, .number = 32'768}};
constexpr Rule request_token_rules[] = {{.is = Is::length_at_most, .number = 36},
                                        {.is = Is::length_at_least, .number = 1}};

constexpr Member execute_members[] = {
    {"Statement", &text, statement_rules},
    {"Parameters", &value_list, parameter_rules},
    {"ConsistentRead", &flag},
    {"NextToken", &text, next_token_rules},
    {"ReturnConsumedCapacity", &text, capacity_choice},
    {"Limit", &integer, positive},
    {"ReturnValuesOnConditionCheckFailure", &text, failure_choice},
};

constexpr Member batch_statement_members[] = {
    {"Statement", &text, statement_rules},
    {"Parameters", &value_list, parameter_rules},
    {"ConsistentRead", &flag},
    {"ReturnValuesOnConditionCheckFailure", &text, failure_choice},
};
constexpr Shape batch_statement{Kind::structure, "BatchStatementRequest", batch_statement_members};
constexpr Shape batch_statements{.kind = Kind::list, .element = &batch_statement};
constexpr Rule batch_rules[] = {{.is = Is::present},
                                {.is = Is::length_at_most, .number = 25},
                                {.is = Is::length_at_least, .number = 1}};
constexpr Member batch_members[] = {
    {"Statements", &batch_statements, batch_rules},
    {"ReturnConsumedCapacity", &text, capacity_choice},
};

constexpr Member transact_statement_members[] = {
    {"Statement", &text, statement_rules},
    {"Parameters", &value_list, parameter_rules},
    {"ReturnValuesOnConditionCheckFailure", &text, failure_choice},
};
constexpr Shape transact_statement{
    Kind::structure, "ParameterizedStatement", transact_statement_members};
constexpr Shape transact_statements{.kind = Kind::list, .element = &transact_statement};
constexpr Rule transact_rules[] = {{.is = Is::present},
                                   {.is = Is::length_at_most, .number = 100},
                                   {.is = Is::length_at_least, .number = 1}};
constexpr Member transact_members[] = {
    {"TransactStatements", &transact_statements, transact_rules},
    {"ClientRequestToken", &text, request_token_rules},
    {"ReturnConsumedCapacity", &text, capacity_choice},
};

}  // namespace

constexpr Shape execute_statement{Kind::structure, "ExecuteStatementInput", execute_members};
constexpr Shape batch_execute_statement{
    Kind::structure, "BatchExecuteStatementInput", batch_members};
constexpr Shape execute_transaction{Kind::structure, "ExecuteTransactionInput", transact_members};

}  // namespace carillon::dynamo::endpoint::shapes
