#include "webhooks/adopter.hpp"

#include "dynamo/embedded/embedded.hpp"
#include "runtime/task_group.hpp"
#include "webhooks/webhook.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace carillon::webhooks {
namespace {

using namespace std::chrono_literals;

const TimePoint noon = parse_instant("2026-11-21T12:00:00Z").value();

struct Rig {
    runtime::SimulatedClock clock{noon};
    runtime::Loop loop{clock};
    std::unique_ptr<dynamo::EmbeddedDatabase> database =
        dynamo::open_embedded({.memory = true, .inline_writer = true}, clock).value();
    Adopter adopter{loop, *database, Log::null(), {}};
    WebhookRows rows{"webhooks", clock};
    runtime::TaskGroup group{loop};

    Rig() { EXPECT_TRUE(wait(database->create_table(table_schema("webhooks")))); }

    template <class T>
    T wait(Task<T> task) {
        std::optional<T> value;
        group.spawn(store(std::move(task), value));
        loop.run_simulated(clock, clock.now() + 1h, [&] { return value.has_value(); });
        if (!value) std::abort();
        return *std::move(value);
    }

    /// As the seed's own library writes it.
    void put(const char* id, TimePoint schedule, Status status = Status::pending) {
        Webhook webhook;
        webhook.name_space = "shop";
        webhook.id = id;
        webhook.url = "https://example.com/hook";
        webhook.method = "GET";
        webhook.schedule = schedule;
        webhook.status = status;
        dynamo::PutRequest request{.table = "webhooks", .item = to_item(webhook)};
        request.item.erase("__due");
        request.item.erase("__dueAt");
        EXPECT_TRUE(wait(database->put_item(std::move(request))));
    }

    dynamo::Item item(const char* id) {
        dynamo::GetRequest request{.table = "webhooks", .key = key_of("shop", id)};
        return wait(database->get_item(std::move(request))).value().value();
    }

private:
    template <class T>
    static Task<> store(Task<T> task, std::optional<T>& value) {
        value.emplace(co_await std::move(task));
    }
};

TEST(Adopter, GivesForeignRowsAPlaceInTheDueIndex) {
    Rig rig;
    rig.put("now", noon - 1min);
    rig.put("soon", noon + 10s);
    rig.put("later", noon + 1min);
    rig.put("done", noon - 1min, Status::completed);
    const auto adopted = rig.wait(rig.adopter.adopt());
    ASSERT_TRUE(adopted) << describe(adopted.error());
    EXPECT_EQ(*adopted, 2U);
    for (const char* id : {"now", "soon"}) {
        const dynamo::Item item = rig.item(id);
        const auto row = rig.rows.read(item);
        ASSERT_TRUE(row);
        EXPECT_EQ(row->state, queue::State::ready);
        EXPECT_EQ(row->due_at, std::string_view(id) == "now" ? noon - 1min : noon + 10s);
        ASSERT_NE(item.find("__due"), nullptr);
        EXPECT_TRUE(item.find("__due")->string()->starts_with("ready#"));
    }
    EXPECT_EQ(rig.item("later").find("__due"), nullptr);
    EXPECT_EQ(rig.item("done").find("__due"), nullptr);
    EXPECT_EQ(*rig.wait(rig.adopter.adopt()), 0U);
}

TEST(Adopter, LooksAgainUntilItIsStopped) {
    Rig rig;
    rig.adopter.start();
    rig.put("later", noon + 1min);
    rig.loop.run_simulated(rig.clock, noon + 40s);
    EXPECT_EQ(rig.item("later").find("__due"), nullptr);
    rig.loop.run_simulated(rig.clock, noon + 55s);
    EXPECT_NE(rig.item("later").find("__due"), nullptr);
    const auto stop = [](Adopter& adopter) -> Task<bool> {
        co_await adopter.stop();
        co_return true;
    };
    EXPECT_TRUE(rig.wait(stop(rig.adopter)));
}

TEST(Adopter, SaysWhatTheStoreSays) {
    Rig rig;
    EXPECT_TRUE(rig.wait(rig.database->delete_table("webhooks")));
    EXPECT_EQ(rig.wait(rig.adopter.adopt()).error().code, Errc::not_found);
}

}  // namespace
}  // namespace carillon::webhooks
