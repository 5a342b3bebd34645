// What the conformance suite cannot show: answers that are lost, servers that leave work undone or
// push back. A handler in front of Carillon's own endpoint does the harm.

#include "core/json.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "dynamo/endpoint/endpoint.hpp"
#include "dynamo/remote/remote.hpp"
#include "net/net_testing.hpp"
#include "runtime/system_random.hpp"

#include <deque>
#include <map>

namespace carillon::dynamo {
namespace {

using namespace std::chrono_literals;
using net::testing::World;

enum class Harm : std::uint8_t {
    none,
    lost_before,  ///< A 500, nothing done.
    lost_after,   ///< Done, and a 500.
    throttled,
};

class HarmfulServer final : public net::HttpHandler {
public:
    explicit HarmfulServer(net::HttpHandler& inner) : inner_(inner) {}

    Task<net::ServerResponse> handle(net::ServerRequest& request) override {
        const std::string target(request.headers.get("x-amz-target").value_or(""));
        const std::string operation = target.substr(target.find('.') + 1);
        ++calls[operation];
        if (operation == "DescribeTable") co_return co_await inner_.handle(request);
        Harm harm = Harm::none;
        if (!harms.empty()) {
            harm = harms.front();
            harms.pop_front();
        }
        if (harm == Harm::throttled) {
            co_return refusal(400, "ProvisionedThroughputExceededException");
        }
        if (harm == Harm::lost_before) co_return refusal(500, "InternalServerError");
        json::object undone;
        if (at_a_time > 0) undone = hold_back(request, operation);
        net::ServerResponse response = co_await inner_.handle(request);
        if (harm == Harm::lost_after) co_return refusal(500, "InternalServerError");
        if (!undone.empty()) {
            json::object body = parse_json(response.body)->as_object();
            body[operation == "BatchGetItem" ? "UnprocessedKeys" : "UnprocessedItems"] = undone;
            response.body = to_text(body);
            response.headers.remove("x-amz-crc32");
        }
        co_return response;
    }

    [[nodiscard]] net::ServerResponse refuse(int status, const std::string& why) const override {
        return inner_.refuse(status, why);
    }

    std::deque<Harm> harms;
    std::size_t at_a_time = 0;  ///< Of a batch, when positive.
    std::map<std::string, int> calls;

private:
    static net::ServerResponse refusal(int status, const std::string& type) {
        return {.status = status,
                .headers = {},
                .body = "{\"__type\":\"x#" + type + "\",\"message\":\"harm\"}"};
    }

    /// Takes what is beyond `at_a_time` out of the request.
    json::object hold_back(net::ServerRequest& request, const std::string& operation) const {
        json::object undone;
        if (!operation.starts_with("Batch")) return undone;
        json::object body = parse_json(request.body)->as_object();
        for (auto& [table, content] : body["RequestItems"].as_object()) {
            json::array& list =
                content.is_array() ? content.as_array() : content.as_object()["Keys"].as_array();
            if (list.size() <= at_a_time) continue;
            json::value held = content;
            json::array& rest =
                held.is_array() ? held.as_array() : held.as_object()["Keys"].as_array();
            rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(at_a_time));
            list.resize(at_a_time);
            undone[table] = held;
        }
        request.body = to_text(body);
        return undone;
    }

    net::HttpHandler& inner_;
};

/// All on one loop.
struct Rig {
    explicit Rig(bool transactions = true) {
        EXPECT_TRUE(http.start());
        RemoteOptions options;
        options.region = "eu-central-1";
        options.endpoint = *net::parse_url(http.url() + "/");
        options.transactions = transactions;
        remote = open_remote(options, world.loop, world.pool, random, Log::null()).value();
    }

    void run(Task<> (*body)(Rig&)) { world.run(whole(*this, body)); }

    static Task<> whole(Rig& rig, Task<> (*body)(Rig&)) {
        TableSchema schema;
        schema.name = "things";
        schema.key.hash = {"id", Type::string};
        EXPECT_TRUE(co_await rig.remote->create_table(std::move(schema)));
        co_await body(rig);
        co_await rig.remote->close();
        co_await rig.http.stop(1s);
    }

    Task<std::optional<Item>> stored(std::string id) {
        GetRequest request;
        request.table = "things";
        request.key.set("id", id);
        const auto got = co_await remote->get_item(std::move(request));
        EXPECT_TRUE(got);
        co_return got ? *got : std::nullopt;
    }

