// A table of records: put, get, query, update, delete, and what is known of their processing.
//
// Works on items; the typed models of include/carillon stand on it. Every write is conditional on
// what it is about: a record that is not there is not made by an update or a mark, a version that
// has moved on is not written over, and every list can be read to its end.

#pragma once

#include "core/random.hpp"
#include "dynamo/database.hpp"
#include "records/model.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace carillon::records {

enum class PutMode : std::uint8_t {
    /// With a version attribute: as a new record when the item's is absent or 0, otherwise over the
    /// record of that very version. Without: over whatever is there.
    write,
    insert,  ///< Only as a new record.
};

/// Changes of a record's attributes. None may be of the key, a stamp, the version, or about work.
struct Changes {
    std::vector<std::pair<std::string, dynamo::Value>> set{};
    std::vector<std::pair<std::string, dynamo::Number>>
        add{};  ///< To a number; absent counts as 0.
    std::vector<std::string> remove{};
};

struct RecordQuery {
    std::optional<std::string> index{};
    dynamo::KeyCondition key{};
    bool forward = true;
    int limit = 100;                      ///< 1 to 1000.
    std::optional<std::string> cursor{};  ///< The last page's `next`.
    bool consistent = false;              ///< Not with global indexes.
};

struct RecordPage {
    std::vector<dynamo::Item> items{};
    std::optional<std::string> next{};  ///< Absent at the end.
};

enum class Marked : std::uint8_t {
    marked,
    already,  ///< It was processed before.
    in_hand,  ///< A worker has it, and will say what became of it.
};

/// Lives on one loop. Errors of all calls: `not_found` (no such record, or no such table),
/// `already_exists`, `condition_failed` (the version has moved on), `invalid`, and the store's.
class RecordTable {
public:
    /// Everything given must outlive the table. `model` passes check().
    RecordTable(dynamo::Database& database,
                const runtime::Clock& clock,
                Random& random,
                TableModel model);

    /// Creates the table, or adds the indexes that it lacks.
    [[nodiscard]] Task<Result<>> create();

    /// The record as it is stored then, stamps and version included. With a work layout it is
    /// unprocessed afterwards, unless its flag says otherwise: what was written is new.
    [[nodiscard]] Task<Result<dynamo::Item>> put(dynamo::Item item, PutMode mode = PutMode::write);
    /// The same as part of a transaction; `item` becomes what will be stored. The time of creation
    /// that the item lacks is now, whatever is there.
    [[nodiscard]] Result<dynamo::Write> put_write(dynamo::Item& item, PutMode mode) const;
    /// Many new records or replacements at once, without versions: for imports. `invalid` for a
    /// model that has versions.
    [[nodiscard]] Task<Result<>> put_many(std::vector<dynamo::Item> items);

    [[nodiscard]] Task<Result<std::optional<dynamo::Item>>> get(dynamo::Item key,
                                                                bool consistent = true);
    [[nodiscard]] Task<Result<RecordPage>> query(RecordQuery query);
    [[nodiscard]] Task<Result<RecordPage>> scan(int limit, std::optional<std::string> cursor);

    /// The record afterwards. With `version`, only if that is its version.
    [[nodiscard]] Task<Result<dynamo::Item>> update(dynamo::Item key,
                                                    Changes changes,
                                                    std::optional<std::int64_t> version = {});
    /// Whether there was one. With `version`, only if that is its version.
    [[nodiscard]] Task<Result<bool>> remove(dynamo::Item key,
                                            std::optional<std::int64_t> version = {});

    // With a work layout; `invalid` otherwise.

    /// Unprocessed (or quarantined) becomes processed; nothing else changes, and nothing is made.
    [[nodiscard]] Task<Result<Marked>> mark_processed(dynamo::Item key);
    /// Quarantined or processed becomes unprocessed, with all its attempts again. False: it was
    /// unprocessed or in hand already.
    [[nodiscard]] Task<Result<bool>> requeue(dynamo::Item key);
    /// Those in one state. Processed ones of a sharded table are found by reading all of it.
    [[nodiscard]] Task<Result<RecordPage>> list(WorkState state,
                                                int limit,
                                                std::optional<std::string> cursor);
    /// How many are in one state; reads all of them.
    [[nodiscard]] Task<Result<std::int64_t>> count(WorkState state);
    [[nodiscard]] Result<WorkState> state_of(const dynamo::Item& item) const;

    /// An unprocessed record as its writer put it, whatever stands beside it meanwhile.
    [[nodiscard]] dynamo::Item without_work(dynamo::Item item) const;

    [[nodiscard]] const TableModel& model() const { return model_; }

    /// nullptr without a work layout.
    [[nodiscard]] const queue::RowMap* rows() const { return rows_.get(); }

private:
    [[nodiscard]] Result<std::int64_t> prepare(dynamo::Item& item) const;
    [[nodiscard]] Result<> prepare_work(dynamo::Item& item) const;
    [[nodiscard]] dynamo::PutRequest put_request(dynamo::Item item,
                                                 std::int64_t version,
                                                 PutMode mode) const;
    [[nodiscard]] Task<Result<dynamo::Item>> put_keeping_creation(dynamo::Item item);
    [[nodiscard]] Result<dynamo::UpdateRequest> update_request(
        dynamo::Item key, const Changes& changes, std::optional<std::int64_t> version) const;
    [[nodiscard]] Result<> check_name(const std::string& name) const;
    [[nodiscard]] Result<> needs_work() const;
    [[nodiscard]] Task<Result<RecordPage>> list_by_scan(WorkState state,
                                                        int limit,
                                                        std::optional<std::string> cursor);
    [[nodiscard]] std::vector<dynamo::Value> partitions(WorkState state) const;
    [[nodiscard]] Task<Result<queue::State>> transition(dynamo::Item key,
                                                        queue::RowState to,
                                                        std::vector<queue::State> from);

    dynamo::Database& database_;
    const runtime::Clock& clock_;
    Random& random_;
    TableModel model_;
    std::unique_ptr<queue::RowMap> rows_;
};

}  // namespace carillon::records
