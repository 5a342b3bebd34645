// Streams, shards and change records as DynamoDB Streams writes them.

#pragma once

#include "dynamo/remote/wire.hpp"
#include "dynamo/stream.hpp"

#include <string>
#include <vector>

namespace carillon::dynamo::remote {

/// A stream as ListStreams has it.
struct ListedStream {
    std::string table;  ///< The server's name.
    std::string label;
    std::string arn;
};

[[nodiscard]] std::vector<ListedStream> read_listed(const Answer& answer);

/// One page of DescribeStream: what it says of the stream, and its shards behind those known.
/// Gives the shard behind which the next page begins; empty at the end.
[[nodiscard]] Result<std::string> read_description(const Answer& answer, StreamDescription& into);

/// What GetRecords answered, and the iterator that goes on; empty at a shard's end.
struct RecordsAnswer {
    std::vector<ChangeRecord> records;
    std::string next;
};

[[nodiscard]] Result<RecordsAnswer> read_records(const Answer& answer);

}  // namespace carillon::dynamo::remote
