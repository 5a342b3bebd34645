// Starts rows at their millisecond, in turn, and hands their outcomes to the settler.
//
// A worker is a coroutine that takes rows as long as there are some; there are at most
// `concurrency` of them, and none while there is nothing to do. A row that was interrupted before
// is listed in the in-flight table by itself just before it starts, so that only rows that really
// ran are counted.

#pragma once

#include "queue/book.hpp"
#include "queue/context.hpp"
#include "queue/settler.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace carillon::queue {

class Runner {
public:
    Runner(Context& context, Book& book, InFlight& in_flight, Settler& settler)
        : context_(context), book_(book), in_flight_(in_flight), settler_(settler) {}

    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;
    ~Runner();

    /// Starts what may start now and sets the timer for the next row.
    void dispatch();

    /// No handler runs and none is about to.
    [[nodiscard]] bool idle() const { return workers_ == 0 && listing_.empty() && !lister_; }

private:
    [[nodiscard]] bool may_start() const;
    [[nodiscard]] Row* take();
    Task<> work(Row* row);
    [[nodiscard]] Claim claim_without_item(Row& row);
    Task<> run(Row& row);
    Task<> list_and_start();
    void arm();

    Context& context_;
    Book& book_;
    InFlight& in_flight_;
    Settler& settler_;
    std::size_t workers_ = 0;
    std::vector<Row*> listing_;  // Taken, to be listed before they start.
    bool lister_ = false;
    std::uint64_t timer_ = 0;
    std::int64_t timer_at_ = 0;
};

}  // namespace carillon::queue
