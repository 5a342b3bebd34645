// DynamoDB Streams: the four operations of the service beside the tables' own, on the same address.
//
// Their targets have a prefix of their own (DynamoDBStreams_20120810), so they are not among
// Operations. A shard iterator says everything about itself: where it points, and when it was made;
// the endpoint remembers none.

#pragma once

#include "dynamo/database.hpp"
#include "dynamo/endpoint/json.hpp"
#include "dynamo/endpoint/operations.hpp"
#include "dynamo/endpoint/shape.hpp"
#include "runtime/clock.hpp"

#include <string>
#include <string_view>

namespace carillon::dynamo::endpoint {

class StreamOperations {
public:
    /// Everything must outlive the object.
    StreamOperations(Database& database, runtime::Clock& clock, Where where);
    StreamOperations(const StreamOperations&) = delete;
    StreamOperations& operator=(const StreamOperations&) = delete;

    using Answer = Operations::Answer;

    Answer list_streams(Json request);
    Answer describe_stream(Json request);
    Answer get_shard_iterator(Json request);
    Answer get_records(Json request);

private:
    [[nodiscard]] Task<Result<StreamDescription>> find(std::string arn) const;

    Database& database_;
    runtime::Clock& clock_;
    Where where_;
};

struct StreamOperation {
    std::string_view name;
    const Shape* shape;
    StreamOperations::Answer (StreamOperations::*run)(Json request);
};

[[nodiscard]] const StreamOperation* find_stream_operation(std::string_view name);

}  // namespace carillon::dynamo::endpoint
