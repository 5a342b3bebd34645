#include "bus/router.hpp"

#include "bus/in_process.hpp"
#include "runtime/simulated_test.hpp"

namespace carillon::bus {
namespace {

constexpr TimePoint noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 27} +
                         std::chrono::hours{12}};

using Seen = std::vector<std::string>;

Task<Result<>> note(Seen& seen, Message message) {
    seen.push_back(message.type + " to " + message.destination);
    co_return Result<>{};
}

struct Rig {
    Rig() {
        for (auto* bus : {&first, &second}) {
            auto made = std::make_unique<InProcessBus>();
            made->subscribe("*", [bus](Message message) { return note(*bus, std::move(message)); });
            publishers.add(bus == &first ? "a://x" : "b://x", std::move(made));
        }
    }

    ~Rig() { world.finish(publishers.close()); }

    Result<> publish(std::string type, std::string destination) {
        Router router(publishers, {"a://x", "b://x"});
        std::vector<Message> batch(1);
        batch[0].id = "1";
        batch[0].type = std::move(type);
        batch[0].destination = std::move(destination);
        return world.finish(router.publish(std::move(batch))).at(0);
    }

    runtime::testing::Simulated world{noon};
    runtime::BlockingPool pool{1};
    SeededRandom random{7};
    Publishers publishers{world.loop, pool, random};
    Seen first;
    Seen second;
};

TEST(Router, TopicsGoToTheFirstPublisher) {
    Rig rig;
    EXPECT_TRUE(rig.publish("t", "topic"));
    EXPECT_TRUE(rig.publish("t", ""));
    EXPECT_EQ(rig.first, (Seen{"t to topic", "t to "}));
}

TEST(Router, AUrlNamesItsPublisherAndMayNameATopic) {
    Rig rig;
    EXPECT_TRUE(rig.publish("t", "b://x"));
    EXPECT_TRUE(rig.publish("t", "b://x#topic"));
    EXPECT_TRUE(rig.publish("b://x#topic", "b://x#topic"));
    EXPECT_EQ(rig.second, (Seen{"t to ", "t to topic", "topic to topic"}));
}

TEST(Router, UrlsThatAreNotConfiguredAreRefused) {
    Rig rig;
    EXPECT_EQ(rig.publish("t", "redis://internal").error().code, Errc::invalid);
    EXPECT_EQ(rig.publish("b://x", "b://x").error().code, Errc::invalid);
    EXPECT_TRUE(rig.first.empty());
}

}  // namespace
}  // namespace carillon::bus
