#include "dynamo/endpoint/stream_operations.hpp"

#include "core/json.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/shape_parts.hpp"
#include "dynamo/endpoint/stream_text.hpp"
#include "dynamo/endpoint/table_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

using shapes::Is;

constexpr Rule arn_rules[] = {{.is = Is::present},
                              {.is = Is::length_at_least, .number = 37},
                              {.is = Is::length_at_most, .number = 1024}};
constexpr Rule optional_arn_rules[] = {{.is = Is::length_at_least, .number = 37},
                                       {.is = Is::length_at_most, .number = 1024}};
constexpr Rule shard_rules[] = {{.is = Is::present},
                                {.is = Is::length_at_least, .number = 28},
                                {.is = Is::length_at_most, .number = 65}};
constexpr Rule optional_shard_rules[] = {{.is = Is::length_at_least, .number = 28},
                                         {.is = Is::length_at_most, .number = 65}};
constexpr Rule type_rules[] = {
    {.is = Is::present},
    {.is = Is::one_of,
     .choices = "AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON"}};
constexpr Rule sequence_rules[] = {{.is = Is::length_at_least, .number = 21},
                                   {.is = Is::length_at_most, .number = 40}};
constexpr Rule iterator_rules[] = {{.is = Is::present},
                                   {.is = Is::length_at_least, .number = 1},
                                   {.is = Is::length_at_most, .number = 2048}};
constexpr Rule page_rules[] = {{.is = Is::at_least, .number = 1},
                               {.is = Is::at_most, .number = 100}};
constexpr Rule records_rules[] = {{.is = Is::at_least, .number = 1},
                                  {.is = Is::at_most, .number = 1000}};
constexpr Rule filter_rules[] = {{.is = Is::one_of, .choices = "CHILD_SHARDS"}};

constexpr Member list_members[] = {{"TableName", &shapes::text, shapes::optional_name},
                                   {"Limit", &shapes::integer, page_rules},
                                   {"ExclusiveStartStreamArn", &shapes::text, optional_arn_rules}};
constexpr Shape list_shape{Kind::structure, "ListStreamsInput", list_members};

constexpr Member filter_members[] = {{"Type", &shapes::text, filter_rules},
                                     {"ShardId", &shapes::text, optional_shard_rules}};
constexpr Shape filter_shape{Kind::structure, "ShardFilter", filter_members};
constexpr Member describe_members[] = {
    {"StreamArn", &shapes::text, arn_rules},
    {"Limit", &shapes::integer, page_rules},
    {"ExclusiveStartShardId", &shapes::text, optional_shard_rules},
    {"ShardFilter", &filter_shape}};
constexpr Shape describe_shape{Kind::structure, "DescribeStreamInput", describe_members};

constexpr Member iterator_members[] = {{"StreamArn", &shapes::text, arn_rules},
                                       {"ShardId", &shapes::text, shard_rules},
                                       {"ShardIteratorType", &shapes::text, type_rules},
                                       {"SequenceNumber", &shapes::text, sequence_rules}};
constexpr Shape iterator_shape{Kind::structure, "GetShardIteratorInput", iterator_members};

constexpr Member records_members[] = {{"ShardIterator", &shapes::text, iterator_rules},
                                      {"Limit", &shapes::integer, records_rules}};
constexpr Shape records_shape{Kind::structure, "GetRecordsInput", records_members};

constexpr StreamOperation stream_operations[] = {
    {"GetRecords", &records_shape, &StreamOperations::get_records},
    {"GetShardIterator", &iterator_shape, &StreamOperations::get_shard_iterator},
    {"DescribeStream", &describe_shape, &StreamOperations::describe_stream},
    {"ListStreams", &list_shape, &StreamOperations::list_streams},
};

std::string member_text(const Json& request, std::string_view name) {
    return std::string(text_member(request, name).value_or(""));
}

std::unexpected<Error> no_stream(std::string_view arn) {
    return service_fault("ResourceNotFoundException",
                         fmt::format("Requested resource not found: Stream: {} not found", arn));
}

std::unexpected<Error> no_shard(std::string_view shard, std::string_view arn) {
    return service_fault(
        "ResourceNotFoundException",
        fmt::format("Requested resource not found: Shard: {} in Stream: {} not found", shard, arn));
}

/// What reading changes went wrong with, in the service's words.
std::unexpected<Error> read_fault(Error error, std::string_view arn) {
    if (dynamic_cast<const ChangesTrimmed*>(error.detail.get()) != nullptr) {
        return service_fault("TrimmedDataAccessException", std::move(error.message));
    }
    if (error.code == Errc::not_found) return no_stream(arn);
    return std::unexpected(std::move(error));
}

