// What the endpoint does for each operation: a request body in, the body of the answer out.
//
// Every operation first reads its whole request into typed values (the parsed document is gone once
// it waits for the database), then asks the database, then writes its answer. A member function per
// operation; operation_table.cpp lists them with their shapes.

#pragma once

#include "dynamo/database.hpp"
#include "dynamo/endpoint/json.hpp"
#include "dynamo/endpoint/shape.hpp"
#include "dynamo/endpoint/table_delays.hpp"
#include "runtime/clock.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace carillon::dynamo::endpoint {

/// What answers say about where they come from.
struct Where {
    std::string region = "us-east-1";
    std::string account = "000000000000";
    Duration table_delay{0};  ///< How long tables and indexes seem to be on their way.
};

class Operations {
public:
    /// Everything must outlive the object.
    Operations(Database& database, runtime::Clock& clock, Where where);
    Operations(const Operations&) = delete;
    Operations& operator=(const Operations&) = delete;

    using Answer = Task<Result<std::string>>;

    // item_operations.cpp
    Answer put_item(Json request);
    Answer get_item(Json request);
    Answer update_item(Json request);
    Answer delete_item(Json request);
    // read_operations.cpp
    Answer query(Json request);
    Answer scan(Json request);
    // batch_operations.cpp
    Answer batch_get_item(Json request);
    Answer batch_write_item(Json request);
    // transact_operations.cpp
    Answer transact_get_items(Json request);
    Answer transact_write_items(Json request);
    // statement_operations.cpp
    Answer execute_statement(Json request);
    // statement_batches.cpp
    Answer batch_execute_statement(Json request);
    Answer execute_transaction(Json request);
    // table_operations.cpp
    Answer create_table(Json request);
    Answer describe_table(Json request);
    Answer delete_table(Json request);
    Answer list_tables(Json request);
    Answer update_table(Json request);
    // setting_operations.cpp
    Answer update_time_to_live(Json request);
    Answer describe_time_to_live(Json request);
    Answer tag_resource(Json request);
    Answer untag_resource(Json request);
    Answer list_tags_of_resource(Json request);
    Answer describe_limits(Json request);
    /// `host`: of the request, with the port; AWS's own name when empty.
    Answer describe_endpoints(std::string host);

private:
    /// The table that an ARN of a request names.
    [[nodiscard]] Result<std::string> table_of_arn(const Json& request,
                                                   std::string_view operation,
                                                   std::string_view wanted) const;

    /// What to change of a table that is like that.
    using ChangeMaker = std::function<Result<TableChange>(const TableDescription& table)>;

    /// Looks at the table and changes it; again when somebody else did so in between.
    [[nodiscard]] Task<Result<TableDescription>> change_table(std::string name,
                                                              ChangeMaker change) const;

    Database& database_;
    runtime::Clock& clock_;
    Where where_;
    TableDelays delays_;
};

struct Operation {
    std::string_view name;
    const Shape* shape;
    /// Null: DescribeEndpoints, which asks for more than the request's body.
    Operations::Answer (Operations::*run)(Json request);
    /// Not about items, but about tables and the service.
    bool control_plane = false;
};

[[nodiscard]] const Operation* find_operation(std::string_view name);

/// `TableName`; of an ARN the name in it.
[[nodiscard]] std::string table_name_of(const Json& request);
/// Of a name or an ARN the name.
[[nodiscard]] std::string table_of_reference(std::string_view name);

}  // namespace carillon::dynamo::endpoint
