#include "carillon/outbox.hpp"

#include "core/id.hpp"
#include "core/json.hpp"
#include "library/convert.hpp"
#include "library/store_engine.hpp"
#include "library/value_convert.hpp"
#include "library/write_list.hpp"
#include "outbox/event_bus.hpp"

#include <mutex>
#include <utility>

namespace carillon {

using library::failed;

namespace {

Result<outbox::Event> event_to_engine(const Event& event) {
    outbox::Event out;
    out.id = event.id;
    out.type = event.type;
    auto payload = parse_json(event.payload);
    if (!payload) return invalid("payload", "must be JSON: " + payload.error().message);
    out.payload = *std::move(payload);
    if (!event.metadata.empty()) {
        auto metadata = parse_json(event.metadata);
        if (!metadata || !metadata->is_object()) {
            return invalid("metadata", "must be a JSON object");
        }
        out.metadata = std::move(metadata->as_object());
    }
    out.occurred_at = event.occurred_at;
    out.due_at = event.due_at;
    out.key = event.key;
    return out;
}

EventStatus status_to_public(outbox::EventStatus status) {
    switch (status) {
        case outbox::EventStatus::created:
            break;
        case outbox::EventStatus::active:
            return EventStatus::active;
        case outbox::EventStatus::completed:
            return EventStatus::completed;
        case outbox::EventStatus::failed:
            return EventStatus::failed;
        case outbox::EventStatus::parked:
            return EventStatus::parked;
    }
    return EventStatus::created;
}

outbox::EventStatus status_to_engine(EventStatus status) {
    switch (status) {
        case EventStatus::created:
            break;
        case EventStatus::active:
            return outbox::EventStatus::active;
        case EventStatus::completed:
            return outbox::EventStatus::completed;
        case EventStatus::failed:
            return outbox::EventStatus::failed;
        case EventStatus::parked:
            return outbox::EventStatus::parked;
    }
    return outbox::EventStatus::created;
}

Event event_to_public(const outbox::Event& event) {
    Event out;
    out.id = event.id;
    out.type = event.type;
    out.payload = to_text(event.payload);
    out.occurred_at = event.occurred_at;
    out.due_at = event.due_at;
    if (!event.metadata.empty()) out.metadata = to_text(event.metadata);
    out.key = event.key;
    out.status = status_to_public(event.status);
    out.retries = event.retry_count;
    out.last_error = event.last_error;
    return out;
}

outbox::BusOptions bus_options(const OutboxOptions& given, Random& random) {
    outbox::BusOptions options;
    options.layout.table = given.table;
    options.layout.generation = given.layout == OutboxLayout::sharded ? outbox::Generation::sharded
                                : given.layout == OutboxLayout::seed_v0 ? outbox::Generation::v0
                                                                        : outbox::Generation::v2;
    options.batch_size = given.batch_size;
    options.poll_interval = given.poll_interval;
    options.processing_timeout = given.processing_timeout;
    options.max_retries = given.max_retries;
    options.base_backoff = given.base_backoff;
    options.concurrency = given.workers;
    options.owner = uuid4(random);
    return options;
}

Result<> check(const OutboxOptions& options) {
    if (options.table.empty()) return invalid("table", "must not be empty");
    if (options.workers < 1 || options.workers > 1'000) {
        return invalid("workers", "must be from 1 to 1000");
    }
    if (options.max_retries < 1) return invalid("max_retries", "must be at least 1");
    return {};
}

/// Calls the embedder's function, on a thread of the pool.
Result<> call(const Outbox::Handler& handler, const Event& event) {
    try {
        const Expected<> answer = handler(event);
        if (answer) return {};
        return std::unexpected(library::to_engine(answer.error()));
    } catch (const std::exception& thrown) {
        return fail(Errc::internal, std::string("it threw: ") + thrown.what());
    } catch (...) {
        return fail(Errc::internal, "it threw something that is no std::exception");
    }
}

}  // namespace

struct Outbox::Impl {
    Impl(const Store& in_store, OutboxOptions given)
        : store(in_store), options(std::move(given)), wrong(check(options)) {
        if (!wrong) return;
        pool.emplace(options.workers);
        make_bus();
    }

    void make_bus() {
        library::StoreEngine& engine = store.engine();
        bus = std::make_unique<outbox::EventBus>(engine.loop(),
                                                 engine.database(),
                                                 engine.random(),
                                                 engine.log(),
                                                 engine.metrics(),
                                                 bus_options(options, engine.random()));
    }

    Task<Result<>> handle(std::shared_ptr<const Handler> handler, outbox::Event event) {
        auto job = [handler, given = event_to_public(event)] { return call(*handler, given); };
        co_return co_await pool->run(store.engine().loop(), std::move(job));
    }

    Task<Result<>> subscribe(const std::string& pattern, std::shared_ptr<const Handler> handler) {
        co_return bus->on(pattern, [this, handler](outbox::Event event) {
            return handle(handler, std::move(event));
        });
    }

    /// Ends this bus and puts another in its place, with the same handlers.
    Task<Result<>> replace(Duration grace) {
        co_await bus->stop(grace);
        make_bus();
        for (const auto& [pattern, handler] : handlers) {
            CARILLON_CO_TRY_VOID(co_await subscribe(pattern, handler));
        }
        co_return Result<>{};
    }