void append_shard(const StreamShard& shard, std::string& out) {
    out += "{\"ShardId\":";
    append_json_string(out, shard.id);
    out += fmt::format(",\"SequenceNumberRange\":{{\"StartingSequenceNumber\":\"{}\"",
                       shard.first_sequence);
    if (!shard.last_sequence.empty()) {
        out += fmt::format(",\"EndingSequenceNumber\":\"{}\"", shard.last_sequence);
    }
    out += '}';
    if (!shard.parent.empty()) {
        out += ",\"ParentShardId\":";
        append_json_string(out, shard.parent);
    }
    out += '}';
}

void append_key(const KeySchema& key, std::string& out) {
    out += "[{\"AttributeName\":";
    append_json_string(out, key.hash.name);
    out += ",\"KeyType\":\"HASH\"}";
    if (key.sort) {
        out += ",{\"AttributeName\":";
        append_json_string(out, key.sort->name);
        out += ",\"KeyType\":\"RANGE\"}";
    }
    out += ']';
}

struct ShardPage {
    std::string after{};
    std::size_t limit = 100;
    std::string parent{};  ///< Only its children, when not empty.
};

std::string described(const StreamDescription& stream,
                      const std::string& arn,
                      const ShardPage& wanted) {
    const std::int64_t created = to_epoch_ms(stream.created_at);
    std::string out = fmt::format("{{\"StreamDescription\":{{\"CreationRequestDateTime\":{}.{:03},",
                                  created / 1'000,
                                  created % 1'000);
    out += "\"KeySchema\":";
    append_key(stream.key, out);
    out += ",\"Shards\":[";
    std::size_t count = 0;
    std::string_view last;
    bool more = false;
    for (const StreamShard& shard : stream.shards) {
        if (shard.id <= wanted.after) continue;
        if (!wanted.parent.empty() && shard.parent != wanted.parent) continue;
        if (count == wanted.limit) {
            more = true;
            break;
        }
        if (count++ > 0) out += ',';
        append_shard(shard, out);
        last = shard.id;
    }
    out += ']';
    if (more) {
        out += ",\"LastEvaluatedShardId\":";
        append_json_string(out, last);
    }
    out += ",\"StreamArn\":";
    append_json_string(out, arn);
    out += fmt::format(",\"StreamLabel\":\"{}\",\"StreamStatus\":\"{}\",\"StreamViewType\":\"{}\"",
                       stream.name.label,
                       stream.enabled ? "ENABLED" : "DISABLED",
                       view_name(stream.view));
    out += ",\"TableName\":";
    append_json_string(out, stream.name.table);
    return std::move(out) + "}}";
}

struct IteratorCall {
    std::string arn;
    std::string shard;
    std::string type;
    std::string sequence;
};

Result<IteratorCall> read_iterator_call(const Json& request) {
    IteratorCall call{member_text(request, "StreamArn"),
                      member_text(request, "ShardId"),
                      member_text(request, "ShardIteratorType"),
                      member_text(request, "SequenceNumber")};
    const bool by_number = call.type.ends_with("_SEQUENCE_NUMBER");
    if (by_number && call.sequence.empty()) {
        return validation_fault(
            fmt::format("SequenceNumber is required when ShardIteratorType is {}", call.type));
    }
    if (!by_number && !call.sequence.empty()) {
        return validation_fault(fmt::format(
            "SequenceNumber must not be specified when ShardIteratorType is {}", call.type));
    }
    const bool digits =
        std::ranges::all_of(call.sequence, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) {
        return validation_fault(fmt::format("Invalid SequenceNumber: {}", call.sequence));
    }
    return call;
}

}  // namespace

const StreamOperation* find_stream_operation(std::string_view name) {
    const auto found = std::ranges::find(stream_operations, name, &StreamOperation::name);
    return found == std::end(stream_operations) ? nullptr : found;
}

StreamOperations::StreamOperations(Database& database, runtime::Clock& clock, Where where)
    : database_(database), clock_(clock), where_(std::move(where)) {}

Task<Result<StreamDescription>> StreamOperations::find(std::string arn) const {
    CARILLON_CO_TRY(StreamName name, parse_stream_arn(arn));
    auto stream = co_await database_.describe_stream(std::move(name));
    if (!stream) co_return read_fault(std::move(stream).error(), arn);
    co_return *std::move(stream);
}

