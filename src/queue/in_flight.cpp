#include "queue/in_flight.hpp"

#include "core/check.hpp"

#include <limits>

namespace carillon::queue {

namespace {

constexpr char layout_version = 1;

void put_number(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

std::optional<std::uint64_t> take_number(std::string_view& bytes, std::size_t count) {
    if (bytes.size() < count) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    bytes.remove_prefix(count);
    return value;
}

}  // namespace

dynamo::TableSchema in_flight_schema(std::string table) {
    dynamo::TableSchema schema;
    schema.name = std::move(table);
    schema.key.hash = {.name = "queue", .type = dynamo::Type::string};
    schema.key.sort = dynamo::KeyAttribute{.name = "batch", .type = dynamo::Type::string};
    return schema;
}

std::string encode_entries(const std::vector<InFlightEntry>& entries) {
    std::string out(1, layout_version);
    for (const InFlightEntry& entry : entries) {
        put_number(out, entry.id.size(), 4);
        out += entry.id;
        put_number(out, static_cast<std::uint64_t>(to_epoch_ms(entry.due_at)), 8);
        put_number(out, static_cast<std::uint32_t>(entry.attempts), 4);
        put_number(out, static_cast<std::uint32_t>(entry.interruptions), 4);
    }
    return out;
}

Result<std::vector<InFlightEntry>> decode_entries(std::string_view bytes) {
    if (bytes.empty() || bytes.front() != layout_version) {
        return fail(Errc::corrupt, "in-flight row of an unknown layout");
    }
    bytes.remove_prefix(1);
    std::vector<InFlightEntry> entries;
    while (!bytes.empty()) {
        const auto size = take_number(bytes, 4);
        if (!size || bytes.size() < *size) return fail(Errc::corrupt, "in-flight row cut short");
        InFlightEntry entry;
        entry.id = bytes.substr(0, *size);
        bytes.remove_prefix(*size);
        const auto due = take_number(bytes, 8);
        const auto attempts = take_number(bytes, 4);
        const auto interruptions = take_number(bytes, 4);
        if (!due || !attempts || !interruptions) {
            return fail(Errc::corrupt, "in-flight row cut short");
        }
        entry.due_at = from_epoch_ms(static_cast<std::int64_t>(*due));
        entry.attempts = static_cast<int>(*attempts);
        entry.interruptions = static_cast<int>(*interruptions);
        entries.push_back(std::move(entry));
    }
    return entries;
}

bool still_as_listed(const InFlightEntry& entry, const RowState& row) {
    return row.state == State::ready && row.due_at == entry.due_at &&
           row.attempts == entry.attempts && row.interruptions == entry.interruptions;
}

InFlightBatch& InFlight::open(std::string id, std::size_t rows) {
    CARILLON_CHECK(rows > 0);
    const auto [at, added] = batches_.try_emplace(id);
    CARILLON_CHECK(added);
    at->second.id = std::move(id);
    at->second.open = rows;
    return at->second;
}

dynamo::Write InFlight::record(const InFlightBatch& batch,
                               const std::vector<InFlightEntry>& entries) const {
    dynamo::PutRequest put;
    put.table = table_;
    put.item.set("queue", queue_);
    put.item.set("batch", batch.id);
    put.item.set("rows", dynamo::Binary{encode_entries(entries)});
    return put;
}

dynamo::Write InFlight::removal(const std::string& batch_id) const {
    dynamo::DeleteRequest removal;
    removal.table = table_;
    removal.key.set("queue", queue_);
    removal.key.set("batch", batch_id);
    return removal;
}

void InFlight::close_one(InFlightBatch& batch) {
    CARILLON_CHECK(batch.open > 0);
    if (--batch.open > 0) return;
    if (!batch.deleted) finished_.push_back(batch.id);
    batches_.erase(std::string(batch.id));
}

}  // namespace carillon::queue
