// Names of streams, and places in them, as clients see them: ARNs and shard iterators.

#pragma once

#include "core/time.hpp"
#include "dynamo/endpoint/operations.hpp"
#include "dynamo/stream.hpp"
#include "dynamo/stream_view.hpp"

#include <string>
#include <string_view>

namespace carillon::dynamo::endpoint {

inline constexpr Duration iterator_life = std::chrono::minutes{15};

[[nodiscard]] std::string stream_arn(const Where& where, const StreamName& stream);
/// ValidationException when it is not one of a stream.
[[nodiscard]] Result<StreamName> parse_stream_arn(std::string_view arn);

/// A place in a shard, where GetRecords begins.
struct ShardIterator {
    std::string arn;
    std::string shard;
    std::string after_sequence{};  ///< As of ChangesRequest.
    bool inclusive = false;
    TimePoint made_at{};
    bool operator==(const ShardIterator&) const = default;
};

[[nodiscard]] std::string encode_iterator(const ShardIterator& iterator);
/// ValidationException when it is not one of ours.
[[nodiscard]] Result<ShardIterator> decode_iterator(std::string_view text);

/// One element of GetRecords' `Records`.
void append_change(const ChangeRecord& record,
                   const StreamDescription& stream,
                   const Where& where,
                   std::string& out);

}  // namespace carillon::dynamo::endpoint
