#include "webhooks/rows.hpp"

#include "webhooks/webhook.hpp"

#include <gtest/gtest.h>

#include <set>

namespace carillon::webhooks {
namespace {

using queue::RowState;
using queue::State;

const TimePoint noon = parse_instant("2026-11-21T12:00:00Z").value();

class Rows : public testing::Test {
protected:
    dynamo::Item item(const std::string& id = "w") {
        Webhook webhook;
        webhook.name_space = "shop";
        webhook.id = id;
        webhook.url = "https://Example.com/a?b";
        webhook.schedule = noon;
        webhook.retries.max = 3;
        return to_item(webhook);
    }

    std::string text(const dynamo::Item& of, const char* name) {
        const auto* value = of.find(name);
        return value == nullptr || value->string() == nullptr ? "(absent)" : *value->string();
    }

    bool holds(const dynamo::BoundCondition& condition, const dynamo::Item& stored) {
        return condition.expression.holds(stored, condition.values).value();
    }

    runtime::SimulatedClock clock_{noon};
    WebhookRows rows_{"webhooks", clock_};
};

TEST_F(Rows, ReadWhatTheyWrote) {
    const RowState states[] = {
        {State::ready, noon, 0, 0, "", ""},
        {State::ready, noon + Duration{1'234}, 2, 1, "", ""},
        {State::leased, noon + Duration{30'000}, 1, 0, "token", "owner"},
        {State::suspended, noon + Duration{5}, 3, 0, "", ""},
    };
    for (const RowState& state : states) {
        dynamo::Item stored = item();
        rows_.write(stored, state);
        EXPECT_EQ(rows_.read(stored).value(), state);
    }
}

TEST_F(Rows, GiveClaimsWithoutLeaseTimeFromTheirClaimOn) {
    dynamo::Item stored = item();
    rows_.write(stored, {.state = State::ready, .due_at = noon - Duration{60'000}});
    // As the seed's workers claim: the status, and the version.
    stored.set("status", "PROCESSING");
    stored.set("__ts", to_epoch_ms(noon + Duration{5'000}));
    const auto claimed = rows_.read(stored);
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->state, State::leased);
    EXPECT_EQ(claimed->due_at, noon + Duration{605'000});
    // Once it lies among the leased rows the deadline stays, whatever is written.
    rows_.write(stored, *claimed);
    EXPECT_TRUE(text(stored, "__due").starts_with("leased#"));
    EXPECT_EQ(rows_.read(stored)->due_at, claimed->due_at);
}

TEST_F(Rows, KeepOnlyReadyAndLeasedOnesInTheDueIndex) {
    dynamo::Item stored = item();
    rows_.write(stored, {.state = State::ready, .due_at = noon});
    EXPECT_EQ(text(stored, "status"), "PENDING");
    EXPECT_TRUE(text(stored, "__due").starts_with("ready#"));
    EXPECT_EQ(*stored.find("__dueAt"), rows_.due_value(noon));

    rows_.write(stored,
                {.state = State::leased, .due_at = noon, .lease_token = "t", .lease_owner = "o"});
    EXPECT_EQ(text(stored, "status"), "PROCESSING");
    EXPECT_TRUE(text(stored, "__due").starts_with("leased#"));
    EXPECT_EQ(text(stored, "__lease"), "t");

    rows_.write(stored, {.state = State::suspended, .due_at = noon});
    EXPECT_EQ(text(stored, "status"), "SUSPENDED");
    EXPECT_EQ(text(stored, "__due"), "(absent)");
    EXPECT_EQ(text(stored, "__lease"), "(absent)");

    for (const auto& [state, status] :
         {std::pair{State::done, "COMPLETED"}, {State::failed, "FAILED"}}) {
        rows_.write(stored, {.state = state, .due_at = noon});
        EXPECT_EQ(text(stored, "status"), status);
        EXPECT_EQ(stored.find("__due"), nullptr);
        EXPECT_EQ(stored.find("__dueAt"), nullptr);
    }
}

TEST_F(Rows, NameEveryPartitionTheyUse) {
    std::set<std::string> known;
    for (const auto& name : rows_.partitions(State::ready)) known.insert(*name.string());
    EXPECT_EQ(known.size(), static_cast<std::size_t>(WebhookRows::shards));
    EXPECT_TRUE(known.contains("ready#0"));
    std::set<std::string> used;
    for (int i = 0; i < 200; ++i) {
        dynamo::Item stored = item("w" + std::to_string(i));
        rows_.write(stored, {.state = State::ready, .due_at = noon});
        used.insert(text(stored, "__due"));
    }
    EXPECT_EQ(used, known);
    EXPECT_EQ(*rows_.partitions(State::leased)[0].string(), "leased#0");
}

TEST_F(Rows, NeverCountMoreRetriesThanMax) {
    dynamo::Item stored = item();
    rows_.write(stored, {.state = State::failed, .due_at = noon, .attempts = 4});
    EXPECT_EQ(from_item(stored)->retries.count, 3);
    rows_.write(stored, {.state = State::ready, .due_at = noon, .attempts = 2});
    EXPECT_EQ(from_item(stored)->retries.count, 2);
    EXPECT_EQ(from_item(stored)->retries.max, 3);
}

TEST_F(Rows, RaiseTheVersionWithEveryWrite) {
    dynamo::Item stored = item();
    std::int64_t last = 0;
    for (int i = 0; i < 5; ++i) {
        rows_.write(stored, {.state = State::ready, .due_at = noon});
        const std::int64_t version = from_item(stored)->version;
        EXPECT_GT(version, last);
        last = version;
    }
    clock_.set_wall(noon - Duration{1'000'000});
    rows_.write(stored, {.state = State::ready, .due_at = noon});
    EXPECT_EQ(from_item(stored)->version, last + 1);
    clock_.set_wall(noon + Duration{1'000'000});
    rows_.write(stored, {.state = State::ready, .due_at = noon});
    EXPECT_EQ(from_item(stored)->version, to_epoch_ms(noon) + 1'000'000);
}

TEST_F(Rows, NoticeEveryChangeOfWhatWasSeen) {
    dynamo::Item seen = item();
    rows_.write(seen, {.state = State::ready, .due_at = noon});
    const auto unchanged = rows_.unchanged(seen);
    EXPECT_TRUE(holds(unchanged, seen));
    EXPECT_FALSE(holds(unchanged, {}));

    dynamo::Item rewritten = seen;
    rows_.write(rewritten, {.state = State::ready, .due_at = noon});
    EXPECT_FALSE(holds(unchanged, rewritten));

    // The seed's own worker may change the status and leave the version as it is.
    dynamo::Item suspended = seen;
    suspended.set("status", "SUSPENDED");
    EXPECT_FALSE(holds(unchanged, suspended));
}

TEST_F(Rows, TellALeaseByItsToken) {
    dynamo::Item seen = item();
    rows_.write(
        seen, {.state = State::leased, .due_at = noon, .lease_token = "mine", .lease_owner = "o"});
    const auto unchanged = rows_.unchanged(seen);
    dynamo::Item extended = seen;
    rows_.write(extended,
                {.state = State::leased,
                 .due_at = noon + Duration{9},
                 .lease_token = "mine",
                 .lease_owner = "o"});
    EXPECT_TRUE(holds(unchanged, extended));
    dynamo::Item stolen = seen;
    rows_.write(
        stolen,
        {.state = State::leased, .due_at = noon, .lease_token = "theirs", .lease_owner = "p"});
    EXPECT_FALSE(holds(unchanged, stolen));
}

TEST_F(Rows, ShareATurnByNamespaceAndEndpoint) {
    dynamo::Item a = item();
    dynamo::Item b = item("other");
    b.set("url", "https://example.com:443/else");
    EXPECT_EQ(rows_.fairness_key(a), rows_.fairness_key(b));
    b.set("namespace", "blog");
    EXPECT_NE(rows_.fairness_key(a), rows_.fairness_key(b));
    a.set("url", "nonsense");
    EXPECT_EQ(rows_.fairness_key(a), "shop\n");
}

TEST_F(Rows, SetAsideWhatCannotBeRead) {
    dynamo::Item bad = item();
    rows_.write(bad, {.state = State::ready, .due_at = noon});
    bad.set("errors", errors_value({"earlier"}));
    bad.set("status", "PENDNIG");
    const auto read = rows_.read(bad);
    ASSERT_FALSE(read);
    rows_.set_aside(bad, read.error());
    EXPECT_EQ(rows_.read(bad)->state, State::failed);
    EXPECT_EQ(text(bad, "__due"), "(absent)");
    const Webhook webhook = from_item(bad).value();
    EXPECT_EQ(webhook.errors,
              (std::vector<std::string>{"earlier", "set aside: not a webhook: no known status"}));
    EXPECT_EQ(webhook.status, Status::failed);
}

TEST_F(Rows, RefuseWhatIsNoRow) {
    for (const char* attribute : {"status", "schedule"}) {
        dynamo::Item broken = item();
        broken.erase(attribute);
        ASSERT_FALSE(rows_.read(broken)) << attribute;
        EXPECT_EQ(rows_.read(broken).error().code, Errc::corrupt);
    }
    dynamo::Item negative = item();
    negative.set("__interruptions", -1);
    EXPECT_FALSE(rows_.read(negative));
    dynamo::Item text_count = item();
    text_count.set("retries", dynamo::Map{{"count", "x"}});
    EXPECT_FALSE(rows_.read(text_count));
}

}  // namespace
}  // namespace carillon::webhooks
