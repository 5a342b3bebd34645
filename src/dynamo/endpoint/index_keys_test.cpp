// Global indexes with keys of several attributes, and the settings that tables only keep.

#include "dynamo/endpoint/endpoint_rig_test.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace carillon::dynamo::endpoint {
namespace {

using testing::Answer;
using testing::Rig;

constexpr const char* validation = "ValidationException";

/// `[{"AttributeName":"h1","KeyType":"HASH"},...]` of "h1 h2|r1 r2".
std::string key_schema(std::string_view names) {
    std::string out = "[";
    bool sorts = false;
    std::string name;
    for (const char c : std::string(names) + " ") {
        if (c != ' ' && c != '|') {
            name += c;
            continue;
        }
        if (!name.empty()) {
            if (out.size() > 1) out += ',';
            out += fmt::format(
                R"({{"AttributeName":"{}","KeyType":"{}"}})", name, sorts ? "RANGE" : "HASH");
            name.clear();
        }
        if (c == '|') sorts = true;
    }
    return out + "]";
}

std::string definitions(std::initializer_list<std::string_view> names) {
    std::string out = "[";
    for (const std::string_view name : names) {
        if (out.size() > 1) out += ',';
        out += fmt::format(R"({{"AttributeName":"{}","AttributeType":"S"}})", name);
    }
    return out + "]";
}

/// A table with key `p` and the index `idx` of that key.
std::string table_with_index(std::string_view defined, std::string_view key) {
    return fmt::format(R"({{"TableName":"wide","BillingMode":"PAY_PER_REQUEST",
        "AttributeDefinitions":{},"KeySchema":[{{"AttributeName":"p","KeyType":"HASH"}}],
        "GlobalSecondaryIndexes":[{{"IndexName":"idx","KeySchema":{},
            "Projection":{{"ProjectionType":"ALL"}}}}]}})",
                       defined,
                       key);
}

void create_wide(Rig& rig) {
    const Answer made = rig.call(
        "CreateTable",
        table_with_index(definitions({"p", "h1", "h2", "r1", "r2"}), key_schema("h1 h2|r1 r2")));
    ASSERT_EQ(made.status, 200) << made.body;
}

void put_wide(Rig& rig, std::string_view p, std::string_view r1, std::string_view r2) {
    rig.expect("PutItem",
               fmt::format(R"({{"TableName":"wide","Item":{{"p":{{"S":"{}"}},"h1":{{"S":"x"}},
                   "h2":{{"S":"y"}},"r1":{{"S":"{}"}},"r2":{{"S":"{}"}}}}}})",
                           p,
                           r1,
                           r2),
               "{}");
}

std::string query_wide(std::string_view condition, std::string_view more = "") {
    std::string values;
    for (const std::string_view pair : {":h1=x", ":h2=y", ":a=a", ":b=b", ":c=c"}) {
        const std::string name(pair.substr(0, pair.find('=')));
        if (condition.find(name) == std::string_view::npos &&
            more.find(name) == std::string_view::npos) {
            continue;
        }
        if (!values.empty()) values += ',';
        values += fmt::format(R"("{}":{{"S":"{}"}})", name, pair.substr(pair.find('=') + 1));
    }
    return fmt::format(R"({{"TableName":"wide","IndexName":"idx","KeyConditionExpression":"{}",
        "ExpressionAttributeValues":{{{}}}{}}})",
                       condition,
                       values,
                       more);
}

std::string found(Rig& rig, const std::string& body) {
    const Answer got = rig.call("Query", body);
    EXPECT_EQ(got.status, 200) << got.body;
    std::string out;
    for (const json::value& item : got.object().at("Items").as_array()) {
        out += item.as_object().at("p").as_object().at("S").as_string().c_str();
    }
    return out;
}

TEST(WideIndexes, AreDescribedAsTheyWereMade) {
    Rig rig;
    create_wide(rig);
    const json::object table =
        rig.call("DescribeTable", R"({"TableName":"wide"})").object().at("Table").as_object();
    EXPECT_EQ(table.at("AttributeDefinitions").as_array().size(), 5U);
    EXPECT_EQ(json::serialize(
                  table.at("GlobalSecondaryIndexes").as_array()[0].as_object().at("KeySchema")),
              key_schema("h1 h2|r1 r2"));
}

