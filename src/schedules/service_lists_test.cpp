// Lists are complete: whoever follows the cursors sees everything once, however few rows a page may
// read, and a page without a cursor is the last.

#include "queue/faulty_store_test.hpp"
#include "schedules/service_rig_test.hpp"

#include <algorithm>
#include <set>

namespace carillon::schedules::testing {
namespace {

constexpr std::string_view yearly = R"("trigger":{"type":"CRON","cron":"0 0 1 1 *"})";

/// All pages of a list, and how many of them were short although more followed.
struct Walked {
    std::vector<std::string> ids{};
    int pages = 0;
    int short_pages = 0;
};

template <class Request, class Ask>
Walked walk(Request request, const Ask& ask) {
    Walked walked;
    for (;;) {
        Request next = request;
        const auto page = ask(std::move(next));
        EXPECT_TRUE(page) << describe(page.error());
        if (!page) return walked;
        for (const auto& item : page->items) walked.ids.push_back(item.id);
        ++walked.pages;
        EXPECT_LT(walked.pages, 1'000);
        if (!page->next_cursor || walked.pages == 1'000) return walked;
        if (std::ssize(page->items) < request.limit) ++walked.short_pages;
        request.cursor = page->next_cursor;
    }
}

struct ListsOf : Rig {
    explicit ListsOf(std::int64_t read_max) : Rig({.page_read_max = read_max}) {}

    Walked schedules(ListRequest request) {
        return walk(std::move(request), [&](ListRequest next) {
            return finish(service->list("acme", std::move(next)));
        });
    }

    Walked runs(RunsRequest request) {
        return walk(std::move(request), [&](RunsRequest next) {
            return finish(service->list_runs("acme", std::move(next)));
        });
    }
};

TEST(Lists, OfSchedulesAreCompleteUnderEveryFilterAndLimit) {
    ListsOf rig(7);
    std::vector<std::string> on;
    std::vector<std::string> off;
    for (int i = 0; i < 60; ++i) {
        const bool enabled = i % 20 == 3;
        const Schedule made =
            rig.create(std::string(yearly) + (enabled ? "" : R"(,"enabled":false)"));
        (enabled ? on : off).insert((enabled ? on : off).begin(), made.id);
        rig.run_for(10ms);
    }
    rig.create(std::string(yearly), "other");
    for (const std::int64_t limit : {1, 2, 3, 7, 8, 50, 100}) {
        const Walked few = rig.schedules({.enabled = true, .limit = limit});
        EXPECT_EQ(few.ids, on) << limit;
        EXPECT_EQ(rig.schedules({.enabled = false, .limit = limit}).ids, off) << limit;
        const Walked all = rig.schedules({.limit = limit});
        EXPECT_EQ(all.ids.size(), 60U) << limit;
        EXPECT_EQ(all.pages, (60 + limit - 1) / limit) << "no filter, no short page";
    }
    EXPECT_GT(rig.schedules({.enabled = true, .limit = 2}).short_pages, 0)
        << "the filter and the bound were tried";
    // By number: whole, however much must be read.
    const auto first =
        rig.finish(rig.service->list("acme", {.enabled = true, .limit = 3, .whole = true}));
    EXPECT_EQ(first->items.size(), 3U);
    const auto last = rig.finish(
        rig.service->list("acme", {.enabled = false, .limit = 50, .whole = true, .skip = 50}));
    EXPECT_EQ(last->items.size(), 7U);
    EXPECT_EQ(rig.finish(rig.service->count("acme", {})), 60);
    EXPECT_EQ(rig.finish(rig.service->count("acme", {.enabled = true})), 3);
    EXPECT_EQ(rig.finish(rig.service->count("acme", {.enabled = false})), 57);
}

TEST(Lists, OfRunsAreCompleteUnderEveryFilterAndLimit) {
    ListsOf rig(7);
    rig.sender.status = [](const FakeSender::Call& call) {
        return call.body.is_object() && call.body.as_object().contains("fails") ? 503 : 200;
    };
    const Schedule schedule = rig.create(std::string(yearly) + R"(,"policy":{"maxAttempts":1})");
    rig.create(R"("trigger":{"type":"CRON","cron":"* * * * *"})");
    std::vector<std::string> failed;
    std::vector<std::string> succeeded;
    std::vector<std::string> waiting;
    for (int i = 0; i < 45; ++i) {
        TriggerRequest request;
        std::vector<std::string>& kind = i % 15 == 4 ? failed : i % 9 == 2 ? waiting : succeeded;
        if (&kind == &failed) request.payload = json(R"({"fails":true})");
        if (&kind == &waiting) request.fire_at = noon + 24h + i * 1s;
        const auto made = rig.finish(rig.service->trigger("acme", schedule.id, std::move(request)));
        ASSERT_TRUE(made) << describe(made.error());
        kind.insert(kind.begin(), made->run.id);
        rig.run_for(20s);
    }
    for (const std::int64_t limit : {1, 2, 6, 7, 20, 100}) {
        RunsRequest request{.schedule_id = schedule.id, .limit = limit};
        EXPECT_EQ(rig.runs(request).ids.size(), 45U) << limit;
        request.status = RunStatus::failed;
        EXPECT_EQ(rig.runs(request).ids, failed) << limit;
        request.status = RunStatus::succeeded;
        EXPECT_EQ(rig.runs(request).ids, succeeded) << limit;
        request.status = RunStatus::pending;
        EXPECT_EQ(rig.runs(request).ids, waiting) << limit;
        request = {.status = RunStatus::failed, .limit = limit};
        EXPECT_EQ(rig.runs(request).ids, failed) << "through the index, " << limit;
        request = {.status = RunStatus::pending, .limit = limit};
        EXPECT_EQ(rig.runs(request).ids, waiting) << "of all schedules, " << limit;
    }
}

TEST(Lists, AScheduleIsFoundByItsNameWithoutReadingTheOthers) {
    Rig rig;
    rig.stop();
    queue::testing::FaultyStore store(*rig.database, rig.loop, rig.random, {});
    Service service(
        rig.loop, store, rig.sender, nullptr, rig.random, rig.log, rig.metrics, ServiceOptions{});
    ASSERT_TRUE(rig.finish(service.start(false)));
    const auto make = [&](int number) {
        return rig.finish(service.create(
            "acme",
            json(R"({"name":"s)" + std::to_string(number) + R"(",)" + std::string(yearly) +
                 R"(,"target":{"kind":"HTTP","http":{"url":"https://example.com/"}}})")));
    };
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(make(i));
    store.items_read = 0;
    const auto page = rig.finish(service.list("acme", {.name = "s17"}));
    ASSERT_TRUE(page) << describe(page.error());
    ASSERT_EQ(page->items.size(), 1U);
    EXPECT_EQ(page->items[0].name, "s17");
    EXPECT_EQ(rig.finish(service.count("acme", {.name = "s17"})), 1);
    EXPECT_EQ(rig.finish(service.count("acme", {.enabled = false, .name = "s17"})), 0);
    EXPECT_TRUE(rig.finish(service.list("acme", {.name = "s99"}))->items.empty());
    EXPECT_TRUE(rig.finish(service.list("other", {.name = "s17"}))->items.empty());
    EXPECT_EQ(store.items_read, 0U);
    rig.finish(service.stop(0s));
}

}  // namespace
}  // namespace carillon::schedules::testing
