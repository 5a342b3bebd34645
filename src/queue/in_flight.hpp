// Exclusive stores: which rows are in a worker's hands, so that a crash can be told from a failure.
//
// A claimed batch is one row of a small table: the keys of its rows and the state in which they
// were seen, written before any of them starts and deleted with the commit that settles the last of
// them. What is left at the next start names exactly the rows whose worker died. This file holds
// the table's layout and the count of what is still open; Claimer and Runner write the rows,
// Settler deletes them, recovery.hpp reads what was left.

#pragma once

#include "dynamo/database.hpp"
#include "queue/row.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace carillon::queue {

/// One row as it was seen when it was claimed.
struct InFlightEntry {
    std::string id;  ///< row_id
    TimePoint due_at{};
    int attempts = 0;
    int interruptions = 0;
    bool operator==(const InFlightEntry&) const = default;
};

/// A batch on its way: how many of its rows are not yet settled or let go.
struct InFlightBatch {
    std::string id;
    std::size_t open = 0;
    std::size_t closing = 0;  ///< Of the open ones, in the commit that is being written.
    bool deleted = false;     ///< Its row has been deleted, or is being deleted with that commit.
};

[[nodiscard]] dynamo::TableSchema in_flight_schema(std::string table);
[[nodiscard]] std::string encode_entries(const std::vector<InFlightEntry>& entries);
/// `corrupt` for anything that encode_entries did not write.
[[nodiscard]] Result<std::vector<InFlightEntry>> decode_entries(std::string_view bytes);
/// Whether the row is still as it was listed.
[[nodiscard]] bool still_as_listed(const InFlightEntry& entry, const RowState& row);

/// The open batches of one queue.
class InFlight {
public:
    InFlight(std::string table, std::string queue)
        : table_(std::move(table)), queue_(std::move(queue)) {}

    [[nodiscard]] const std::string& table() const { return table_; }

    [[nodiscard]] const std::string& queue() const { return queue_; }

    /// A new batch, every row of which is open.
    [[nodiscard]] InFlightBatch& open(std::string id, std::size_t rows);
    /// The write that records a batch.
    [[nodiscard]] dynamo::Write record(const InFlightBatch& batch,
                                       const std::vector<InFlightEntry>& entries) const;
    [[nodiscard]] dynamo::Write removal(const std::string& batch_id) const;
    /// One row of the batch is settled or let go. The batch is gone after its last one.
    void close_one(InFlightBatch& batch);

    /// Batches whose rows are all closed and whose own row is still stored.
    [[nodiscard]] std::vector<std::string> take_finished() { return std::exchange(finished_, {}); }

    void put_back(std::string batch_id) { finished_.push_back(std::move(batch_id)); }

    [[nodiscard]] bool any_finished() const { return !finished_.empty(); }

    [[nodiscard]] std::size_t batches() const { return batches_.size(); }

private:
    std::string table_;
    std::string queue_;
    std::unordered_map<std::string, InFlightBatch> batches_;
    std::vector<std::string> finished_;
};

/// One row of the table holds at most about this many bytes of entries; larger batches take
/// several.
inline constexpr std::size_t in_flight_bytes_max = 200 * 1024;

}  // namespace carillon::queue
