#include "queue/book.hpp"

#include "core/check.hpp"
#include "queue/row_key.hpp"

#include <algorithm>

namespace carillon::queue {

namespace {

bool in_hand(Phase phase) {
    return phase == Phase::listing || phase == Phase::running || phase == Phase::settling;
}

}  // namespace

Book::Book(const RowMap& rows,
           InFlight& in_flight,
           BookOptions options,
           std::function<void(const dynamo::Value&)> reread)
    : rows_map_(rows),
      in_flight_(in_flight),
      options_(options),
      reread_(std::move(reread)),
      queue_(options.concurrency_per_key) {}

void Book::scan_began() {
    CARILLON_CHECK(!scanning_);
    scanning_ = true;
    touched_.clear();
}

void Book::scan_ended() {
    scanning_ = false;
    touched_.clear();
}

bool Book::is_ours(const std::string& id, const RowState& seen) {
    if (const auto edit = edits_.find(id); edit != edits_.end()) {
        const dynamo::Value due = rows_map_.due_value(seen.due_at);
        auto& from = edit->second.reread_from;
        if (!from || sort_bytes(due) < sort_bytes(*from)) from = due;
        return true;
    }
    if (scanning_ && touched_.contains(id)) {
        ask_reread(seen.due_at);
        return true;
    }
    const auto found = rows_.find(id);
    if (found == rows_.end()) return false;
    Row& row = found->second;
    const bool same = seen.due_at == row.state.due_at && seen.attempts == row.state.attempts &&
                      seen.interruptions == row.state.interruptions;
    // Somebody changed the row meanwhile (a companion of another's outcome): what runs here is
    // dropped when it is settled. A leased row cannot be changed so; a lagging index shows it
    // ready.
    const bool newer = row.phase == Phase::settling || row.state.state == State::ready;
    if (newer && !same) {
        row.met_again = rows_map_.due_value(seen.due_at);
    } else if (row.cancelled) {
        ask_reread(seen.due_at);
    }
    return true;
}

std::size_t Book::share(std::size_t band) const {
    return std::min(options_.held_per_key_max, std::max<std::size_t>(1, room(band)));
}

bool Book::full_for(const FairKey& key, std::size_t band) const {
    return key.held[band] >= share(band);
}

FairKey& Book::key_of(const dynamo::Item& item, const RowState& state, const Standing& standing) {
    if (state.interruptions >= suspect_interruptions) {
        return queue_.key_with_limit(std::string("\0suspects", 9), 1);
    }
    if (standing.place.empty()) return queue_.key(rows_map_.fairness_key(item));
    FairKey& key = queue_.key_with_limit(rows_map_.fairness_key(item), 1);
    key.serial = true;
    return key;
}

Row& Book::claim(std::string id,
                 dynamo::Item item,
                 RowState state,
                 FairKey& key,
                 Standing standing,
                 std::size_t band) {
    CARILLON_CHECK(band < bands);
    const auto [at, added] = rows_.try_emplace(std::move(id));
    CARILLON_CHECK(added);
    Row& row = at->second;
    row.id = at->first;
    row.item = std::move(item);
    row.due_at = state.due_at;
    row.state = std::move(state);
    row.key = &key;
    row.sequence = ++sequence_;
    row.band = static_cast<std::uint8_t>(band);
    if (standing.place.empty()) {
        row.level = static_cast<std::uint8_t>(
            std::clamp(standing.priority, lowest_priority, highest_priority) - lowest_priority);
    } else {
        row.place = std::move(standing.place);
    }
    ++key.users;
    ++key.held[band];
    ++held_[band];
    return row;
}

void Book::hold(Row& row, TimePoint now) {
    CARILLON_CHECK(row.phase == Phase::claiming && !row.cancelled);
    if (row.due_at > now) {
        row.phase = Phase::timed;
        timed_.insert(row);
    } else {
        row.phase = Phase::turn;
        queue_.push(row);
    }
}

void Book::promote(TimePoint now) {
    while (!timed_.empty() && timed_.begin()->due_at <= now) {
        Row& row = *timed_.begin();
        timed_.erase(timed_.begin());
        row.phase = Phase::turn;
        queue_.push(row);
    }
}

Row* Book::next(TimePoint now) {
    promote(now);
    FairNode* node = queue_.pop();
    if (node == nullptr) return nullptr;
    Row& row = static_cast<Row&>(*node);
    row.phase = Phase::listing;
    ++running_;
    --held_[row.band];
    --row.key->held[row.band];
    no_longer_held(*row.key);
    return &row;
}

void Book::put_back(Row& row) {
    CARILLON_CHECK(row.phase == Phase::listing);
    --running_;
    ++held_[row.band];
    ++row.key->held[row.band];
    row.phase = Phase::turn;
    queue_.ended(*row.key);
    queue_.push(row);
}

void Book::settling(Row& row) {
    if (in_hand(row.phase)) {
        CARILLON_CHECK(row.phase != Phase::settling);
        --running_;
        row.keeps_turn = row.key->serial;
        if (!row.keeps_turn) queue_.ended(*row.key);
    } else {
        unhold(row);
    }
    row.phase = Phase::settling;
    ++settling_;
}

void Book::unhold(Row& row) {
    if (row.phase == Phase::timed) timed_.erase(Timed::s_iterator_to(row));
    if (row.phase == Phase::turn) queue_.remove(row);
    --held_[row.band];
    --row.key->held[row.band];
    no_longer_held(*row.key);
}

void Book::no_longer_held(FairKey& key) {
    if (key.refill_asked || !key.any_passed_over()) return;
    for (std::size_t band = 0; band < bands; ++band) {
        if (!key.passed_over[band] || key.held[band] > share(band) / 2) continue;
        key.refill_asked = true;
        if (on_room_for_key) on_room_for_key(key);
        return;
    }
}

void Book::retire(Row& row, RowEnd end) {
    switch (row.phase) {
        case Phase::claiming:
        case Phase::timed:
        case Phase::turn:
            unhold(row);
            break;
        case Phase::listing:
        case Phase::running:
            --running_;
            queue_.ended(*row.key);
            break;
        case Phase::settling:
            --settling_;
            if (row.keeps_turn) queue_.ended(*row.key);
            break;
    }
    for (const auto& run : row.runs) {
        --run->pending;
        if (end == RowEnd::done) ++run->done;
        if (end == RowEnd::retried || end == RowEnd::failed) ++run->errors;
        run->changed.set();
    }
    if (row.batch != nullptr) in_flight_.close_one(*row.batch);
    if (scanning_) touched_.insert(row.id);
    const auto met_again = std::move(row.met_again);
    FairKey& key = *row.key;
    --key.users;
    rows_.erase(rows_.find(row.id));
    queue_.forget(key);
    if (met_again) reread_(*met_again);
}

void Book::let_go_held(const std::function<void(Row&)>& release) {
    std::vector<Row*> held;
    for (auto& [id, row] : rows_) {
        if (row.phase == Phase::timed || row.phase == Phase::turn) held.push_back(&row);
        if (row.phase == Phase::claiming) row.cancelled = true;
    }
    for (Row* row : held) {
        if (release) {
            release(*row);
        } else {
            retire(*row, RowEnd::let_go);
        }
    }
}

void Book::attach(Row& row, const std::shared_ptr<Run>& run) {
    if (std::ranges::find(row.runs, run) != row.runs.end()) return;
    row.runs.push_back(run);
    ++run->pending;
}

bool Book::begin_edit(const std::string& id, const std::function<void(Row&)>& release) {
    Edit& edit = edits_[id];
    ++edit.count;
    const auto found = rows_.find(id);
    if (found == rows_.end()) return false;
    Row& row = found->second;
    if (in_hand(row.phase)) return true;
    edit.reread_from = rows_map_.due_value(row.due_at);
    if (row.phase == Phase::claiming) {
        row.cancelled = true;  // Whoever claims it lets it go.
    } else if (release) {
        release(row);
    } else {
        retire(row, RowEnd::let_go);
    }
    return false;
}

void Book::end_edit(const std::string& id) {
    const auto found = edits_.find(id);
    CARILLON_CHECK(found != edits_.end());
    if (--found->second.count > 0) return;
    const auto from = std::move(found->second.reread_from);
    edits_.erase(found);
    if (scanning_) touched_.insert(id);
    if (from) reread_(*from);
}

Row* Book::find(const std::string& id) {
    const auto found = rows_.find(id);
    return found == rows_.end() ? nullptr : &found->second;
}

bool Book::running(const std::string& id) const {
    const auto found = rows_.find(id);
    return found != rows_.end() && in_hand(found->second.phase);
}

std::vector<std::string> Book::running_ids() const {
    std::vector<std::string> ids;
    for (const auto& [id, row] : rows_) {
        if (in_hand(row.phase)) ids.push_back(id);
    }
    return ids;
}

std::optional<TimePoint> Book::next_timed() const {
    if (timed_.empty()) return std::nullopt;
    return timed_.begin()->due_at;
}

void Book::ask_reread(TimePoint due_at) {
    reread_(rows_map_.due_value(due_at));
}

}  // namespace carillon::queue
