#include "bus/batcher.hpp"

#include "core/check.hpp"
#include "runtime/turn.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace carillon::bus {

namespace {

bool may_pass(Errc code) {
    return code == Errc::throttled || code == Errc::unavailable || code == Errc::timeout;
}

}  // namespace

/// One publish(): lives in its frame until every entry is settled.
struct Batcher::Call {
    Call(runtime::Loop& loop, std::size_t count) : results(count), done(loop) {}

    std::vector<Result<>> results;
    std::size_t open = 0;
    runtime::Event done;
};

struct Batcher::Entry {
    Packet packet;
    Call* call = nullptr;
    std::size_t index = 0;
    int failures = 0;
    std::int64_t since_ticks = 0;
};

struct Batcher::Lane {
    std::string name;
    std::deque<EntryPtr> waiting;
    std::size_t waiting_bytes = 0;
    std::size_t running = 0;   ///< Batches.
    std::size_t retrying = 0;  ///< Groups of entries that wait to be sent again.
    bool timer_set = false;
    /// Keys with a message under way or in `waiting`, and what waits behind it.
    std::unordered_map<std::string, std::deque<EntryPtr>> keys;
};

Batcher::Batcher(runtime::Loop& loop,
                 Random& random,
                 std::unique_ptr<Broker> broker,
                 BatcherOptions options)
    : loop_(loop),
      random_(random),
      broker_(std::move(broker)),
      options_(options),
      limits_(broker_->limits()),
      room_(loop),
      group_(loop),
      idle_(loop) {
    if (options_.concurrency == 0) options_.concurrency = limits_.concurrency;
}

Batcher::~Batcher() = default;

bool Batcher::has_room(std::size_t bytes) const {
    if (counts_.pending == 0) return true;
    return counts_.pending < options_.pending_max &&
           counts_.pending_bytes + bytes <= options_.pending_bytes_max;
}

Task<bool> Batcher::wait_for_room(std::size_t bytes) {
    while (!closed_ && !has_room(bytes)) {
        // What fills the bounds is on its way: without this, nobody would send it.
        pump_soon();
        (void)co_await room_.wait();
    }
    co_return !closed_;
}

Result<Packet> Batcher::make_packet_of(Message message) const {
    CARILLON_TRY(Packet packet, broker_->pack(std::move(message)));
    if (packet.bytes > std::min(limits_.message_bytes_max, limits_.bytes_max)) {
        return fail(Errc::too_large,
                    "the message has " + std::to_string(packet.bytes) +
                        " bytes, more than its broker takes");
    }
    return packet;
}

Result<> Batcher::check(const Message& message) {
    CARILLON_TRY(const Packet packet, make_packet_of(message));
    return {};
}

Task<std::vector<Result<>>> Batcher::publish(std::vector<Message> batch) {
    if (closed_) co_return all_failed(batch.size(), {Errc::cancelled, "the publisher is closed"});
    ++calls_;
    Call call(loop_, batch.size());
    for (std::size_t index = 0; index < batch.size(); ++index) {
        Result<Packet> packet = make_packet_of(std::move(batch[index]));
        if (!packet) {
            call.results[index] = std::unexpected(std::move(packet).error());
            continue;
        }
        if (!co_await wait_for_room(packet->bytes)) {
            call.results[index] = fail(Errc::cancelled, "the publisher is closed");
            continue;
        }
        auto entry = std::make_unique<Entry>();
        entry->packet = *std::move(packet);
        entry->call = &call;
        entry->index = index;
        ++call.open;
        enqueue(std::move(entry));
    }
    pump_soon();
    while (call.open > 0) (void)co_await call.done.wait();
    if (--calls_ == 0) idle_.set();
    co_return std::move(call.results);
}

void Batcher::enqueue(EntryPtr entry) {
    ++counts_.pending;
    counts_.pending_bytes += entry->packet.bytes;
    counts_.pending_bytes_peak = std::max(counts_.pending_bytes_peak, counts_.pending_bytes);
    entry->since_ticks = loop_.clock().ticks();
    auto& lane = lanes_[entry->packet.lane];
    if (!lane) {
        lane = std::make_unique<Lane>();
        lane->name = entry->packet.lane;
    }
    if (!entry->packet.key.empty()) {
        const auto [key, first] = lane->keys.try_emplace(entry->packet.key);
        if (!first) {
            key->second.push_back(std::move(entry));
            return;
        }
    }
    lane->waiting_bytes += entry->packet.bytes;
    lane->waiting.push_back(std::move(entry));
}

/// At the end of this turn of the loop, so that all who publish in it share batches.
void Batcher::pump_soon() {
    if (pump_posted_) return;
    pump_posted_ = true;
    group_.spawn(pump_later(Duration::zero()));
}

Task<> Batcher::pump_later(Duration after) {
    if (after > Duration::zero()) {
        (void)co_await loop_.sleep_for(after, group_.stop_token());
        for (auto& [name, lane] : lanes_) lane->timer_set = false;
    } else {
        co_await runtime::next_turn(loop_);
        pump_posted_ = false;
    }
    for (auto& [name, lane] : lanes_) pump(*lane);
    std::erase_if(lanes_, [](const auto& lane) { return is_idle(*lane.second); });
}

