#include "queue/claimer.hpp"

#include "core/check.hpp"
#include "queue/guarded.hpp"
#include "queue/row_key.hpp"

#include <algorithm>
#include <chrono>

namespace carillon::queue {

Claimer::Claimer(Context& context,
                 Book& book,
                 InFlight& in_flight,
                 Leases& leases,
                 const Peers& peers,
                 Settler& settler)
    : context_(context),
      book_(book),
      in_flight_(in_flight),
      leases_(leases),
      peers_(peers),
      settler_(settler),
      misfits_(context),
      scanning_(context.loop, 1),
      awake_(context.loop),
      room_(context.loop) {
    const auto add = [this](State state) {
        for (dynamo::Value& partition : context_.rows.partitions(state)) {
            Cursor cursor;
            cursor.partition = std::move(partition);
            cursor.state = state;
            cursor.band = context_.rows.band(cursor.partition);
            banded_ = banded_ || cursor.band != 1;
            cursors_.push_back(std::move(cursor));
        }
    };
    add(State::ready);
    if (!context_.exclusive) add(State::leased);
    book_.on_room_for_key = [this](FairKey& key) {
        refills_.push_back(&key);
        awake_.set();
    };
    // Several processes begin at different shards.
    if (!context_.exclusive) first_ = context_.random.below(cursors_.size());
}

bool Claimer::has_room(std::size_t band) const {
    const QueueOptions& options = context_.options;
    const std::size_t wanted =
        std::max<std::size_t>(1, std::min(options.claim_batch, options.held_max) / 2);
    return book_.room(band) >= wanted && book_.settling() < std::max(options.held_max, wanted) &&
           !settler_.store_down();
}

/// For rows of any band.
bool Claimer::has_room() const {
    return has_room(1) || (banded_ && (has_room(0) || has_room(2)));
}

void Claimer::wake() {
    for (std::size_t band = 0; band < bands; ++band) {
        if (!waits_for_room_[band] || !has_room(band)) continue;
        waits_for_room_[band] = false;
        awake_.set();
    }
    if (runs_waiting_ > 0 && has_room()) room_.set();
}

void Claimer::look_now() {
    // Taken up between two looks: one that is under way may have passed already.
    look_everywhere_ = true;
    awake_.set();
}

/// The due index may lack a sort key, which is known once the table was described.
void Claimer::begin_reading(Cursor& cursor) const {
    cursor.sorted = context_.due_key.sort.has_value();
    if (!cursor.sorted && !cursor.position.after) cursor.waits_until.reset();
}

void Claimer::reread_unsorted(const dynamo::Value& from) {
    const TimePoint now = context_.loop.now();
    const TimePoint seen_by = now + context_.options.look_ahead;
    // A store's watch knows no time: what it tells of may be due.
    const auto ms = from.number() != nullptr ? from.number()->to_int64() : std::nullopt;
    const TimePoint due_at = ms ? from_epoch_ms(*ms) : now;
    for (Cursor& cursor : cursors_) {
        if (cursor.state == State::ready) cursor.entry_came_somewhere(due_at, seen_by);
    }
    awake_.set();
}

void Claimer::reread(const dynamo::Value& from) {
    if (!context_.due_key.sort) {
        reread_unsorted(from);
        return;
    }
    std::string bytes = sort_bytes(from);
    if (reread_from_ && reread_bytes_ <= bytes) return;
    reread_from_ = from;
    reread_bytes_ = std::move(bytes);
    // Where the next look in time sees it anyway, nobody need be woken.
    const TimePoint seen_by = next_look() + context_.options.look_ahead / 2;
    if (reread_bytes_ <= sort_bytes(context_.rows.due_value(seen_by))) awake_.set();
}

void Claimer::apply_rereads() {
    if (std::exchange(look_everywhere_, false)) {
        for (Cursor& cursor : cursors_) {
            cursor.exhausted = false;
            cursor.rest = Duration::zero();
        }
    }
    if (!reread_from_) return;
    const dynamo::Value from = *std::exchange(reread_from_, std::nullopt);
    for (Cursor& cursor : cursors_) {
        if (cursor.state != State::ready) continue;
        const TimePoint seen_by = cursor.look_at + context_.options.look_ahead / 2;
        cursor.entry_came(from, reread_bytes_, sort_bytes(context_.rows.due_value(seen_by)));
    }
}

Task<> Claimer::claim_until_stopped() {
    while (!context_.stopped()) {
        if (claim_error_) {
            Error error = *std::exchange(claim_error_, std::nullopt);
            co_await pause_after(std::move(error));
            continue;
        }
        apply_rereads();
        if (!has_room()) {
            waits_for_room_ = {banded_, true, banded_};
            const TimePoint again = context_.loop.now() + context_.options.poll_interval;
            (void)co_await awake_.wait_until(again, context_.stopping.token());
            continue;
        }
        const bool looked = co_await look();
        if (looked || asked_to_look() || claim_error_) continue;
        round_ended();
        (void)co_await awake_.wait_until(next_look(), context_.stopping.token());
    }
}

/// Does one thing, if there is one: refills a key, or reads a page of a partition.
Task<bool> Claimer::look() {
    Result<> read{};
    if (!refills_.empty()) {
        FairKey* key = refills_.front();
        refills_.erase(refills_.begin());
        read = co_await refill(key);
    } else {
        const std::optional<std::size_t> chosen = next_cursor();
        if (!chosen) co_return false;
        first_ = (*chosen + 1) % cursors_.size();
        read = co_await look_at_partition(*chosen);
    }
    if (!read) {
        co_await pause_after(std::move(read).error());
    }
    co_return true;
}

void Claimer::inserted_here(TimePoint first, TimePoint last) {
    constexpr std::size_t most = 64;
    const bool joins = !written_here_.empty() && first <= written_here_.back().last &&
                       last >= written_here_.back().first;
    if (joins || written_here_.size() >= most) {
        Written& before = written_here_.back();
        before.first = std::min(before.first, first);
        before.last = std::max(before.last, last);
    } else {
        written_here_.push_back({first, last});
    }
    reread(context_.rows.due_value(first));
}

/// Everything that could be looked at was.
void Claimer::round_ended() {
    // Not every round comes by every partition: those that rest keep what they have seen.
    stealing_ = round_taken_ == 0 && std::ranges::any_of(cursors_, &Cursor::others);
    std::erase_if(written_here_, [&](const Written& rows) { return rows.last < round_began_; });
    round_began_ = context_.loop.now();
    round_taken_ = 0;
}

/// Rows of other processes are theirs, unless this one has nothing to do and they are late: then
/// their worker is busy, or away.
bool Claimer::leave_to_others(const Scan& scan,
                              const std::string& id,
                              const RowState& state,
                              Found& found) const {
    if (context_.exclusive || scan.run || peers_.mine(id)) return false;
    // Others have not heard of what was written here just now.
    const bool here = std::ranges::any_of(written_here_, [&](const Written& rows) {
        return state.due_at >= rows.first && state.due_at <= rows.last;
    });
    const std::size_t few = std::max<std::size_t>(1, context_.options.concurrency / 16);
    if (here && book_.held() + book_.running() < few) return false;
    ++found.others;
    const bool late = state.due_at + context_.options.poll_interval <= context_.loop.now();
    if (!late || found.stolen >= scan.may_steal) return true;
    ++found.stolen;
    return false;
}

/// The next in turn of the highest band that has something to read; every fourth time simply the
/// next, so that no band waits for ever.
std::optional<std::size_t> Claimer::next_cursor() {
    constexpr std::uint32_t looks_per_round = 4;
    const TimePoint now = context_.loop.now();
    const bool anyone = !banded_ || ++looks_ % looks_per_round == 0;
    std::optional<std::size_t> chosen;
    for (std::size_t i = 0; i < cursors_.size(); ++i) {
        const std::size_t index = (first_ + i) % cursors_.size();
        const Cursor& cursor = cursors_[index];
        if (!cursor.should_look(now, context_.options.poll_interval)) continue;
        if (banded_ && !has_room(cursor.band)) {
            waits_for_room_[cursor.band] = true;
            continue;
        }
        if (anyone) return index;
        if (!chosen || cursor.band > cursors_[*chosen].band) chosen = index;
    }
    return chosen;
}

Task<Result<>> Claimer::look_at_partition(std::size_t index) {
    Cursor& cursor = cursors_[index];
    // Without watches a table changes without a word: what was inserted is found from the head.
    // Of a shared one, so are the rows that were left to somebody who has died since.
    const bool told = context_.watches && context_.exclusive;
    if (!told && cursor.exhausted) cursor.position = Position{};
    if (!told && cursor.sorted && cursor.idle) {
        CARILLON_CO_TRY(const bool due, co_await peek(index));
        if (!due) co_return Result<>{};
    }
    begin_reading(cursor);
    const TimePoint now = context_.loop.now();
    Scan request;
    request.cursor = index;
    request.position = cursor.position;
    request.until = horizon(cursor, now);
    request.limit = std::min(context_.options.claim_batch, book_.room(cursor.band));
    if (stealing_) request.may_steal = std::max<std::size_t>(1, request.limit / 8);
    const TimePoint until = request.until;
    const bool from_head = !request.position.after && !request.position.from;
    const std::int64_t began = context_.loop.clock().ticks();
    CARILLON_CO_TRY(Found found, co_await scan(std::move(request)));
    // Before anything else can move the cursor: rereads asked for meanwhile are applied later.
    cursor.page_read(std::move(found.end), found.more);
    if (found.skipped && !found.more) {
        cursor.exhausted = false;
        cursor.position = Position{};
    }
    if (found.waits_until) {
        cursor.waits_until =
            std::min(cursor.waits_until.value_or(*found.waits_until), *found.waits_until);
    }
    const bool taken = !found.taken.empty();
    round_taken_ += found.taken.size() - found.stolen;
    // Of all pages since the head.
    cursor.others = found.others > 0 || (cursor.others && !from_head);
    cursor.idle = !taken && !cursor.others && cursor.exhausted;
    cursor.rest = context_.options.poll_interval;
    cursor.look_at = now + cursor.rest;
    std::vector<Row*> rows = std::move(found.taken);
    // The next page is read meanwhile: a claim may wait behind a large commit.
    if (taken) context_.group.spawn(secure_aside(std::move(rows)));
    if (cursor.exhausted) CARILLON_CO_TRY_VOID(co_await plan_next_look(index, until));
    if (!taken && found.more) co_await rest_after(began, found.passed_over);
    co_return Result<>{};
}

Task<Result<Claimer::Found>> Claimer::scan(Scan scan) {
    Found found;
    found.end = scan.position;
    auto query = page_query(context_.rows,
                            cursors_[scan.cursor],
                            scan.position,
                            scan.until,
                            std::max<std::size_t>(1, scan.limit));
    if (!query) co_return found;
    (void)co_await scanning_.acquire();
    book_.scan_began();
    auto page = co_await context_.database.query(*std::move(query));
    if (page) choose(scan, *page, found);
    book_.scan_ended();
    misfits_.set_right();
    scanning_.release();
    if (!page) co_return std::unexpected(std::move(page).error());
    co_return found;
}

void Claimer::choose(const Scan& scan, dynamo::Page& page, Found& found) {
    found.more = page.last_key.has_value();
    if (page.items.empty()) {
        if (page.last_key)
            found.end = position_behind(*page.last_key, context_.rows.key(), context_.due_key);
        return;
    }
    // Behind the last entry, and before each that is passed over, there is a place to go on from.
    Position end = position_behind(page.items.back(), context_.rows.key(), context_.due_key);
    const dynamo::Item* previous = nullptr;
    // Where others won many of the last claims, a page is begun somewhere in its first half.
    std::size_t skip = 0;
    if (!scan.run && std::exchange(contended_, false)) {
        skip = static_cast<std::size_t>(context_.random.below(page.items.size() / 2 + 1));
        found.skipped = skip > 0;
    }
    for (std::size_t i = skip; i < page.items.size(); ++i) {
        if (i == skip && i > 0) previous = &page.items[i - 1];
        previous = choose_one(scan, page.items[i], previous, found);
    }
    found.end = std::move(end);
    context_.metrics.claimed.add(found.taken.size());
    context_.counts.claimed += found.taken.size();
    std::ranges::sort(
        found.taken, {}, [](const Row* row) { return std::pair(row->due_at, row->sequence); });
}

Result<RowState> Claimer::read_row(const dynamo::Item& item) const {
    auto state = guarded([&] { return context_.rows.read(item); });
    if (!state) return fail(Errc::corrupt, std::move(state).error());
    return *std::move(state);
}

/// In an unsorted partition what is not due stands beside what is.
bool Claimer::not_due_yet(const Scan& scan, const RowState& state, Found& found) const {
    const Cursor& cursor = cursors_[scan.cursor];
    if (cursor.sorted || state.state != cursor.state || state.due_at <= scan.until) return false;
    found.waits_until = std::min(found.waits_until.value_or(state.due_at), state.due_at);
    return true;
}

/// Takes the item if it can be taken. Returns where its content is now.
const dynamo::Item* Claimer::choose_one(const Scan& scan,
                                        dynamo::Item& item,
                                        const dynamo::Item* previous,
                                        Found& found) {
    auto id = row_id(item, context_.rows.key());
    CARILLON_CHECK(id.has_value());  // The store's own promise about an index entry.
    auto state = read_row(item);
    if (state && not_due_yet(scan, *state, found)) return &item;
    if (!state || state->state != cursors_[scan.cursor].state || state->due_at > scan.until) {
        misfits_.met(item, std::move(state));
        return &item;
    }
    if (book_.is_ours(*id, *state)) {
        Row* row = scan.run ? book_.find(*id) : nullptr;
        if (row != nullptr && !row->cancelled) book_.attach(*row, scan.run);
        return &item;
    }
    if (leave_to_others(scan, *id, *state, found)) return &item;
    Standing standing = context_.rows.standing(item);
    const std::size_t band = cursors_[scan.cursor].band;
    FairKey& key = book_.key_of(item, *state, standing);
    if (!scan.run && book_.full_for(key, band)) {
        ++found.passed_over;
        pass_over(key, scan, item, previous);
        return &item;
    }
    Row& row = book_.claim(
        *std::move(id), std::move(item), *std::move(state), key, std::move(standing), band);
    if (scan.run) book_.attach(row, scan.run);
    found.taken.push_back(&row);
    return &row.item;
}

Task<> Claimer::pause_after(Error error) {
    context_.metrics.store_errors.add();
    if (log_limit_.pass(context_.loop.clock())) {
        context_.log.warn("rows cannot be claimed, trying again",
                          {{"queue", context_.options.name}, {"error", describe(error)}});
    }
    (void)co_await context_.loop.sleep_for(error_pause_.next(), context_.stopping.token());
}

Task<Result<>> Claimer::claim_for(std::shared_ptr<Run> run) {
    for (std::size_t index = 0; index < cursors_.size(); ++index) {
        Position position;
        begin_reading(cursors_[index]);
        for (bool more = true; more;) {
            while (!has_room(cursors_[index].band) && !context_.stopped()) {
                ++runs_waiting_;
                (void)co_await room_.wait_until(
                    context_.loop.now() + context_.options.poll_interval,
                    context_.stopping.token());
                --runs_waiting_;
            }
            if (context_.stopped()) co_return fail(Errc::cancelled, "the queue has stopped");
            Scan request;
            request.cursor = index;
            request.position = position;
            request.until = run->cutoff;
            request.limit =
                std::min(context_.options.claim_batch, book_.room(cursors_[index].band));
            request.run = run;
            CARILLON_CO_TRY(Found found, co_await scan(std::move(request)));
            more = found.more;
            position = std::move(found.end);
            std::vector<Row*> rows = std::move(found.taken);
            if (!rows.empty()) CARILLON_CO_TRY_VOID(co_await secure(std::move(rows)));
        }
    }
    co_return Result<>{};
}

}  // namespace carillon::queue
