// The single writer: a queue of jobs, committed in groups.
//
// Two threads take turns. One holds the open group and applies jobs to it; when nothing more is
// queued (or the group is large) and no commit is under way, it commits that group itself, and the
// other thread opens the next one meanwhile. So a lone request is never handed from thread to
// thread, and under load evaluation overlaps with the disk. Nothing waits on purpose: while one
// group syncs, the next one fills. What need not be synced, and comes alone, is committed on its
// loop's own thread: waking another one costs several times the write.
//
// Callers enqueue without a lock: each loop collects the jobs of one turn and hands them over at
// the end of it, so that callers who were answered together come back together; a long turn hands
// over in parts where the disk is quick. Answers are posted once per loop and group.

#pragma once

#include "dynamo/embedded/applier.hpp"
#include "dynamo/embedded/disk_space.hpp"
#include "dynamo/embedded/group.hpp"
#include "dynamo/embedded/job.hpp"
#include "dynamo/embedded/watches.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace carillon::dynamo::embedded {

struct WriterOptions {
    bool inline_mode = false;
    bool sync = true;
    bool wal = true;
    /// Writes are refused while less than `disk_reserve` is free there. Empty: never.
    std::string directory{};
    std::uint64_t disk_reserve = 0;
    /// Calls `idle` about this often from a writer thread.
    Duration idle_interval{1'000};
};

struct WriterStats {
    std::atomic<std::uint64_t> groups = 0;
    std::atomic<std::uint64_t> writes = 0;
    std::atomic<std::uint64_t> syncs = 0;
    std::atomic<bool> full = false;
};

/// Everything a writer works on; must outlive it.
struct WriterContext {
    Rocks& rocks;
    RowCache& cache;
    Tokens& tokens;
    Marks& marks;
    Watches& watches;
    runtime::Clock& clock;
};

class Writer {
public:
    /// `idle` runs with the open group (which may be empty) about every `idle_interval`; it may
    /// apply internal changes. While it answers that there is more to do, it runs with every group.
    Writer(WriterContext context,
           WriterOptions options,
           CatalogPtr catalog,
           std::function<bool(Applier&)> idle);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    /// Commits and answers what was accepted.
    ~Writer();

    /// Waits until the job's group is on disk (if the job is durable) and readable.
    [[nodiscard]] Task<> run(Job& job);

    /// The committed tables.
    [[nodiscard]] CatalogPtr catalog() const;
    /// Called by the on_commit of whoever changes tables.
    void set_catalog(CatalogPtr catalog);

    [[nodiscard]] const WriterStats& stats() const { return stats_; }

private:
    /// Where one loop collects its jobs. Shared with the handler that it posts to itself, which may
    /// outlive the writer.
    struct Port;
    class HandOver;

    void enqueue(Job& job);
    void hand_over(Port& port);
    [[nodiscard]] std::shared_ptr<Port> port_of(asio::io_context& loop);

    void work();
    void work_inline();
    /// Commits the jobs at once, with the lock held, if nobody is at work and none needs a sync.
    [[nodiscard]] bool work_at_once(const std::vector<Job*>& jobs);
    [[nodiscard]] bool needs_sync(const Job& job) const;
    /// The next four are called with the lock held; fill() lets go of it while it applies jobs.
    [[nodiscard]] std::shared_ptr<Group> open_group();
    void fill(Group& group, std::unique_lock<std::mutex>& lock);
    void take_commit_turn(Group& group);
    void end_commit(const std::shared_ptr<Group>& group);
    void apply(const std::vector<Job*>& jobs);

    void commit(Group& group);
    [[nodiscard]] Result<> write(Group& group);
    [[nodiscard]] Result<> resume_database();
    void cache_rows(const Group& group);
    void publish(Group& group);
    void retract(Group& group, const Error& error);
    static void answer(Group& group);

    WriterContext context_;
    WriterOptions options_;
    std::function<bool(Applier&)> idle_;
    Applier applier_;
    WriterStats stats_;

    std::mutex mutex_;
    std::condition_variable work_;  ///< For who fills: a job came, or the commit turn is free.
    std::condition_variable turn_;  ///< For the other: nobody fills.
    std::vector<Job*> queue_;
    bool filling_ = false;
    bool idle_now_ = false;  ///< Who fills waits for the first job; no group is open.
    bool committing_ = false;
    bool stopping_ = false;
    bool idle_has_more_ = true;
    std::int64_t idle_at_ = 0;  ///< In ticks.
    /// What a commit usually takes: a moving mean, in ticks. Written by whoever commits.
    std::atomic<std::int64_t> commit_ns_ = 0;
    /// The last group that was opened, while it is not on disk.
    std::shared_ptr<Group> last_;

    mutable std::mutex catalog_mutex_;
    CatalogPtr catalog_;

    std::mutex ports_mutex_;
    std::map<asio::io_context*, std::shared_ptr<Port>> ports_;

    DiskGuard disk_;        ///< Of whoever commits, as the next two.
    bool stalled_ = false;  ///< RocksDB refuses writes until it is resumed.
    std::int64_t resume_at_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace carillon::dynamo::embedded