    World world;
    runtime::SystemRandom random;
    std::unique_ptr<EmbeddedDatabase> store =
        open_embedded({.memory = true, .inline_writer = true}, world.clock).value();
    endpoint::Endpoint endpoint{*store, world.clock, random, Log::null(), {}};
    HarmfulServer server{endpoint};
    net::HttpServer http{world.loop, server, {}};
    std::unique_ptr<RemoteDatabase> remote;
};

PutRequest put(Item item) {
    PutRequest request;
    request.table = "things";
    request.item = std::move(item);
    return request;
}

BoundCondition when(std::string_view text, ExpressionValues values = {}) {
    return {Condition::parse(text).value(), std::move(values)};
}

UpdateRequest update(std::string id, std::string_view text, ExpressionValues values) {
    UpdateRequest request;
    request.table = "things";
    request.key.set("id", std::move(id));
    request.update = Update::parse(text).value();
    request.values = std::move(values);
    return request;
}

TEST(RemoteEngine, KnowsItsOwnPutAgainWhenTheAnswerWasLost) {
    Rig rig;
    rig.run([](Rig& in) -> Task<> {
        PutRequest once = put({{"id", "a"}, {"x", 1}});
        once.condition = when("attribute_not_exists(id)");
        in.server.harms = {Harm::lost_after};
        EXPECT_TRUE(co_await in.remote->put_item(once));
        EXPECT_EQ(in.server.calls["PutItem"], 2);
        // Somebody else's item is a failed condition, lost answers or not.
        once.item.set("x", 2);
        in.server.harms = {};
        const auto refused = co_await in.remote->put_item(once);
        EXPECT_FALSE(refused);
        if (!refused) EXPECT_EQ(refused.error().code, Errc::condition_failed);
        // And when it may be either, that is said.
        in.server.harms = {Harm::lost_before};
        const auto unclear = co_await in.remote->put_item(once);
        EXPECT_FALSE(unclear);
        if (!unclear) EXPECT_EQ(unclear.error().code, Errc::timeout);
    });
}

TEST(RemoteEngine, AddsOnlyOnce) {
    Rig rig;
    rig.run([](Rig& in) -> Task<> {
        in.server.harms = {Harm::lost_after};
        const auto lost = co_await in.remote->update_item(update("a", "ADD n :one", {{":one", 1}}));
        EXPECT_FALSE(lost);
        if (!lost) EXPECT_EQ(lost.error().code, Errc::timeout);
        EXPECT_EQ(in.server.calls["UpdateItem"], 1);
        const auto item = co_await in.stored("a");
        EXPECT_EQ(item, (Item{{"id", "a"}, {"n", 1}}));
        // What never arrived may be sent again.
        in.server.harms = {Harm::throttled, Harm::throttled};
        EXPECT_TRUE(co_await in.remote->update_item(update("a", "ADD n :one", {{":one", 1}})));
        const auto after = co_await in.stored("a");
        EXPECT_EQ(after, (Item{{"id", "a"}, {"n", 2}}));
    });
}

TEST(RemoteEngine, RepeatsUpdatesThatSetWhatTheyGive) {
    Rig rig;
    rig.run([](Rig& in) -> Task<> {
        in.server.harms = {Harm::lost_after, Harm::lost_before};
        EXPECT_TRUE(co_await in.remote->update_item(update("a", "SET n = :v", {{":v", 7}})));
        EXPECT_EQ(in.server.calls["UpdateItem"], 3);
        const auto item = co_await in.stored("a");
        EXPECT_EQ(item, (Item{{"id", "a"}, {"n", 7}}));
    });
}

TEST(RemoteEngine, DoesNotCallItsOwnChangeAFailedCondition) {
    Rig rig;
    rig.run([](Rig& in) -> Task<> {
        EXPECT_TRUE(co_await in.remote->put_item(put({{"id", "a"}, {"state", "due"}})));
        UpdateRequest claim = update("a", "SET holder = :me, phase = :held", {});
        claim.values = {{":me", "w1"}, {":held", "held"}};
        claim.condition = when("attribute_not_exists(holder)");
        in.server.harms = {Harm::lost_after};
        const auto unclear = co_await in.remote->update_item(claim);
        EXPECT_FALSE(unclear);
        if (!unclear) EXPECT_EQ(unclear.error().code, Errc::timeout);
        const auto refused = co_await in.remote->update_item(claim);
        EXPECT_FALSE(refused);
        if (!refused) EXPECT_EQ(refused.error().code, Errc::condition_failed);
    });
}

TEST(RemoteEngine, DoesNotInventWhatADeleteTook) {
    Rig rig;
    rig.run([](Rig& in) -> Task<> {
        EXPECT_TRUE(co_await in.remote->put_item(put({{"id", "a"}})));
        DeleteRequest erase;
        erase.table = "things";
        erase.key.set("id", "a");
        erase.return_old = true;
        in.server.harms = {Harm::lost_after};
        const auto unclear = co_await in.remote->delete_item(erase);
        EXPECT_FALSE(unclear);
        if (!unclear) EXPECT_EQ(unclear.error().code, Errc::timeout);
        erase.return_old = false;
        in.server.harms = {Harm::lost_after};
        EXPECT_TRUE(co_await in.remote->delete_item(erase));
    });
}

TEST(RemoteEngine, CommitsATransactionOnceWhateverIsLost) {
    Rig rig;
    rig.run([](Rig& in) -> Task<> {
        WriteUnit unit;
        unit.emplace_back(update("a", "ADD n :one", {{":one", 1}}));
        unit.emplace_back(update("b", "ADD n :one", {{":one", 1}}));
        in.server.harms = {Harm::lost_after, Harm::lost_before, Harm::throttled};
        EXPECT_TRUE(co_await in.remote->transact_write(unit));
        EXPECT_EQ(in.server.calls["TransactWriteItems"], 4);
        EXPECT_TRUE(co_await in.remote->transact_write(unit));
        const auto item = co_await in.stored("b");
        EXPECT_EQ(item, (Item{{"id", "b"}, {"n", 2}}));
    });
}

TEST(RemoteEngine, FinishesWhatTheServerLeavesUndone) {
    Rig rig;
    rig.run([](Rig& in) -> Task<> {
        in.server.at_a_time = 7;
        std::vector<Write> writes;
        BatchGetRequest request;
        request.tables.push_back({"things", {}, true, std::nullopt});
        for (int i = 0; i < 60; ++i) {
            writes.emplace_back(put({{"id", std::to_string(i)}, {"x", i}}));
            request.tables[0].keys.push_back({{"id", std::to_string(i)}});
        }
        // The last one of two counts, also when both come in one batch.
        writes.emplace_back(put({{"id", "0"}, {"x", 100}}));
        EXPECT_TRUE(co_await in.remote->batch_write(std::move(writes)));
        EXPECT_GE(in.server.calls["BatchWriteItem"], 9);
        const auto got = co_await in.remote->batch_get(std::move(request));
        EXPECT_TRUE(got);
        if (got) EXPECT_EQ(got->items[0].second.size(), 60U);
        EXPECT_GE(in.server.calls["BatchGetItem"], 9);
        const auto first = co_await in.stored("0");
        EXPECT_EQ(first, (Item{{"id", "0"}, {"x", 100}}));
    });
}

TEST(RemoteEngine, PutsPlainUnitsTogether) {
    Rig rig;
    rig.run([](Rig& in) -> Task<> {
        std::vector<WriteUnit> units;
        for (int i = 0; i < 60; ++i) units.push_back({put({{"id", std::to_string(i % 40)}})});
        const auto answers = co_await in.remote->update_batch(std::move(units));
        for (const Result<>& answer : answers) EXPECT_TRUE(answer);
        // 40 different ones, then the 20 that come again.
        EXPECT_EQ(in.server.calls["BatchWriteItem"], 3);
        EXPECT_EQ(in.server.calls["PutItem"], 0);
    });
}

TEST(RemoteEngine, NamesWhatNeedsTransactions) {
    Rig rig(false);
    rig.run([](Rig& in) -> Task<> {
        EXPECT_FALSE(in.remote->capabilities().transactions);
        WriteUnit unit;
        unit.emplace_back(put({{"id", "a"}}));
        unit.emplace_back(put({{"id", "b"}}));
        const auto refused = co_await in.remote->transact_write(unit);
        EXPECT_FALSE(refused);
        if (!refused) {
            EXPECT_EQ(describe(refused.error()),
                      "invalid: unsupported: TransactWriteItems: this store is used without "
                      "transactions");
        }
        EXPECT_EQ(in.server.calls["TransactWriteItems"], 0);
        // One write alone needs none, and fails as a transaction would.
        unit.pop_back();
        EXPECT_TRUE(co_await in.remote->transact_write(unit));
        std::get<PutRequest>(unit[0]).condition = when("attribute_not_exists(id)");
        const auto failed = co_await in.remote->transact_write(unit);
        EXPECT_FALSE(failed);
        if (!failed) {
            EXPECT_NE(dynamic_cast<const TransactionCancelled*>(failed.error().detail.get()),
                      nullptr);
        }
    });
}

TEST(RemoteEngine, ForgetsASchemaThatHasChanged) {
    Rig rig;
    rig.run([](Rig& in) -> Task<> {
        EXPECT_TRUE(co_await in.remote->put_item(put({{"id", "a"}})));
        // Somebody else makes the table anew, with another key.
        EXPECT_TRUE(co_await in.store->delete_table("things"));
        TableSchema other;
        other.name = "things";
        other.key.hash = {"name", Type::string};
        EXPECT_TRUE(co_await in.store->create_table(std::move(other)));
        EXPECT_FALSE(co_await in.remote->put_item(put({{"id", "a"}})));
        const auto written = co_await in.remote->put_item(put({{"name", "a"}}));
        EXPECT_TRUE(written) << describe(written.error());
    });
}

}  // namespace
}  // namespace carillon::dynamo