TEST(WideIndexes, AreQueriedFromTheLeft) {
    Rig rig;
    create_wide(rig);
    put_wide(rig, "1", "a", "c");
    put_wide(rig, "2", "a", "b");
    put_wide(rig, "3", "b", "a");
    EXPECT_EQ(found(rig, query_wide("h1 = :h1 AND h2 = :h2")), "213");
    EXPECT_EQ(found(rig, query_wide("h2 = :h2 AND h1 = :h1 AND r1 = :a")), "21");
    EXPECT_EQ(found(rig, query_wide("h1 = :h1 AND h2 = :h2 AND r1 = :a AND r2 > :b")), "1");
    EXPECT_EQ(found(rig, query_wide("h1 = :h1 AND h2 = :h2 AND r1 = :a AND r2 BETWEEN :b AND :c")),
              "21");
    EXPECT_EQ(found(rig, query_wide("h1 = :h1 AND h2 = :h2 AND begins_with(r1, :b)")), "3");
    EXPECT_EQ(found(rig, query_wide("h1 = :h1 AND h2 = :h2", R"(,"ScanIndexForward":false)")),
              "312");
    const Answer page = rig.call("Query", query_wide("h1 = :h1 AND h2 = :h2", R"(,"Limit":1)"));
    EXPECT_EQ(page.object().at("LastEvaluatedKey").as_object().size(), 5U);
    EXPECT_EQ(found(rig,
                    query_wide("h1 = :h1 AND h2 = :h2",
                               R"(,"ExclusiveStartKey":)" +
                                   json::serialize(page.object().at("LastEvaluatedKey")))),
              "13");
}

TEST(WideIndexes, RefuseConditionsThatSkip) {
    Rig rig;
    create_wide(rig);

    struct Case {
        const char* condition;
        const char* message;
    };

    const Case cases[] = {
        {"h1 = :h1", "Query condition missed key schema element: h2"},
        {"h1 = :h1 AND h2 > :h2", "Query key condition not supported"},
        {"h1 = :h1 AND h2 = :h2 AND r2 = :b", "Query condition missed key schema element: r1"},
        {"h1 = :h1 AND h2 = :h2 AND r1 > :a AND r2 = :b", "Query key condition not supported"},
        {"h1 = :h1 AND h2 = :h2 AND begins_with(r1, :a) AND r2 = :b",
         "Query key condition not supported"},
    };
    for (const Case& c : cases) {
        rig.expect_error("Query", query_wide(c.condition), validation, c.message);
    }
    rig.expect_error("Query",
                     query_wide("h1 = :h1 AND h2 = :h2", R"(,"FilterExpression":"r1 = :a")"),
                     validation,
                     "Filter Expression can only contain non-primary key attributes: Primary key "
                     "attribute: r1");
    const Answer legacy =
        rig.call("Query", R"({"TableName":"wide","IndexName":"idx","KeyConditions":{
        "h1":{"AttributeValueList":[{"S":"x"}],"ComparisonOperator":"EQ"},
        "h2":{"AttributeValueList":[{"S":"y"}],"ComparisonOperator":"EQ"}}})");
    EXPECT_EQ(legacy.type(), validation);
    const Answer start = rig.call(
        "Query",
        query_wide(
            "h1 = :h1 AND h2 = :h2",
            R"(,"ExclusiveStartKey":{"p":{"S":"1"},"h1":{"S":"x"},"r1":{"S":"a"},"r2":{"S":"b"}})"));
    EXPECT_EQ(start.type(), validation);
}

TEST(WideIndexes, KeySchemasHaveTheirRules) {
    Rig rig;
    const std::string bad[] = {
        table_with_index(definitions({"p", "a", "b", "c", "d", "e"}), key_schema("a b c d e")),
        table_with_index(definitions({"p", "a", "b", "c", "d", "e", "f"}),
                         key_schema("a|b c d e f")),
        table_with_index(definitions({"p", "a", "b"}), key_schema("|a b")),
        table_with_index(definitions({"p", "a"}), key_schema("a a")),
        table_with_index(definitions({"p", "a", "b"}), key_schema("a b|a")),
        table_with_index(definitions({"p", "a"}), key_schema("a b")),
        table_with_index(definitions({"p", "a", "b", "c"}),
                         R"([{"AttributeName":"a","KeyType":"HASH"},
                            {"AttributeName":"b","KeyType":"RANGE"},
                            {"AttributeName":"c","KeyType":"HASH"}])"),
    };
    for (const std::string& body : bad) {
        const Answer got = rig.call("CreateTable", body);
        EXPECT_EQ(got.type(), validation) << body << got.body;
    }
    EXPECT_EQ(rig.call("CreateTable",
                       table_with_index(definitions({"p", "a", "b", "c", "d", "e", "f", "g", "h"}),
                                        key_schema("a b c d|e f g h")))
                  .status,
              200);
}

