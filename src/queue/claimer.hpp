// Finds rows that fall due and takes them into the book.
//
// Reads each partition of the due index forward from where it stopped; goes back only when
// something was inserted before that place, or when rows that were passed over (their key had its
// share of the memory) may come now. What it takes is secured before it may start: listed in the
// in-flight table of an exclusive store, or leased by a conditional write in a shared one.

#pragma once

#include "queue/book.hpp"
#include "queue/context.hpp"
#include "queue/cursor.hpp"
#include "queue/leases.hpp"
#include "queue/misfits.hpp"
#include "queue/peers.hpp"
#include "queue/settler.hpp"
#include "runtime/event.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace carillon::queue {

class Claimer {
public:
    Claimer(Context& context,
            Book& book,
            InFlight& in_flight,
            Leases& leases,
            const Peers& peers,
            Settler& settler);

    /// Claims until the queue stops.
    Task<> claim_until_stopped();
    /// Claims everything due by `run->cutoff`, once; the run's rows are attached to it.
    [[nodiscard]] Task<Result<>> claim_for(std::shared_ptr<Run> run);

    /// Something may have changed: room, the store, the clock.
    void wake();
    /// Looks at every partition soon, whatever was planned.
    void look_now();
    /// This process wrote rows that are due then, and may take them although they belong to others.
    void inserted_here(TimePoint first, TimePoint last);
    /// The index must be read again from this sort key.
    void reread(const dynamo::Value& from);

private:
    struct Scan {
        std::size_t cursor = 0;
        Position position;
        TimePoint until{};
        std::size_t limit = 0;
        std::shared_ptr<Run> run{};
        std::size_t may_steal = 0;  ///< So many rows of others may be taken.
    };

    /// What one page gave.
    struct Found {
        std::vector<Row*> taken{};
        std::size_t passed_over = 0;
        bool skipped = false;    ///< The page's first rows were left to others.
        std::size_t others = 0;  ///< Rows that belong to other processes.
        std::size_t stolen = 0;
        bool more = false;  ///< There may be more behind `end`.
        /// Unsorted partitions: when the first of what is not due yet is due.
        std::optional<TimePoint> waits_until{};
        Position end;
    };

    [[nodiscard]] bool has_room(std::size_t band) const;
    [[nodiscard]] bool has_room() const;
    [[nodiscard]] std::optional<std::size_t> next_cursor();

    [[nodiscard]] bool asked_to_look() const {
        return reread_from_.has_value() || look_everywhere_;
    }

    void apply_rereads();
    void reread_unsorted(const dynamo::Value& from);
    void begin_reading(Cursor& cursor) const;
    [[nodiscard]] bool leave_to_others(const Scan& scan,
                                       const std::string& id,
                                       const RowState& state,
                                       Found& found) const;
    void round_ended();
    [[nodiscard]] Task<bool> look();
    [[nodiscard]] Task<Result<>> look_at_partition(std::size_t index);
    /// Whether the partition's first row is due, by one small request; plans the next look when it
    /// is not.
    [[nodiscard]] Task<Result<bool>> peek(std::size_t index);
    [[nodiscard]] TimePoint horizon(const Cursor& cursor, TimePoint now) const;
    [[nodiscard]] Duration next_rest(const Cursor& cursor) const;
    [[nodiscard]] Task<Result<>> plan_next_look(std::size_t index, TimePoint until);
    [[nodiscard]] Task<Result<>> refill(FairKey* key);
    [[nodiscard]] Task<Result<Found>> scan(Scan scan);
    void choose(const Scan& scan, dynamo::Page& page, Found& found);
    [[nodiscard]] Result<RowState> read_row(const dynamo::Item& item) const;
    [[nodiscard]] bool not_due_yet(const Scan& scan, const RowState& state, Found& found) const;
    const dynamo::Item* choose_one(const Scan& scan,
                                   dynamo::Item& item,
                                   const dynamo::Item* previous,
                                   Found& found);
    void pass_over(FairKey& key,
                   const Scan& scan,
                   const dynamo::Item& item,
                   const dynamo::Item* previous);
    [[nodiscard]] Task<Result<>> secure(std::vector<Row*> taken);
    Task<> secure_aside(std::vector<Row*> taken);
    [[nodiscard]] Task<Result<>> list_in_flight(std::vector<Row*> rows);
    void poison(Row& row);
    [[nodiscard]] TimePoint next_look() const;
    [[nodiscard]] Task<> rest_after(std::int64_t began, std::size_t passed_over);
    Task<> pause_after(Error error);

    Context& context_;
    Book& book_;
    InFlight& in_flight_;
    Leases& leases_;
    const Peers& peers_;
    Settler& settler_;
    std::vector<Cursor> cursors_;
    std::unordered_map<FairKey*, std::vector<std::optional<Position>>> passed_over_;
    std::vector<FairKey*> refills_;
    std::optional<dynamo::Value> reread_from_;
    std::string reread_bytes_;
    bool look_everywhere_ = false;
    Misfits misfits_;
    runtime::Semaphore scanning_;
    runtime::Event awake_;
    runtime::Event room_;
    std::array<bool, bands> waits_for_room_{};  // Bands that could be read if there were.
    bool contended_ = false;  // Others won more than a quarter of the last claims.
    // Of the round of looks that is under way.
    std::size_t round_taken_ = 0;

    /// Due times of rows that this process wrote.
    struct Written {
        TimePoint first{};
        TimePoint last{};
    };

    std::deque<Written> written_here_;  // Of which no whole round has come by.
    TimePoint round_began_{};           // At the latest.
    bool stealing_ = false;             // There are only rows of others, as far as is known.
    std::size_t runs_waiting_ = 0;
    std::size_t first_ = 0;  // The cursor that is looked at first, in turn.
    std::uint32_t looks_ = 0;
    bool banded_ = false;               // The partitions are of several bands.
    std::optional<Error> claim_error_;  // Of a claim that was secured aside.
    ErrorPause error_pause_;
    RateLimit log_limit_;
};

}  // namespace carillon::queue
