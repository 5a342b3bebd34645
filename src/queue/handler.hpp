// What a domain does with a row that rings, and what it answers.

#pragma once

#include "queue/row.hpp"
#include "runtime/stop.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::queue {

/// A row in the hands of a worker.
struct Claim {
    dynamo::Item item;        ///< As claimed.
    RowState row;             ///< As claimed (in a shared store with the lease's token).
    int attempt = 1;          ///< 1 for the first; failures before it plus one.
    TimePoint due_at{};       ///< When it was due: lateness is the start minus this.
    runtime::StopToken stop;  ///< Requested when the lease is lost or the queue is stopped hard.
};

enum class Verdict : std::uint8_t {
    done,      ///< Ended well.
    retry,     ///< Failed; ready again at `ready_at`.
    failed,    ///< Failed for good: dead letter.
    release,   ///< Not worked on: ready again at once, nothing counted.
    postpone,  ///< Not worked on: ready again at `ready_at`, nothing counted.
    again,     ///< Ended well, and due again at `ready_at`; attempts count from zero (a schedule).
};

/// How a row left the hands of a queue.
enum class RowEnd : std::uint8_t {
    done,
    retried,
    failed,
    released,
    dropped,  ///< Vanished or changed under way; its outcome was not stored.
    let_go,   ///< Never started, or not to be worked on after all, or given up unrecorded.
};

/// The outcome of one attempt.
struct Settlement {
    Verdict verdict = Verdict::done;
    /// The row to store, changed as the domain likes; state, attempts and lease are the queue's.
    dynamo::Item item;
    TimePoint ready_at{};  ///< For `retry`, `postpone` and `again`.
    bool remove = false;   ///< For `done`: delete the row instead of storing it.
    /// Committed together with the outcome, or not at all (the next occurrence of a repetition).
    std::vector<dynamo::Write> also{};
    /// Each of `also` may be left out where its condition fails: not worth a line in the log.
    bool also_optional = false;
    /// Called once all of that is recorded; not when it was dropped. Keep it short.
    std::function<void()> recorded{};
};

class Handler {
public:
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler() = default;

    /// Works on one row; many run at a time on the queue's loop. Should not throw: that is what
    /// threw() is for.
    virtual Task<Settlement> handle(Claim claim) = 0;

    /// handle() ended in an exception. What that attempt leaves behind: usually a failure like any
    /// other, with `what` as its error. `claim` is as it was given to handle().
    virtual Settlement threw(Claim claim, std::string_view what) {
        static_cast<void>(what);
        Settlement dead;
        dead.verdict = Verdict::failed;
        dead.item = std::move(claim.item);
        return dead;
    }

    /// The row was in a worker's hands when that worker died, for the `interruptions`-th time in a
    /// row, and the queue's limit is spent: the answer (usually `failed` with an error in the item)
    /// is stored instead of another attempt.
    virtual Settlement poisoned(Claim claim) = 0;

    /// What handle(), threw() or poisoned() answered is recorded, or never will be. `row_id` names
    /// the row (key_of_row_id). Keep it short.
    virtual void ended(std::string_view row_id, RowEnd end) {
        static_cast<void>(row_id);
        static_cast<void>(end);
    }
};

}  // namespace carillon::queue