TEST(WideIndexes, ComeToTablesWithItems) {
    Rig rig;
    ASSERT_EQ(rig.call("CreateTable",
                       R"({"TableName":"wide","BillingMode":"PAY_PER_REQUEST",
                           "AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"}],
                           "KeySchema":[{"AttributeName":"p","KeyType":"HASH"}]})")
                  .status,
              200);
    put_wide(rig, "1", "a", "c");
    put_wide(rig, "2", "a", "b");
    const Answer made = rig.call("UpdateTable",
                                 fmt::format(R"({{"TableName":"wide","AttributeDefinitions":{},
            "GlobalSecondaryIndexUpdates":[{{"Create":{{"IndexName":"idx","KeySchema":{},
                "Projection":{{"ProjectionType":"ALL"}}}}}}]}})",
                                             definitions({"h1", "h2", "r1", "r2"}),
                                             key_schema("h1 h2|r1 r2")));
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(found(rig, query_wide("h1 = :h1 AND h2 = :h2")), "21");
}

TEST(TableDelays, ShowTablesOnTheirWay) {
    EndpointOptions options;
    options.table_delay = std::chrono::seconds{2};
    Rig rig(options);
    rig.create_things();
    const auto status = [&] {
        const Answer got = rig.call("DescribeTable", R"({"TableName":"things"})");
        if (got.status != 200) return got.type();
        return std::string(
            got.object().at("Table").as_object().at("TableStatus").as_string().c_str());
    };
    EXPECT_EQ(status(), "CREATING");
    rig.expect_error("DeleteTable",
                     R"({"TableName":"things"})",
                     "ResourceInUseException",
                     "Attempt to change a resource which is still in use: Table is being created: "
                     "things");
    rig.clock().advance(std::chrono::seconds{2});
    EXPECT_EQ(status(), "ACTIVE");
    ASSERT_EQ(rig.call("UpdateTable", R"({"TableName":"things","TableClass":"STANDARD"})").status,
              200);
    EXPECT_EQ(status(), "UPDATING");
    rig.expect_error("UpdateTable",
                     R"({"TableName":"things","DeletionProtectionEnabled":true})",
                     "ResourceInUseException",
                     "Attempt to change a resource which is still in use: Table is being updated: "
                     "things");
    rig.clock().advance(std::chrono::seconds{2});
    ASSERT_EQ(rig.call("DeleteTable", R"({"TableName":"things"})").status, 200);
    EXPECT_EQ(status(), "DELETING");
    rig.clock().advance(std::chrono::seconds{2});
    EXPECT_EQ(status(), "ResourceNotFoundException");
}

TEST(TableSettings, AreKeptAndShown) {
    Rig rig;
    rig.create_things();
    const auto change = [&](std::string_view member) {
        const Answer got =
            rig.call("UpdateTable", fmt::format(R"({{"TableName":"things",{}}})", member));
        EXPECT_EQ(got.status, 200) << got.body;
    };
    change(R"("OnDemandThroughput":{"MaxReadRequestUnits":5,"MaxWriteRequestUnits":-1})");
    change(R"("SSESpecification":{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"alias/mine"})");
    change(R"("GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"by_kind",
        "OnDemandThroughput":{"MaxReadRequestUnits":7,"MaxWriteRequestUnits":8}}}])");
    json::object table =
        rig.call("DescribeTable", R"({"TableName":"things"})").object().at("Table").as_object();
    EXPECT_EQ(json::serialize(table.at("OnDemandThroughput")),
              R"({"MaxReadRequestUnits":5,"MaxWriteRequestUnits":-1})");
    EXPECT_EQ(json::serialize(table.at("SSEDescription")),
              R"({"Status":"ENABLED","SSEType":"KMS","KMSMasterKeyArn":)"
              R"("arn:aws:kms:us-east-1:000000000000:alias/mine"})");
    EXPECT_EQ(
        json::serialize(
            table.at("GlobalSecondaryIndexes").as_array()[0].as_object().at("OnDemandThroughput")),
        R"({"MaxReadRequestUnits":7,"MaxWriteRequestUnits":8})");
    change(R"("SSESpecification":{"Enabled":false})");
    change(R"("OnDemandThroughput":{"MaxReadRequestUnits":-1,"MaxWriteRequestUnits":-1})");
    table = rig.call("DescribeTable", R"({"TableName":"things"})").object().at("Table").as_object();
    EXPECT_FALSE(table.contains("SSEDescription"));
    EXPECT_FALSE(table.contains("OnDemandThroughput"));
    rig.expect_error("UpdateTable",
                     R"({"TableName":"things","OnDemandThroughput":{"MaxReadRequestUnits":0}})",
                     validation,
                     "One or more parameter values were invalid: OnDemandThroughput values must be "
                     "-1 or greater than or equal to 1, not 0");
}

}  // namespace
}  // namespace carillon::dynamo::endpoint
