#include "bench/dynamodb/requests.hpp"

#include "aws/sigv4.hpp"
#include "bench/support.hpp"
#include "core/time.hpp"
#include "net/http.hpp"

#include <fmt/format.h>

#include <functional>

namespace carillon::bench {
namespace {

constexpr std::size_t owners = 100;
constexpr const char* table = "bench";

std::string key(std::size_t n) {
    return fmt::format(R"("pk":{{"S":"user#{:06}"}},"sk":{{"S":"profile"}})", n);
}

/// About 330 bytes as DynamoDB counts them.
std::string item(std::size_t n) {
    return fmt::format(
        R"({{{},"owner":{{"S":"owner#{:04}"}},"created":{{"N":"{}"}},"version":{{"N":"1"}},)"
        R"("views":{{"N":"0"}},"name":{{"S":"Somebody With A Name {}"}},)"
        R"("email":{{"S":"somebody.{}@example.com"}},"active":{{"BOOL":true}},)"
        R"("tags":{{"SS":["red","green","blue"]}},"address":{{"M":{{"street":{{"S":"1 Long Street"}},)"
        R"("city":{{"S":"Springfield"}},"zip":{{"S":"12345"}}}}}},"note":{{"S":"{}"}}}})",
        key(n),
        n % owners,
        1'700'000'000 + n,
        n,
        n,
        std::string(100, 'x'));
}

Workload make(std::uint16_t port,
              std::string name,
              const std::string& operation,
              std::size_t count,
              const std::function<std::string(std::size_t)>& body) {
    Workload workload{std::move(name)};
    for (std::size_t n = 0; n < count; ++n) {
        workload.requests.push_back(signed_request(port, operation, body(n)));
    }
    return workload;
}

/// `open` `part(n)`, `part(n + 1)` ... `close`
std::string many(std::size_t first,
                 std::size_t count,
                 std::size_t items,
                 const char* begin,
                 const char* finish) {
    std::string body;
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) body += ',';
        body.append(begin).append(item((first * count + i) % items)).append(finish);
    }
    return body;
}

}  // namespace

std::string signed_request(std::uint16_t port,
                           const std::string& operation,
                           const std::string& body) {
    const std::string host = "127.0.0.1:" + std::to_string(port);
    net::Headers headers;
    headers.add("Host", host);
    headers.add("Content-Type", "application/x-amz-json-1.0");
    headers.add("X-Amz-Target", "DynamoDB_20120810." + operation);
    headers.add("User-Agent", "aws-sdk-js/3.0.0 ua/2.1 os/linux lang/js md/nodejs#20 api/dynamodb");
    const aws::Credentials credentials{.access_key_id = "BENCHBENCHBENCHBENCH",
                                       .secret_access_key = "secret/of+the/benchmark"};
    const aws::Scope scope{"us-east-1", "dynamodb"};
    aws::sign("POST", "/", "", headers, body, credentials, scope, from_epoch_ms(wall_us() / 1'000));
    std::string text = "POST / HTTP/1.1\r\n";
    for (const net::Header header : headers) {
        text.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
    return text + body;
}

std::string create_table_body() {
    return fmt::format(
        R"({{"TableName":"{}","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[)"
        R"({{"AttributeName":"pk","AttributeType":"S"}},{{"AttributeName":"sk","AttributeType":"S"}},)"
        R"({{"AttributeName":"owner","AttributeType":"S"}},{{"AttributeName":"created","AttributeType":"N"}}],)"
        R"("KeySchema":[{{"AttributeName":"pk","KeyType":"HASH"}},{{"AttributeName":"sk","KeyType":"RANGE"}}],)"
        R"("GlobalSecondaryIndexes":[{{"IndexName":"by-owner","KeySchema":[)"
        R"({{"AttributeName":"owner","KeyType":"HASH"}},{{"AttributeName":"created","KeyType":"RANGE"}}],)"
        R"("Projection":{{"ProjectionType":"ALL"}}}}]}})",
        table);
}

std::vector<Workload> workloads(std::uint16_t port, std::size_t items) {
    std::vector<Workload> all;
    const auto with_key = [](std::size_t n, const char* rest) {
        return fmt::format(R"({{"TableName":"{}","Key":{{{}}}{}}})", table, key(n), rest);
    };
    all.push_back(make(port, "PutItem", "PutItem", items, [](std::size_t n) {
        return fmt::format(R"({{"TableName":"{}","Item":{}}})", table, item(n));
    }));
    all.push_back(
        make(port, "GetItem", "GetItem", items, [&](std::size_t n) { return with_key(n, ""); }));
    all.push_back(make(port, "UpdateItem conditional", "UpdateItem", items, [&](std::size_t n) {
        return with_key(
            n,
            R"(,"UpdateExpression":"SET #n = :name, version = version + :one ADD #v :one",)"
            R"("ConditionExpression":"attribute_exists(pk) AND version >= :one",)"
            R"("ExpressionAttributeNames":{"#n":"name","#v":"views"},)"
            R"("ExpressionAttributeValues":{":name":{"S":"Another Name"},":one":{"N":"1"}})");
    }));
    all.push_back(make(port, "Query GSI, 25 items", "Query", owners, [](std::size_t n) {
        return fmt::format(
            R"({{"TableName":"{}","IndexName":"by-owner","KeyConditionExpression":"#o = :o",)"
            R"("ExpressionAttributeNames":{{"#o":"owner"}},"Limit":25,)"
            R"("ExpressionAttributeValues":{{":o":{{"S":"owner#{:04}"}}}}}})",
            table,
            n);
    }));
    all.push_back(make(port, "TransactWrite(10)", "TransactWriteItems", items / 10, [&](auto n) {
        const std::string open = fmt::format(R"({{"Put":{{"TableName":"{}","Item":)", table);
        return R"({"TransactItems":[)" + many(n, 10, items, open.c_str(), "}}") + "]}";
    }));
    all.push_back(make(port, "BatchWrite(25)", "BatchWriteItem", items / 25, [&](auto n) {
        return fmt::format(R"({{"RequestItems":{{"{}":[)", table) +
               many(n, 25, items, R"({"PutRequest":{"Item":)", "}}") + "]}}";
    }));
    all[0].writes = all[2].writes = all[4].writes = all[5].writes = true;
    all[4].transaction = true;
    return all;
}

}  // namespace carillon::bench
