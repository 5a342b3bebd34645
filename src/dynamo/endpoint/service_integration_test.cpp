// The endpoint as it is served: two loops with one database behind them, and real sockets.

#include "core/random.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "dynamo/endpoint/service.hpp"
#include "net/net_testing.hpp"
#include "runtime/loop_thread.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace carillon::dynamo::endpoint {
namespace {

using namespace std::chrono_literals;
using net::testing::RawConnection;

/// The body of the answer.
std::string call(RawConnection& peer, std::string_view operation, std::string_view body) {
    peer.send(
        fmt::format("POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: DynamoDB_20120810.{}\r\n"
                    "Content-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\r\n{}",
                    operation,
                    body.size(),
                    body));
    const std::string head = peer.read_until("\r\n\r\n");
    const std::string_view name = "Content-Length: ";
    const std::size_t at = head.find(name);
    if (at == std::string::npos) return "no answer: " + head;
    return peer.read_bytes(std::stoul(head.substr(at + name.size())));
}

std::string create_table(std::string_view name) {
    return fmt::format(R"({{"TableName":"{}","BillingMode":"PAY_PER_REQUEST",
        "AttributeDefinitions":[{{"AttributeName":"id","AttributeType":"S"}}],
        "KeySchema":[{{"AttributeName":"id","KeyType":"HASH"}}]}})",
                       name);
}

/// A running service with a helper's loop. Every second connection is the helper's.
class Served {
public:
    Served() {
        EmbeddedOptions store;
        store.memory = true;
        database_ = open_embedded(store, world_.clock).value();
        ServiceOptions options;
        options.port = 0;
        options.helper = &helper_.loop();
        options.helper_random = &helper_random_;
        options.endpoint.table_delay = 1h;
        service_ = std::make_unique<Service>(
            world_.loop, *database_, random_, Log::null(), std::move(options));
        EXPECT_TRUE(service_->start());
        helper_.start();
    }

    /// Runs `script` with `count` connections, on a thread of its own.
    void with(std::size_t count, std::function<void(std::vector<RawConnection>&)> script) {
        world_.run(serve(count, std::move(script)));
        helper_.join();
    }

private:
    Task<> serve(std::size_t count, std::function<void(std::vector<RawConnection>&)> script) {
        auto all = [this, count, script = std::move(script)] {
            const std::string url = service_->url();
            const auto port =
                static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
            std::vector<RawConnection> peers;
            for (std::size_t i = 0; i < count; ++i) {
                peers.push_back(RawConnection::connect(port));
                // Answered, so that it is counted when the next is shared out.
                call(peers.back(), "ListTables", "{}");
            }
            script(peers);
            return true;
        };
        (void)co_await world_.pool.run(world_.loop, std::move(all));
        co_await service_->stop(1s);
    }

    net::testing::World world_;
    runtime::LoopThread helper_{world_.clock};
    SeededRandom random_{1};
    SeededRandom helper_random_{2};
    std::unique_ptr<EmbeddedDatabase> database_;
    std::unique_ptr<Service> service_;
};

TEST(Service, CountsExactlyWhatManyConnectionsAdd) {
    constexpr int rounds = 100;
    constexpr std::size_t connections = 8;
    std::string counter;
    Served served;
    served.with(connections, [&](std::vector<RawConnection>& peers) {
        call(peers[0], "CreateTable", create_table("counters"));
        std::vector<std::jthread> threads;
        threads.reserve(peers.size());
        for (RawConnection& peer : peers) {
            threads.emplace_back([&peer] {
                for (int i = 0; i < rounds; ++i) {
                    const std::string answer = call(peer, "UpdateItem", R"({"TableName":"counters",
                        "Key":{"id":{"S":"all"}},"UpdateExpression":"ADD n :one",
                        "ExpressionAttributeValues":{":one":{"N":"1"}}})");
                    EXPECT_EQ(answer, "{}");
                }
            });
        }
        threads.clear();
        counter = call(peers[1], "GetItem", R"({"TableName":"counters","Key":{"id":{"S":"all"}}})");
    });
    EXPECT_EQ(
        counter,
        fmt::format(R"({{"Item":{{"id":{{"S":"all"}},"n":{{"N":"{}"}}}}}})", connections * rounds));
}

TEST(Service, ShowsEveryConnectionWhatWasWrittenThroughAnother) {
    Served served;
    served.with(4, [&](std::vector<RawConnection>& peers) {
        call(peers[0], "CreateTable", create_table("things"));
        for (int i = 0; i < 200; ++i) {
            RawConnection& writer = peers[static_cast<std::size_t>(i) % peers.size()];
            const std::string put = fmt::format(
                R"({{"TableName":"things","Item":{{"id":{{"S":"one"}},"n":{{"N":"{}"}}}}}})", i);
            EXPECT_EQ(call(writer, "PutItem", put), "{}");
            RawConnection& reader = peers[static_cast<std::size_t>(i + 1) % peers.size()];
            const std::string got =
                call(reader, "GetItem", R"({"TableName":"things","Key":{"id":{"S":"one"}}})");
            EXPECT_EQ(got, fmt::format(R"({{"Item":{{"id":{{"S":"one"}},"n":{{"N":"{}"}}}}}})", i));
        }
    });
}

