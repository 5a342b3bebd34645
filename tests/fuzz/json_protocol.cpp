// Whole requests through the endpoint, over a store in memory.
//
// The first line of the input is the operation, the rest the body. Whatever comes, the answer is
// JSON with status 200 or 400 (or the plain 404 of a request that is none).

#include "core/check.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "dynamo/endpoint/endpoint.hpp"
#include "fuzz.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <memory>
#include <optional>
#include <string>

namespace carillon {

namespace {

constexpr TimePoint noon{std::chrono::hours{12} + std::chrono::days{20'000}};
/// After so many requests the store is made anew, so that a finding can be repeated.
constexpr int requests_per_store = 2'000;

constexpr const char* tables[] = {
    R"({"TableName":"rows","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[
        {"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"},
        {"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"N"}],
        "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
        "LocalSecondaryIndexes":[{"IndexName":"local","KeySchema":[
            {"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"l","KeyType":"RANGE"}],
            "Projection":{"ProjectionType":"KEYS_ONLY"}}],
        "GlobalSecondaryIndexes":[{"IndexName":"global","KeySchema":[
            {"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
            "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["a"]}}]})",
    R"({"TableName":"bins","BillingMode":"PAY_PER_REQUEST",
        "AttributeDefinitions":[{"AttributeName":"k","AttributeType":"B"}],
        "KeySchema":[{"AttributeName":"k","KeyType":"HASH"}]})"};

class Rig {
public:
    Rig() {
        dynamo::EmbeddedOptions store;
        store.memory = true;
        store.inline_writer = true;
        database_ = dynamo::open_embedded(store, clock_).value();
        endpoint_ = std::make_unique<dynamo::endpoint::Endpoint>(
            *database_, clock_, random_, Log::null(), dynamo::endpoint::EndpointOptions());
        for (const char* table : tables) CARILLON_CHECK(send("CreateTable", table).status == 200);
    }

    net::ServerResponse send(std::string_view operation, std::string_view body) {
        net::ServerRequest request;
        request.method = "POST";
        request.target = request.path = "/";
        request.headers.add("Content-Type", "application/x-amz-json-1.0");
        request.headers.add("X-Amz-Target", "DynamoDB_20120810." + std::string(operation));
        request.body = body;
        std::optional<net::ServerResponse> response;
        group_.spawn(store(request, response));
        loop_.run_simulated(
            clock_, clock_.now() + std::chrono::hours{1}, [&] { return response.has_value(); });
        CARILLON_CHECK(response.has_value());
        return *std::move(response);
    }

private:
    Task<> store(net::ServerRequest& request, std::optional<net::ServerResponse>& response) {
        response.emplace(co_await endpoint_->handle(request));
    }

    runtime::SimulatedClock clock_{noon};
    runtime::Loop loop_{clock_};
    runtime::TaskGroup group_{loop_};
    SeededRandom random_{7};
    std::unique_ptr<dynamo::EmbeddedDatabase> database_;
    std::unique_ptr<dynamo::endpoint::Endpoint> endpoint_;
};

Rig& rig() {
    // The last one is not destroyed at the end: RocksDB's own globals may be gone by then.
    static Rig* current = nullptr;
    static int used = 0;
    if (current == nullptr || ++used >= requests_per_store) {
        delete current;
        current = new Rig();
        used = 0;
    }
    return *current;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    std::string operation(input.line());
    // A header's value: what HTTP lets through.
    std::erase_if(operation, [](char c) { return c < ' ' || c > '~'; });
    const net::ServerResponse answer = rig().send(operation, input.rest());
    CARILLON_CHECK(answer.status == 200 || answer.status == 400);
    // TagResource and UntagResource answer nothing at all.
    if (answer.status == 200 && answer.body.empty()) return 0;
    const auto parsed = parse_json(answer.body);
    CARILLON_CHECK(parsed && parsed->is_object());
    CARILLON_CHECK((answer.status == 400) == parsed->as_object().contains("__type"));
    return 0;
}

}  // namespace carillon
