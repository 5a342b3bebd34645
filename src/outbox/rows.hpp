// How the queue reads and writes an event's row, beside workers of seed 001 on the same table.
//
// Those write without conditions and know nothing of tokens, so a row counts as ours only while
// status, token and the time of the claim (`startedOn`, which each claim sets) are what we wrote;
// and somebody else's row may be taken over only with the very deadline that was seen.

#pragma once

#include "outbox/layout.hpp"
#include "queue/row.hpp"
#include "runtime/clock.hpp"

#include <string>
#include <vector>

namespace carillon::outbox {

class EventRows final : public queue::RowMap {
public:
    /// `clock` gives the times of claims and ends and must outlive the map; `owner` is the queue's.
    EventRows(Layout layout, std::string owner, const runtime::Clock& clock);

    [[nodiscard]] const std::string& table() const override { return layout_.table; }

    [[nodiscard]] const dynamo::KeySchema& key() const override { return key_; }

    [[nodiscard]] const std::string& due_index() const override { return layout_.index; }

    [[nodiscard]] std::vector<dynamo::Value> partitions(queue::State state) const override;
    [[nodiscard]] dynamo::Value due_value(TimePoint at) const override;
    [[nodiscard]] Result<queue::RowState> read(const dynamo::Item& item) const override;
    /// A failed row that carries `parkedBecause` is written as parked, its attempts as they were.
    void write(dynamo::Item& item, const queue::RowState& row) const override;
    void set_aside(dynamo::Item& item, const Error& why) const override;
    [[nodiscard]] dynamo::BoundCondition unchanged(const dynamo::Item& seen) const override;
    /// The type; of ordered events their key.
    [[nodiscard]] std::string fairness_key(const dynamo::Item& item) const override;
    [[nodiscard]] queue::Standing standing(const dynamo::Item& item) const override;
    [[nodiscard]] std::size_t band(const dynamo::Value& partition) const override;

    [[nodiscard]] const Layout& layout() const { return layout_; }

private:
    void write_status(dynamo::Item& item, EventStatus status) const;

    Layout layout_;
    std::string owner_;
    const runtime::Clock& clock_;
    dynamo::KeySchema key_;
    dynamo::Condition by_lease_;
    dynamo::Condition by_place_;
    dynamo::Condition by_status_;
};

/// Why an event is parked: nobody handles its type, or one before it in its key's line was given
/// up.
inline constexpr std::string_view parked_attribute = "parkedBecause";
/// The event that it is parked behind, in its key's line.
inline constexpr std::string_view behind_attribute = "parkedBehind";
/// The event that it waits for, in its key's line: its due time is when it is looked at again.
inline constexpr std::string_view postponed_attribute = "waitsFor";

/// Whether it stands in a key's line.
[[nodiscard]] bool is_ordered(const dynamo::Item& event);

}  // namespace carillon::outbox
