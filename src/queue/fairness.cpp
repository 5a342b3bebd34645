#include "queue/fairness.hpp"

#include "core/check.hpp"

#include <bit>

namespace carillon::queue {
namespace {

// One turn in so many goes to the levels below the highest.
constexpr std::uint32_t turns_per_round = 8;

constexpr std::uint32_t bit_of(std::size_t level) {
    return 1U << level;
}

std::size_t highest(std::uint32_t mask) {
    return static_cast<std::size_t>(std::bit_width(mask)) - 1;
}

bool goes_before(const FairNode& a, const FairNode& b) {
    if (!a.place.empty() && !b.place.empty()) return a.place < b.place;
    return a.due_at < b.due_at;
}

}  // namespace

FairKey& FairQueue::key(std::string name) {
    return key_with_limit(std::move(name), limit_per_key_);
}

FairKey& FairQueue::key_with_limit(std::string name, std::size_t limit) {
    auto& slot = keys_[name];
    if (!slot) slot = std::make_unique<FairKey>(std::move(name), limit);
    return *slot;
}

FairKey* FairQueue::find(const std::string& name) {
    const auto found = keys_.find(name);
    return found == keys_.end() ? nullptr : found->second.get();
}

void FairQueue::forget(FairKey& key) {
    if (key.users != 0 || key.any_passed_over() || key.running_ != 0) return;
    CARILLON_CHECK(key.waiting_ == 0);
    keys_.erase(std::string(key.name_));
}

void FairQueue::push(FairNode& node) {
    CARILLON_CHECK(node.level < levels);
    FairKey& key = *node.key;
    FairKey::Rows& rows = key.seats_[node.level].rows;
    // Rows come nearly in due order; a late one moves forward past those due after it.
    auto at = rows.end();
    while (at != rows.begin()) {
        auto before = std::prev(at);
        if (!goes_before(node, *before)) break;
        at = before;
    }
    rows.insert(at, node);
    seat_changed(key, node.level);
}

void FairQueue::remove(FairNode& node) {
    FairKey& key = *node.key;
    key.seats_[node.level].rows.erase(FairKey::Rows::s_iterator_to(node));
    seat_changed(key, node.level);
}

std::size_t FairQueue::next_level() {
    const std::size_t top = highest(ready_);
    const std::uint32_t others = ready_ & ~bit_of(top);
    if (others == 0 || ++turns_ < turns_per_round) return top;
    turns_ = 0;
    // They take such turns one after the other, downwards.
    const std::uint32_t after = others & (bit_of(below_) - 1);
    below_ = static_cast<std::uint32_t>(highest(after != 0 ? after : others));
    return below_;
}

FairNode* FairQueue::pop() {
    if (ready_ == 0) return nullptr;
    const std::size_t level = next_level();
    Seat& seat = rings_[level].front();
    FairKey& key = *seat.key;
    rings_[level].pop_front();
    FairNode& node = seat.rows.front();
    seat.rows.pop_front();
    ++key.running_;
    seat_changed(key, level);  // To the end of the ring, if it has more.
    if (key.at_limit()) limit_changed(key);
    return &node;
}

void FairQueue::ended(FairKey& key) {
    CARILLON_CHECK(key.running_ > 0);
    const bool was_full = key.at_limit();
    --key.running_;
    if (was_full) limit_changed(key);
}

/// Enters or leaves the ring of that level, as its rows and the key's limit say.
void FairQueue::seat_changed(FairKey& key, std::size_t level) {
    Seat& seat = key.seats_[level];
    Ring& ring = rings_[level];
    const bool waits = !seat.rows.empty();
    key.waiting_ = waits ? key.waiting_ | bit_of(level) : key.waiting_ & ~bit_of(level);
    const bool inside = seat.ring_hook.is_linked();
    const bool belongs = waits && !key.at_limit();
    if (belongs != inside) {
        if (inside) {
            ring.erase(Ring::s_iterator_to(seat));
        } else {
            ring.push_back(seat);
        }
    }
    ready_ = ring.empty() ? ready_ & ~bit_of(level) : ready_ | bit_of(level);
}

void FairQueue::limit_changed(FairKey& key) {
    for (std::uint32_t left = key.waiting_; left != 0; left &= left - 1) {
        seat_changed(key, static_cast<std::size_t>(std::countr_zero(left)));
    }
}

}  // namespace carillon::queue
