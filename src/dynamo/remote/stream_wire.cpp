#include "dynamo/remote/stream_wire.hpp"

#include "dynamo/stream_view.hpp"

#include <utility>

namespace carillon::dynamo::remote {

namespace {

KeySchema read_key_names(const json::object& stream) {
    KeySchema key;
    const json::array* elements = array_member(stream, "KeySchema");
    if (elements == nullptr) return key;
    for (const json::value& element : *elements) {
        if (!element.is_object()) continue;
        // The types are not told; records bring them.
        KeyAttribute attribute{.name = text_member(element.get_object(), "AttributeName")};
        if (text_member(element.get_object(), "KeyType") == "HASH") {
            key.hash = std::move(attribute);
        } else {
            key.sort = std::move(attribute);
        }
    }
    return key;
}

StreamShard read_shard(const json::object& json) {
    StreamShard shard;
    shard.id = text_member(json, "ShardId");
    shard.parent = text_member(json, "ParentShardId");
    if (const json::object* range = object_member(json, "SequenceNumberRange")) {
        shard.first_sequence = text_member(*range, "StartingSequenceNumber");
        shard.last_sequence = text_member(*range, "EndingSequenceNumber");
    }
    shard.newest_sequence = shard.last_sequence;  // Of an open one nothing tells it.
    return shard;
}

ChangeKind kind_of(std::string_view name) {
    if (name == "INSERT") return ChangeKind::insert;
    return name == "REMOVE" ? ChangeKind::remove : ChangeKind::modify;
}

Result<ChangeRecord> read_record(const json::object& json) {
    const json::object* change = object_member(json, "dynamodb");
    if (change == nullptr) return fail(Errc::corrupt, "a change record without its change");
    ChangeRecord record;
    record.sequence = text_member(*change, "SequenceNumber");
    if (record.sequence.empty()) {
        return fail(Errc::corrupt, "a change record without its sequence number");
    }
    record.kind = kind_of(text_member(json, "eventName"));
    if (const json::object* who = object_member(json, "userIdentity")) {
        const std::string principal = text_member(*who, "PrincipalId");
        record.expired = principal.empty() ? text_member(*who, "principalId").starts_with("dynamo")
                                           : principal.starts_with("dynamodb.");
    }
    if (const json::value* at = member(*change, "ApproximateCreationDateTime")) {
        record.at = read_instant(*at);
    }
    CARILLON_TRY(auto key, item_member(*change, "Keys"));
    if (!key) return fail(Errc::corrupt, "a change record without its item's key");
    record.key = *std::move(key);
    CARILLON_TRY(record.old_image, item_member(*change, "OldImage"));
    CARILLON_TRY(record.new_image, item_member(*change, "NewImage"));
    return record;
}

}  // namespace

std::vector<ListedStream> read_listed(const Answer& answer) {
    std::vector<ListedStream> streams;
    const json::array* list = array_member(answer.object(), "Streams");
    if (list == nullptr) return streams;
    for (const json::value& json : *list) {
        const json::object* object = json.if_object();
        if (object == nullptr) continue;
        streams.push_back({text_member(*object, "TableName"),
                           text_member(*object, "StreamLabel"),
                           text_member(*object, "StreamArn")});
    }
    return streams;
}

Result<std::string> read_description(const Answer& answer, StreamDescription& into) {
    const json::object* json = object_member(answer.object(), "StreamDescription");
    if (json == nullptr) {
        return fail(Errc::corrupt, "DescribeStream was answered without StreamDescription");
    }
    const std::string status = text_member(*json, "StreamStatus");
    into.enabled = status == "ENABLED" || status == "ENABLING";
    into.view = view_of(text_member(*json, "StreamViewType"));
    into.key = read_key_names(*json);
    if (const json::value* at = member(*json, "CreationRequestDateTime")) {
        into.created_at = read_instant(*at);
    }
    if (const json::array* shards = array_member(*json, "Shards")) {
        for (const json::value& shard : *shards) {
            if (const json::object* object = shard.if_object()) {
                into.shards.push_back(read_shard(*object));
            }
        }
    }
    return text_member(*json, "LastEvaluatedShardId");
}

Result<RecordsAnswer> read_records(const Answer& answer) {
    RecordsAnswer page;
    page.next = text_member(answer.object(), "NextShardIterator");
    const json::array* records = array_member(answer.object(), "Records");
    if (records == nullptr) return page;
    page.records.reserve(records->size());
    for (const json::value& json : *records) {
        const json::object* object = json.if_object();
        if (object == nullptr) return fail(Errc::corrupt, "a change record is not an object");
        CARILLON_TRY(ChangeRecord record, read_record(*object));
        page.records.push_back(std::move(record));
    }
    return page;
}

}  // namespace carillon::dynamo::remote
