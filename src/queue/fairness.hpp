// Whose turn it is: rows that may start, by fairness key.
//
// Deficit round robin with rows of one cost: every key with something to start gets one row a turn,
// in due order within the key, and a key that has reached its limit leaves the ring until one of
// its rows has ended. Each level of priority has a ring of its own; the highest goes first, except
// that one turn in eight is given to the levels below it, so that none waits for ever. Pure: no
// clock, no storage. Nothing is allocated per row.

#pragma once

#include "core/time.hpp"

#include <boost/intrusive/list.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace carillon::queue {

class FairKey;

/// Levels of priority: 1 to 9, as index 0 to 8.
inline constexpr std::size_t levels = 9;
/// Bands of levels whose rows can stand in partitions of their own: low, normal, high.
inline constexpr std::size_t bands = 3;

/// What waits in a FairQueue; a base of the row.
struct FairNode {
    boost::intrusive::list_member_hook<> fair_hook{};
    FairKey* key = nullptr;
    TimePoint due_at{};
    std::uint8_t level = levels / 2;
    /// Of rows whose key runs one at a time: these wait in the order of this text.
    std::string place{};
};

/// One endpoint or tenant.
class FairKey {
public:
    FairKey(std::string name, std::size_t limit) : name_(std::move(name)), limit_(limit) {
        for (Seat& seat : seats_) seat.key = this;
    }

    FairKey(const FairKey&) = delete;
    FairKey& operator=(const FairKey&) = delete;
    ~FairKey() = default;

    [[nodiscard]] const std::string& name() const { return name_; }

    /// Taken by FairQueue::pop and not yet ended.
    [[nodiscard]] std::size_t running() const { return running_; }

    /// Claimed and not started, by the band of the partition they came from; kept by Book.
    std::array<std::size_t, bands> held{};
    std::size_t users = 0;  ///< Who refers to this key; unused ones are forgotten.
    /// Rows of it were left in the index, in partitions of that band (see Claimer).
    std::array<bool, bands> passed_over{};
    bool refill_asked = false;  ///< The claimer knows that there is room again.
    /// One row at a time, each once the outcome of the one before is recorded.
    bool serial = false;

    [[nodiscard]] bool any_passed_over() const {
        return passed_over[0] || passed_over[1] || passed_over[2];
    }

private:
    friend class FairQueue;
    using Rows =
        boost::intrusive::list<FairNode,
                               boost::intrusive::member_hook<FairNode,
                                                             boost::intrusive::list_member_hook<>,
                                                             &FairNode::fair_hook>>;

    /// The rows of one level, and their place in its ring.
    struct Seat {
        FairKey* key = nullptr;
        Rows rows{};
        boost::intrusive::list_member_hook<> ring_hook{};
    };

    [[nodiscard]] bool at_limit() const { return limit_ != 0 && running_ >= limit_; }

    std::string name_;
    std::size_t limit_;
    std::size_t running_ = 0;
    std::uint32_t waiting_ = 0;  // A bit for each level that has rows.
    std::array<Seat, levels> seats_;
};

class FairQueue {
public:
    /// `limit_per_key`: rows of one key that may run at a time; 0: any number.
    explicit FairQueue(std::size_t limit_per_key) : limit_per_key_(limit_per_key) {}

    /// The key of that name, made when it is new. It stays while `users` is not 0 (see forget).
    [[nodiscard]] FairKey& key(std::string name);
    /// A key with a limit of its own, whatever the others have.
    [[nodiscard]] FairKey& key_with_limit(std::string name, std::size_t limit);
    [[nodiscard]] FairKey* find(const std::string& name);
    /// Drops the key if nothing uses it.
    void forget(FairKey& key);

    [[nodiscard]] std::size_t keys() const { return keys_.size(); }

    void push(FairNode& node);
    void remove(FairNode& node);
    /// The next row by turn, now running; nullptr when none may start.
    [[nodiscard]] FairNode* pop();
    /// A row of this key that pop() gave has ended.
    void ended(FairKey& key);

    /// Whether pop() would give a row.
    [[nodiscard]] bool ready() const { return ready_ != 0; }

private:
    using Seat = FairKey::Seat;
    using Ring =
        boost::intrusive::list<Seat,
                               boost::intrusive::member_hook<Seat,
                                                             boost::intrusive::list_member_hook<>,
                                                             &Seat::ring_hook>>;

    [[nodiscard]] std::size_t next_level();
    void seat_changed(FairKey& key, std::size_t level);
    void limit_changed(FairKey& key);

    std::size_t limit_per_key_;
    std::unordered_map<std::string, std::unique_ptr<FairKey>> keys_;
    std::array<Ring, levels> rings_;  // The keys that have a row which may start, in turn.
    std::uint32_t ready_ = 0;         // A bit for each ring that is not empty.
    std::uint32_t turns_ = 0;         // That the highest level had while others waited.
    std::uint32_t below_ = levels;    // The level that had the last turn given to others.
};

}  // namespace carillon::queue