/// Moves one from an account to another, by a transaction.
std::string transfer(int from, int to) {
    const auto change = [](int account, int by) {
        return fmt::format(R"({{"Update":{{"TableName":"accounts","Key":{{"id":{{"S":"{}"}}}},
            "UpdateExpression":"ADD balance :by",
            "ExpressionAttributeValues":{{":by":{{"N":"{}"}}}}}}}})",
                           account,
                           by);
    };
    return fmt::format(R"({{"TransactItems":[{},{}]}})", change(from, -1), change(to, 1));
}

/// The balances in the answer to a TransactGetItems, added up.
int sum_of(std::string_view answer) {
    constexpr std::string_view mark = R"("balance":{"N":")";
    int sum = 0;
    for (std::size_t at = answer.find(mark); at != std::string_view::npos;
         at = answer.find(mark, at + 1)) {
        sum += std::stoi(std::string(answer.substr(at + mark.size(), 12)));
    }
    return sum;
}

constexpr std::string_view all_accounts =
    R"({"TransactItems":[
        {"Get":{"TableName":"accounts","Key":{"id":{"S":"0"}}}},
        {"Get":{"TableName":"accounts","Key":{"id":{"S":"1"}}}},
        {"Get":{"TableName":"accounts","Key":{"id":{"S":"2"}}}}]})";

TEST(Service, KeepsTransactionsWholeWhileOthersScanAndChangeTables) {
    constexpr int rounds = 40;
    Served served;
    served.with(6, [&](std::vector<RawConnection>& peers) {
        call(peers[0], "CreateTable", create_table("accounts"));
        call(peers[0], "BatchWriteItem", R"({"RequestItems":{"accounts":[
            {"PutRequest":{"Item":{"id":{"S":"0"},"balance":{"N":"100"}}}},
            {"PutRequest":{"Item":{"id":{"S":"1"},"balance":{"N":"100"}}}},
            {"PutRequest":{"Item":{"id":{"S":"2"},"balance":{"N":"100"}}}}]}})");
        std::vector<std::jthread> threads;
        threads.reserve(peers.size());
        for (std::size_t i = 0; i < 2; ++i) {
            threads.emplace_back([&peer = peers[i]] {
                for (int round = 0; round < rounds; ++round) {
                    const std::string moved =
                        call(peer, "TransactWriteItems", transfer(round % 3, (round + 1) % 3));
                    EXPECT_EQ(moved, "{}");
                }
            });
        }
        for (std::size_t i = 2; i < 4; ++i) {
            threads.emplace_back([&peer = peers[i]] {
                for (int round = 0; round < rounds; ++round) {
                    EXPECT_EQ(sum_of(call(peer, "TransactGetItems", all_accounts)), 300);
                    const std::string scanned =
                        call(peer, "Scan", R"({"TableName":"accounts","Select":"COUNT"})");
                    EXPECT_NE(scanned.find(R"("Count":3)"), std::string::npos) << scanned;
                }
            });
        }
        for (std::size_t i = 4; i < 6; ++i) {
            threads.emplace_back([&peer = peers[i], i] {
                for (int round = 0; round < rounds / 4; ++round) {
                    const std::string name = fmt::format("table-{}-{}", i, round);
                    call(peer, "CreateTable", create_table(name));
                    const std::string insert = fmt::format(
                        R"({{"Statement":"INSERT INTO \"{}\" VALUE {{'id':'a'}}"}})", name);
                    EXPECT_EQ(call(peer, "ExecuteStatement", insert), R"({"Items":[]})");
                }
            });
        }
        threads.clear();
        EXPECT_EQ(sum_of(call(peers[0], "TransactGetItems", all_accounts)), 300);
    });
}

TEST(Service, TellsEveryConnectionTheSameOfTables) {
    Served served;
    served.with(4, [&](std::vector<RawConnection>& peers) {
        // They seem to be CREATING for an hour, which the store does not know.
        call(peers[0], "CreateTable", create_table("slow"));
        for (RawConnection& peer : peers) {
            const std::string text = call(peer, "DescribeTable", R"({"TableName":"slow"})");
            EXPECT_NE(text.find(R"("TableStatus":"CREATING")"), std::string::npos) << text;
        }
    });
}

}  // namespace
}  // namespace carillon::dynamo::endpoint
