// Change streams over DynamoDB Streams: found by their tables, described whole, read by position.
//
// The port reads behind a sequence number; the service reads by iterators, which live for 15
// minutes and move on also where a shard holds nothing. So the iterator that goes on behind a
// position is kept for the next call with that position, and made anew when it has expired.
//
// Nor does the service tell the number of an open shard's newest change. What stands for it is a
// date: a position `SEQUENCE@MILLISECONDS` is behind SEQUENCE (or at the shard's beginning when
// that is empty), and passes over changes that happened before. Once it has come to later ones, it
// is a plain number again.

#include "dynamo/remote/core.hpp"
#include "dynamo/remote/failure.hpp"
#include "dynamo/remote/stream_wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::dynamo::remote {

namespace {

/// Shorter than the 15 minutes that an iterator lives.
constexpr Duration iterator_kept{13 * 60'000};
constexpr std::size_t iterators_max = 4'096;
/// Of ids of shards; the service refuses others as invalid instead of unknown.
constexpr std::size_t shard_id_min = 28;
constexpr std::size_t shard_id_max = 65;

/// What the service's clocks may be apart in dating a change and an answer.
constexpr Duration date_margin{60'000};

struct Position {
    std::string sequence{};
    std::optional<TimePoint> since{};
};

std::string to_text(const Position& position) {
    if (!position.since) return position.sequence;
    return fmt::format("{}@{}", position.sequence, to_epoch_ms(*position.since));
}

bool is_number(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<Position> parse_position(std::string_view text) {
    const std::size_t at = text.find('@');
    Position position{.sequence = std::string(text.substr(0, at))};
    if (!is_number(position.sequence)) {
        return invalid("sequenceNumber", "A sequence number consists of digits");
    }
    if (at == std::string_view::npos) return position;
    position.since = date_of(text.substr(at));
    if (!position.since) return invalid("sequenceNumber", "A date behind @ consists of digits");
    return position;
}

std::string place_of(const ChangesRequest& request) {
    return fmt::format("{}/{}/{}/{}{}",
                       request.stream.table,
                       request.stream.label,
                       request.shard,
                       request.inclusive ? "=" : "",
                       request.after_sequence);
}

std::unexpected<Error> no_stream(const StreamName& stream) {
    return fail(Errc::not_found,
                fmt::format("Requested resource not found: Stream: {} of table: {} not found",
                            stream.label,
                            stream.table));
}

Result<> check(const ChangesRequest& request) {
    if (request.limit < 1 || request.limit > change_page_max) {
        return invalid("limit", "A page of changes holds between 1 and 1000");
    }

    if (request.shard.size() < shard_id_min || request.shard.size() > shard_id_max) {
        return fail(
            Errc::not_found,
            fmt::format("Requested resource not found: Shard: {} not found", request.shard));
    }
    return {};
}

}  // namespace

Task<Result<aws::JsonAnswer>> Core::call_streams(std::string operation, std::string body) {
    auto answer = co_await streams_.call(operation, std::move(body), aws::Repeat::always);
    if (answer) co_return answer;
    co_return std::unexpected(to_port(std::move(answer).error(), operation, {}));
}

Task<Result<std::vector<StreamName>>> Core::find_streams(std::string table) {
    std::vector<StreamName> names;
    std::string after;
    do {
        std::string body = "{";
        if (!table.empty()) append_member(body, "TableName", server_name(table));
        if (!after.empty()) append_member(body, "ExclusiveStartStreamArn", after);
        body += '}';
        CARILLON_CO_TRY(const aws::JsonAnswer text,
                        co_await call_streams("ListStreams", std::move(body)));
        CARILLON_CO_TRY(const Answer answer, Answer::parse(text.body));
        for (ListedStream& listed : read_listed(answer)) {
            if (!listed.table.starts_with(options_.table_prefix)) continue;
            StreamName name{listed.table.substr(options_.table_prefix.size()), listed.label};
            if (!table.empty() && name.table != table) continue;
            stream_arns_[{name.table, name.label}] = std::move(listed.arn);
            names.push_back(std::move(name));
        }
        after = text_member(answer.object(), "LastEvaluatedStreamArn");
    } while (!after.empty());
    std::ranges::sort(names, {}, [](const StreamName& one) {
        return std::pair(std::string_view(one.table), std::string_view(one.label));
    });
    co_return names;
}

Task<Result<std::string>> Core::arn_of(StreamName stream) {
    const std::pair key(stream.table, stream.label);
    if (!stream_arns_.contains(key)) {
        CARILLON_CO_TRY_VOID(co_await find_streams(stream.table));
    }
    const auto found = stream_arns_.find(key);
    if (found == stream_arns_.end()) co_return no_stream(stream);
    co_return found->second;
}

Task<Result<StreamDescription>> Core::describe_by(std::string arn, StreamName stream) {
    StreamDescription description;
    description.name = stream;
    TimePoint now{};  // By the service's clock.
    std::string after;
    do {
        std::string body = "{";
        append_member(body, "StreamArn", arn);
        if (!after.empty()) append_member(body, "ExclusiveStartShardId", after);
        body += '}';
        auto text = co_await call_streams("DescribeStream", std::move(body));
        if (!text && text.error().code == Errc::not_found) {
            stream_arns_.erase({stream.table, stream.label});
            co_return no_stream(stream);
        }
        if (!text) co_return std::unexpected(std::move(text).error());
        if (after.empty()) now = text->at.value_or(loop_.now());
        CARILLON_CO_TRY(const Answer answer, Answer::parse(text->body));
        CARILLON_CO_TRY(after, read_description(answer, description));
    } while (!after.empty());
    for (StreamShard& shard : description.shards) {
        if (shard.last_sequence.empty()) shard.newest_sequence = to_text({.since = now});
    }
    std::ranges::sort(description.shards, {}, &StreamShard::id);
    co_return description;
}

Task<Result<StreamDescription>> Core::describe_stream(StreamName stream) {
    CARILLON_CO_TRY(const std::string arn, co_await arn_of(stream));
    co_return co_await describe_by(arn, std::move(stream));
}

Task<Result<std::vector<StreamDescription>>> Core::list_streams(std::string table) {
    CARILLON_CO_TRY(const std::vector<StreamName> names, co_await find_streams(std::move(table)));
    std::vector<StreamDescription> streams;
    for (const StreamName& name : names) {
        auto described = co_await describe_by(stream_arns_[{name.table, name.label}], name);
        // Forgotten since it was listed.
        if (!described && described.error().code == Errc::not_found) continue;
        if (!described) co_return std::unexpected(std::move(described).error());
        streams.push_back(*std::move(described));
    }
    co_return streams;
}

Task<Result<std::string>> Core::new_iterator(std::string arn, ChangesRequest request) {
    const char* type = request.after_sequence.empty() ? "TRIM_HORIZON"
                       : request.inclusive            ? "AT_SEQUENCE_NUMBER"
                                                      : "AFTER_SEQUENCE_NUMBER";
    std::string body = "{";
    append_member(body, "StreamArn", arn);
    append_member(body, "ShardId", request.shard);
    append_member(body, "ShardIteratorType", type);
    if (!request.after_sequence.empty()) {
        append_member(body, "SequenceNumber", request.after_sequence);
    }
    body += '}';
    CARILLON_CO_TRY(const aws::JsonAnswer text,
                    co_await call_streams("GetShardIterator", std::move(body)));
    CARILLON_CO_TRY(const Answer answer, Answer::parse(text.body));
    std::string iterator = text_member(answer.object(), "ShardIterator");
    if (iterator.empty()) {
        co_return fail(Errc::corrupt, "GetShardIterator was answered without ShardIterator");
    }
    co_return iterator;
}

std::string Core::take_iterator(const std::string& place) {
    const auto found = iterators_.find(place);
    if (found == iterators_.end()) return {};
    const HeldIterator held = std::move(found->second);
    iterators_.erase(found);
    const std::int64_t age = loop_.clock().ticks() - held.made_at;
    return age < std::chrono::nanoseconds(iterator_kept).count() ? held.iterator : std::string();
}

void Core::keep_iterator(std::string place, std::string iterator) {
    const std::int64_t now = loop_.clock().ticks();
    if (iterators_.size() >= iterators_max) {
        std::erase_if(iterators_, [&](const auto& entry) {
            return now - entry.second.made_at > std::chrono::nanoseconds(iterator_kept).count();
        });
        if (iterators_.size() >= iterators_max) iterators_.clear();
    }
    iterators_[std::move(place)] = {std::move(iterator), now};
}

Task<Result<aws::JsonAnswer>> Core::get_records(ChangesRequest request) {
    CARILLON_CO_TRY(const std::string arn, co_await arn_of(request.stream));
    std::string iterator = take_iterator(place_of(request));
    bool kept = !iterator.empty();
    for (;;) {
        if (!kept) {
            CARILLON_CO_TRY(iterator, co_await new_iterator(arn, request));
        }
        std::string body = "{";
        append_member(body, "ShardIterator", iterator);
        append_member(body, "Limit", static_cast<std::int64_t>(request.limit));
        body += '}';
        auto text = co_await call_streams("GetRecords", std::move(body));
        if (text || !kept) co_return text;
        // One that was kept may have expired, or belong to a server that has started anew.
        const std::string_view type = failure_type(text.error());
        if (type != "ExpiredIteratorException" && type != "ValidationException") co_return text;
        kept = false;
    }
}

Task<Result<ChangePage>> Core::read_changes(ChangesRequest request) {
    // An unknown stream comes before an unknown shard.
    CARILLON_CO_TRY_VOID(co_await arn_of(request.stream));
    CARILLON_CO_TRY_VOID(check(request));
    CARILLON_CO_TRY(Position position, parse_position(request.after_sequence));
    request.after_sequence = position.sequence;
    auto text = co_await get_records(request);
    if (!text && text.error().code == Errc::not_found) {
        stream_arns_.erase({request.stream.table, request.stream.label});
    }
    if (!text) co_return std::unexpected(std::move(text).error());
    CARILLON_CO_TRY(const Answer answer, Answer::parse(text->body));
    CARILLON_CO_TRY(RecordsAnswer read, read_records(answer));
    ChangePage page;
    page.ended = read.next.empty();
    page.records = std::move(read.records);
    if (!page.records.empty()) {
        position.sequence = page.records.back().sequence;
        request.after_sequence = position.sequence;
        request.inclusive = false;
    }
    if (position.since) {
        const TimePoint since = *position.since;
        if (!page.records.empty() && page.records.back().at > since) position.since.reset();
        std::erase_if(page.records,
                      [&](const ChangeRecord& one) { return one.at < since - date_margin; });
    }
    page.last_sequence = to_text(position);
    if (!page.ended) keep_iterator(place_of(request), std::move(read.next));
    co_return page;
}

}  // namespace carillon::dynamo::remote
