#include "dynamo/embedded/writer.hpp"

#include "core/check.hpp"
#include "dynamo/embedded/keys.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace carillon::dynamo::embedded {

namespace {

constexpr std::size_t group_bytes_max = 16U << 20;
constexpr std::size_t group_jobs_max = 16'384;
constexpr std::int64_t resume_pause_ns = 200'000'000;
constexpr int thread_count = 2;
// More than these are worth another thread, which works while the loop goes on.
constexpr std::size_t at_once_jobs_max = 4;
constexpr std::size_t at_once_bytes_max = 64U << 10;
// A turn that brings so many jobs hands them over before it ends, so that the disk works while the
// loop goes on: else all callers wait for the loop, and then all for the disk. Only where commits
// are short: on a slow disk it is the size of the groups that counts.
constexpr std::size_t early_jobs = 8;
constexpr std::int64_t early_commit_ns_max = 1'000'000;

bool is_full(const Group& group) {
    return group.bytes >= group_bytes_max || group.jobs.size() >= group_jobs_max;
}

}  // namespace

struct Writer::Port {
    Writer* writer = nullptr;  ///< nullptr once the writer is gone.
    asio::io_context* loop = nullptr;
    std::vector<Job*> jobs{};
    bool posted = false;
};

/// Runs at the end of a loop's turn. If the loop ends without running it, its jobs are dropped.
class Writer::HandOver {
public:
    explicit HandOver(std::shared_ptr<Port> port) : port_(std::move(port)) {}

    HandOver(HandOver&&) = default;
    HandOver& operator=(HandOver&&) = delete;
    HandOver(const HandOver&) = delete;
    HandOver& operator=(const HandOver&) = delete;

    ~HandOver() {
        if (!port_) return;
        port_->posted = false;
        // Dropping the resume frees the waiting task, and the job in it.
        for (Job* job : std::exchange(port_->jobs, {})) {
            const runtime::Resume<bool> dropped = *std::move(job->resume);
        }
    }

    void operator()() {
        const std::shared_ptr<Port> port = std::move(port_);
        port->posted = false;
        if (port->writer != nullptr) port->writer->hand_over(*port);
    }

private:
    std::shared_ptr<Port> port_;
};

Writer::Writer(WriterContext context,
               WriterOptions options,
               CatalogPtr catalog,
               std::function<bool(Applier&)> idle)
    : context_(context),
      options_(std::move(options)),
      idle_(std::move(idle)),
      applier_(context.rocks, context.cache, context.tokens, context.clock),
      catalog_(std::move(catalog)),
      disk_(options_.directory, options_.disk_reserve) {
    if (options_.inline_mode) return;
    for (int i = 0; i < thread_count; ++i) threads_.emplace_back([this] { work(); });
}

