#include "dynamo/endpoint/stream_text.hpp"

#include "core/json.hpp"
#include "core/text.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/table_text.hpp"
#include "dynamo/item/json.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>
#include <vector>
#include <zlib.h>

namespace carillon::dynamo::endpoint {

namespace {

constexpr std::string_view table_part = ":table/";
constexpr std::string_view stream_part = "/stream/";

std::string_view event_name(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::insert:
            return "INSERT";
        case ChangeKind::modify:
            return "MODIFY";
        case ChangeKind::remove:
            return "REMOVE";
    }
    return "MODIFY";
}

std::uint32_t checksum(std::string_view text) {
    const auto* bytes = reinterpret_cast<const Bytef*>(text.data());
    return static_cast<std::uint32_t>(
        crc32(crc32(0, nullptr, 0), bytes, static_cast<uInt>(text.size())));
}

/// FNV-1a; two of them make an id.
std::uint64_t hash_of(std::uint64_t start, std::string_view text) {
    std::uint64_t hash = start;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3ULL;
    }
    return hash;
}

/// The same for the same change, whoever reads it and how often.
std::string event_id(const StreamName& stream, std::string_view sequence) {
    const std::string text = fmt::format("{}|{}|{}", stream.table, stream.label, sequence);
    return fmt::format("{:016x}{:016x}",
                       hash_of(0xcbf29ce484222325ULL, text),
                       hash_of(0x9ae16a3b2f90404fULL, text));
}

std::unexpected<Error> bad_iterator() {
    return validation_fault("Invalid ShardIterator");
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

}  // namespace

std::string stream_arn(const Where& where, const StreamName& stream) {
    return table_arn(where, stream.table).append(stream_part).append(stream.label);
}

Result<StreamName> parse_stream_arn(std::string_view arn) {
    const std::size_t table = arn.find(table_part);
    const std::size_t stream = arn.find(stream_part);
    const bool whole = arn.starts_with("arn:aws:dynamodb:") && table != std::string_view::npos &&
                       stream != std::string_view::npos && table < stream;
    if (!whole) return validation_fault(fmt::format("Invalid StreamArn: {}", arn));
    const std::size_t name = table + table_part.size();
    StreamName found{std::string(arn.substr(name, stream - name)),
                     std::string(arn.substr(stream + stream_part.size()))};
    if (found.table.empty() || found.label.empty()) {
        return validation_fault(fmt::format("Invalid StreamArn: {}", arn));
    }
    return found;
}

std::string encode_iterator(const ShardIterator& iterator) {
    std::string place = fmt::format("{};{};{};{}",
                                    iterator.shard,
                                    iterator.after_sequence,
                                    iterator.inclusive ? 1 : 0,
                                    to_epoch_ms(iterator.made_at));
    // So that what somebody made up or cut short is refused instead of read from a wrong place.
    place = fmt::format("{:08x};{}", checksum(iterator.arn + place), place);
    return fmt::format("{}|1|{}", iterator.arn, base64_encode(place));
}

Result<ShardIterator> decode_iterator(std::string_view text) {
    const std::vector<std::string_view> parts = split(text, '|');
    if (parts.size() != 3) return bad_iterator();
    const Result<std::string> bytes = base64_decode(parts[2]);
    if (!bytes) return bad_iterator();
    const std::vector<std::string_view> fields = split(*bytes, ';');
    if (fields.size() != 5) return bad_iterator();
    ShardIterator iterator;
    iterator.arn = parts[0];
    iterator.shard = fields[1];
    iterator.after_sequence = fields[2];
    iterator.inclusive = fields[3] == "1";
    std::int64_t made = 0;
    const char* end = fields[4].data() + fields[4].size();
    if (std::from_chars(fields[4].data(), end, made).ptr != end) return bad_iterator();
    iterator.made_at = from_epoch_ms(made);
    if (encode_iterator(iterator) != text) return bad_iterator();
    return iterator;
}

void append_change(const ChangeRecord& record,
                   const StreamDescription& stream,
                   const Where& where,
                   std::string& out) {
    out += "{\"awsRegion\":";
    append_json_string(out, where.region);
    // In whole seconds, as the service has it.
    out += fmt::format(",\"dynamodb\":{{\"ApproximateCreationDateTime\":{},\"Keys\":",
                       to_epoch_ms(record.at) / 1'000);
    append_typed_json(record.key, out);
    if (record.new_image) {
        out += ",\"NewImage\":";
        append_typed_json(*record.new_image, out);
    }
    if (record.old_image) {
        out += ",\"OldImage\":";
        append_typed_json(*record.old_image, out);
    }
    out += fmt::format(
        ",\"SequenceNumber\":\"{}\",\"SizeBytes\":{},\"StreamViewType\":\"{}\"}},"
        "\"eventID\":\"{}\",\"eventName\":\"{}\",\"eventSource\":\"aws:dynamodb\","
        "\"eventVersion\":\"1.1\"",
        record.sequence,
        size_of(record),
        view_name(stream.view),
        event_id(stream.name, record.sequence),
        event_name(record.kind));
    if (record.expired) {
        out +=
            ",\"userIdentity\":{\"PrincipalId\":\"dynamodb.amazonaws.com\",\"Type\":\"Service\"}";
    }
    out += '}';
}

}  // namespace carillon::dynamo::endpoint
