// The outbox, as embedders use it: over a real store, with real threads.

#include "carillon/example_models.hpp"
#include "carillon/outbox.hpp"
#include "carillon/records.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace carillon {
namespace {

using namespace std::chrono_literals;
using examples::User;

template <class T>
T value_of(Expected<T> answer) {
    EXPECT_TRUE(answer) << answer.error().message << " " << answer.error().field;
    if (!answer) std::abort();
    if constexpr (!std::is_void_v<T>) return *std::move(answer);
}

struct World {
    Store store = value_of(Store::open({.url = "memory:"}));
    Records<User> users{store};
    Outbox outbox{store, {.poll_interval = 10ms, .max_retries = 2, .base_backoff = 1ms}};
    std::mutex mutex;
    std::vector<std::string> handled;

    World() {
        value_of(users.create_table());
        value_of(outbox.create_table());
    }

    Outbox::Handler handler() {
        return [this](const Event& event) -> Expected<> {
            const std::scoped_lock lock(mutex);
            handled.push_back(event.id);
            return {};
        };
    }

    void wait_for(const std::string& id, EventStatus status) {
        for (int i = 0; i < 2'000; ++i) {
            const auto event = outbox.get(id);
            if (event && event->status == status) return;
            std::this_thread::sleep_for(5ms);
        }
        ADD_FAILURE() << id << " did not get there";
    }
};

User user(const std::string& name) {
    User out;
    out.pk = name;
    out.sk = "profile";
    return out;
}

TEST(Outbox, AnEventIsPublishedIfAndOnlyIfTheTransactionIsCommitted) {
    World world;
    value_of(world.outbox.on("user.*", world.handler()));
    value_of(world.outbox.start());
    {
        Transaction discarded(world.store);
        (void)value_of(world.users.insert(discarded, user("ann")));
        (void)value_of(world.outbox.emit(discarded, {.id = "lost", .type = "user.made"}));
    }
    Transaction transaction(world.store);
    (void)value_of(world.users.insert(transaction, user("bob")));
    EXPECT_EQ(value_of(world.outbox.emit(
                  transaction, {.id = "e1", .type = "user.made", .payload = R"({"name":"bob"})"})),
              "e1");
    EXPECT_EQ(transaction.size(), 2U);
    value_of(transaction.commit());
    world.wait_for("e1", EventStatus::completed);

    Transaction refused(world.store);
    (void)value_of(world.users.insert(refused, user("bob")));
    (void)value_of(world.outbox.emit(refused, {.id = "e2", .type = "user.made"}));
    const auto answer = refused.commit();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, FailureKind::conflict);
    EXPECT_FALSE(world.outbox.get("e2"));
    EXPECT_FALSE(world.outbox.get("lost"));
    const std::scoped_lock lock(world.mutex);
    EXPECT_EQ(world.handled, std::vector<std::string>{"e1"});
}

TEST(Outbox, WhatAHandlerThrowsIsAFailedAttemptAndEndsAsADeadLetter) {
    World world;
    value_of(world.outbox.on(
        "bad", [](const Event&) -> Expected<> { throw std::runtime_error("out of paper"); }));
    value_of(world.outbox.start());
    (void)value_of(world.outbox.emit({.id = "e1", .type = "bad"}));
    world.wait_for("e1", EventStatus::failed);
    const Event event = value_of(world.outbox.get("e1"));
    EXPECT_NE(event.last_error.find("out of paper"), std::string::npos) << event.last_error;
    const auto page = value_of(world.outbox.list(EventStatus::failed));
    ASSERT_EQ(page.records.size(), 1U);
    EXPECT_EQ(value_of(world.outbox.retry({"e1"})), 1);
}

TEST(Outbox, HandlersStayOverAStopAndAStart) {
    World world;
    value_of(world.outbox.on("user.*", world.handler()));
    EXPECT_EQ(world.outbox.on("user.*", world.handler()).error().kind, FailureKind::already_exists);
    value_of(world.outbox.start());
    (void)value_of(world.outbox.emit({.id = "e1", .type = "user.made"}));
    world.wait_for("e1", EventStatus::completed);
    world.outbox.stop();
    (void)value_of(world.outbox.emit({.id = "e2", .type = "user.made"}));
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(value_of(world.outbox.get("e2")).status, EventStatus::created);
    value_of(world.outbox.start());
    world.wait_for("e2", EventStatus::completed);
}

TEST(Outbox, ASecondOneMayEmitButNotWorkOnTheTable) {
    World world;
    value_of(world.outbox.on("user.*", world.handler()));
    value_of(world.outbox.start());
    Outbox second(world.store);
    EXPECT_EQ(second.start().error().kind, FailureKind::conflict);
    (void)value_of(second.emit({.id = "e1", .type = "user.made"}));
    world.wait_for("e1", EventStatus::completed);
}

TEST(Outbox, SaysWhatIsWrongWithAnEvent) {
    World world;
    EXPECT_EQ(world.outbox.emit({.type = "x", .payload = "{"}).error().field, "payload");
    EXPECT_EQ(world.outbox.emit({.type = "x", .metadata = "5"}).error().field, "metadata");
    EXPECT_EQ(world.outbox.emit({.type = ""}).error().kind, FailureKind::invalid);
    Outbox wrong(world.store, {.workers = 0});
    EXPECT_EQ(wrong.create_table().error().field, "workers");
}

}  // namespace
}  // namespace carillon
