#include "layer/change_log.hpp"

#include "core/backoff.hpp"
#include "core/check.hpp"
#include "core/id.hpp"
#include "layer/expressions.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace carillon::layer {
namespace {

using dynamo::Item;

constexpr std::size_t lanes_max = 10'000;
/// Positions of shards that have been silent for longer cannot come again: streams keep a day.
constexpr Duration positions_kept = std::chrono::hours{48};
constexpr Duration append_deadline{30'000};
constexpr Backoff conflict_pause{Duration{4}, Duration{500}, 2.0, 0.9};

bool is_final(Errc code) {
    return code == Errc::invalid || code == Errc::too_large || code == Errc::denied ||
           code == Errc::not_found || code == Errc::corrupt;
}

bool is_repetition(const Head& head, const LogChange& change) {
    if (!change.position) return false;
    const auto seen = head.positions.find(change.position->shard);
    return seen != head.positions.end() &&
           !sequence_after(change.position->sequence, seen->second.sequence);
}

}  // namespace

/// A caller of append(). Lives in its frame.
struct ChangeLog::Waiting {
    explicit Waiting(runtime::Loop& loop) : done(loop) {}

    std::vector<LogChange> changes;
    std::size_t taken = 0;
    Result<> outcome{};
    Appended appended{};
    runtime::Event done;
};

struct ChangeLog::Lane {
    std::deque<Waiting*> waiting;
    bool busy = false;
    std::optional<Head> head{};  ///< As last seen; a guess that the write's condition checks.
    // What the last write did, in the order of the changes that it was given.
    std::vector<std::uint64_t> sequences{};
};

/// One row on its way into the log.
struct ChangeLog::Attempt {
    std::vector<LogChange*> changes;
    std::string token;
    int failures = 0;
    bool unclear = false;  ///< An earlier try may have been carried out.
    bool lost = false;     ///< And nobody can tell any more.
    std::uint64_t first = 0;
    std::uint64_t version_before = 0;
    Head after{};
    std::vector<std::uint64_t> sequences{};
};

std::vector<Record> LogSlice::records() const {
    std::vector<Record> all;
    for (const BlockPtr& block : blocks) {
        all.insert(all.end(), block->records().begin(), block->records().end());
    }
    return all;
}

ChangeLog::ChangeLog(runtime::Loop& loop,
                     dynamo::Database& database,
                     const LayerTable& table,
                     Random& random,
                     runtime::TaskGroup& group)
    : loop_(loop),
      database_(database),
      table_(table),
      random_(random),
      group_(group),
      absent_{condition("attribute_not_exists(pk)")},
      same_version_(condition("#version = :version")),
      present_(condition("attribute_exists(pk)")),
      set_ttl_(update("SET #ttl = :ttl")) {}

ChangeLog::~ChangeLog() = default;

Task<Result<Appended>> ChangeLog::append(std::string partition, std::vector<LogChange> changes) {
    if (changes.empty()) co_return Appended{};
    forget_idle_lanes();
    auto& lane = lanes_[partition];
    if (!lane) lane = std::make_unique<Lane>();
    Waiting waiting(loop_);
    waiting.changes = std::move(changes);
    lane->waiting.push_back(&waiting);
    if (!std::exchange(lane->busy, true)) group_.spawn(drain(std::move(partition), *lane));
    (void)co_await waiting.done.wait();
    if (!waiting.outcome) co_return std::unexpected(std::move(waiting.outcome).error());
    co_return waiting.appended;
}

/// Writes what waits, as much as fits at a time, until nothing does.
Task<> ChangeLog::drain(std::string partition, Lane& lane) {
    while (!lane.waiting.empty()) {
        std::vector<std::pair<Waiting*, std::size_t>> served;  // And how many of its changes.
        std::vector<LogChange*> changes;
        std::size_t bytes = 0;
        for (Waiting* waiting : lane.waiting) {
            std::size_t count = 0;
            for (std::size_t at = waiting->taken; at < waiting->changes.size(); ++at, ++count) {
                LogChange& change = waiting->changes[at];
                const std::size_t size = change.id.size() + change.item.size();
                if (!changes.empty() &&
                    (changes.size() == changes_max || bytes + size > bytes_max)) {
                    break;
                }
                bytes += size;
                changes.push_back(&change);
            }
            if (count > 0) served.emplace_back(waiting, count);
            if (waiting->taken + count < waiting->changes.size()) break;
        }
        const Result<> written = co_await write(partition, lane, std::move(changes));
        std::size_t at = 0;
        for (const auto& [waiting, count] : served) {
            for (std::size_t i = 0; i < count && written; ++i, ++at) {
                const std::uint64_t sequence = lane.sequences[at];
                Appended& appended = waiting->appended;
                if (sequence == 0) {
                    ++appended.repeated;
                    continue;
                }
                if (appended.first == 0) appended.first = sequence;
                appended.last = sequence;
            }
            waiting->taken += count;
            waiting->outcome = written;
            if (written && waiting->taken < waiting->changes.size()) continue;
            std::erase(lane.waiting, waiting);
            waiting->done.set();
        }
    }
    lane.busy = false;
}

Task<Result<>> ChangeLog::write(const std::string& partition,
                                Lane& lane,
                                std::vector<LogChange*> changes) {
    Attempt trial;
    trial.changes = std::move(changes);
    trial.token = ulid(loop_.now(), random_);
    const std::int64_t deadline =
        loop_.clock().ticks() + std::chrono::nanoseconds(append_deadline).count();
    for (;;) {
        auto written = co_await attempt(partition, lane, trial);
        if (written && *written) {
            lane.head = std::move(trial.after);
            lane.sequences = std::move(trial.sequences);
            co_return Result<>{};
        }
        if (!written && (trial.lost || is_final(written.error().code))) {
            co_return std::unexpected(std::move(written).error());
        }
        ++trial.failures;
        if (loop_.clock().ticks() > deadline) {
            Error error = written ? Error{Errc::throttled, "too many writers at once"}
                                  : std::move(written).error();
            if (trial.unclear) error.code = Errc::timeout;
            co_return std::unexpected(std::move(error));
        }
        // The first conflict is with whoever was faster, and is over.
        if (written && trial.failures == 1) continue;
        (void)co_await loop_.sleep_for(backoff_delay(conflict_pause, trial.failures, random_));
    }
}

Task<Result<bool>> ChangeLog::attempt(const std::string& partition, Lane& lane, Attempt& trial) {
    if (!lane.head) {
        CARILLON_CO_TRY(lane.head, co_await head(partition));
    }
    // An unclear try is settled before anything else is written.
    if (trial.unclear && lane.head->version != trial.version_before) {
        const Error unknown{Errc::timeout, "the change may have been written"};
        co_return co_await resolve(partition, lane, trial, unknown);
    }
    dynamo::WriteUnit unit = build(partition, *lane.head, trial);
    if (trial.first == 0) co_return true;
    auto written = co_await database_.transact_write(std::move(unit));
    if (written) co_return true;
    const Head before = *std::exchange(lane.head, std::nullopt);
    if (written.error().code == Errc::condition_failed) {
        // With an unclear try before it, the condition may have failed because of that one.
        if (!trial.unclear) co_return false;
    } else if (is_final(written.error().code)) {
        co_return std::unexpected(std::move(written).error());
    } else {
        trial.unclear = true;
    }
    CARILLON_CO_TRY(lane.head, co_await head(partition));
    // Not carried out yet; the next try has the same condition, so only one of them can be.
    if (lane.head->version == trial.version_before) co_return false;
    co_return co_await resolve(partition, lane, trial, std::move(written).error());
}

/// The head has moved on since the unclear try: either it was carried out, or it never will be.
Task<Result<bool>> ChangeLog::resolve(const std::string& partition,
                                      Lane& lane,
                                      Attempt& trial,
                                      Error error) {
    dynamo::GetRequest get;
    get.table = table_.table();
    get.key = table_.log_key(partition, trial.first, 0);
    CARILLON_CO_TRY(const auto row, co_await database_.get_item(std::move(get)));
    if (row && text_of(*row, "token") == trial.token) {
        // What we would cache as the head may be old: the next append reads it.
        trial.after = *lane.head;
        co_return true;
    }
    if (!row && lane.head->folded >= trial.first) {
        // Folded and gone: nobody can tell whose it was.
        trial.lost = true;
        error.code = Errc::timeout;
        co_return std::unexpected(std::move(error));
    }
    trial.unclear = false;
    co_return false;
}

dynamo::WriteUnit ChangeLog::build(const std::string& partition,
                                   const Head& head,
                                   Attempt& trial) const {
    const TimePoint now = std::max(loop_.now(), head.at);
    RecordWriter writer;
    Head after = head;
    LogRow row;
    trial.sequences.clear();
    for (const LogChange* change : trial.changes) {
        if (is_repetition(after, *change)) {
            trial.sequences.push_back(0);
            continue;
        }
        trial.sequences.push_back(++after.sequence);
        writer.add({.id = change->id,
                    .sequence = after.sequence,
                    .type = change->type,
                    .item = change->item});
        row.keep_seconds = std::max(row.keep_seconds, change->keep_seconds);
        if (change->position) {
            after.positions[change->position->shard] = {change->position->sequence, now};
        }
    }
    trial.after = head;
    trial.first = 0;
    if (writer.count() == 0) return {};
    std::erase_if(after.positions,
                  [&](const auto& entry) { return entry.second.at + positions_kept < now; });

    row.first = head.sequence + 1;
    row.count = writer.count();
    row.at = now;
    row.token = trial.token;
    after.bytes = std::max<std::int64_t>(0, head.bytes) + static_cast<std::int64_t>(writer.bytes());
    row.block = writer.take();
    after.version = head.version + 1;
    after.at = now;
    if (head.pending() == 0) after.since = now;

    dynamo::PutRequest put{.table = table_.table(), .item = table_.to_item(partition, after)};
    put.condition = absent_;
    if (head.version != 0) {
        put.condition = dynamo::BoundCondition{
            same_version_, {{":version", static_cast<std::int64_t>(head.version)}}};
    }
    dynamo::WriteUnit unit;
    unit.emplace_back(std::move(put));
    for (Item& item : table_.to_items(partition, row)) {
        unit.emplace_back(dynamo::PutRequest{.table = table_.table(), .item = std::move(item)});
    }
    if (head.pending() == 0) {
        // There from here on, until the syncer has folded everything and says so in the head.
        unit.emplace_back(
            dynamo::PutRequest{.table = table_.table(), .item = table_.dirty_key(partition)});
    }
    trial.first = row.first;
    trial.version_before = head.version;
    trial.after = std::move(after);
    return unit;
}

Task<Result<Head>> ChangeLog::head(std::string partition) {
    dynamo::GetRequest get;
    get.table = table_.table();
    get.key = table_.head_key(partition);
    CARILLON_CO_TRY(const auto item, co_await database_.get_item(std::move(get)));
    if (!item) co_return Head{};
    co_return LayerTable::head_of(*item);
}

Task<Result<LogSlice>> ChangeLog::read(std::string partition,
                                       std::uint64_t after,
                                       std::uint64_t through) {
    constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
    const ReadLimits none{.changes = all, .bytes = all};
    co_return co_await read(std::move(partition), after, through, none);
}

Task<Result<LogSlice>> ChangeLog::read(std::string partition,
                                       std::uint64_t after,
                                       std::uint64_t through,
                                       ReadLimits limits) {
    LogSlice slice{.last = after};
    std::size_t changes = 0;
    std::size_t bytes = 0;
    std::optional<LogRow> open;  // Whose parts are not all there yet.
    std::uint64_t parts = 0;
    std::optional<Item> start;
    do {
        dynamo::QueryRequest query;
        query.table = table_.table();
        query.key.hash = table_.log_of(partition);
        query.key.sort = dynamo::SortCondition{.op = dynamo::SortOperator::greater_equal,
                                               .value = sequence_text(after + 1)};
        query.start_key = std::move(start);
        CARILLON_CO_TRY(dynamo::Page page, co_await database_.query(std::move(query)));
        for (const Item& item : page.items) {
            CARILLON_CO_TRY(LogRow part, LayerTable::log_row_of(item));
            if (open && open->first == part.first) {
                open->block += part.block;
            } else {
                slice.gap = open.has_value() || part.first != slice.last + 1;
                if (slice.gap) co_return slice;
                if (changes >= limits.changes || bytes >= limits.bytes) {
                    slice.more = true;
                    co_return slice;
                }
                open = std::move(part);
                parts = 0;
            }
            if (++parts < open->parts) continue;
            CARILLON_CO_TRY(BlockPtr block, RecordBlock::decode(open->block));
            changes += open->count;
            bytes += block->bytes();
            slice.rows.push_back({.first = open->first,
                                  .count = open->count,
                                  .parts = open->parts,
                                  .keep_seconds = open->keep_seconds,
                                  .at = open->at,
                                  .bytes = block->raw_bytes()});
            slice.last = open->last();
            slice.last_at = open->at;
            slice.blocks.push_back(std::move(block));
            open.reset();
        }
        start = std::move(page.last_key);
        // What came later than the caller asked for is welcome, but not waited for.
    } while (start && (open || slice.last < through));
    slice.gap = open.has_value() || slice.last < through;
    co_return slice;
}

Task<Result<std::vector<SeenRow>>> ChangeLog::list(std::string partition,
                                                   std::uint64_t after,
                                                   std::uint64_t through) {
    std::vector<SeenRow> rows;
    std::optional<Item> start;
    do {
        dynamo::QueryRequest query;
        query.table = table_.table();
        query.key.hash = table_.log_of(partition);
        // Behind every part of the last one.
        query.key.sort = dynamo::SortCondition{.op = dynamo::SortOperator::between,
                                               .value = sequence_text(after + 1),
                                               .upper = sequence_text(through) + "~"};
        query.start_key = std::move(start);
        CARILLON_CO_TRY(dynamo::Page page, co_await database_.query(std::move(query)));
        for (const Item& item : page.items) {
            CARILLON_CO_TRY(const LogRow row, LayerTable::log_row_of(item));
            if (!rows.empty() && rows.back().first == row.first) continue;
            rows.push_back({.first = row.first,
                            .count = row.count,
                            .parts = row.parts,
                            .keep_seconds = row.keep_seconds,
                            .at = row.at});
        }
        start = std::move(page.last_key);
    } while (start);
    co_return rows;
}

void ChangeLog::add_end(std::vector<dynamo::WriteUnit>& units,
                        const std::string& partition,
                        const SeenRow& row) const {
    const std::int64_t end = to_epoch_ms(loop_.now()) / 1'000 + row.keep_seconds;
    for (std::uint64_t part = 0; part < row.parts; ++part) {
        Item key = table_.log_key(partition, row.first, part);
        if (row.keep_seconds <= 0) {
            units.emplace_back().emplace_back(
                dynamo::DeleteRequest{.table = table_.table(), .key = std::move(key)});
            continue;
        }
        dynamo::UpdateRequest change{.table = table_.table(), .key = std::move(key)};
        change.update = set_ttl_;
        change.values = {{":ttl", end}};
        change.condition = dynamo::BoundCondition{present_};
        units.emplace_back().emplace_back(std::move(change));
    }
}

Task<Result<>> ChangeLog::expire(std::string partition,
                                 std::vector<SeenRow> rows,
                                 std::uint64_t& done) {
    constexpr std::size_t batch_max = 100;
    constexpr int tries_max = 4;
    for (std::size_t from = 0; from < rows.size(); from += batch_max) {
        std::vector<SeenRow> left(
            rows.begin() + static_cast<std::ptrdiff_t>(from),
            rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), from + batch_max)));
        const SeenRow last = left.back();
        for (int failures = 0; !left.empty();) {
            std::vector<dynamo::WriteUnit> units;
            std::vector<std::size_t> of;  // The row of each unit.
            for (std::size_t i = 0; i < left.size(); ++i) {
                add_end(units, partition, left[i]);
                of.resize(units.size(), i);
            }
            const auto answers = co_await database_.update_batch(std::move(units));
            std::vector<SeenRow> again;
            Error error;
            for (std::size_t i = 0; i < answers.size(); ++i) {
                // A row that is gone is what was wanted.
                if (answers[i] || answers[i].error().code == Errc::condition_failed) continue;
                error = answers[i].error();
                if (again.empty() || again.back().first != left[of[i]].first) {
                    again.push_back(left[of[i]]);
                }
            }
            left = std::move(again);
            if (left.empty()) break;
            if (++failures == tries_max) co_return std::unexpected(std::move(error));
            (void)co_await loop_.sleep_for(backoff_delay(conflict_pause, failures, random_));
        }
        done = last.first + last.count - 1;
    }
    co_return Result<>{};
}

void ChangeLog::forget_idle_lanes() {
    if (lanes_.size() < lanes_max) return;
    std::erase_if(lanes_, [](const auto& lane) { return !lane.second->busy; });
}

}  // namespace carillon::layer
