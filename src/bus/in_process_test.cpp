#include "bus/in_process.hpp"

#include "runtime/simulated_test.hpp"

#include <stdexcept>

namespace carillon::bus {
namespace {

constexpr TimePoint noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 27} +
                         std::chrono::hours{12}};

Message message(std::string id, std::string type) {
    Message made;
    made.id = std::move(id);
    made.type = std::move(type);
    return made;
}

Task<Result<>> note(std::vector<std::string>& seen, Message given) {
    seen.push_back(given.id);
    if (given.id == "bad") co_return fail(Errc::unavailable, "not now");
    co_return Result<>{};
}

Task<Result<>> throwing() {
    throw std::runtime_error("oh");
    co_return Result<>{};
}

TEST(InProcessBus, PatternsMeanATypeAFamilyOrAll) {
    EXPECT_TRUE(matches("order.placed", "order.placed"));
    EXPECT_TRUE(matches("order.*", "order.placed"));
    EXPECT_TRUE(matches("order.*", "order.item.added"));
    EXPECT_TRUE(matches("*", "anything"));
    EXPECT_FALSE(matches("order.*", "order"));
    EXPECT_FALSE(matches("order.*", "order."));
    EXPECT_FALSE(matches("order.*", "orders.placed"));
    EXPECT_FALSE(matches("order.placed", "order.placed.twice"));
}

TEST(InProcessBus, EveryMessageHasTheAnswerOfItsHandlers) {
    runtime::testing::Simulated world(noon);
    InProcessBus bus;
    std::vector<std::string> seen;
    bus.subscribe("order.*", [&seen](Message given) { return note(seen, std::move(given)); });
    bus.subscribe("order.thrown", [](Message) { return throwing(); });
    std::vector<Message> batch;
    batch.push_back(message("good", "order.placed"));
    batch.push_back(message("bad", "order.placed"));
    batch.push_back(message("alone", "user.added"));
    batch.push_back(message("thrown", "order.thrown"));
    const auto results = world.finish(bus.publish(std::move(batch)));
    ASSERT_EQ(results.size(), 4U);
    EXPECT_TRUE(results[0]);
    EXPECT_EQ(results[1].error().code, Errc::unavailable);
    EXPECT_EQ(results[2].error().code, Errc::not_found);
    EXPECT_EQ(results[3].error().code, Errc::internal);
    EXPECT_EQ(seen, (std::vector<std::string>{"good", "bad", "thrown"}));
}

TEST(InProcessBus, TakesNothingOnceItIsClosed) {
    runtime::testing::Simulated world(noon);
    InProcessBus bus;
    world.finish(bus.close());
    std::vector<Message> batch;
    batch.push_back(message("late", "order.placed"));
    EXPECT_EQ(world.finish(bus.publish(std::move(batch))).at(0).error().code, Errc::cancelled);
}

}  // namespace
}  // namespace carillon::bus
