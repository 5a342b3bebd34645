// Selections of webhooks: pages, filters, batches, the dry run.

#include "runtime/turn.hpp"
#include "webhooks/service_rig_test.hpp"

#include <set>

namespace carillon::webhooks::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void fill(Rig& rig, int count, TimePoint from, const std::string& name_space = "shop") {
    std::vector<Registration> many;
    for (int i = 0; i < count; ++i) {
        many.push_back(
            Rig::registration(from + Duration{i * 1'000}, "w" + std::to_string(i), name_space));
    }
    for (const auto& made : rig.finish(rig.service->register_many(std::move(many)))) {
        ASSERT_TRUE(made) << describe(made.error());
    }
}

TEST(Fetch, GoesByScheduleEitherWay) {
    Rig rig;
    rig.begin(false);
    rig.add("c", noon + 1s);
    rig.add("a", noon + 3s);
    rig.add("b", noon + 2s);
    rig.add(Rig::registration(noon, "other", "blog"));
    EXPECT_THAT(rig.ids({.name_space = "shop"}), ElementsAre("c", "b", "a"));
    std::vector<std::string> down;
    for (const auto& w :
         rig.fetch({.selection = {.name_space = "shop"}, .descending = true}).items) {
        down.push_back(w.id);
    }
    EXPECT_THAT(down, ElementsAre("a", "b", "c"));
    EXPECT_THAT(rig.ids({.name_space = "none"}), IsEmpty());
}

TEST(Fetch, Filters) {
    Rig rig;
    rig.begin(false);
    rig.add("a1", noon + 1s);
    rig.add("a2", noon + 2s);
    rig.add("b1", noon + 3s);
    rig.add("b2", noon + 4s);
    ASSERT_TRUE(rig.finish(rig.service->suspend("shop", "a2")));
    ASSERT_TRUE(rig.finish(rig.service->suspend("shop", "b2")));

    struct Case {
        const char* name;
        Selection selection;
        std::vector<std::string> want;
    };

    const Case cases[] = {
        {"prefix", {.id_prefix = "a"}, {"a1", "a2"}},
        {"whole id", {.id_prefix = "b1"}, {"b1"}},
        {"empty prefix", {.id_prefix = ""}, {"a1", "a2", "b1", "b2"}},
        {"no such prefix", {.id_prefix = "x"}, {}},
        {"status", {.status = Status::suspended}, {"a2", "b2"}},
        {"status and prefix", {.id_prefix = "b", .status = Status::suspended}, {"b2"}},
        {"no such status", {.status = Status::completed}, {}},
        {"from, inclusive", {.from = noon + 3s}, {"b1", "b2"}},
        {"to, inclusive", {.to = noon + 2s}, {"a1", "a2"}},
        {"from and to", {.from = noon + 2s, .to = noon + 3s}, {"a2", "b1"}},
        {"one instant", {.from = noon + 2s, .to = noon + 2s}, {"a2"}},
        {"prefix and from", {.id_prefix = "b", .from = noon + 4s}, {"b2"}},
        {"prefix and to", {.id_prefix = "a", .to = noon + 1s}, {"a1"}},
        {"all of them",
         {.id_prefix = "b", .status = Status::pending, .from = noon + 1s, .to = noon + 4s},
         {"b1"}},
    };
    for (const Case& c : cases) {
        Selection selection = c.selection;
        selection.name_space = "shop";
        EXPECT_EQ(rig.ids(selection), c.want) << c.name;
    }
}

Task<> count_turns(runtime::Loop& loop, const bool& done, int& turns) {
    while (!done) {
        ++turns;
        co_await runtime::next_turn(loop);
    }
}

Task<std::size_t> fetch_and_tell(Service& service, Fetch fetch, bool& done) {
    const auto page = co_await service.fetch(std::move(fetch));
    done = true;
    co_return page ? page->items.size() : 0;
}

TEST(Fetch, LeavesTheLoopToTheDeliveriesBetweenSlices) {
    for (const bool by_status : {false, true}) {
        Rig rig;
        rig.begin(false);
        std::vector<Registration> many;
        for (int i = 0; i < 500; ++i) {
            many.push_back(Rig::registration(noon + 1h, "w" + std::to_string(i)));
        }
        rig.finish(rig.service->register_many(std::move(many)));
        bool done = false;
        int turns = 0;
        rig.group.spawn(count_turns(rig.loop, done, turns));
        Fetch fetch{.selection = {.name_space = "shop"}, .limit = 500};
        if (by_status) fetch.selection.status = Status::pending;
        EXPECT_EQ(rig.finish(fetch_and_tell(*rig.service, std::move(fetch), done)), 500U);
        EXPECT_GE(turns, 5) << by_status;
    }
}

TEST(Fetch, PagesThroughEverythingOnce) {
    Rig rig;
    rig.begin(false);
    fill(rig, 57, noon + 1h);
    for (const bool descending : {false, true}) {
        for (const std::optional<std::string>& prefix :
             {std::optional<std::string>(), std::optional<std::string>("w")}) {
            for (const std::int64_t limit : {1, 10, 19, 56, 57, 58}) {
                std::vector<std::string> seen;
                std::optional<std::string> next;
                int pages = 0;
                do {
                    const FetchPage page =
                        rig.fetch({.selection = {.name_space = "shop", .id_prefix = prefix},
                                   .descending = descending,
                                   .limit = limit,
                                   .start_key = next});
                    EXPECT_LE(page.items.size(), static_cast<std::size_t>(limit));
                    for (const Webhook& w : page.items) seen.push_back(w.id);
                    next = page.next_key;
                    ++pages;
                } while (next && pages < 100);
                EXPECT_EQ(seen.size(), 57U) << limit;
                EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 57U);
                // No page too many: the last one says that it is the last.
                EXPECT_EQ(pages, (57 + limit - 1) / limit);
            }
        }
    }
}

TEST(Fetch, PagesThroughAFilter) {
    Rig rig;
    rig.begin(false);
    fill(rig, 50, noon + 1h);
    for (int i = 0; i < 50; i += 3) {
        ASSERT_TRUE(rig.finish(rig.service->suspend("shop", "w" + std::to_string(i))));
    }
    Fetch fetch{.selection = {.name_space = "shop", .status = Status::suspended}, .limit = 5};
    std::size_t seen = 0;
    int pages = 0;
    do {
        const FetchPage page = rig.fetch(fetch);
        seen += page.items.size();
        fetch.start_key = page.next_key;
        ++pages;
    } while (fetch.start_key && pages < 100);
    EXPECT_EQ(seen, 17U);
    EXPECT_EQ(pages, 4);
}

TEST(Fetch, PagesThroughRunningOnes) {
    Rig rig;
    rig.sender.delay = 1h;
    rig.begin();
    fill(rig, 9, noon - 1h);
    rig.run_for(1s);
    Fetch fetch{.selection = {.name_space = "shop", .status = Status::processing}, .limit = 4};
    std::vector<std::string> seen;
    for (int pages = 0; pages < 5; ++pages) {
        const FetchPage page = rig.fetch(fetch);
        for (const Webhook& w : page.items) seen.push_back(w.id);
        fetch.start_key = page.next_key;
        if (!fetch.start_key) break;
    }
    EXPECT_THAT(seen, ElementsAre("w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8"));
}

TEST(Fetch, RefusesBadInput) {
    Rig rig;
    rig.begin(false);
    rig.add("a", noon + 1h);
    rig.add("b", noon + 2h);
    const std::string key = *rig.fetch({.selection = {.name_space = "shop"}, .limit = 1}).next_key;

    struct Case {
        Fetch fetch;
        const char* field;
    };

    const Case cases[] = {
        {{.selection = {.name_space = ""}}, "namespace"},
        {{.selection = {.name_space = "shop"}, .limit = 0}, "limit"},
        {{.selection = {.name_space = "shop"}, .limit = 1'001}, "limit"},
        {{.selection = {.name_space = "shop"}, .limit = -1}, "limit"},
        {{.selection = {.name_space = "shop", .from = noon, .to = noon - 1ms}}, "to"},
        {{.selection = {.name_space = "shop"}, .start_key = "nonsense"}, "startKey"},
        {{.selection = {.name_space = "shop"}, .start_key = ""}, "startKey"},
        {{.selection = {.name_space = "blog"}, .start_key = key}, "startKey"},
    };
    for (const Case& c : cases) {
        const auto page = rig.finish(rig.service->fetch(c.fetch));
        ASSERT_FALSE(page) << c.field;
        EXPECT_EQ(page.error().code, Errc::invalid);
        EXPECT_EQ(page.error().field, c.field);
    }
}

TEST(RemoveMany, WorksInChunksAndReports) {
    Rig rig;
    rig.begin(false);
    fill(rig, 1'250, noon + 1h);
    fill(rig, 5, noon + 1h, "blog");
    const auto report =
        rig.finish(rig.service->remove_many({.name_space = "shop", .to = noon + 1h + 1'099s}));
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->count, 1'100);
    EXPECT_EQ(report->errors, 0);
    EXPECT_EQ(report->items.size(), BatchReport::report_max);
    EXPECT_EQ(report->items.front().id, "w0");
    EXPECT_EQ(report->items.front().schedule, noon + 1h);
    EXPECT_EQ(rig.finish(rig.service->clear("shop"))->count, 150);
    EXPECT_EQ(rig.ids({.name_space = "shop"}).size(), 0U);
    EXPECT_EQ(rig.ids({.name_space = "blog"}).size(), 5U);
}

TEST(RemoveMany, TakesOnlyWhatHasTheStatus) {
    Rig rig;
    rig.begin();
    rig.add("done", noon);
    rig.add("waiting", noon + 1h);
    rig.run_for(1s);
    const auto report =
        rig.finish(rig.service->remove_many({.name_space = "shop", .status = Status::completed}));
    EXPECT_EQ(report->count, 1);
    EXPECT_THAT(rig.ids({.name_space = "shop"}), ElementsAre("waiting"));
}

TEST(RemoveMany, TellsRunningOnesFromWaitingOnes) {
    Rig rig;
    rig.sender.delay = 10s;
    rig.begin();
    rig.add("running", noon);
    rig.add("waiting", noon + 1h);
    rig.run_for(1s);
    EXPECT_EQ(
        rig.finish(rig.service->remove_many({.name_space = "shop", .status = Status::pending}))
            ->count,
        1);
    EXPECT_THAT(rig.ids({.name_space = "shop"}), ElementsAre("running"));
    EXPECT_EQ(
        rig.finish(rig.service->remove_many({.name_space = "shop", .status = Status::processing}))
            ->count,
        1);
    rig.run_for(20s);
    EXPECT_THAT(rig.ids({.name_space = "shop"}), IsEmpty());
    EXPECT_EQ(rig.service->stats().dropped, 1U);
}

TEST(SuspendMany, SuspendsThePendingAndCountsTheRest) {
    Rig rig;
    rig.sender.delay = 10s;
    rig.begin();
    rig.add("running", noon);
    fill(rig, 130, noon + 1h);
    ASSERT_TRUE(rig.finish(rig.service->suspend("shop", "w7")));
    rig.run_for(1s);
    const auto report = rig.finish(rig.service->suspend_many({.name_space = "shop"}));
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->count, 129);
    EXPECT_EQ(report->skipped, 2);
    EXPECT_EQ(report->errors, 0);
    rig.run_for(1h + 3min);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
    EXPECT_EQ(rig.get("w0").status, Status::suspended);
    EXPECT_EQ(rig.finish(rig.service->suspend_many(
                             {.name_space = "shop", .from = noon + 1h, .to = noon + 2h}))
                  ->count,
              0);
}

TEST(Batches, ReportWhatTheStoreRefused) {
    Rig rig;
    const auto store = rig.faulty_store();
    rig.service = rig.make(*store, false);
    fill(rig, 150, noon + 1h);
    store->faults().fail_writes = true;
    const auto report = rig.finish(rig.service->clear("shop"));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->count, 0);
    EXPECT_EQ(report->errors, 150);
    store->faults().fail_all = true;
    EXPECT_EQ(rig.finish(rig.service->clear("shop")).error().code, Errc::unavailable);
    store->faults() = {};
    rig.finish(rig.service->stop(0s));
    rig.service.reset();
}

TEST(Batches, EndWhenTheServiceStops) {
    Rig rig;
    rig.begin(false);
    fill(rig, 5, noon + 1h);
    rig.finish(rig.service->stop(0s));
    EXPECT_EQ(rig.finish(rig.service->clear("shop")).error().code, Errc::cancelled);
    EXPECT_EQ(rig.ids({.name_space = "shop"}).size(), 5U);
}

TEST(DryRun, ListsWhatIsDueOldestFirst) {
    Rig rig;
    rig.begin(false);
    rig.add("second", noon - 1s);
    rig.add("first", noon - 2s);
    rig.add("future", noon + 1h);
    rig.add("aside", noon - 3s);
    rig.add(Rig::registration(noon - 5s, "other", "blog"));
    ASSERT_TRUE(rig.finish(rig.service->suspend("shop", "aside")));

    const auto ids = [&](DryRun run) {
        std::vector<std::string> out;
        const auto report = rig.finish(rig.service->trigger_dry_run(std::move(run)));
        EXPECT_TRUE(report);
        EXPECT_EQ(report->count, static_cast<std::int64_t>(report->items.size()));
        for (const auto& entry : report->items) out.push_back(entry.id);
        return out;
    };
    EXPECT_THAT(ids({}), ElementsAre("other", "first", "second"));
    EXPECT_THAT(ids({.name_space = "shop"}), ElementsAre("first", "second"));
    EXPECT_THAT(ids({.id_prefix = "s"}), ElementsAre("second"));
    EXPECT_THAT(ids({.limit = 2}), ElementsAre("other", "first"));
    EXPECT_THAT(ids({.date = noon - 2s}), ElementsAre("other", "first"));
    EXPECT_THAT(ids({.date = noon + 2h, .name_space = "shop"}),
                ElementsAre("first", "second", "future"));
    EXPECT_TRUE(rig.sender.calls.empty());
    EXPECT_EQ(rig.finish(rig.service->trigger_dry_run({.limit = 0})).error().field, "limit");
    EXPECT_EQ(rig.finish(rig.service->trigger_dry_run({.name_space = ""})).error().field,
              "namespace");
}

}  // namespace
}  // namespace carillon::webhooks::testing
