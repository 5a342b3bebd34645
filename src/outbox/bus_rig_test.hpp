// One bus over the embedded engine in memory, in a simulated world. The store can be made to say
// that others share it.

#pragma once

#include "dynamo/embedded/embedded.hpp"
#include "outbox/event_bus.hpp"
#include "queue/faulty_store_test.hpp"
#include "runtime/simulated_test.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace carillon::outbox::testing {

using namespace std::chrono_literals;

inline const TimePoint noon = parse_instant("2026-11-27T12:00:00Z").value();

/// A subscriber that does what the test says, and notes what it was given when.
struct Listener {
    explicit Listener(runtime::Loop& on_loop) : loop(on_loop) {}

    runtime::Loop& loop;
    Duration delay{0};
    std::function<Result<>(const Event&)> answer;
    std::vector<Event> events;
    std::vector<TimePoint> times;
    std::size_t running = 0;
    std::size_t most_running = 0;

    Task<Result<>> handle(Event event) {
        events.push_back(event);
        times.push_back(loop.now());
        most_running = std::max(most_running, ++running);
        if (delay > 0ms) (void)co_await loop.sleep_for(delay);
        --running;
        if (answer) co_return answer(event);
        co_return Result<>{};
    }

    EventHandler handler() {
        return [this](Event event) { return handle(std::move(event)); };
    }

    [[nodiscard]] std::vector<std::string> ids() const {
        std::vector<std::string> out;
        for (const Event& event : events) out.push_back(event.id);
        return out;
    }
};

struct Rig : runtime::testing::Simulated {
    explicit Rig(bool shared = false, std::uint64_t seed = 42) : Simulated(noon), random(seed) {
        auto opened = dynamo::open_embedded({.memory = true, .inline_writer = true}, clock);
        if (!opened) std::abort();
        engine = *std::move(opened);
        store = std::make_unique<queue::testing::FaultyStore>(
            *engine,
            loop,
            random,
            queue::testing::Faults{.exclusive = !shared, .watches = !shared});
    }

    ~Rig() {
        for (auto& bus : buses) finish(bus->stop(0s));
    }

    SeededRandom random;
    Registry metrics;
    std::unique_ptr<dynamo::EmbeddedDatabase> engine;
    std::unique_ptr<queue::testing::FaultyStore> store;
    std::vector<std::unique_ptr<EventBus>> buses;
    std::vector<Mishap> mishaps;
    Listener listener{loop};
    BusOptions options;

    EventBus& make() {
        BusOptions given = options;
        given.owner = "worker-" + std::to_string(buses.size());
        given.on_error = [this](const Mishap& mishap) { mishaps.push_back(mishap); };
        buses.push_back(std::make_unique<EventBus>(
            loop, *store, random, Log::null(), metrics, std::move(given)));
        return *buses.back();
    }

    EventBus& begin(EventBus& bus, bool work = true) {
        const auto started = finish(bus.start(work));
        EXPECT_TRUE(started) << describe(started.error());
        return bus;
    }

    /// A bus whose every event goes to the listener.
    EventBus& working(const std::string& pattern = "*") {
        EventBus& bus = make();
        EXPECT_TRUE(bus.on(pattern, listener.handler()));
        return begin(bus);
    }

    void emit(EventBus& bus, const std::string& id, const std::string& type = "order.placed") {
        const auto emitted = finish(bus.emit({.id = id, .type = type, .payload = {{"n", 1}}}));
        EXPECT_TRUE(emitted) << describe(emitted.error());
    }

    void emit_many(EventBus& bus, int count) {
        for (int from = 0; from < count; from += 100) {
            std::vector<Event> events;
            for (int i = from; i < std::min(count, from + 100); ++i) {
                events.push_back({.id = "e" + std::to_string(i), .type = "order.placed"});
            }
            ASSERT_TRUE(finish(bus.emit_many(std::move(events))));
        }
    }

    Event get(EventBus& bus, const std::string& id) {
        auto event = finish(bus.events().get(id));
        EXPECT_TRUE(event) << describe(event.error());
        return event ? *std::move(event) : Event{};
    }

    std::vector<std::string> ids(EventBus& bus, EventStatus status) {
        const auto page = finish(bus.events().list({.status = status}));
        EXPECT_TRUE(page) << describe(page.error());
        std::vector<std::string> out;
        if (!page) return out;
        for (const Event& event : page->events) out.push_back(event.id);
        return out;
    }

    std::optional<dynamo::Item> item(const std::string& id) {
        dynamo::GetRequest get;
        get.table = options.layout.table;
        get.key.set("id", id);
        return finish(engine->get_item(std::move(get))).value();
    }

    /// What a program of the seed does: writes without a condition.
    void put(dynamo::Item item) {
        dynamo::PutRequest request;
        request.table = options.layout.table;
        request.item = std::move(item);
        ASSERT_TRUE(finish(engine->put_item(std::move(request))));
    }
};

inline Result<> refuse(const Event&) {
    return fail(Errc::unavailable, "the mail server is down");
}

}  // namespace carillon::outbox::testing
