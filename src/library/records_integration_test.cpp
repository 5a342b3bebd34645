// The typed models, as embedders use them: over a real store, with real threads.

#include "carillon/example_models.hpp"
#include "carillon/record_processor.hpp"
#include "carillon/records.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace orders {

enum class Colour { red, green };

struct Order {
    std::string customer{};
    carillon::Instant placed_at{};
    std::int64_t cents = 0;
    double weight = 0;
    bool express = false;
    Colour colour = Colour::red;
    std::optional<std::string> note{};
    std::vector<std::string> lines{};
    std::map<std::string, int> counts{};
    std::set<std::string> tags{};
    carillon::Bytes seal{};
    carillon::Decimal exact{};
    std::int64_t version = 0;
    carillon::Instant created{};
    carillon::Instant updated{};
    carillon::Attributes extra{};

    bool operator==(const Order&) const = default;
};

struct Job {
    int id = 0;
    std::string what{};
};

}  // namespace orders

template <>
struct carillon::Codec<orders::Colour> {
    static Value write(orders::Colour colour) {
        return colour == orders::Colour::red ? "red" : "green";
    }

    static std::optional<orders::Colour> read(const Value& value) {
        const auto* text = value.get_if<std::string>();
        if (text == nullptr) return std::nullopt;
        if (*text == "red") return orders::Colour::red;
        return *text == "green" ? std::optional(orders::Colour::green) : std::nullopt;
    }
};

template <>
inline constexpr auto carillon::model_of<orders::Order> = carillon::model::table<orders::Order>(
    "Orders",
    carillon::model::hash_key<&orders::Order::customer>("Customer"),
    carillon::model::sort_key<&orders::Order::placed_at>("PlacedAt"),
    carillon::model::field<&orders::Order::cents>("Cents"),
    carillon::model::field<&orders::Order::weight>("Weight"),
    carillon::model::field<&orders::Order::express>("Express"),
    carillon::model::field<&orders::Order::colour>("Colour"),
    carillon::model::field<&orders::Order::note>("Note"),
    carillon::model::field<&orders::Order::lines>("Lines"),
    carillon::model::field<&orders::Order::counts>("Counts"),
    carillon::model::field<&orders::Order::tags>("Tags"),
    carillon::model::field<&orders::Order::seal>("Seal"),
    carillon::model::field<&orders::Order::exact>("Exact"),
    carillon::model::version<&orders::Order::version>("Version"),
    carillon::model::created_at<&orders::Order::created>("CreatedAt"),
    carillon::model::updated_at<&orders::Order::updated>("UpdatedAt"),
    carillon::model::rest<&orders::Order::extra>(),
    carillon::model::index<&orders::Order::note, &orders::Order::cents>("byNote"));

template <>
inline constexpr auto carillon::model_of<orders::Job> =
    carillon::model::table<orders::Job>("Jobs",
                                        carillon::model::hash_key<&orders::Job::id>("Id"),
                                        carillon::model::field<&orders::Job::what>("What"),
                                        carillon::model::work_queue(4));