// Nothing but a failed allocation throws here, and that ends the program anyway.
// NOLINTNEXTLINE(bugprone-exception-escape)
Writer::~Writer() {
    for (const auto& [loop, port] : ports_) {
        port->writer = nullptr;
        const std::scoped_lock lock(mutex_);
        queue_.insert(queue_.end(), port->jobs.begin(), port->jobs.end());
        port->jobs.clear();
    }
    if (options_.inline_mode) {
        work_inline();
        return;
    }
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    work_.notify_all();
    turn_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

CatalogPtr Writer::catalog() const {
    const std::scoped_lock lock(catalog_mutex_);
    return catalog_;
}

void Writer::set_catalog(CatalogPtr catalog) {
    const std::scoped_lock lock(catalog_mutex_);
    catalog_ = std::move(catalog);
}

Task<> Writer::run(Job& job) {
    job.loop = &(co_await asio::this_coro::executor).context();
    auto start = [this, &job](runtime::Resume<bool> resume) {
        job.resume.emplace(std::move(resume));
        enqueue(job);
    };
    co_await runtime::suspend<bool>(std::move(start));
}

std::shared_ptr<Writer::Port> Writer::port_of(asio::io_context& loop) {
    const std::scoped_lock lock(ports_mutex_);
    std::shared_ptr<Port>& port = ports_[&loop];
    if (!port) {
        port = std::make_shared<Port>();
        port->writer = this;
        port->loop = &loop;
    }
    return port;
}

void Writer::enqueue(Job& job) {
    std::shared_ptr<Port> port = port_of(*job.loop);
    port->jobs.push_back(&job);
    if (port->jobs.size() >= early_jobs && !options_.inline_mode &&
        commit_ns_.load(std::memory_order_relaxed) < early_commit_ns_max) {
        hand_over(*port);
    }
    if (std::exchange(port->posted, true)) return;
    asio::post(*job.loop, HandOver(std::move(port)));
}

void Writer::hand_over(Port& port) {
    if (port.jobs.empty()) return;
    {
        const std::scoped_lock lock(mutex_);
        if (work_at_once(port.jobs)) {
            port.jobs.clear();
            return;
        }
        queue_.insert(queue_.end(), port.jobs.begin(), port.jobs.end());
    }
    port.jobs.clear();
    if (options_.inline_mode) {
        work_inline();
    } else {
        work_.notify_one();
    }
}

bool Writer::needs_sync(const Job& job) const {
    return job.durable && options_.sync && options_.wal;
}

bool Writer::work_at_once(const std::vector<Job*>& jobs) {
    if (!idle_now_ || committing_ || !queue_.empty() || jobs.size() > at_once_jobs_max)
        return false;
    std::size_t bytes = 0;
    for (const Job* job : jobs) {
        if (!job->light || needs_sync(*job)) return false;
        bytes += job->bytes;
    }
    if (bytes > at_once_bytes_max) return false;
    const std::shared_ptr<Group> group = open_group();
    apply(jobs);
    take_commit_turn(*group);
    commit(*group);
    end_commit(group);
    answer(*group);
    return true;
}

void Writer::work_inline() {
    std::unique_lock lock(mutex_);
    while (!queue_.empty()) {
        const std::shared_ptr<Group> group = open_group();
        fill(*group, lock);
        take_commit_turn(*group);
        lock.unlock();
        commit(*group);
        lock.lock();
        end_commit(group);
        answer(*group);
    }
}

void Writer::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        turn_.wait(lock, [this] { return !filling_; });
        filling_ = true;
        idle_now_ = true;
        const bool eager = idle_has_more_ && !stats_.full;
        const Duration pause = eager ? Duration{0} : options_.idle_interval;
        const bool came =
            work_.wait_for(lock, pause, [this] { return !queue_.empty() || stopping_; });
        idle_now_ = false;
        if (queue_.empty() && stopping_) {
            filling_ = false;
            turn_.notify_one();
            return;
        }
        const std::shared_ptr<Group> group = open_group();
        const std::int64_t now = context_.clock.ticks();
        if (!came || idle_has_more_ || now >= idle_at_) {
            idle_at_ = now + std::chrono::nanoseconds(options_.idle_interval).count();
            lock.unlock();
            const bool more = idle_(applier_);
            lock.lock();
            idle_has_more_ = more;
        }
        fill(*group, lock);
        if (std::exchange(applier_.has_more_work(), false)) idle_has_more_ = true;
        take_commit_turn(*group);
        filling_ = false;
        turn_.notify_one();
        lock.unlock();
        commit(*group);
        lock.lock();
        end_commit(group);
        lock.unlock();
        work_.notify_one();
        answer(*group);
        lock.lock();
    }
}

std::shared_ptr<Group> Writer::open_group() {
    auto group = std::make_shared<Group>();
    // A group that has failed changed nothing, so the next one builds on what is committed.
    if (last_ && !last_->failed) {
        group->base = last_;
        applier_.begin(group, applier_.catalog());
    } else {
        applier_.begin(group, catalog());
    }
    last_ = group;
    return group;
}

void Writer::fill(Group& group, std::unique_lock<std::mutex>& lock) {
    for (;;) {
        if (!queue_.empty() && !is_full(group)) {
            const std::vector<Job*> jobs = std::exchange(queue_, {});
            lock.unlock();
            apply(jobs);
            lock.lock();
            continue;
        }
        if (!committing_) return;
        work_.wait(lock, [&] { return !committing_ || (!queue_.empty() && !is_full(group)); });
    }
}

void Writer::apply(const std::vector<Job*>& jobs) {
    Group& group = applier_.group();
    for (Job* job : jobs) {
        const std::uint64_t before = group.writes + group.batch.Count();
        job->apply(applier_);
        if (job->durable && group.writes + group.batch.Count() != before) group.sync = true;
        group.bytes += job->bytes;
        group.jobs.push_back(job);
    }
}

void Writer::take_commit_turn(Group& group) {
    CARILLON_CHECK(!committing_);
    committing_ = true;
    if (group.base && group.base->failed) group.failed = true;
    group.base.reset();
}

void Writer::end_commit(const std::shared_ptr<Group>& group) {
    committing_ = false;
    if (last_ == group) last_.reset();
}

