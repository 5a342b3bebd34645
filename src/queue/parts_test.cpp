// The pure parts: fairness, cursors, in-flight lists, row maps, backoff.

#include "queue/cursor.hpp"
#include "queue/fairness.hpp"
#include "queue/in_flight.hpp"
#include "queue/peers.hpp"
#include "queue/queue.hpp"
#include "queue/row_key.hpp"
#include "queue/settler.hpp"
#include "queue/sharded_rows.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>

namespace carillon::queue {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint noon{12h};

struct Turns {
    explicit Turns(std::size_t limit) : queue(limit) {}

    FairQueue queue;
    std::deque<FairNode> nodes;

    FairNode& add(const std::string& key,
                  Duration due = 0ms,
                  std::uint8_t level = 4,
                  std::string place = {}) {
        FairNode& node = nodes.emplace_back();
        node.level = level;
        node.place = std::move(place);
        node.key = &queue.key(key);
        ++node.key->users;
        node.due_at = noon + due;
        queue.push(node);
        return node;
    }

    std::string pop() {
        const FairNode* node = queue.pop();
        return node == nullptr ? "-" : node->key->name();
    }

    ~Turns() {
        while (queue.pop() != nullptr) {
        }
    }
};

TEST(FairQueue, GivesEachKeyOneRowATurn) {
    Turns turns(0);
    for (int i = 0; i < 4; ++i) turns.add("a");
    for (int i = 0; i < 2; ++i) turns.add("b");
    turns.add("c");
    std::string order;
    for (int i = 0; i < 8; ++i) order += turns.pop();
    EXPECT_EQ(order, "abcabaa-");
}

TEST(FairQueue, KeepsDueOrderWithinAKey) {
    Turns turns(0);
    FairNode& late = turns.add("a", 30ms);
    FairNode& early = turns.add("a", 10ms);
    FairNode& middle = turns.add("a", 20ms);
    EXPECT_EQ(turns.queue.pop(), &early);
    EXPECT_EQ(turns.queue.pop(), &middle);
    EXPECT_EQ(turns.queue.pop(), &late);
}

TEST(FairQueue, LeavesAKeyOutThatIsAtItsLimit) {
    Turns turns(1);
    turns.add("a");
    turns.add("a");
    turns.add("b");
    EXPECT_EQ(turns.pop(), "a");
    EXPECT_EQ(turns.pop(), "b");
    EXPECT_FALSE(turns.queue.ready());
    EXPECT_EQ(turns.pop(), "-");
    turns.queue.ended(turns.queue.key("a"));
    EXPECT_EQ(turns.pop(), "a");
}

TEST(FairQueue, GivesHigherLevelsFirstAndOneTurnInEightToThoseBelow) {
    Turns turns(0);
    for (int i = 0; i < 20; ++i) turns.add("normal");
    for (int i = 0; i < 20; ++i) turns.add("low", 0ms, 0);
    for (int i = 0; i < 20; ++i) turns.add("high", 0ms, 8);
    std::string order;
    for (int i = 0; i < 24; ++i) order += turns.pop().front();
    EXPECT_EQ(order, "hhhhhhhnhhhhhhhlhhhhhhnl");
}

TEST(FairQueue, OrdersTheRowsOfOneKeyByLevel) {
    Turns turns(1);
    FairNode& low = turns.add("a", 0ms, 1);
    FairNode& high = turns.add("a", 5ms, 7);
    FairNode& normal = turns.add("a", 2ms);
    for (const FairNode* want : {&high, &normal, &low}) {
        EXPECT_EQ(turns.queue.pop(), want);
        EXPECT_EQ(turns.pop(), "-");
        turns.queue.ended(*want->key);
    }
}

TEST(FairQueue, OrdersRowsThatHaveAPlaceByIt) {
    Turns turns(0);
    FairNode& second = turns.add("a", 1ms, 4, "2");
    FairNode& first = turns.add("a", 2ms, 4, "1");
    EXPECT_EQ(turns.queue.pop(), &first);
    EXPECT_EQ(turns.queue.pop(), &second);
}

TEST(FairQueue, ForgetsKeysThatNothingUses) {
    Turns turns(0);
    FairNode& node = turns.add("a");
    FairKey& key = *node.key;
    turns.queue.remove(node);
    turns.queue.forget(key);
    EXPECT_EQ(turns.queue.keys(), 1u);
    --key.users;
    turns.queue.forget(key);
    EXPECT_EQ(turns.queue.keys(), 0u);
}

TEST(Rendezvous, GivesEachAFairShareAndMovesOnlyTheRowsOfWhoLeaves) {
    const std::vector<std::string> owners{"a-1", "a-2", "a-3", "b-1"};
    const auto winner = [&](const std::string& row, std::size_t of) {
        std::size_t first = 0;
        for (std::size_t i = 1; i < of; ++i) {
            if (rendezvous_rank(owners[i], row) > rendezvous_rank(owners[first], row)) first = i;
        }
        return first;
    };
    std::array<int, 4> share{};
    for (int i = 0; i < 4'000; ++i) {
        const std::string row = "event-" + std::to_string(i);
        const std::size_t of_four = winner(row, 4);
        ++share[of_four];
        if (of_four != 3) EXPECT_EQ(winner(row, 3), of_four);
    }
    for (const int rows : share) EXPECT_NEAR(rows, 1'000, 150);
}

TEST(InFlightEntries, ReadBackAsWritten) {
    const std::vector<InFlightEntry> entries{
        {.id = std::string("a\0b", 3), .due_at = noon, .attempts = 3, .interruptions = 2},
        {.id = "", .due_at = TimePoint{-5ms}, .attempts = 0, .interruptions = 0}};
    const auto read = decode_entries(encode_entries(entries));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(*read, entries);
    EXPECT_TRUE(decode_entries(encode_entries({}))->empty());
}

TEST(InFlightEntries, RefusesWhatWasCutOrIsForeign) {
    const std::string bytes = encode_entries({{.id = "abc", .due_at = noon}});
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        if (size == 1) continue;  // An empty list.
        EXPECT_FALSE(decode_entries(bytes.substr(0, size)).has_value()) << size;
    }
    EXPECT_FALSE(decode_entries("\x09garbage").has_value());
}

TEST(InFlight, ABatchIsFinishedWithItsLastRow) {
    InFlight in_flight("table", "queue");
    InFlightBatch& batch = in_flight.open("b1", 2);
    in_flight.close_one(batch);
    EXPECT_FALSE(in_flight.any_finished());
    in_flight.close_one(batch);
    EXPECT_EQ(in_flight.take_finished(), (std::vector<std::string>{"b1"}));
    EXPECT_FALSE(in_flight.any_finished());
    EXPECT_EQ(in_flight.batches(), 0u);
}

TEST(Cursor, GoesBackOnlyForWhatCameInBehindIt) {
    const auto bytes = [](int ms) { return sort_bytes(dynamo::Value(ms)); };
    Cursor cursor;
    cursor.position = Position{.after = dynamo::Item{{"id", "x"}}, .from = {}, .at = bytes(100)};
    cursor.exhausted = true;

    cursor.entry_came(dynamo::Value(500), bytes(500), bytes(300));
    EXPECT_TRUE(cursor.exhausted) << "beyond the horizon: the next look sees it";
    EXPECT_TRUE(cursor.position.after.has_value());

    cursor.entry_came(dynamo::Value(200), bytes(200), bytes(300));
    EXPECT_FALSE(cursor.exhausted);
    EXPECT_TRUE(cursor.position.after.has_value()) << "ahead: going on finds it";

    cursor.entry_came(dynamo::Value(100), bytes(100), bytes(300));
    EXPECT_FALSE(cursor.position.after.has_value()) << "the same instant may be behind";
    EXPECT_EQ(cursor.position.from, dynamo::Value(100));

    cursor.entry_came(dynamo::Value(40), bytes(40), bytes(300));
    EXPECT_EQ(cursor.position.at, bytes(40));
}

TEST(Cursor, LooksAgainAfterTheClockWasSetBack) {
    Cursor cursor;
    cursor.exhausted = true;
    cursor.look_at = noon;
    EXPECT_FALSE(cursor.should_look(noon - 500ms, 1s));
    EXPECT_TRUE(cursor.should_look(noon, 1s));
    EXPECT_TRUE(cursor.should_look(noon - 1h, 1s));
}

ShardedRowsOptions row_options() {
    ShardedRowsOptions options;
    options.table = "work";
    options.fairness_attribute = "tenant";
    return options;
}

TEST(ShardedRows, SayAStateAndReadItBack) {
    const ShardedRows rows(row_options());
    for (const State state :
         {State::ready, State::leased, State::done, State::failed, State::suspended}) {
        RowState row{.state = state, .attempts = 2, .interruptions = 1};
        const bool indexed = state == State::ready || state == State::leased;
        if (indexed) row.due_at = noon;
        if (state == State::leased) {
            row.lease_token = "token";
            row.lease_owner = "owner";
        }
        const dynamo::Item item = rows.make({{"id", "a"}}, row);
        const auto read = rows.read(item);
        ASSERT_TRUE(read.has_value());
        EXPECT_EQ(*read, row) << to_string(state);
        EXPECT_EQ(item.find("duePartition") != nullptr, indexed) << to_string(state);
        EXPECT_EQ(item.find("dueAt") != nullptr, indexed) << to_string(state);
    }
}

TEST(ShardedRows, RefuseWhatIsNotARow) {
    const ShardedRows rows(row_options());
    const dynamo::Item good = rows.make({{"id", "a"}}, RowState{.due_at = noon});
    const std::pair<const char*, dynamo::Value> faults[] = {
        {"state", "odd"}, {"state", 1}, {"dueAt", "noon"}, {"attempts", "x"}, {"attempts", -1}};
    for (const auto& [attribute, value] : faults) {
        dynamo::Item item = good;
        item.set(attribute, value);
        const auto read = rows.read(item);
        ASSERT_FALSE(read.has_value()) << attribute;
        EXPECT_EQ(read.error().code, Errc::corrupt);
    }
    dynamo::Item without = good;
    without.erase("dueAt");
    EXPECT_FALSE(rows.read(without).has_value());
}

TEST(ShardedRows, TellARowFromItsLaterSelf) {
    const ShardedRows rows(row_options());
    const auto holds = [](const dynamo::BoundCondition& condition, const dynamo::Item& item) {
        return *condition.expression.holds(item, condition.values);
    };
    const dynamo::Item seen = rows.make({{"id", "a"}}, RowState{.due_at = noon});
    const auto unchanged = rows.unchanged(seen);
    EXPECT_TRUE(holds(unchanged, seen));
    EXPECT_FALSE(holds(unchanged, {}));
    EXPECT_FALSE(holds(unchanged, rows.make(seen, RowState{.due_at = noon})));

    dynamo::Item leased = seen;
    rows.write(leased, RowState{.state = State::leased, .due_at = noon + 30s, .lease_token = "t1"});
    const auto mine = rows.unchanged(leased);
    dynamo::Item extended = leased;
    rows.write(extended,
               RowState{.state = State::leased, .due_at = noon + 60s, .lease_token = "t1"});
    EXPECT_TRUE(holds(mine, extended)) << "a heartbeat keeps the claim";
    rows.write(extended,
               RowState{.state = State::leased, .due_at = noon + 60s, .lease_token = "t2"});
    EXPECT_FALSE(holds(mine, extended));

    dynamo::Item foreign = seen;
    foreign.erase("turn");
    EXPECT_TRUE(holds(rows.unchanged(foreign), foreign));
    EXPECT_FALSE(holds(rows.unchanged(foreign), seen));
}

TEST(ShardedRows, SpreadOverTheirShards) {
    const ShardedRows rows(row_options());
    std::map<std::string, int> count;
    for (int i = 0; i < 4'000; ++i) {
        const auto item = rows.make({{"id", std::to_string(i)}}, RowState{.due_at = noon});
        ++count[*item.find("duePartition")->string()];
    }
    EXPECT_EQ(count.size(), rows.partitions(State::ready).size());
    for (const auto& [partition, rows_there] : count)
        EXPECT_NEAR(rows_there, 1'000, 200) << partition;
}

TEST(RowId, GivesTheKeyBack) {
    const dynamo::KeySchema key{
        .hash = {.name = "space", .type = dynamo::Type::string},
        .sort = dynamo::KeyAttribute{.name = "number", .type = dynamo::Type::number}};
    const dynamo::Item item{{"space", "s"}, {"number", 12}, {"other", true}};
    const auto id = row_id(item, key);
    ASSERT_TRUE(id.has_value());
    EXPECT_EQ(*key_of_row_id(*id, key), (dynamo::Item{{"space", "s"}, {"number", 12}}));
    EXPECT_FALSE(row_id({{"space", "s"}}, key).has_value());
    EXPECT_FALSE(row_id({{"space", 1}, {"number", 12}}, key).has_value());
}

TEST(AfterFailure, RetriesUntilTheAttemptsAreSpent) {
    SeededRandom random(1);
    const Backoff backoff{.base = 1s, .cap = 1min, .multiplier = 2, .jitter = 0};

    struct Case {
        const char* name;
        int attempt;
        int attempts_max;
        std::optional<TimePoint> not_before;
        Verdict verdict;
        Duration delay;
    };

    const Case cases[] = {
        {"first", 1, 4, {}, Verdict::retry, 1s},
        {"third", 3, 4, {}, Verdict::retry, 4s},
        {"last", 4, 4, {}, Verdict::failed, 0s},
        {"beyond", 9, 4, {}, Verdict::failed, 0s},
        {"only one", 1, 1, {}, Verdict::failed, 0s},
        {"retry-after later", 1, 4, noon + 20s, Verdict::retry, 20s},
        {"retry-after earlier", 3, 4, noon + 1s, Verdict::retry, 4s},
        {"retry-after in the past", 1, 4, noon - 1h, Verdict::retry, 1s},
        {"retry-after beyond the cap", 1, 4, noon + 1h, Verdict::retry, 1min},
        {"retry-after with no attempt left", 4, 4, noon + 1s, Verdict::failed, 0s},
    };
    for (const Case& c : cases) {
        const auto next =
            after_failure(c.attempt, c.attempts_max, backoff, noon, c.not_before, random);
        EXPECT_EQ(next.verdict, c.verdict) << c.name;
        if (c.verdict == Verdict::retry) EXPECT_EQ(next.ready_at, noon + c.delay) << c.name;
    }
}

TEST(StateAfter, CountsFailuresAndNothingElse) {
    const RowState claimed{.due_at = noon, .attempts = 2, .interruptions = 4};

    struct Case {
        Verdict verdict;
        bool poisoned;
        RowState want;
    };

    const Case cases[] = {
        {Verdict::done, false, {.state = State::done, .attempts = 2}},
        {Verdict::retry, false, {.state = State::ready, .due_at = noon + 1s, .attempts = 3}},
        {Verdict::failed, false, {.state = State::failed, .attempts = 3}},
        {Verdict::release, false, {.state = State::ready, .due_at = noon, .attempts = 2}},
        {Verdict::postpone, false, {.state = State::ready, .due_at = noon + 1s, .attempts = 2}},
        {Verdict::again, false, {.state = State::ready, .due_at = noon + 1s}},
        {Verdict::failed, true, {.state = State::failed, .attempts = 2}},
        {Verdict::retry, true, {.state = State::ready, .due_at = noon + 1s, .attempts = 2}},
    };
    for (const Case& c : cases) {
        Settlement settlement;
        settlement.verdict = c.verdict;
        settlement.ready_at = noon + 1s;
        EXPECT_EQ(state_after(claimed, noon, settlement, c.poisoned), c.want)
            << static_cast<int>(c.verdict) << c.poisoned;
    }
}

}  // namespace
}  // namespace carillon::queue
