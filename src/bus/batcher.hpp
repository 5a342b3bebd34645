// A publisher over any broker: packs messages into batches, sends several at a time, sends again
// what failed and only that, keeps the order of keys, and holds no more than it may.
//
// One for all brokers, so that each of these rules is written and tested once.

#pragma once

#include "bus/broker.hpp"
#include "bus/publisher.hpp"
#include "core/backoff.hpp"
#include "runtime/event.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace carillon::bus {

struct BatcherOptions {
    /// How long a message may wait for company when its batch is not full. Zero: what is there
    /// leaves as soon as a place is free.
    Duration linger{0};
    std::size_t concurrency = 0;       ///< Batches under way to one lane; 0: the broker's own.
    std::size_t pending_max = 10'000;  ///< Messages held; publish() waits beyond.
    std::size_t pending_bytes_max = std::size_t{64} << 20U;
    int attempts_max = 5;  ///< Of one message, within one publish().
    Backoff backoff{Duration{100}, Duration{5'000}, 2.0, 0.2};
};

struct BatcherCounts {
    std::uint64_t batches = 0;
    std::uint64_t accepted = 0;
    std::uint64_t failed = 0;
    std::uint64_t retried = 0;
    std::size_t pending = 0;
    std::size_t pending_bytes = 0;
    std::size_t pending_bytes_peak = 0;
};

/// Lives on one loop.
class Batcher final : public Publisher {
public:
    /// `loop` and `random` must outlive the batcher.
    Batcher(runtime::Loop& loop,
            Random& random,
            std::unique_ptr<Broker> broker,
            BatcherOptions options);
    ~Batcher() override;

    /// When a message with a key fails for good, those of its key that wait behind it fail too,
    /// as `unavailable`: sending them would break the order.
    [[nodiscard]] Task<std::vector<Result<>>> publish(std::vector<Message> batch) override;
    [[nodiscard]] Result<> check(const Message& message) override;
    /// What is under way is finished, but nothing is sent again.
    [[nodiscard]] Task<> close() override;

    [[nodiscard]] const BatcherCounts& counts() const { return counts_; }

private:
    struct Call;
    struct Entry;
    struct Lane;
    using EntryPtr = std::unique_ptr<Entry>;

    [[nodiscard]] Result<Packet> make_packet_of(Message message) const;
    [[nodiscard]] bool has_room(std::size_t bytes) const;
    Task<bool> wait_for_room(std::size_t bytes);
    void enqueue(EntryPtr entry);
    void pump_soon();
    Task<> pump_later(Duration after);
    void pump(Lane& lane);
    [[nodiscard]] bool is_due(const Lane& lane);
    std::vector<EntryPtr> pack(Lane& lane);
    Task<> send(Lane& lane, std::vector<EntryPtr> entries);
    Task<> send_again(Lane& lane, std::vector<EntryPtr> entries, Duration after);
    void settle(Lane& lane, EntryPtr entry, Result<> result);
    void free_key(Lane& lane, const std::string& key, bool accepted);
    void finish(Entry& entry, Result<> result);
    [[nodiscard]] static bool is_idle(const Lane& lane);

    runtime::Loop& loop_;
    Random& random_;
    std::unique_ptr<Broker> broker_;
    BatcherOptions options_;
    BatchLimits limits_;
    std::unordered_map<std::string, std::unique_ptr<Lane>> lanes_;
    runtime::Event room_;
    runtime::TaskGroup group_;
    BatcherCounts counts_;
    std::size_t calls_ = 0;
    runtime::Event idle_;
    bool pump_posted_ = false;
    bool closed_ = false;
};

}  // namespace carillon::bus
