// Whose turn it is: rows that may start, by fairness key.
//
// Deficit round robin with rows of one cost: every key with something to start gets as many rows a
// turn as it weighs, in due order within the key, and a key that has reached its limit leaves the
// ring until one of its rows has ended. Pure: no clock, no storage. Nothing is allocated per row.

#pragma once

#include "core/time.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace carillon::queue {

class FairKey;

/// What waits in a FairQueue; a base of the row.
struct FairNode {
    boost::intrusive::list_member_hook<> fair_hook{};
    FairKey* key = nullptr;
    TimePoint due_at{};
};

/// One endpoint or tenant.
class FairKey {
public:
    FairKey(std::string name, std::size_t limit) : name_(std::move(name)), limit_(limit) {}

    FairKey(const FairKey&) = delete;
    FairKey& operator=(const FairKey&) = delete;
    ~FairKey() = default;

    [[nodiscard]] const std::string& name() const { return name_; }

    /// Taken by FairQueue::pop and not yet ended.
    [[nodiscard]] std::size_t running() const { return running_; }

    std::size_t weight = 1;     ///< Rows a turn, at least 1.
    std::size_t held = 0;       ///< Claimed and not started, kept by Book.
    std::size_t users = 0;      ///< Who refers to this key; unused ones are forgotten.
    bool passed_over = false;   ///< Rows of it were left in the index (see Claimer).
    bool refill_asked = false;  ///< The claimer knows that there is room again.

private:
    friend class FairQueue;
    using Rows =
        boost::intrusive::list<FairNode,
                               boost::intrusive::member_hook<FairNode,
                                                             boost::intrusive::list_member_hook<>,
                                                             &FairNode::fair_hook>>;

    [[nodiscard]] bool may_start() const {
        return !rows_.empty() && (limit_ == 0 || running_ < limit_);
    }

    std::string name_;
    std::size_t limit_;
    std::size_t running_ = 0;
    std::size_t taken_ = 0;  // Rows of the turn that it is in.
    Rows rows_;

public:
    boost::intrusive::list_member_hook<> ring_hook{};
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
    [[nodiscard]] bool ready() const { return !ring_.empty(); }

private:
    using Ring =
        boost::intrusive::list<FairKey,
                               boost::intrusive::member_hook<FairKey,
                                                             boost::intrusive::list_member_hook<>,
                                                             &FairKey::ring_hook>>;

    void enter_or_leave(FairKey& key);

    std::size_t limit_per_key_;
    std::unordered_map<std::string, std::unique_ptr<FairKey>> keys_;
    Ring ring_;  // The keys that have a row which may start, in turn.
};

}  // namespace carillon::queue
