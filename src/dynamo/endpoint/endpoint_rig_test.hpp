// For this module's tests: an endpoint over a store in memory, and requests as plain calls.

#pragma once

#include "core/json.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "dynamo/endpoint/endpoint.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace carillon::dynamo::endpoint::testing {

inline constexpr TimePoint noon{std::chrono::hours{12} + std::chrono::days{20'000}};

struct Answer {
    int status = 0;
    std::string body;
    net::Headers headers;

    [[nodiscard]] json::object object() const {
        auto parsed = parse_json(body);
        if (!parsed || !parsed->is_object()) std::abort();
        return parsed->as_object();
    }

    /// A text member, or empty.
    [[nodiscard]] std::string text(std::string_view name) const {
        const json::object all = object();
        const json::value* found = all.if_contains({name.data(), name.size()});
        if (found == nullptr || !found->is_string()) return {};
        return {found->get_string().data(), found->get_string().size()};
    }

    /// The error's type without its prefix.
    [[nodiscard]] std::string type() const {
        const std::string full = text("__type");
        return full.substr(full.find('#') + 1);
    }

    [[nodiscard]] std::string message() const {
        const std::string plain = text("message");
        return plain.empty() ? text("Message") : plain;
    }
};

class Rig {
public:
    explicit Rig(EndpointOptions options = {}) {
        EmbeddedOptions store;
        store.memory = true;
        store.inline_writer = true;
        database_ = open_embedded(store, clock_).value();
        endpoint_ = std::make_unique<Endpoint>(
            *database_, clock_, random_, Log::null(), std::move(options));
    }

    Answer send(net::ServerRequest request) {
        std::optional<net::ServerResponse> response;
        group_.spawn(store(request, response));
        loop_.run_simulated(
            clock_, clock_.now() + std::chrono::hours{1}, [&] { return response.has_value(); });
        if (!response) std::abort();
        return {response->status, std::move(response->body), std::move(response->headers)};
    }

    static net::ServerRequest request(std::string_view operation, std::string body) {
        net::ServerRequest out;
        out.method = "POST";
        out.target = out.path = "/";
        out.headers.add("Content-Type", "application/x-amz-json-1.0");
        out.headers.add("X-Amz-Target", "DynamoDB_20120810." + std::string(operation));
        out.body = std::move(body);
        return out;
    }

    Answer call(std::string_view operation, std::string body) {
        return send(request(operation, std::move(body)));
    }

    /// Calls, and expects the very answer.
    void expect(std::string_view operation, std::string body, std::string_view answer) {
        const Answer got = call(operation, body);
        EXPECT_EQ(got.body, answer) << operation << " " << body;
        EXPECT_EQ(got.status, 200);
    }

    void expect_error(std::string_view operation,
                      std::string body,
                      std::string_view type,
                      std::string_view message) {
        const Answer got = call(operation, body);
        EXPECT_EQ(got.status, 400) << operation << " " << body;
        EXPECT_EQ(got.type(), type) << operation << " " << body << " " << got.body;
        EXPECT_EQ(got.message(), message) << operation << " " << body;
    }

    /// `things`: string key `id`, GSI `by_kind` (kind, rank: number) and LSI-less.
    void create_things() {
        const Answer made = call("CreateTable", R"({"TableName":"things",
            "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},
                {"AttributeName":"kind","AttributeType":"S"},
                {"AttributeName":"rank","AttributeType":"N"}],
            "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
            "BillingMode":"PAY_PER_REQUEST",
            "GlobalSecondaryIndexes":[{"IndexName":"by_kind",
                "KeySchema":[{"AttributeName":"kind","KeyType":"HASH"},
                    {"AttributeName":"rank","KeyType":"RANGE"}],
                "Projection":{"ProjectionType":"KEYS_ONLY"}}]})");
        ASSERT_EQ(made.status, 200) << made.body;
    }

    /// `rows`: `pk` string, `sk` number, LSI `by_name` (name) that projects its keys only.
    void create_rows() {
        const Answer made = call("CreateTable", R"({"TableName":"rows",
            "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},
                {"AttributeName":"sk","AttributeType":"N"},
                {"AttributeName":"name","AttributeType":"S"}],
            "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},
                {"AttributeName":"sk","KeyType":"RANGE"}],
            "BillingMode":"PAY_PER_REQUEST",
            "LocalSecondaryIndexes":[{"IndexName":"by_name",
                "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},
                    {"AttributeName":"name","KeyType":"RANGE"}],
                "Projection":{"ProjectionType":"KEYS_ONLY"}}]})");
        ASSERT_EQ(made.status, 200) << made.body;
    }

    runtime::SimulatedClock& clock() { return clock_; }

private:
    Task<> store(net::ServerRequest& request, std::optional<net::ServerResponse>& response) {
        response.emplace(co_await endpoint_->handle(request));
    }

    runtime::SimulatedClock clock_{noon};
    runtime::Loop loop_{clock_};
    runtime::TaskGroup group_{loop_};
    SeededRandom random_{7};
    std::unique_ptr<EmbeddedDatabase> database_;
    std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace carillon::dynamo::endpoint::testing
