#include "outbox/event_bus.hpp"

#include "dynamo/ensure_table.hpp"
#include "outbox/dispatcher.hpp"
#include "runtime/event.hpp"
#include "runtime/task_group.hpp"

#include <algorithm>
#include <utility>

namespace carillon::outbox {
namespace {

using MiddlewareList = std::shared_ptr<const std::vector<Middleware>>;

queue::QueueOptions queue_options(const BusOptions& bus) {
    queue::QueueOptions options;
    options.name = "outbox-" + bus.layout.table;
    options.concurrency = bus.concurrency;
    options.claim_batch = std::max<std::size_t>(1, bus.batch_size);
    options.held_max = std::max<std::size_t>(options.claim_batch * 4, bus.concurrency * 2);
    options.held_per_key_max = options.held_max;
    options.poll_interval = bus.poll_interval;
    options.lease = bus.processing_timeout;
    // A worker that dies counts like an attempt that fails.
    options.interruptions_max = std::max(1, bus.max_retries);
    options.owner = bus.owner;
    return options;
}

struct Waiter {
    explicit Waiter(runtime::Loop& loop) : came(loop) {}

    std::optional<Event> event;
    runtime::Event came;
};

Task<Result<>> keep(std::shared_ptr<Waiter> waiter, Event event) {
    waiter->event = std::move(event);
    waiter->came.set();
    co_return Result<>{};
}

}  // namespace

struct EventBus::Impl {
    Impl(runtime::Loop& on_loop,
         dynamo::Database& in_database,
         Random& given_random,
         Log& given_log,
         Registry& metrics,
         BusOptions given)
        : loop(on_loop),
          database(in_database),
          log(given_log),
          options(std::move(given)),
          rows(options.layout, options.owner, loop.clock()),
          store(database, rows, loop.clock(), given_random),
          dispatcher(rows, store.order(), options, loop.clock(), given_random, log),
          queue(
              loop, database, rows, dispatcher, given_random, log, metrics, queue_options(options)),
          group(on_loop) {}

    [[nodiscard]] Task<Result<std::vector<Event>>> through_middleware(std::vector<Event> events,
                                                                      bool in_transaction);
    [[nodiscard]] Task<Result<>> bring_back_parked();
    Task<> sweep_until_stopped();

