#include "dynamo/endpoint/maintenance.hpp"

#include "aws/sigv4.hpp"
#include "dynamo/endpoint/endpoint_rig_test.hpp"

namespace carillon::dynamo::endpoint {
namespace {

using testing::Answer;
using testing::Rig;

/// Answers what it is told to, and remembers what it was asked.
class Scripted final : public Maintenance {
public:
    Task<Result<StoreFigures>> stats() override {
        co_return StoreFigures{.tables = 1,
                               .indexes = 2,
                               .items = 3,
                               .item_bytes = 4,
                               .file_bytes = 5,
                               .memory_bytes = 6};
    }

    Task<Result<StoreCheck>> check() override {
        co_return StoreCheck{.items = 7, .index_entries = 8, .faults = 1, .examples = {"a \"b\""}};
    }

    Task<Result<std::uint64_t>> backup(std::string directory) override {
        copied_to = std::move(directory);
        if (refusal) co_return std::unexpected(*refusal);
        co_return 9U;
    }

    Task<Result<Compaction>> compact() override { co_return Compaction{.before = 20, .after = 10}; }

    std::string copied_to{};
    std::optional<Error> refusal{};
};

net::ServerRequest request(std::string_view operation, std::string body = "{}") {
    net::ServerRequest out = Rig::request("", std::move(body));
    out.headers.set("X-Amz-Target", "CarillonStore_20261101." + std::string(operation));
    out.peer = "127.0.0.1:40000";
    return out;
}

class StoreOperations : public ::testing::Test {
protected:
    Scripted store;
    Rig rig{EndpointOptions{.maintenance = &store}};
};

TEST_F(StoreOperations, AnswerTheOwnMachine) {
    EXPECT_EQ(rig.send(request("Stats")).body,
              R"({"Tables":1,"Indexes":2,"Items":3,"ItemBytes":4,"FileBytes":5,"MemoryBytes":6})");
    EXPECT_EQ(rig.send(request("Check")).body,
              R"({"Items":7,"IndexEntries":8,"Faults":1,"Examples":["a \"b\""]})");
    EXPECT_EQ(rig.send(request("Backup", R"({"Directory":"/backups/monday"})")).body,
              R"({"FileBytes":9})");
    EXPECT_EQ(store.copied_to, "/backups/monday");
    EXPECT_EQ(rig.send(request("Compact")).body, R"({"BytesBefore":20,"BytesAfter":10})");
    net::ServerRequest other = request("Stats");
    other.peer = "[::1]:40000";
    EXPECT_EQ(rig.send(std::move(other)).status, 200);
}

TEST_F(StoreOperations, RefuseOtherMachinesPagesAndProxies) {
    net::ServerRequest far = request("Stats");
    far.peer = "10.0.0.1:40000";
    net::ServerRequest page = request("Stats");
    page.headers.add("Origin", "http://a.test");
    net::ServerRequest proxied = request("Backup", R"({"Directory":"/backups/monday"})");
    proxied.headers.add("X-Forwarded-For", "10.0.0.1");
    for (const net::ServerRequest& one : {far, page, proxied}) {
        const Answer answer = rig.send(one);
        EXPECT_EQ(answer.status, 400);
        EXPECT_EQ(answer.type(), "AccessDeniedException");
    }
    EXPECT_EQ(store.copied_to, "");
}

TEST_F(StoreOperations, CheckTheDirectoryBeforeAnythingIsDone) {
    for (const char* body : {"{}", R"({"Directory":"copy"})", R"({"Directory":""})"}) {
        const Answer answer = rig.send(request("Backup", body));
        EXPECT_EQ(answer.type(), "ValidationException") << body;
    }
    EXPECT_EQ(store.copied_to, "");
}

TEST_F(StoreOperations, TellWhatTheStoreSays) {
    struct Case {
        Errc code;
        const char* type;
    };

    for (const Case& c : {Case{Errc::already_exists, "ResourceInUseException"},
                          Case{Errc::throttled, "LimitExceededException"},
                          Case{Errc::unavailable, "StoreFailureException"},
                          Case{Errc::corrupt, "StoreFailureException"},
                          Case{Errc::invalid, "ValidationException"}}) {
        store.refusal = Error{c.code, "why"};
        const Answer answer = rig.send(request("Backup", R"({"Directory":"/x"})"));
        EXPECT_EQ(answer.status, 400);
        EXPECT_EQ(answer.type(), c.type);
        EXPECT_EQ(answer.message(), "why");
    }
}

TEST(StoreOperationsElsewhere, AreRefusedWithoutAStore) {
    Rig rig;
    const Answer answer = rig.send(request("Stats"));
    EXPECT_EQ(answer.type(), "ValidationException");
    EXPECT_EQ(rig.send(request("Drop")).type(), "UnknownOperationException");
    net::ServerRequest glued = request("Stats");
    glued.headers.set("X-Amz-Target", "CarillonStore_20261101Stats");
    EXPECT_EQ(rig.send(std::move(glued)).type(), "UnknownOperationException");
}

TEST(StoreOperationsSigned, AreForThoseWhoHaveAKey) {
    Scripted store;
    const aws::Credentials key{.access_key_id = "AKID", .secret_access_key = "secret"};
    Rig rig(EndpointOptions{.keys = {key}, .maintenance = &store});
    // Unsigned, even from the own machine.
    EXPECT_EQ(rig.send(request("Stats")).type(), "MissingAuthenticationTokenException");
    net::ServerRequest far = request("Stats");
    far.peer = "10.0.0.1:40000";
    far.headers.add("Host", "localhost:8000");
    aws::sign(
        "POST", "/", "", far.headers, far.body, key, {"us-east-1", "dynamodb"}, rig.clock().now());
    EXPECT_EQ(rig.send(std::move(far)).status, 200);
}

}  // namespace
}  // namespace carillon::dynamo::endpoint