StreamOperations::Answer StreamOperations::list_streams(Json request) {
    const std::string table = member_text(request, "TableName");
    const auto limit = static_cast<std::size_t>(integer_member(request, "Limit").value_or(100));
    StreamName after;
    if (const auto start = text_member(request, "ExclusiveStartStreamArn")) {
        CARILLON_CO_TRY(after, parse_stream_arn(*start));
    }
    CARILLON_CO_TRY(const auto streams, co_await database_.list_streams(table));
    std::string out = "{\"Streams\":[";
    const StreamName* last = nullptr;
    std::size_t count = 0;
    bool more = false;
    for (const StreamDescription& stream : streams) {
        const StreamName& name = stream.name;
        if (std::tie(name.table, name.label) <= std::tie(after.table, after.label)) continue;
        if (count == limit) {
            more = true;
            break;
        }
        if (count++ > 0) out += ',';
        out += "{\"StreamArn\":";
        append_json_string(out, stream_arn(where_, name));
        out += ",\"StreamLabel\":";
        append_json_string(out, name.label);
        out += ",\"TableName\":";
        append_json_string(out, name.table);
        out += '}';
        last = &name;
    }
    out += ']';
    if (more) {
        out += ",\"LastEvaluatedStreamArn\":";
        append_json_string(out, stream_arn(where_, *last));
    }
    co_return std::move(out) + "}";
}

StreamOperations::Answer StreamOperations::describe_stream(Json request) {
    const std::string arn = member_text(request, "StreamArn");
    ShardPage page;
    page.after = member_text(request, "ExclusiveStartShardId");
    page.limit = static_cast<std::size_t>(integer_member(request, "Limit").value_or(100));
    if (const auto filter = member(request, "ShardFilter")) {
        page.parent = member_text(*filter, "ShardId");
        if (page.parent.empty() || !member(*filter, "Type")) {
            co_return validation_fault(
                "ShardFilter must name a ShardId, and CHILD_SHARDS as its Type");
        }
    }
    CARILLON_CO_TRY(const StreamDescription stream, co_await find(arn));
    co_return described(stream, arn, page);
}

StreamOperations::Answer StreamOperations::get_shard_iterator(Json request) {
    CARILLON_CO_TRY(const IteratorCall call, read_iterator_call(request));
    CARILLON_CO_TRY(const StreamDescription stream, co_await find(call.arn));
    const auto shard = std::ranges::find(stream.shards, call.shard, &StreamShard::id);
    if (shard == stream.shards.end()) co_return no_shard(call.shard, call.arn);
    ShardIterator iterator{.arn = call.arn, .shard = call.shard, .made_at = clock_.now()};
    if (call.type == "LATEST") iterator.after_sequence = shard->newest_sequence;
    if (!call.sequence.empty()) {
        iterator.after_sequence = call.sequence;
        iterator.inclusive = call.type == "AT_SEQUENCE_NUMBER";
        // Whether it is still there.
        ChangesRequest look;
        look.stream = stream.name;
        look.shard = call.shard;
        look.after_sequence = iterator.after_sequence;
        look.inclusive = iterator.inclusive;
        look.limit = 1;
        auto page = co_await database_.read_changes(std::move(look));
        if (!page) co_return read_fault(std::move(page).error(), call.arn);
    }
    std::string out = "{\"ShardIterator\":";
    append_json_string(out, encode_iterator(iterator));
    co_return std::move(out) + "}";
}

StreamOperations::Answer StreamOperations::get_records(Json request) {
    CARILLON_CO_TRY(ShardIterator iterator, decode_iterator(member_text(request, "ShardIterator")));
    const auto limit =
        static_cast<std::size_t>(integer_member(request, "Limit").value_or(change_page_max));
    const TimePoint now = clock_.now();
    if (now > iterator.made_at + iterator_life) {
        co_return service_fault(
            "ExpiredIteratorException",
            "The shard iterator has expired and can no longer be used to retrieve stream records. "
            "A shard iterator expires 15 minutes after it is retrieved using the GetShardIterator "
            "action.");
    }
    CARILLON_CO_TRY(const StreamDescription stream, co_await find(iterator.arn));
    ChangesRequest wanted;
    wanted.stream = stream.name;
    wanted.shard = iterator.shard;
    wanted.after_sequence = iterator.after_sequence;
    wanted.inclusive = iterator.inclusive;
    wanted.limit = limit;
    auto page = co_await database_.read_changes(std::move(wanted));
    if (!page) co_return read_fault(std::move(page).error(), iterator.arn);
    std::string out = "{";
    if (!page->ended) {
        iterator.after_sequence = std::move(page->last_sequence);
        iterator.inclusive = false;
        iterator.made_at = now;
        out += "\"NextShardIterator\":";
        append_json_string(out, encode_iterator(iterator));
        out += ',';
    }
    out += "\"Records\":[";
    for (const ChangeRecord& record : page->records) {
        if (&record != page->records.data()) out += ',';
        append_change(record, stream, where_, out);
    }
    co_return std::move(out) + "]}";
}

}  // namespace carillon::dynamo::endpoint