    runtime::Loop& loop;
    dynamo::Database& database;
    Log& log;
    BusOptions options;
    EventRows rows;
    EventStore store;
    MiddlewareList emit_middleware = std::make_shared<std::vector<Middleware>>();
    Dispatcher dispatcher;
    queue::Queue queue;
    runtime::TaskGroup group;
    bool working = false;
};

dynamo::TableSchema archive_schema(std::string table) {
    dynamo::TableSchema schema;
    schema.name = std::move(table);
    schema.key.hash = {.name = "id"};
    return schema;
}

EventBus::EventBus(runtime::Loop& loop,
                   dynamo::Database& database,
                   Random& random,
                   Log& log,
                   Registry& metrics,
                   BusOptions options)
    : impl_(std::make_unique<Impl>(loop, database, random, log, metrics, std::move(options))) {}

EventBus::~EventBus() = default;

Task<Result<>> EventBus::start(bool work) {
    CARILLON_CO_TRY_VOID(co_await impl_->store.prepare());
    if (impl_->options.retention == Retention::archive) {
        dynamo::TableSchema archive = archive_schema(impl_->options.archive_table);
        CARILLON_CO_TRY_VOID(co_await dynamo::ensure_table(impl_->database, std::move(archive)));
    }
    if (!work) co_return Result<>{};
    CARILLON_CO_TRY_VOID(co_await impl_->bring_back_parked());
    CARILLON_CO_TRY_VOID(co_await impl_->queue.start());
    impl_->working = true;
    if (impl_->options.layout.ordered) impl_->group.spawn(impl_->sweep_until_stopped());
    co_return Result<>{};
}

Task<> EventBus::stop(Duration grace) {
    if (!std::exchange(impl_->working, false)) co_return;
    impl_->group.request_stop();
    co_await impl_->group.join();
    co_await impl_->queue.stop(grace);
}

Task<Result<>> EventBus::Impl::bring_back_parked() {
    for (const std::string& pattern : dispatcher.subscriptions.patterns()) {
        Listing parked{.status = EventStatus::parked, .type = pattern, .behind_others = false};
        CARILLON_CO_TRY_VOID(co_await store.retry_all(std::move(parked)));
    }
    co_return Result<>{};
}

/// Parked events of lines whose first was purged by somebody who did not say so, or whose return
/// met another's write.
Task<> EventBus::Impl::sweep_until_stopped() {
    constexpr Duration pause{30'000};
    while (!group.stop_token().stop_requested()) {
        (void)co_await loop.sleep_for(pause, group.stop_token());
        const auto swept = co_await store.order().sweep();
        if (!swept) log.warn("events cannot be swept", {{"error", describe(swept.error())}});
    }
}

Task<Result<std::vector<Event>>> EventBus::Impl::through_middleware(std::vector<Event> events,
                                                                    bool in_transaction) {
    if (emit_middleware->empty()) co_return events;
    std::vector<Event> left;
    for (Event& event : events) {
        MiddlewareContext context{
            .phase = Phase::emit, .event = std::move(event), .in_transaction = in_transaction};
        CARILLON_CO_TRY(const bool dropped,
                        co_await run_middleware(emit_middleware, context, nullptr));
        if (!dropped) left.push_back(std::move(context.event));
    }
    co_return left;
}

Task<Result<std::optional<Emitted>>> EventBus::emit(Event event) {
    std::vector<Event> events;
    events.push_back(std::move(event));
    CARILLON_CO_TRY(auto emitted, co_await emit_many(std::move(events)));
    if (emitted.empty()) co_return std::nullopt;
    co_return std::move(emitted.front());
}

Task<Result<std::vector<Emitted>>> EventBus::emit_many(std::vector<Event> events) {
    CARILLON_CO_TRY(auto left, co_await impl_->through_middleware(std::move(events), false));
    if (left.empty()) co_return std::vector<Emitted>{};
    const TimePoint before = impl_->loop.now();
    auto emitted = co_await impl_->store.emit(std::move(left));
    if (emitted && impl_->working) impl_->queue.inserted(before, impl_->loop.now());
    co_return emitted;
}

Task<Result<std::vector<Emitted>>> EventBus::emit_many(std::vector<Event> events,
                                                       dynamo::WriteUnit& transaction) {
    CARILLON_CO_TRY(auto left, co_await impl_->through_middleware(std::move(events), true));
    co_return impl_->store.emit(std::move(left), transaction);
}

Result<> EventBus::on(std::string pattern, EventHandler handler) {
    return impl_->dispatcher.subscriptions.add(std::move(pattern), std::move(handler), false);
}

Result<> EventBus::once(std::string pattern, EventHandler handler) {
    return impl_->dispatcher.subscriptions.add(std::move(pattern), std::move(handler), true);
}

Result<> EventBus::subscribe(const std::vector<std::string>& patterns, EventHandler handler) {
    Subscriptions tried = impl_->dispatcher.subscriptions;
    for (const std::string& pattern : patterns) {
        CARILLON_TRY_VOID(tried.add(pattern, handler, false));
    }
    impl_->dispatcher.subscriptions = std::move(tried);
    return {};
}

bool EventBus::off(std::string_view pattern) {
    return impl_->dispatcher.subscriptions.remove(pattern);
}

Task<Result<Event>> EventBus::wait_for(std::string pattern, Duration timeout) {
    auto waiter = std::make_shared<Waiter>(impl_->loop);
    EventHandler handler = [waiter](Event event) { return keep(waiter, std::move(event)); };
    CARILLON_CO_TRY_VOID(once(pattern, std::move(handler)));
    (void)co_await waiter->came.wait_until(impl_->loop.now() + timeout);
    if (waiter->event) co_return *std::move(waiter->event);
    off(pattern);
    co_return fail(Errc::timeout, "no event of " + pattern + " came in time");
}

void EventBus::use(Middleware middleware, Phase phase) {
    MiddlewareList& list =
        phase == Phase::emit ? impl_->emit_middleware : impl_->dispatcher.middleware;
    auto longer = std::make_shared<std::vector<Middleware>>(*list);
    longer->push_back(std::move(middleware));
    list = std::move(longer);
}

const Subscriptions& EventBus::subscriptions() const {
    return impl_->dispatcher.subscriptions;
}

EventStore& EventBus::events() {
    return impl_->store;
}

queue::QueueStats EventBus::stats() const {
    return impl_->queue.stats();
}

}  // namespace carillon::outbox