namespace carillon {
namespace {

using namespace std::chrono_literals;
using examples::Record;
using orders::Job;
using orders::Order;

constexpr Instant noon{std::chrono::hours{400'000}};

template <class T>
T value_of(Expected<T> answer) {
    EXPECT_TRUE(answer) << answer.error().message << " " << answer.error().field;
    if (!answer) std::abort();
    return *std::move(answer);
}

template <class T>
FailureKind kind_of(const Expected<T>& answer) {
    EXPECT_FALSE(answer);
    return answer ? FailureKind::internal : answer.error().kind;
}

Store memory() {
    return value_of(Store::open({.url = "memory:"}));
}

Order order(const std::string& customer, int minute = 0) {
    Order out;
    out.customer = customer;
    out.placed_at = noon + std::chrono::minutes{minute};
    return out;
}

Records<Order> orders_in(const Store& store) {
    Records<Order> table(store);
    EXPECT_TRUE(table.create_table());
    return table;
}

TEST(Records, EveryKindOfMemberComesBackAsItWent) {
    const Store store = memory();
    auto table = orders_in(store);
    Order full = order("c1");
    full.cents = -12'345;
    full.weight = 1.25;
    full.express = true;
    full.colour = orders::Colour::green;
    full.note = "by hand";
    full.lines = {"one", "two"};
    full.counts = {{"a", 1}, {"b", 2}};
    full.tags = {"x", "y"};
    full.seal = {std::string("\0\xff", 2)};
    full.exact = Decimal("12345678901234567890123456789012345678");
    full.extra = {{"Free", Value(ValueList{Value(true), Value("x")})}};
    const Order stored = value_of(table.put(full));
    EXPECT_EQ(stored.version, 1);
    EXPECT_GT(stored.created, noon);
    EXPECT_EQ(stored.created, stored.updated);
    const auto read = value_of(table.get("c1", noon));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, stored);
    full.version = stored.version;
    full.created = stored.created;
    full.updated = stored.updated;
    EXPECT_EQ(*read, full);
}

TEST(Records, EmptyMembersAreLeftOutAndComeBackEmpty) {
    const Store store = memory();
    auto table = orders_in(store);
    const Order stored = value_of(table.put(order("c1")));
    EXPECT_EQ(*value_of(table.get("c1", noon)), stored);
    const auto raw = value_of(
        table.untyped().get({{"Customer", "c1"}, {"PlacedAt", Value(instant_text(noon))}}, true));
    ASSERT_TRUE(raw);
    EXPECT_EQ(raw->find("Note"), nullptr);
    EXPECT_EQ(raw->find("Tags"), nullptr);
}

TEST(Records, TheSlowerOfTwoWritersIsTold) {
    const Store store = memory();
    auto table = orders_in(store);
    const Order stored = value_of(table.put(order("c1")));
    Order mine = stored;
    mine.cents = 1;
    Order theirs = stored;
    theirs.cents = 2;
    EXPECT_EQ(value_of(table.put(mine)).version, 2);
    EXPECT_EQ(kind_of(table.put(theirs)), FailureKind::conflict);
    EXPECT_EQ(kind_of(table.put(order("c1"))), FailureKind::already_exists);
    EXPECT_EQ(kind_of(table.remove_this(stored)), FailureKind::conflict);
    EXPECT_EQ(value_of(table.get("c1", noon))->cents, 1);
}

TEST(Records, UpdatesChangeSingleMembers) {
    const Store store = memory();
    auto table = orders_in(store);
    (void)value_of(table.put(order("c1")));
    Changes<Order> changes;
    changes.set<&Order::note>("late").add<&Order::cents>(50).if_version(1);
    const Order updated = value_of(table.update(changes, "c1", noon));
    EXPECT_EQ(updated.note, "late");
    EXPECT_EQ(updated.cents, 50);
    EXPECT_EQ(updated.version, 2);
    EXPECT_EQ(kind_of(table.update(changes, "c1", noon)), FailureKind::conflict);
    EXPECT_EQ(kind_of(table.update(Changes<Order>().set<&Order::cents>(1), "ghost", noon)),
              FailureKind::not_found);
    const Order cleared =
        value_of(table.update(Changes<Order>().set<&Order::note>(std::nullopt), "c1", noon));
    EXPECT_FALSE(cleared.note);
}

TEST(Records, QueriesByKeyAndByIndexArePaged) {
    const Store store = memory();
    auto table = orders_in(store);
    for (int i = 0; i < 25; ++i) {
        Order each = order("c1", i);
        each.cents = i;
        if (i % 2 == 0) each.note = "even";
        (void)value_of(table.put(each));
    }
    std::vector<std::int64_t> seen;
    PageOptions options{.limit = 10};
    int pages = 0;
    do {
        const auto page = value_of(table.query("c1", options));
        for (const Order& each : page.records) seen.push_back(each.cents);
        options.next = page.next;
        ++pages;
    } while (options.next && pages < 10);
    ASSERT_EQ(seen.size(), 25U);
    EXPECT_TRUE(std::ranges::is_sorted(seen));

    const auto late = value_of(table.query("c1", at_least(noon + 20min)));
    EXPECT_EQ(late.records.size(), 5U);
    const auto middle = value_of(table.query("c1", between(noon + 3min, noon + 5min)));
    EXPECT_EQ(middle.records.size(), 3U);
    const auto last = value_of(table.query("c1", {.limit = 1, .descending = true}));
    EXPECT_EQ(last.records.at(0).cents, 24);

    EXPECT_EQ(value_of(table.query_by<&Order::note>("even")).records.size(), 13U);
    EXPECT_EQ(value_of(table.query_by<&Order::note>("even", less_than(5))).records.size(), 3U);
    EXPECT_TRUE(value_of(table.query_by<&Order::note>("odd")).records.empty());

    int visited = 0;
    EXPECT_EQ(value_of(table.for_each_in("c1", [&](const Order&) { ++visited; }, {.limit = 7})),
              25);
    EXPECT_EQ(visited, 25);
    EXPECT_EQ(value_of(table.for_each([&](const Order& each) { return each.cents < 9; })), 10);
}

TEST(Records, ATransactionWritesAllOrNothing) {
    const Store store = memory();
    auto table = orders_in(store);
    Records<Job> jobs(store);
    ASSERT_TRUE(jobs.create_table());
    Transaction good(store);
    (void)value_of(table.put(good, order("c1")));
    (void)value_of(jobs.put(good, Job{.id = 1, .what = "pack"}));
    EXPECT_EQ(good.size(), 2U);
    EXPECT_FALSE(value_of(table.get("c1", noon)));
    ASSERT_TRUE(good.commit());
    EXPECT_TRUE(value_of(table.get("c1", noon)));
    EXPECT_TRUE(value_of(jobs.get(1)));

    Transaction bad(store);
    (void)value_of(jobs.put(bad, Job{.id = 2, .what = "send"}));
    (void)value_of(table.insert(bad, order("c1")));
    EXPECT_EQ(kind_of(bad.commit()), FailureKind::conflict);
    EXPECT_FALSE(value_of(jobs.get(2)));
}

TEST(Records, AStoredAttributeThatDoesNotFitIsNamed) {
    const Store store = memory();
    Records<Job> jobs(store);
    ASSERT_TRUE(jobs.create_table());
    ASSERT_TRUE(jobs.untyped().put({{"Id", 1}, {"What", 5}}, false));
    const auto read = jobs.get(1);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, FailureKind::corrupt);
    EXPECT_EQ(read.error().field, "What");
}

TEST(Records, MarkingIsConditional) {
    const Store store = memory();
    Records<Record> table(store);
    ASSERT_TRUE(table.create_table());
    EXPECT_EQ(kind_of(table.mark_processed("ACC1", "2026")), FailureKind::not_found);
    EXPECT_TRUE(value_of(table.unprocessed()).records.empty());
    Record record;
    record.account_id = "ACC1";
    record.run_time = "2026";
    record.document_id = "DOC1";
    (void)value_of(table.put(record));
    EXPECT_EQ(value_of(table.unprocessed()).records.size(), 1U);
    EXPECT_EQ(value_of(table.mark_processed("ACC1", "2026")), Marked::marked);
    EXPECT_EQ(value_of(table.mark_processed("ACC1", "2026")), Marked::already);
    EXPECT_EQ(value_of(table.processed()).records.at(0).processed, 1);
}

TEST(RecordProcessor, CallsTheFunctionOnItsThreadsAndReportsEveryRecord) {
    const Store store = memory();
    Records<Job> jobs(store);
    ASSERT_TRUE(jobs.create_table());
    for (int i = 0; i < 40; ++i) (void)value_of(jobs.put(Job{.id = i, .what = "x"}));
    std::mutex mutex;
    std::set<std::thread::id> threads;
    std::map<int, int> runs;
    std::atomic<int> told{0};
    ProcessorOptions options{.max_workers = 4};
    options.backoff_base = 1ms;
    options.max_retries = 1;
    options.max_iterations = 2;
    options.count_first = true;
    options.on_progress = [&](const ProcessingProgress& progress) {
        EXPECT_EQ(progress.total, 40);
        ++told;
    };
    RecordProcessor<Job> processor(store, options);
    const auto report =
        value_of(processor.process_all([&](const Job& job, const Attempt& attempt) -> Expected<> {
            {
                const std::scoped_lock lock(mutex);
                threads.insert(std::this_thread::get_id());
                ++runs[job.id];
            }
            std::this_thread::sleep_for(2ms);
            if (job.id == 3) return std::unexpected(Failure{FailureKind::denied, "no"});
            if (job.id == 4) throw std::runtime_error("always");
            if (job.id == 5 && attempt.number() == 1) {
                return std::unexpected(Failure{FailureKind::unavailable, "later"});
            }
            return {};
        }));
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.processed, 38);
    EXPECT_EQ(report.quarantined, 2);
    EXPECT_EQ(threads.size(), 4U);
    EXPECT_EQ(runs[3], 1);
    EXPECT_EQ(runs[4], 4);
    EXPECT_EQ(runs[5], 2);
    ASSERT_EQ(report.outcomes.size(), 40U);
    ASSERT_EQ(report.errors().size(), 2U);
    EXPECT_EQ(report.errors()[0].failure->message, "no");
    EXPECT_EQ(report.errors()[1].failure->message, "it threw: always");
    EXPECT_GE(told, 40);
    EXPECT_EQ(value_of(jobs.count(WorkState::quarantined)), 2);
}

TEST(RecordProcessor, CanBeStoppedFromAnotherThread) {
    const Store store = memory();
    Records<Job> jobs(store);
    ASSERT_TRUE(jobs.create_table());
    for (int i = 0; i < 50; ++i) (void)value_of(jobs.put(Job{.id = i}));
    ProcessorOptions options{.max_workers = 2};
    options.grace = 0ms;
    RecordProcessor<Job> processor(store, options);
    std::atomic<bool> begun{false};
    std::thread stopper([&] {
        while (!begun) std::this_thread::sleep_for(1ms);
        processor.stop();
    });
    const auto report =
        value_of(processor.process_all([&](const Job&, const Attempt& attempt) -> Expected<> {
            begun = true;
            while (!attempt.stopping()) std::this_thread::sleep_for(1ms);
            return std::unexpected(Failure{FailureKind::stopped, "as asked"});
        }));
    stopper.join();
    EXPECT_FALSE(report.complete);
    EXPECT_EQ(report.processed, 0);
    EXPECT_EQ(value_of(jobs.count(WorkState::unprocessed)), 50);
}

TEST(RecordProcessor, ASecondOneMayNotWorkOnATableOfADirectory) {
    const Store store = memory();
    Records<Job> jobs(store);
    ASSERT_TRUE(jobs.create_table());
    (void)value_of(jobs.put(Job{.id = 1}));
    std::atomic<bool> begun{false};
    std::atomic<bool> go_on{false};
    std::thread first([&] {
        RecordProcessor<Job> processor(store);
        EXPECT_EQ(value_of(processor.process_all([&](const Job&) {
                      begun = true;
                      while (!go_on) std::this_thread::sleep_for(1ms);
                  })).processed,
                  1);
    });
    while (!begun) std::this_thread::sleep_for(1ms);
    RecordProcessor<Job> second(store);
    EXPECT_EQ(kind_of(second.process_all([](const Job&) {})), FailureKind::conflict);
    go_on = true;
    first.join();
    EXPECT_TRUE(value_of(second.process_all([](const Job&) {})).complete);
}

TEST(RecordProcessor, NamesTheOptionThatIsWrong) {
    const Store store = memory();
    Records<Job> jobs(store);
    ASSERT_TRUE(jobs.create_table());
    RecordProcessor<Job> processor(store, {.max_workers = 0});
    const auto report = processor.process_all([](const Job&) {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().field, "max_workers");
}

TEST(Store, SaysWhatIsWrongWithItsUrl) {
    const auto store = Store::open({.url = "nonsense"});
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, FailureKind::invalid);
    EXPECT_EQ(store.error().field, "url");
}

}  // namespace
}  // namespace carillon
