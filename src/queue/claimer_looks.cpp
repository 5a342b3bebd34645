// When the claimer looks at a partition again, and how it finds out cheaply that there is nothing.

#include "queue/claimer.hpp"

#include <algorithm>
#include <utility>

namespace carillon::queue {

namespace {

/// How many poll intervals an idle partition of a table that changes without a word rests at most.
/// Rows of this process are seen in time all the same (Queue::inserted), those of others at most so
/// much late.
constexpr int idle_polls_most = 3;

}  // namespace

TimePoint Claimer::next_look() const {
    TimePoint next = context_.loop.now() + context_.options.poll_interval;
    for (const Cursor& cursor : cursors_) {
        if (cursor.exhausted) next = std::min(next, cursor.look_at);
    }
    return next;
}

TimePoint Claimer::horizon(const Cursor& cursor, TimePoint now) const {
    return cursor.state == State::ready ? now + context_.options.look_ahead : now;
}

Duration Claimer::next_rest(const Cursor& cursor) const {
    const QueueOptions& options = context_.options;
    // No lease that is taken from now on lapses before this.
    if (cursor.state == State::leased) return std::max(options.poll_interval, options.lease / 3);
    return std::clamp(
        2 * cursor.rest, options.poll_interval, idle_polls_most * options.poll_interval);
}

Task<Result<bool>> Claimer::peek(std::size_t index) {
    Cursor& cursor = cursors_[index];
    const TimePoint now = context_.loop.now();
    auto query = head_query(context_.rows, cursor.partition);
    CARILLON_CO_TRY(const dynamo::Page page, co_await context_.database.query(std::move(query)));
    TimePoint look_at = now + next_rest(cursor);
    if (!page.items.empty()) {
        const auto row = read_row(page.items.front());
        // What cannot be read, or stands where it does not belong, is the scan's to deal with.
        if (!row || row->state != cursor.state || row->due_at <= horizon(cursor, now)) {
            co_return true;
        }
        const Duration early =
            cursor.state == State::ready ? context_.options.look_ahead / 2 : Duration::zero();
        look_at = std::min(look_at, row->due_at - early);
    }
    cursor.exhausted = true;
    cursor.rest = next_rest(cursor);
    cursor.look_at = look_at;
    co_return false;
}

Task<Result<>> Claimer::plan_next_look(std::size_t index, TimePoint until) {
    Cursor& cursor = cursors_[index];
    if (!cursor.sorted) {
        if (cursor.waits_until) cursor.look_at = std::min(cursor.look_at, *cursor.waits_until);
        co_return Result<>{};
    }
    if (cursor.state != State::ready) co_return Result<>{};
    auto query = next_query(context_.rows, cursor.partition, until);
    CARILLON_CO_TRY(const dynamo::Page page, co_await context_.database.query(std::move(query)));
    if (page.items.empty()) co_return Result<>{};
    const auto row = context_.rows.read(page.items.front());
    if (!row) co_return Result<>{};  // Looked at when its time comes.
    // In the middle of the look-ahead: early enough, and many rows share a look.
    const TimePoint wanted = row->due_at - context_.options.look_ahead / 2;
    cursor.look_at = std::min(cursor.look_at, wanted);
    co_return Result<>{};
}

}  // namespace carillon::queue