bool Batcher::is_due(const Lane& lane) {
    if (lane.waiting.empty()) return false;
    if (closed_ || options_.linger <= Duration::zero()) return true;
    if (lane.waiting.size() >= limits_.count_max || lane.waiting_bytes >= limits_.bytes_max) {
        return true;
    }
    // Bounds that are full will bring no company.
    if (!has_room(1)) return true;
    const auto age =
        std::chrono::nanoseconds{loop_.clock().ticks() - lane.waiting.front()->since_ticks};
    return age >= options_.linger || lane.waiting.front()->failures > 0;
}

void Batcher::pump(Lane& lane) {
    while (lane.running < options_.concurrency && is_due(lane)) {
        ++lane.running;
        group_.spawn(send(lane, pack(lane)));
    }
    if (!lane.waiting.empty() && lane.running < options_.concurrency && !lane.timer_set) {
        lane.timer_set = true;
        group_.spawn(pump_later(options_.linger));
    }
}

std::vector<Batcher::EntryPtr> Batcher::pack(Lane& lane) {
    std::vector<EntryPtr> packed;
    std::size_t bytes = 0;
    while (!lane.waiting.empty() && packed.size() < limits_.count_max) {
        const std::size_t more = lane.waiting.front()->packet.bytes;
        if (!packed.empty() && bytes + more > limits_.bytes_max) break;
        bytes += more;
        lane.waiting_bytes -= more;
        packed.push_back(std::move(lane.waiting.front()));
        lane.waiting.pop_front();
    }
    return packed;
}

Task<> Batcher::send(Lane& lane, std::vector<EntryPtr> entries) {
    // A broker that answers at once must not call itself through pump().
    co_await runtime::next_turn(loop_);
    ++counts_.batches;
    Batch batch;
    batch.reserve(entries.size());
    for (const EntryPtr& entry : entries) batch.push_back(&entry->packet);
    Results results = co_await broker_->send(std::move(batch));
    CARILLON_CHECK(results.size() == entries.size());

    std::vector<EntryPtr> again;
    int failures = 0;
    for (std::size_t at = 0; at < entries.size(); ++at) {
        EntryPtr& entry = entries[at];
        const bool retry = !results[at] && may_pass(results[at].error().code) && !closed_ &&
                           entry->failures + 1 < options_.attempts_max;
        if (!retry) {
            settle(lane, std::move(entry), std::move(results[at]));
            continue;
        }
        failures = std::max(failures, ++entry->failures);
        ++counts_.retried;
        again.push_back(std::move(entry));
    }
    if (!again.empty()) {
        ++lane.retrying;
        group_.spawn(
            send_again(lane, std::move(again), backoff_delay(options_.backoff, failures, random_)));
    }
    --lane.running;
    pump(lane);
}

Task<> Batcher::send_again(Lane& lane, std::vector<EntryPtr> entries, Duration after) {
    (void)co_await loop_.sleep_for(after, group_.stop_token());
    --lane.retrying;
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
        lane.waiting_bytes += (*entry)->packet.bytes;
        lane.waiting.push_front(std::move(*entry));
    }
    pump(lane);
}

void Batcher::settle(Lane& lane, EntryPtr entry, Result<> result) {
    const bool accepted = result.has_value();
    finish(*entry, std::move(result));
    if (!entry->packet.key.empty()) free_key(lane, entry->packet.key, accepted);
}

void Batcher::free_key(Lane& lane, const std::string& key, bool accepted) {
    const auto found = lane.keys.find(key);
    CARILLON_CHECK(found != lane.keys.end());
    if (accepted && !found->second.empty()) {
        lane.waiting_bytes += found->second.front()->packet.bytes;
        lane.waiting.push_back(std::move(found->second.front()));
        found->second.pop_front();
        return;
    }
    const std::deque<EntryPtr> behind = std::move(found->second);
    lane.keys.erase(found);
    for (const EntryPtr& entry : behind) {
        finish(*entry,
               fail(Errc::unavailable, "an earlier message of the key \"" + key + "\" failed"));
    }
}

void Batcher::finish(Entry& entry, Result<> result) {
    --counts_.pending;
    counts_.pending_bytes -= entry.packet.bytes;
    ++(result ? counts_.accepted : counts_.failed);
    room_.set();
    Call& call = *std::exchange(entry.call, nullptr);
    call.results[entry.index] = std::move(result);
    if (--call.open == 0) call.done.set();
}

/// Nothing refers to it any more. Lanes go only in pump_later(), where nobody holds one.
bool Batcher::is_idle(const Lane& lane) {
    return lane.waiting.empty() && lane.running == 0 && lane.retrying == 0 && lane.keys.empty();
}

Task<> Batcher::close() {
    closed_ = true;
    group_.request_stop();
    room_.set();
    pump_soon();
    while (calls_ > 0) (void)co_await idle_.wait();
    co_await group_.join();
    co_await broker_->close();
}

}  // namespace carillon::bus
