// Shared stores: holding rows by a lease that is written into them.
//
// A claim is a conditional write of the state `leased` with a fresh token and a deadline counted
// from the write. Every later write of this process is conditional on the token. A heartbeat
// extends the deadlines of everything in hand; where it finds the token gone, the row is somebody
// else's, its handler is asked to stop and its outcome is dropped.

#pragma once

#include "queue/book.hpp"
#include "queue/context.hpp"
#include "queue/row_changes.hpp"
#include "runtime/event.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace carillon::queue {

class Leases {
public:
    Leases(Context& context, Book& book)
        : context_(context), book_(book), drained_(context.loop), changes_(context.rows) {}

    /// Leases each of the rows (in phase claiming). Those that were lost to somebody else, or could
    /// not be written, are retired and left out of the answer. An error is that of the store.
    struct Taken {
        std::vector<Row*> rows{};
        std::size_t lost = 0;
        std::optional<Error> error{};
    };

    [[nodiscard]] Task<Taken> take(std::vector<Row*> rows);

    /// The book is empty and no more rows are taken: the heartbeat need not wait for its next turn.
    void drained() { drained_.set(); }

private:
    /// Extends the leases of all rows in hand, at a third of their length, until none is left.
    Task<> heartbeat();
    [[nodiscard]] Task<bool> extend_all();
    void lose(Row& row);

    Context& context_;
    Book& book_;
    runtime::Event drained_;
    RowChanges changes_;
    bool beating_ = false;
    RateLimit log_limit_;
};

}  // namespace carillon::queue
