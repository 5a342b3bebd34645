#include "queue/queue.hpp"

#include "core/check.hpp"
#include "queue/book.hpp"
#include "queue/claimer.hpp"
#include "queue/context.hpp"
#include "queue/leases.hpp"
#include "queue/peers.hpp"
#include "queue/recovery.hpp"
#include "queue/row_key.hpp"
#include "queue/runner.hpp"
#include "queue/settler.hpp"

#include <algorithm>
#include <utility>

namespace carillon::queue {

namespace {

// A commit takes milliseconds; on a machine that is starved, seconds.
constexpr Duration record_grace_min{5'000};

QueueOptions sane(QueueOptions options) {
    const auto at_least_one = [](std::size_t& value) { value = std::max<std::size_t>(1, value); };
    at_least_one(options.concurrency);
    at_least_one(options.claim_batch);
    at_least_one(options.held_max);
    at_least_one(options.held_per_key_max);
    at_least_one(options.settle_batch);
    options.look_ahead = std::max(options.look_ahead, Duration::zero());
    options.poll_interval = std::max(options.poll_interval, Duration{1});
    options.lease = std::max(options.lease, Duration{10});
    return options;
}

}  // namespace

struct Queue::Impl {
    Impl(runtime::Loop& loop,
         dynamo::Database& database,
         const RowMap& rows,
         Handler& handler,
         Random& random,
         Log& log,
         Registry& metrics,
         QueueOptions given);

    [[nodiscard]] Task<Result<>> prepare();
    [[nodiscard]] Task<Result<>> prepare_once();
    void begin_watching();
    void changed();
    [[nodiscard]] std::function<void(Row&)> give_back();
    Task<> settle_down(Duration grace);
    Task<> finish_without_claiming();