    Store store;
    OutboxOptions options;
    Result<> wrong;
    std::optional<runtime::BlockingPool> pool;
    std::unique_ptr<outbox::EventBus> bus;  // On the store's thread.
    std::vector<std::pair<std::string, std::shared_ptr<const Handler>>> handlers;
    std::mutex changing;  // start(), stop() and on() come one at a time.
    bool working = false;
};

Outbox::Outbox(const Store& store, OutboxOptions options)
    : impl_(std::make_unique<Impl>(store, std::move(options))) {}

Outbox::Outbox(Outbox&& other) noexcept = default;

Outbox& Outbox::operator=(Outbox&& other) noexcept {
    if (this != &other) {
        if (impl_) stop(std::chrono::milliseconds{0});
        impl_ = std::move(other.impl_);
    }
    return *this;
}

Outbox::~Outbox() {
    if (impl_) stop(std::chrono::milliseconds{0});
}

Expected<> Outbox::create_table() {
    Impl& impl = *impl_;
    if (!impl.wrong) return failed(impl.wrong);
    const auto made = impl.store.engine().run([&impl] { return impl.bus->start(false); });
    if (!made) return failed(made);
    return {};
}

Expected<std::string> Outbox::emit(const Event& event) {
    Impl& impl = *impl_;
    if (!impl.wrong) return failed(impl.wrong);
    auto given = event_to_engine(event);
    if (!given) return failed(given);
    const auto emitted = impl.store.engine().run([&] { return impl.bus->emit(*std::move(given)); });
    if (!emitted) return failed(emitted);
    // There is no middleware that could have dropped it.
    return (*emitted)->id;
}

Expected<std::string> Outbox::emit(Transaction& transaction, const Event& event) {
    Impl& impl = *impl_;
    if (!impl.wrong) return failed(impl.wrong);
    auto given = event_to_engine(event);
    if (!given) return failed(given);
    std::vector<outbox::Event> events;
    events.push_back(*std::move(given));
    const auto emitted = impl.store.engine().run(
        [&] { return impl.bus->emit_many(std::move(events), transaction.writes().unit); });
    if (!emitted) return failed(emitted);
    return emitted->front().id;
}

Expected<> Outbox::on(const std::string& pattern, Handler handler) {
    Impl& impl = *impl_;
    if (!impl.wrong) return failed(impl.wrong);
    const std::scoped_lock lock(impl.changing);
    // Shared with the calls that are under way when the bus is replaced.
    auto kept = std::make_shared<const Handler>(std::move(handler));
    const auto added = impl.store.engine().run([&] { return impl.subscribe(pattern, kept); });
    if (!added) return failed(added);
    impl.handlers.emplace_back(pattern, std::move(kept));
    return {};
}

Expected<> Outbox::start() {
    Impl& impl = *impl_;
    if (!impl.wrong) return failed(impl.wrong);
    const std::scoped_lock lock(impl.changing);
    if (impl.working) return {};
    library::StoreEngine& engine = impl.store.engine();
    if (const auto begun = engine.begin_work(impl.options.table); !begun) return failed(begun);
    const auto started = engine.run([&impl] { return impl.bus->start(true); });
    if (!started) {
        engine.end_work(impl.options.table);
        return failed(started);
    }
    impl.working = true;
    return {};
}

void Outbox::stop(std::chrono::milliseconds grace) {
    Impl& impl = *impl_;
    if (!impl.wrong) return;
    const std::scoped_lock lock(impl.changing);
    if (!std::exchange(impl.working, false)) return;
    const auto replaced = impl.store.engine().run([&] { return impl.replace(grace); });
    impl.store.engine().end_work(impl.options.table);
    if (!replaced) impl.store.engine().log().error("the outbox cannot be started again");
}

Expected<Event> Outbox::get(const std::string& id) {
    Impl& impl = *impl_;
    if (!impl.wrong) return failed(impl.wrong);
    const auto found = impl.store.engine().run([&] { return impl.bus->events().get(id); });
    if (!found) return failed(found);
    return event_to_public(*found);
}

Expected<PageOf<Event>> Outbox::list(EventStatus status, const PageOptions& options) {
    Impl& impl = *impl_;
    if (!impl.wrong) return failed(impl.wrong);
    outbox::Listing listing;
    listing.status = status_to_engine(status);
    listing.limit = options.limit;
    listing.start_key = options.next;
    const auto found =
        impl.store.engine().run([&] { return impl.bus->events().list(std::move(listing)); });
    if (!found) return failed(found);
    PageOf<Event> page;
    for (const outbox::Event& event : found->events) page.records.push_back(event_to_public(event));
    page.next = found->next_key;
    return page;
}

Expected<std::int64_t> Outbox::retry(const std::vector<std::string>& ids) {
    Impl& impl = *impl_;
    if (!impl.wrong) return failed(impl.wrong);
    const auto retried = impl.store.engine().run([&] { return impl.bus->events().retry(ids); });
    if (!retried) return failed(retried);
    return retried->count;
}

}  // namespace carillon
