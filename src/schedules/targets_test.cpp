// What is known of a target before anything is sent to it.

#include "schedules/service_rig_test.hpp"

namespace carillon::schedules::testing {
namespace {

boost::json::value body(const std::string& target, const std::string& more = {}) {
    return json(R"({"name":"a","trigger":{"type":"CRON","cron":"0 0 1 1 *"},"target":)" + target +
                more + "}");
}

std::string event(const std::string& topic) {
    return R"({"kind":"EVENT","eventTopic":")" + topic + R"("})";
}

std::string queue_of(const std::string& topic) {
    return R"({"kind":"QUEUE","queue":{"topic":")" + topic + R"("}})";
}

/// Takes what goes to `known` and no more than 1 000 bytes of it.
struct Strict {
    FakePublisher publisher;
    std::string known = "known";

    Strict() {
        publisher.judge = [this](const bus::Message& message) -> Result<> {
            if (message.data.size() > 1'000) return fail(Errc::too_large, "too many bytes");
            if (message.destination == known) return {};
            return invalid("destination", message.destination + " is none of the publishers");
        };
    }
};

TEST(Targets, ADestinationThatTheServerDoesNotHaveIsRefusedAtOnce) {
    Strict strict;
    Rig rig({}, &strict.publisher);

    struct Case {
        std::string target;
        std::string field;
    };

    const Case cases[] = {{event("redis://elsewhere#t"), "target.eventTopic"},
                          {queue_of("redis://elsewhere#t"), "target.queue.topic"}};
    for (const Case& one : cases) {
        const auto made = rig.finish(rig.service->create("acme", body(one.target)));
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().field, one.field);
        EXPECT_EQ(made.error().message, "redis://elsewhere#t is none of the publishers");
        const auto checked = rig.finish(rig.service->check("acme", body(one.target)));
        ASSERT_FALSE(checked);
        EXPECT_EQ(checked.error().field, one.field);
    }
    const Schedule kept = *rig.finish(rig.service->create("acme", body(event("known"))));
    const auto edited = rig.update(kept, R"({"target":)" + queue_of("other") + "}");
    ASSERT_FALSE(edited);
    EXPECT_EQ(edited.error().field, "target.queue.topic");
    EXPECT_TRUE(rig.update(kept, R"({"target":)" + queue_of("known") + "}"));
}

TEST(Targets, APayloadThatTheBrokerCannotTakeIsRefusedAtOnce) {
    Strict strict;
    Rig rig({}, &strict.publisher);
    const std::string large = R"(,"payload":")" + std::string(2'000, 'x') + '"';
    const auto made = rig.finish(rig.service->create("acme", body(event("known"), large)));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().field, "payload");
    EXPECT_EQ(made.error().code, Errc::too_large);
}

TEST(Targets, AScheduleWhosePublisherIsGoneCanBePausedButNotResumed) {
    Strict strict;
    Rig rig({}, &strict.publisher);
    const Schedule kept = *rig.finish(rig.service->create("acme", body(event("known"))));
    strict.known = "another";
    EXPECT_TRUE(rig.update(kept, R"({"description":"as it was"})"));
    EXPECT_TRUE(rig.update(kept, R"({"enabled":false})"));
    const auto resumed = rig.update(kept, R"({"enabled":true})");
    ASSERT_FALSE(resumed);
    EXPECT_EQ(resumed.error().field, "target.eventTopic");
    strict.known = "known";
    EXPECT_TRUE(rig.update(kept, R"({"enabled":true})"));
}

TEST(Targets, WithoutABrokerTheyAreToldHowToConfigureOne) {
    Rig rig;
    const auto made = rig.finish(rig.service->create("acme", body(event("t"))));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().field, "target.kind");
    EXPECT_TRUE(made.error().message.contains("--publishers")) << made.error().message;
}

}  // namespace
}  // namespace carillon::schedules::testing
