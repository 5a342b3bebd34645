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
        add("a://x", first);
        add("b://x", second);
    }

    void add(std::string url) { add(std::move(url), second); }

    void add(std::string url, Seen& seen) {
        auto made = std::make_unique<InProcessBus>();
        made->subscribe("*", [&seen](Message message) { return note(seen, std::move(message)); });
        publishers.add(std::move(url), std::move(made));
    }

    ~Rig() { world.finish(publishers.close()); }

    Result<> publish(std::string type,
                     std::string destination,
                     std::vector<std::string> urls = {"a://x", "b://x"}) {
        Router router(publishers, std::move(urls));
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

TEST(Router, PasswordsAndOptionsOfConfiguredUrlsNeedNotBeNamed) {
    Rig rig;
    rig.add("c://user:secret@y?db=1");
    const std::vector<std::string> urls{"a://x", "c://user:secret@y?db=1"};
    EXPECT_TRUE(rig.publish("t", "c://y#topic", urls));
    EXPECT_EQ(rig.second, (Seen{"t to topic"}));
    const std::vector<std::string> twice{"c://user:secret@y?db=1", "c://user:secret@y?db=2"};
    EXPECT_TRUE(rig.publish("t", "c://y", twice).error().message.contains("several"));
    EXPECT_FALSE(rig.publish("t", "c://other:wrong@y", urls));
}

TEST(Router, TellsBeforeSendingWhatNoPublisherTakes) {
    Rig rig;
    Router router(rig.publishers, {"a://x", "b://user:secret@x/v?db=1", "https://h/secret?k=1"});
    const auto check = [&](std::string destination) {
        Message message;
        message.id = "1";
        message.type = message.destination = std::move(destination);
        return router.check(message);
    };
    EXPECT_TRUE(check("topic"));
    EXPECT_TRUE(check("a://x#topic"));
    const auto wrong = check("redis://me:mine@internal#topic");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().field, "destination");
    EXPECT_EQ(wrong.error().message,
              "redis://internal is none of this server's publishers, which are a://x, b://x/v, "
              "https://h; others are added by --publishers (CARILLON_PUBLISHERS, publishers in "
              "carillon.toml)");
    EXPECT_TRUE(rig.first.empty());
}

}  // namespace
}  // namespace carillon::bus