    Context context;
    InFlight in_flight;
    Book book;
    Settler settler;
    Runner runner;
    Leases leases;
    Peers peers;
    Claimer claimer;
    runtime::Semaphore preparing;
    runtime::Event progress;  // Set at every change once the queue is stopping.
    bool prepared = false;
    bool started = false;
    dynamo::Watch watch;
    // Watch callbacks may be on their way to the loop when the watch ends.
    std::shared_ptr<Impl*> self;
};

Queue::Impl::Impl(runtime::Loop& loop,
                  dynamo::Database& database,
                  const RowMap& rows,
                  Handler& handler,
                  Random& random,
                  Log& log,
                  Registry& metrics,
                  QueueOptions given)
    : context{.loop = loop,
              .database = database,
              .rows = rows,
              .handler = handler,
              .random = random,
              .log = log,
              .metrics = QueueMetrics(metrics, given.name),
              .options = sane(given),
              .exclusive = database.capabilities().exclusive,
              .watches = database.capabilities().watches,
              .group = runtime::TaskGroup(loop)},
      in_flight(context.options.in_flight_table, context.options.name),
      book(rows,
           in_flight,
           BookOptions{.held_max = context.options.held_max,
                       .held_per_key_max = context.options.held_per_key_max,
                       .concurrency_per_key = context.options.concurrency_per_key},
           [this](const dynamo::Value& from) { context.reread(from); }),
      settler(context, book, in_flight),
      runner(context, book, in_flight, settler),
      leases(context, book),
      peers(context),
      claimer(context, book, in_flight, leases, peers, settler),
      preparing(loop, 1),
      progress(loop),
      self(std::make_shared<Impl*>(this)) {
    context.dispatch = [this] {
        runner.dispatch();
        claimer.wake();
        changed();
    };
    context.wake_claimer = [this] {
        claimer.wake();
        changed();
    };
    context.reread = [this](const dynamo::Value& from) { claimer.reread(from); };
}

void Queue::Impl::changed() {
    if (context.stopped()) progress.set();
}

std::function<void(Row&)> Queue::Impl::give_back() {
    if (context.exclusive) return nullptr;
    return [this](Row& row) { settler.give_back(row); };
}

Task<Result<>> Queue::Impl::prepare() {
    (void)co_await preparing.acquire();
    Result<> answer{};
    if (!prepared) answer = co_await prepare_once();
    prepared = answer.has_value();
    preparing.release();
    co_return answer;
}

Task<Result<>> Queue::Impl::prepare_once() {
    CARILLON_CO_TRY(const dynamo::TableDescription table,
                    co_await context.database.describe_table(context.rows.table()));
    const dynamo::IndexSchema* index = table.schema.index(context.rows.due_index());
    if (index == nullptr) {
        co_return fail(
            Errc::not_found,
            "table " + context.rows.table() + " has no due index " + context.rows.due_index());
    }
    context.due_key = index->key;
    if (!context.exclusive) co_return Result<>{};
    CARILLON_CO_TRY_VOID(co_await ensure_in_flight_table(context.database, in_flight.table()));
    co_return co_await recover_in_flight(context, in_flight);
}

void Queue::Impl::begin_watching() {
    std::weak_ptr<Impl*> weak = self;
    watch = context.database.watch(context.loop,
                                   context.rows.table(),
                                   context.rows.due_index(),
                                   context.rows.partitions(State::ready),
                                   [weak](const dynamo::Value& lowest) {
                                       if (const auto impl = weak.lock()) {
                                           (*impl)->claimer.reread(lowest);
                                       }
                                   });
}

/// Waits until nothing runs and every outcome is recorded. After `grace` handlers are asked to end;
/// after as long again, outcomes that the store does not take are given up.
Task<> Queue::Impl::settle_down(Duration grace) {
    const TimePoint until = context.loop.now() + grace;
    while (book.running() > 0 && context.loop.now() < until) {
        (void)co_await progress.wait_until(until);
    }
    context.hard_stop.request_stop();
    book.for_each([](Row& row) {
        if (row.stop) row.stop->request_stop();
    });
    const TimePoint give_up = context.loop.now() + std::max(grace, record_grace_min);
    while (book.size() > 0 || !settler.idle()) {
        if (context.loop.now() >= give_up) settler.give_up();
        (void)co_await progress.wait_until(context.loop.now() + Duration{100});
    }
    leases.drained();
    settler.sweep();
    co_await context.group.join();
    if (settler.unrecorded() == 0) co_return;
    context.log.error("stopped with outcomes that could not be recorded: these rows ring again",
                      {{"queue", context.options.name}, {"outcomes", settler.unrecorded()}});
}

/// After run_due without start(): the coroutines end by themselves, soon.
Task<> Queue::Impl::finish_without_claiming() {
    settler.sweep();
    leases.drained();
    while (!started && !context.stopped() && book.size() == 0 && context.group.size() > 0) {
        (void)co_await context.loop.sleep_for(Duration{1});
    }
}

Queue::Queue(runtime::Loop& loop,
             dynamo::Database& database,
             const RowMap& rows,
             Handler& handler,
             Random& random,
             Log& log,
             Registry& metrics,
             QueueOptions options)
    : impl_(std::make_unique<Impl>(
          loop, database, rows, handler, random, log, metrics, std::move(options))) {}

Queue::~Queue() = default;

Task<Result<>> Queue::start() {
    CARILLON_CHECK(!impl_->started && !impl_->context.stopped());
    CARILLON_CO_TRY_VOID(co_await impl_->prepare());
    if (!impl_->context.exclusive) co_await impl_->peers.begin();
    if (impl_->context.stopped()) co_return fail(Errc::cancelled, "the queue has stopped");
    impl_->started = true;
    if (!impl_->context.exclusive) impl_->context.group.spawn(impl_->peers.beat_until_stopped());
    impl_->begin_watching();
    impl_->context.group.spawn(impl_->claimer.claim_until_stopped());
    co_return Result<>{};
}

Task<> Queue::stop(Duration grace) {
    Impl& impl = *impl_;
    impl.watch = dynamo::Watch();
    impl.context.stopping.request_stop();
    impl.book.let_go_held(impl.give_back());
    impl.runner.dispatch();  // Starts nothing any more, and stops the timer.
    co_await impl.settle_down(grace);
    co_await impl.peers.leave();
}

Task<Result<Queue::RunReport>> Queue::run_due() {
    Impl& impl = *impl_;
    auto run = std::make_shared<Run>(impl.context.loop);
    run->cutoff = impl.context.loop.now();
    CARILLON_CO_TRY_VOID(co_await impl.prepare());
    auto claimed = co_await impl.claimer.claim_for(run);
    while (run->pending > 0) (void)co_await run->changed.wait();
    if (!impl.started) co_await impl.finish_without_claiming();
    if (!claimed) co_return std::unexpected(std::move(claimed).error());
    RunReport report;
    report.done = run->done;
    report.errors = run->errors;
    co_return report;
}

Queue::Hold Queue::hold(const dynamo::Item& key) {
    Hold hold;
    auto id = row_id(key, impl_->context.rows.key());
    if (!id) return hold;
    hold.queue_ = this;
    hold.key_ = *std::move(id);
    hold.running_ = impl_->book.begin_edit(hold.key_, impl_->give_back());
    return hold;
}

Queue::Hold::Hold(Hold&& other) noexcept
    : queue_(std::exchange(other.queue_, nullptr)),
      key_(std::move(other.key_)),
      running_(other.running_) {}

Queue::Hold& Queue::Hold::operator=(Hold&& other) noexcept {
    if (this != &other) {
        if (queue_ != nullptr) queue_->impl_->book.end_edit(key_);
        queue_ = std::exchange(other.queue_, nullptr);
        key_ = std::move(other.key_);
        running_ = other.running_;
    }
    return *this;
}

Queue::Hold::~Hold() {
    if (queue_ != nullptr) queue_->impl_->book.end_edit(key_);
}

bool Queue::running(const dynamo::Item& key) const {
    const auto id = row_id(key, impl_->context.rows.key());
    return id && impl_->book.running(*id);
}

std::vector<dynamo::Item> Queue::running_keys() const {
    std::vector<dynamo::Item> keys;
    for (const std::string& id : impl_->book.running_ids()) {
        if (auto key = key_of_row_id(id, impl_->context.rows.key())) {
            keys.push_back(*std::move(key));
        }
    }
    return keys;
}

void Queue::inserted(TimePoint first, TimePoint last) {
    if (!impl_->context.watches) impl_->claimer.inserted_here(first, last);
}

void Queue::wake() {
    impl_->claimer.look_now();
}

QueueStats Queue::stats() const {
    QueueStats stats = impl_->context.counts;
    stats.held = impl_->book.held();
    stats.running = impl_->book.running();
    stats.settling = impl_->book.settling();
    return stats;
}

}  // namespace carillon::queue