void Writer::commit(Group& group) {
    if (group.failed) {
        const Error error{Errc::unavailable,
                          "cannot write: the write before this one, on which it was to build, "
                          "failed; nothing was changed, try again"};
        retract(group, error);
        return;
    }
    if (!group.changes_anything()) return;
    group.finish(context_.rocks);
    for (const auto& [id, change] : group.counts) {
        const auto& [table, delta] = change;
        const Counts counts{table->counts->items + delta.items, table->counts->bytes + delta.bytes};
        group.batch.Put(context_.rocks.meta(), "c" + id_prefix(id), encode_counts(counts))
            .PermitUncheckedError();
    }
    const std::vector<Marks::Record> records = context_.marks.before_commit(group.partitions);
    for (const auto& [partition, mark] : records) {
        group.batch.Put(context_.rocks.meta(), "m" + partition, mark).PermitUncheckedError();
    }
    cache_rows(group);
    const Result<> written = write(group);
    context_.marks.after_commit(group.partitions, records, written.has_value());
    if (written) {
        publish(group);
    } else {
        group.failed = true;
        retract(group, written.error());
    }
}

void Writer::cache_rows(const Group& group) {
    // Before the commit, under the sequence number that it will bring: a reader whose snapshot is
    // older looks past them, one whose snapshot is newer can no longer find what they replace.
    const std::uint64_t sequence =
        context_.rocks.db().GetLatestSequenceNumber() + group.batch.Count();
    for (const auto& [key, row] : group.rows) {
        if (row) {
            context_.cache.put(key, row, sequence);
        } else {
            context_.cache.erase(key, sequence);
        }
    }
}

Result<> Writer::write(Group& group) {
    if (Result<> room = disk_.check(context_.clock.ticks()); !room) {
        stats_.full = true;
        return room;
    }
    if (stalled_) CARILLON_TRY_VOID(resume_database());
    stats_.full = false;
    rocksdb::WriteOptions write;
    write.disableWAL = !options_.wal;
    write.sync = group.sync && options_.sync && options_.wal;
    const std::int64_t began = context_.clock.ticks();
    const rocksdb::Status status = context_.rocks.db().Write(write, &group.batch);
    const std::int64_t usual = commit_ns_.load(std::memory_order_relaxed);
    commit_ns_.store(usual + (context_.clock.ticks() - began - usual) / 8,
                     std::memory_order_relaxed);
    if (status.ok()) {
        stats_.groups.fetch_add(1, std::memory_order_relaxed);
        stats_.writes.fetch_add(group.writes, std::memory_order_relaxed);
        if (write.sync) stats_.syncs.fetch_add(1, std::memory_order_relaxed);
        return {};
    }
    stalled_ = true;
    stats_.full = true;
    resume_at_ = context_.clock.ticks() + resume_pause_ns;
    return std::unexpected(to_error(status, "write"));
}

Result<> Writer::resume_database() {
    const std::int64_t now = context_.clock.ticks();
    if (now < resume_at_) {
        return fail(Errc::unavailable,
                    "cannot write: the disk is full or failing; nothing was changed, and it will "
                    "go on by itself when it can");
    }
    resume_at_ = now + resume_pause_ns;
    // Writes the memtables out and begins a new log, so that nothing is appended behind the torn
    // end of the old one.
    const rocksdb::Status status = context_.rocks.db().Resume();
    if (!status.ok()) return std::unexpected(to_error(status, "write"));
    stalled_ = false;
    return {};
}

void Writer::publish(Group& group) {
    for (const auto& [id, change] : group.counts) {
        change.first->counts->items += change.second.items;
        change.first->counts->bytes += change.second.bytes;
    }
    for (const std::function<void()>& call : group.on_commit) call();
    context_.watches.notify(group.partitions);
    context_.watches.notify_changed(group.changed);
}

void Writer::retract(Group& group, const Error& error) {
    const std::uint64_t sequence = context_.rocks.db().GetLatestSequenceNumber();
    for (const auto& [key, row] : group.rows) context_.cache.erase(key, sequence);
    for (const std::string& token : group.tokens) context_.tokens.forget(token);
    for (const std::function<void()>& call : group.on_failure) call();
    for (Job* job : group.jobs) job->refuse(error);
}

void Writer::answer(Group& group) {
    std::vector<std::pair<asio::io_context*, std::vector<Job*>>> loops;
    for (Job* job : group.jobs) {
        auto at =
            std::ranges::find(loops, job->loop, [](const auto& entry) { return entry.first; });
        if (at == loops.end()) at = loops.insert(loops.end(), {job->loop, {}});
        at->second.push_back(job);
    }
    group.jobs.clear();
    for (auto& [loop, answered] : loops) {
        asio::post(*loop, [jobs = std::move(answered)] {
            for (Job* job : jobs) {
                // The task goes on inside the call, and its job ends with it.
                runtime::Resume<bool> resume = *std::move(job->resume);
                std::move(resume)(true);
            }
        });
    }
}

}  // namespace carillon::dynamo::embedded
