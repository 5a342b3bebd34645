// What the queue needs to know of a row, and how one table's rows say it.
//
// Webhooks, runs, events and records are all items that become due. The rules of that life live in
// this module; the names of states and attributes belong to each table (some are shared with other
// programs), so every domain brings a RowMap.

#pragma once

#include "core/time.hpp"
#include "dynamo/database.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace carillon::queue {

enum class State : std::uint8_t {
    ready,   ///< Due at `due_at`.
    leased,  ///< Held until `due_at`; afterwards anyone may take it. Not used on exclusive stores.
    done,    ///< Ended well; not in the due index.
    failed,  ///< Dead letter; not in the due index.
    suspended,  ///< Set aside by a person; not in the due index.
};

struct RowState {
    State state = State::ready;
    TimePoint due_at{};         ///< ready: not before this. leased: the lease's deadline.
    int attempts = 0;           ///< Attempts that ended in a failure, so far.
    int interruptions = 0;      ///< Times in a row that a worker died with this row in hand.
    std::string lease_token{};  ///< While leased.
    std::string lease_owner{};
    bool operator==(const RowState&) const = default;
};

inline constexpr int lowest_priority = 1;
inline constexpr int normal_priority = 5;
inline constexpr int highest_priority = 9;

/// How a row stands among others that are due.
struct Standing {
    int priority = normal_priority;  ///< 1 to 9, higher first.
    /// Not empty: the rows of its fairness key run one at a time and in the order of this text,
    /// each once the outcome of the one before is recorded. Their priorities do not count.
    std::string place{};
};

/// Thread-safe, immutable.
class RowMap {
public:
    RowMap() = default;
    RowMap(const RowMap&) = delete;
    RowMap& operator=(const RowMap&) = delete;
    virtual ~RowMap() = default;

    [[nodiscard]] virtual const std::string& table() const = 0;
    [[nodiscard]] virtual const dynamo::KeySchema& key() const = 0;
    [[nodiscard]] virtual const std::string& due_index() const = 0;
    /// The due index's hash keys that hold the rows of `state` (ready or leased), one per shard.
    [[nodiscard]] virtual std::vector<dynamo::Value> partitions(State state) const = 0;
    /// `at` as a sort key of the due index, a number or a text. An index without a sort key is read
    /// whole, and what is not due yet is passed over; there this is the number of milliseconds.
    [[nodiscard]] virtual dynamo::Value due_value(TimePoint at) const = 0;

    /// `corrupt` when the item is not such a row; the queue then sets it aside and says so.
    [[nodiscard]] virtual Result<RowState> read(const dynamo::Item& item) const = 0;
    /// Makes the item say `row`: sets and removes the attributes of state, due time, attempts,
    /// lease.
    virtual void write(dynamo::Item& item, const RowState& row) const = 0;

    /// Makes a dead letter, out of the due index, of an item that read() refuses; `why` goes where
    /// people look, if there is such a place. Writes no more than that.
    virtual void set_aside(dynamo::Item& item, const Error& why) const {
        static_cast<void>(why);
        write(item, {.state = State::failed});
    }

    /// Holds while the stored row is the one that was read as `seen` (or was claimed with its
    /// token).
    [[nodiscard]] virtual dynamo::BoundCondition unchanged(const dynamo::Item& seen) const = 0;

    /// What an outcome may change, where others write the rest of the row meanwhile: outcomes are
    /// then written as updates of these attributes alone. nullptr: as whole rows.
    [[nodiscard]] virtual const std::vector<std::string>* outcome_attributes() const {
        return nullptr;
    }

    /// Rows of one key share its concurrency limit and its turn (an endpoint, a tenant).
    [[nodiscard]] virtual std::string fairness_key(const dynamo::Item& item) const = 0;

    [[nodiscard]] virtual Standing standing(const dynamo::Item& item) const {
        static_cast<void>(item);
        return {};
    }

    /// Which rows a partition of partitions() holds: 0 those of low priority, 2 those of high, 1
    /// others or all. Higher ones are read first, and have their own share of the memory.
    [[nodiscard]] virtual std::size_t band(const dynamo::Value& partition) const {
        static_cast<void>(partition);
        return 1;
    }
};

}  // namespace carillon::queue
