#include "queue/fairness.hpp"

#include "core/check.hpp"

namespace carillon::queue {

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
    if (key.users != 0 || key.passed_over || key.running_ != 0) return;
    CARILLON_CHECK(key.rows_.empty());
    keys_.erase(std::string(key.name_));
}

void FairQueue::push(FairNode& node) {
    FairKey& key = *node.key;
    // Rows come nearly in due order; a late one moves forward past those due after it.
    auto at = key.rows_.end();
    while (at != key.rows_.begin()) {
        auto before = std::prev(at);
        if (before->due_at <= node.due_at) break;
        at = before;
    }
    key.rows_.insert(at, node);
    enter_or_leave(key);
}

void FairQueue::remove(FairNode& node) {
    FairKey& key = *node.key;
    key.rows_.erase(FairKey::Rows::s_iterator_to(node));
    enter_or_leave(key);
}

FairNode* FairQueue::pop() {
    if (ring_.empty()) return nullptr;
    FairKey& key = ring_.front();
    FairNode& node = key.rows_.front();
    key.rows_.pop_front();
    ++key.running_;
    if (++key.taken_ >= key.weight) {
        // Its turn is over: to the end of the ring, if it has more.
        ring_.pop_front();
        key.taken_ = 0;
    }
    enter_or_leave(key);
    return &node;
}

void FairQueue::ended(FairKey& key) {
    CARILLON_CHECK(key.running_ > 0);
    --key.running_;
    enter_or_leave(key);
}

void FairQueue::enter_or_leave(FairKey& key) {
    const bool inside = key.ring_hook.is_linked();
    if (key.may_start() == inside) return;
    if (inside) {
        ring_.erase(Ring::s_iterator_to(key));
        key.taken_ = 0;
    } else {
        ring_.push_back(key);
    }
}

}  // namespace carillon::queue
