// The rows in this process's hands, from claim to settled outcome.
//
// One entry per row: claimed, waiting for its millisecond, waiting for its turn, in a handler,
// being settled. Nothing here does I/O or reads a clock, so every rule about what may start, what
// counts and what must be read again is plain code. Claimer adds rows, Runner takes them in turn,
// Settler retires them, Queue::hold takes them out for an edit.

#pragma once

#include "dynamo/database.hpp"
#include "queue/fairness.hpp"
#include "queue/handler.hpp"
#include "queue/in_flight.hpp"
#include "queue/queue.hpp"
#include "queue/row.hpp"
#include "runtime/event.hpp"
#include "runtime/stop.hpp"

#include <boost/intrusive/set.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace carillon::queue {

enum class Phase : std::uint8_t {
    claiming,  ///< Taken from a page; its claim is being written.
    timed,     ///< Waits for its millisecond.
    turn,      ///< Due; waits for its turn.
    listing,   ///< Has a place among the running; its in-flight row is being written.
    running,   ///< In a handler.
    settling,  ///< Its outcome is being recorded.
};

/// One call of Queue::run_due.
struct Run {
    explicit Run(runtime::Loop& loop) : changed(loop) {}

    TimePoint cutoff{};
    std::size_t pending = 0;  ///< Rows that it waits for.
    std::uint64_t done = 0;
    std::uint64_t errors = 0;
    runtime::Event changed;
};

struct Row : FairNode {
    std::string id;
    dynamo::Item item;  ///< As claimed; moved to the handler when it starts (exclusive stores).
    RowState state;     ///< As claimed.
    dynamo::BoundCondition unchanged{};  ///< Of the claimed item; set when it starts.
    Phase phase = Phase::claiming;
    bool cancelled = false;   ///< Somebody edits it: not to be started.
    bool lost = false;        ///< Its lease went to somebody else: the outcome is dropped.
    bool keeps_turn = false;  ///< Its key's next row starts only when this one has left the book.
    std::uint8_t band = 1;    ///< Of the partition it came from.
    InFlightBatch* batch = nullptr;
    TimePoint lease_until{};
    std::optional<runtime::StopSource> stop{};  ///< Shared stores: each row's lease can be lost.
    /// A scan met a newer version of the row: read again when this one has left.
    std::optional<dynamo::Value> met_again{};
    std::vector<std::shared_ptr<Run>> runs{};
    std::uint64_t sequence = 0;
    boost::intrusive::set_member_hook<> timed_hook{};
};

struct BookOptions {
    std::size_t held_max = 0;
    std::size_t held_per_key_max = 0;
    std::size_t concurrency_per_key = 0;
};

class Book {
public:
    /// `reread` is told a due sort key from which the index must be read again.
    Book(const RowMap& rows,
         InFlight& in_flight,
         BookOptions options,
         std::function<void(const dynamo::Value& from)> reread);

    // --- What a scan asks.

    /// While a scan is under way, rows that leave the book are remembered: its snapshot may show
    /// them as they were before.
    void scan_began();
    void scan_ended();
    /// Whether the queue must keep its hands off this row although a scan shows it as ready: it is
    /// held already, being edited, or was touched since the scan began. Arranges that it is read
    /// again when that may be needed.
    [[nodiscard]] bool is_ours(const std::string& id, const RowState& seen);
    /// The key's share of the memory is used up. With many keys the shares shrink, so that a new
    /// key always finds room.
    [[nodiscard]] bool full_for(const FairKey& key, std::size_t band) const;

    // --- The life of a row.

    [[nodiscard]] FairKey& key_of(const dynamo::Item& item,
                                  const RowState& state,
                                  const Standing& standing);
    Row& claim(std::string id,
               dynamo::Item item,
               RowState state,
               FairKey& key,
               Standing standing,
               std::size_t band);
    /// Claimed for good: waits for its time, or for its turn.
    void hold(Row& row, TimePoint now);
    /// Rows whose time has come wait for their turn now.
    void promote(TimePoint now);
    /// The next row to start, or nullptr. It counts as running.
    [[nodiscard]] Row* next(TimePoint now);
    /// A row that next() gave could not be started after all; it takes its turn again.
    void put_back(Row& row);
    /// Its handler has answered (or it never ran); it no longer takes a place.
    void settling(Row& row);
    /// Forgets the row.
    void retire(Row& row, RowEnd end);
    /// Lets go of every row that is held and not started. On shared stores they go to `release`
    /// instead of being forgotten, since their leases must be given back.
    void let_go_held(const std::function<void(Row&)>& release);

    /// A row joins what run_due waits for.
    void attach(Row& row, const std::shared_ptr<Run>& run);

    // --- Edits.

    /// Whether the row is running: too late.
    bool begin_edit(const std::string& id, const std::function<void(Row&)>& release);
    void end_edit(const std::string& id);

    // --- Questions.

    [[nodiscard]] Row* find(const std::string& id);
    [[nodiscard]] bool running(const std::string& id) const;
    [[nodiscard]] std::vector<std::string> running_ids() const;
    [[nodiscard]] std::optional<TimePoint> next_timed() const;

    [[nodiscard]] std::size_t held() const { return held_[0] + held_[1] + held_[2]; }

    [[nodiscard]] std::size_t running() const { return running_; }

    [[nodiscard]] std::size_t settling() const { return settling_; }

    [[nodiscard]] std::size_t size() const { return rows_.size(); }

    /// Each band has its own.
    [[nodiscard]] std::size_t room(std::size_t band) const {
        return held_[band] >= options_.held_max ? 0 : options_.held_max - held_[band];
    }

    [[nodiscard]] FairQueue& keys() { return queue_; }

    /// Called with keys that were passed over and have room again.
    std::function<void(FairKey&)> on_room_for_key;

    template <class Function>
    void for_each(Function function) {
        for (auto& [id, row] : rows_) function(row);
    }

private:
    struct DueOrder {
        bool operator()(const Row& a, const Row& b) const {
            return a.due_at != b.due_at ? a.due_at < b.due_at : a.sequence < b.sequence;
        }
    };

    using Timed = boost::intrusive::set<
        Row,
        boost::intrusive::member_hook<Row, boost::intrusive::set_member_hook<>, &Row::timed_hook>,
        boost::intrusive::compare<DueOrder>>;

    struct Edit {
        std::size_t count = 0;
        std::optional<dynamo::Value> reread_from{};
    };

    [[nodiscard]] std::size_t share(std::size_t band) const;
    void unhold(Row& row);
    void no_longer_held(FairKey& key);
    void ask_reread(TimePoint due_at);

    const RowMap& rows_map_;
    InFlight& in_flight_;
    BookOptions options_;
    std::function<void(const dynamo::Value&)> reread_;
    std::unordered_map<std::string, Row> rows_;
    std::unordered_map<std::string, Edit> edits_;
    std::unordered_set<std::string> touched_;  // Since the scan that is under way began.
    bool scanning_ = false;
    Timed timed_;
    FairQueue queue_;
    std::array<std::size_t, bands> held_{};  // By band.
    std::size_t running_ = 0;
    std::size_t settling_ = 0;
    std::uint64_t sequence_ = 0;
};

/// A row whose worker died this often in a row runs only when no other such row does: what dies
/// beside it is then not counted as guilty.
inline constexpr int suspect_interruptions = 3;

}  // namespace carillon::queue
