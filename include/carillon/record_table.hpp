// A table of records as attributes. Records<T> (records.hpp) is this with your struct in front; use
// this one where the struct is not known when the program is compiled.

#pragma once

#include "carillon/model.hpp"
#include "carillon/store.hpp"
#include "carillon/value.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace carillon {

namespace library {
struct RecordTableState;
}

/// Where a record stands.
enum class WorkState { unprocessed, processed, in_hand, quarantined };

/// What marking a record as processed met.
enum class Marked {
    marked,
    already,  ///< It was processed before.
    in_hand,  ///< A worker has it, and will say what became of it.
};

/// Which records of a partition; the values are those of the sort key.
enum class SortIs { equal, less, at_most, greater, at_least, between, beginning_with };

struct SortCondition {
    SortIs is = SortIs::equal;
    Value value{};
    Value upper{};  ///< Of `between`; both ends belong to it.
};

struct PageOptions {
    int limit = 100;                    ///< 1 to 1000.
    std::optional<std::string> next{};  ///< Of the last page.
    bool descending = false;
    /// Sees every write that was answered before. Not with indexes of a DynamoDB.
    bool consistent = false;
};

template <class T>
struct PageOf {
    std::vector<T> records{};
    std::optional<std::string> next{};  ///< Give it to the next call; absent at the end.
};

struct AttributeChanges {
    std::vector<std::pair<std::string, Value>> set{};
    std::vector<std::pair<std::string, Decimal>> add{};  ///< Absent counts as 0.
    std::vector<std::string> remove{};
};

/// Every call may come from any thread, and blocks until it is done. Failures of all: `not_found`
/// (no such record or table), `already_exists`, `conflict` (the version has moved on), `invalid`
/// with the field, `unavailable`.
class RecordTable {
public:
    RecordTable(const Store& store, TableShape shape);
    RecordTable(RecordTable&& other) noexcept;
    RecordTable& operator=(RecordTable&& other) noexcept;
    RecordTable(const RecordTable&) = delete;
    RecordTable& operator=(const RecordTable&) = delete;
    ~RecordTable();

    /// Creates it, or adds the global indexes that it lacks.
    [[nodiscard]] Expected<> create();

    [[nodiscard]] Expected<Attributes> put(Attributes record, bool only_new);
    [[nodiscard]] Expected<Attributes> put(Transaction& transaction,
                                           Attributes record,
                                           bool only_new);
    [[nodiscard]] Expected<std::optional<Attributes>> get(Attributes key, bool consistent);
    [[nodiscard]] Expected<PageOf<Attributes>> query(const std::optional<std::string>& index,
                                                     Value hash,
                                                     std::optional<SortCondition> sort,
                                                     const PageOptions& options);
    [[nodiscard]] Expected<PageOf<Attributes>> scan(const PageOptions& options);
    [[nodiscard]] Expected<Attributes> update(Attributes key,
                                              AttributeChanges changes,
                                              std::optional<std::int64_t> version);
    [[nodiscard]] Expected<bool> remove(Attributes key, std::optional<std::int64_t> version);
    [[nodiscard]] Expected<Marked> mark_processed(Attributes key);
    [[nodiscard]] Expected<bool> requeue(Attributes key);
    [[nodiscard]] Expected<PageOf<Attributes>> list(WorkState state, const PageOptions& options);
    [[nodiscard]] Expected<std::int64_t> count(WorkState state);

    [[nodiscard]] const Store& store() const { return store_; }

    [[nodiscard]] const TableShape& shape() const { return shape_; }

private:
    Store store_;
    TableShape shape_;
    std::unique_ptr<library::RecordTableState> state_;
};

}  // namespace carillon
