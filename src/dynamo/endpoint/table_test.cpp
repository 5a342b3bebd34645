#include "dynamo/endpoint/endpoint_rig_test.hpp"

namespace carillon::dynamo::endpoint {
namespace {

using testing::Answer;
using testing::Rig;

constexpr const char* validation = "ValidationException";

TEST(Tables, AreDescribedAsTheyWereMade) {
    Rig rig;
    rig.create_things();
    const json::object table =
        rig.call("DescribeTable", R"({"TableName":"things"})").object().at("Table").as_object();
    EXPECT_EQ(table.at("TableStatus").as_string(), "ACTIVE");
    EXPECT_EQ(table.at("TableArn").as_string(),
              "arn:aws:dynamodb:us-east-1:000000000000:table/things");
    EXPECT_EQ(table.at("AttributeDefinitions").as_array().size(), 3U);
    EXPECT_EQ(table.at("BillingModeSummary").as_object().at("BillingMode").as_string(),
              "PAY_PER_REQUEST");
    EXPECT_EQ(table.at("CreationDateTime").to_number<double>(),
              static_cast<double>(to_epoch_ms(testing::noon)) / 1'000);
    const json::object index = table.at("GlobalSecondaryIndexes").as_array().at(0).as_object();
    EXPECT_EQ(index.at("IndexName").as_string(), "by_kind");
    EXPECT_EQ(index.at("IndexStatus").as_string(), "ACTIVE");
    EXPECT_EQ(index.at("Projection").as_object().at("ProjectionType").as_string(), "KEYS_ONLY");
    rig.expect("ListTables", "{}", R"({"TableNames":["things"]})");
    const json::object deleted = rig.call("DeleteTable", R"({"TableName":"things"})")
                                     .object()
                                     .at("TableDescription")
                                     .as_object();
    EXPECT_EQ(deleted.at("TableStatus").as_string(), "DELETING");
    EXPECT_EQ(deleted.at("TableId"), table.at("TableId"));
    for (const char* gone :
         {"AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "CreationDateTime"}) {
        EXPECT_FALSE(deleted.contains(gone)) << gone;
    }
    rig.expect("ListTables", "{}", R"({"TableNames":[]})");
}

TEST(Tables, AreListedInPages) {
    Rig rig;
    rig.create_things();
    rig.create_rows();
    rig.expect("ListTables",
               R"({"Limit":1})",
               R"({"TableNames":["rows"],"LastEvaluatedTableName":"rows"})");
    rig.expect(
        "ListTables", R"({"ExclusiveStartTableName":"rows"})", R"({"TableNames":["things"]})");
}

TEST(Tables, RefusesInDynamoDBsWords) {
    Rig rig;
    rig.create_things();

    struct Case {
        const char* body;
        const char* type;
        const char* message;
    };

    const Case cases[] = {
        {"{}",
         validation,
         "The parameter 'TableName' is required but was not present in the request"},
        {R"({"TableName":"a"})",
         validation,
         "3 validation errors detected: Value null at 'attributeDefinitions' failed to satisfy "
         "constraint: Member must not be null; Value 'a' at 'tableName' failed to satisfy "
         "constraint: Member must have length greater than or equal to 3; Value null at "
         "'keySchema' "
         "failed to satisfy constraint: Member must not be null"},
        {R"({"TableName":"abc","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"X"}],"KeySchema":[]})",
         validation,
         "2 validation errors detected: Value 'X' at 'attributeDefinitions.1.member.attributeType' "
         "failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]; Value '[]' "
         "at 'keySchema' failed to satisfy constraint: Member must have length greater than or "
         "equal to 1"},
        {R"({"TableName":"abc","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],
             "KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]})",
         validation,
         "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must "
         "both be specified when BillingMode is PROVISIONED"},
        {R"({"TableName":"abc","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],
             "KeySchema":[{"AttributeName":"b","KeyType":"HASH"}]})",
         validation,
         "One or more parameter values were invalid: Some index key attributes are not defined in "
         "AttributeDefinitions. Keys: [b], AttributeDefinitions: [a]"},
        {R"({"TableName":"abc","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"S"}],
             "KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]})",
         validation,
         "One or more parameter values were invalid: Number of attributes in KeySchema does not "
         "exactly match number of attributes defined in AttributeDefinitions"},
        {R"({"TableName":"abc","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],
             "KeySchema":[{"AttributeName":"a","KeyType":"RANGE"}]})",
         validation,
         "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
        {R"({"TableName":"abc","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"a","AttributeType":"S"}],
             "KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]})",
         validation,
         "One or more parameter values were invalid: Duplicate AttributeName in "
         "AttributeDefinitions: a"},
        {R"({"TableName":"abc","BillingMode":"PAY_PER_REQUEST",
             "AttributeDefinitions":[{"AttributeName":"b","AttributeType":"S"},
                 {"AttributeName":"c","AttributeType":"S"},{"AttributeName":"a","AttributeType":"S"}],
             "KeySchema":[{"AttributeName":"b","KeyType":"HASH"}],
             "GlobalSecondaryIndexes":[{"IndexName":"by_a","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
                 "Projection":{"ProjectionType":"ALL"}}]})",
         validation,
         "One or more parameter values were invalid: Some AttributeDefinitions are not used. "
         "AttributeDefinitions: [a, b, c], keys used: [a, b]"},
        {R"({"TableName":"abc","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],
             "KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
             "GlobalSecondaryIndexes":[{"IndexName":"by_a","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
                 "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x","x"]}}]})",
         validation,
         "One or more parameter values were invalid: Duplicate attribute name in NonKeyAttributes: "
         "x"},
        {R"({"TableName":"things","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],
             "KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]})",
         "ResourceInUseException",
         "Table already exists: things"},
    };
    for (const Case& c : cases) rig.expect_error("CreateTable", c.body, c.type, c.message);
}

TEST(Tables, NewIndexesHoldWhatIsStored) {
    Rig rig;
    rig.create_things();
    rig.expect("PutItem",
               R"({"TableName":"things","Item":{"id":{"S":"a"},"owner":{"S":"o"},"v":{"N":"1"}}})",
               "{}");
    // Values that no key can have are not in the index.
    const std::string unfit[] = {
        R"({"N":"1"})", R"({"S":""})", R"({"S":")" + std::string(2049, 'o') + R"("})"};
    for (std::size_t i = 0; i < std::size(unfit); ++i) {
        rig.expect("PutItem",
                   R"({"TableName":"things","Item":{"id":{"S":"b)" + std::to_string(i) +
                       R"("},"owner":)" + unfit[i] + "}}",
                   "{}");
    }
    const Answer changed = rig.call("UpdateTable", R"({"TableName":"things",
        "AttributeDefinitions":[{"AttributeName":"owner","AttributeType":"S"}],
        "GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"by_owner",
            "KeySchema":[{"AttributeName":"owner","KeyType":"HASH"}],
            "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["v"]}}}]})");
    ASSERT_EQ(changed.status, 200) << changed.body;
    const std::string query =
        R"({"TableName":"things","IndexName":"by_owner","KeyConditionExpression":"#o = :o",
            "ExpressionAttributeNames":{"#o":"owner"},"ExpressionAttributeValues":{":o":{"S":"o"}}})";
    rig.expect(
        "Query",
        query,
        R"({"Count":1,"Items":[{"id":{"S":"a"},"owner":{"S":"o"},"v":{"N":"1"}}],"ScannedCount":1})");
    rig.expect("Scan",
               R"({"TableName":"things","IndexName":"by_owner","Select":"COUNT"})",
               R"({"Count":1,"ScannedCount":1})");
    rig.expect(
        "PutItem", R"({"TableName":"things","Item":{"id":{"S":"c"},"owner":{"S":"o"}}})", "{}");
    EXPECT_EQ(rig.call("Query", query).object().at("Count").as_int64(), 2);
    const Answer dropped = rig.call("UpdateTable", R"({"TableName":"things",
        "GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"by_owner"}}]})");
    ASSERT_EQ(dropped.status, 200) << dropped.body;
    rig.expect_error(
        "Query", query, validation, "The table does not have the specified index: by_owner");
}

TEST(Tables, ChangesOfIndexesAreRefusedInDynamoDBsWords) {
    Rig rig;
    rig.create_rows();

    struct Case {
        const char* rest;
        const char* message;
    };

    const Case cases[] = {
        {R"("AttributeDefinitions":[{"AttributeName":"name","AttributeType":"N"}],
            "GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"by_rank",
                "KeySchema":[{"AttributeName":"name","KeyType":"HASH"}],
                "Projection":{"ProjectionType":"ALL"}}}])",
         "One or more parameter values were invalid: Attributes cannot be redefined. Please check "
         "that your attribute has the same type as previously defined. Existing schema: "
         "Schema:[SchemaElement: key{pk:S:HASH}, SchemaElement: key{name:S:RANGE}] New schema: "
         "Schema:[SchemaElement: key{name:N:HASH}]"},
        {R"("AttributeDefinitions":[{"AttributeName":"name","AttributeType":"S"}],
            "GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"by_rank"},"Create":{"IndexName":"by_rank",
                "KeySchema":[{"AttributeName":"name","KeyType":"HASH"}],
                "Projection":{"ProjectionType":"ALL"}}}])",
         "One or more parameter values were invalid: Only one of "
         "GlobalSecondaryIndexUpdate.Update, "
         "GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete may be given"},
        {R"("GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"by_name"}}])",
         "The table does not have the specified index: by_name"},
    };
    for (const Case& c : cases) {
        rig.expect_error("UpdateTable",
                         std::string(R"({"TableName":"rows",)") + c.rest + "}",
                         validation,
                         c.message);
    }
}

TEST(Tables, ProtectionKeepsThem) {
    Rig rig;
    rig.create_things();
    ASSERT_EQ(rig.call("UpdateTable", R"({"TableName":"things","DeletionProtectionEnabled":true})")
                  .status,
              200);
    rig.expect_error("DeleteTable",
                     R"({"TableName":"things"})",
                     validation,
                     "Resource cannot be deleted as it is currently protected against deletion. "
                     "Disable deletion protection first.");
    ASSERT_EQ(rig.call("UpdateTable", R"({"TableName":"things","DeletionProtectionEnabled":false})")
                  .status,
              200);
    EXPECT_EQ(rig.call("DeleteTable", R"({"TableName":"things"})").status, 200);
}

TEST(Tables, TagsComeAndGo) {
    Rig rig;
    rig.create_things();
    const std::string arn =
        R"("ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/things")";
    rig.expect("TagResource",
               "{" + arn + R"(,"Tags":[{"Key":"b","Value":"2"},{"Key":"a","Value":"1"}]})",
               "");
    rig.expect("ListTagsOfResource",
               "{" + arn + "}",
               R"({"Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]})");
    rig.expect("UntagResource", "{" + arn + R"(,"TagKeys":["a","zz"]})", "");
    rig.expect("ListTagsOfResource", "{" + arn + "}", R"({"Tags":[{"Key":"b","Value":"2"}]})");
    rig.expect_error("TagResource",
                     "{" + arn + R"(,"Tags":[]})",
                     validation,
                     "Atleast one Tag needs to be provided as Input.");
    rig.expect_error("ListTagsOfResource", "{}", validation, "Invalid TableArn");
    EXPECT_EQ(
        rig.call("TagResource", "{" + arn + R"(,"Tags":[{"Key":"ok","Value":"#!%"}]})").type(),
        validation);
}

TEST(Tables, TagsAreAsLongAsTheirCharacters) {
    Rig rig;
    rig.create_things();
    const auto tag = [&](const std::string& members) {
        return rig.call("TagResource",
                        R"({"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/things",
                            "Tags":[{)" +
                            members + "}]}");
    };
    std::string umlauts;
    for (int i = 0; i < 128; ++i) umlauts += "\u00fc";
    EXPECT_EQ(tag(R"("Key":")" + umlauts + R"(","Value":")" + umlauts + umlauts + "\"").status,
              200);
    EXPECT_EQ(tag(R"("Key":")" + umlauts + R"(x","Value":"")").type(), validation);
    EXPECT_EQ(tag(R"("Key":"k")").message(),
              "1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy "
              "constraint: Member must not be null");
}

TEST(Tables, HaveAtMostFiftyTags) {
    Rig rig;
    rig.create_things();
    std::string tags;
    for (int i = 0; i < 50; ++i) {
        tags += R"({"Key":"k)" + std::to_string(i) + R"(","Value":"v"},)";
    }
    tags.pop_back();
    const std::string arn =
        R"("ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/things")";
    rig.expect("TagResource", "{" + arn + ",\"Tags\":[" + tags + "]}", "");
    rig.expect("TagResource", "{" + arn + R"(,"Tags":[{"Key":"k7","Value":"again"}]})", "");
    const Answer many =
        rig.call("TagResource", "{" + arn + R"(,"Tags":[{"Key":"more","Value":"v"}]})");
    EXPECT_EQ(many.type(), validation);
}

TEST(Tables, TellWhenTheirClassWasChanged) {
    Rig rig;
    rig.create_things();
    const Answer before = rig.call("DescribeTable", R"({"TableName":"things"})");
    EXPECT_EQ(before.body.find("TableClassSummary"), std::string::npos);
    EXPECT_EQ(rig.call("UpdateTable",
                       R"({"TableName":"things","TableClass":"STANDARD_INFREQUENT_ACCESS"})")
                  .status,
              200);
    const Answer after = rig.call("DescribeTable", R"({"TableName":"things"})");
    EXPECT_NE(after.body.find(R"("TableClassSummary":{"TableClass":"STANDARD_INFREQUENT_ACCESS",)"
                              R"("LastUpdateDateTime":)"),
              std::string::npos)
        << after.body;
    rig.expect_error("UpdateTable",
                     R"({"TableName":"things","TableClass":"standard"})",
                     validation,
                     "Invalid table-class parameter provided. Please try again with a valid "
                     "table-class value: [STANDARD, STANDARD_INFREQUENT_ACCESS].");
}

TEST(Tables, ExpireItemsByTheirAttribute) {
    Rig rig;
    rig.create_things();
    const std::string on =
        R"({"TableName":"things","TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":true}})";
    rig.expect("DescribeTimeToLive",
               R"({"TableName":"things"})",
               R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}})");
    rig.expect("UpdateTimeToLive",
               on,
               R"({"TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":true}})");
    rig.expect_error("UpdateTimeToLive", on, validation, "TimeToLive is already enabled");
    rig.expect("DescribeTimeToLive",
               R"({"TableName":"things"})",
               R"({"TimeToLiveDescription":{"AttributeName":"ttl","TimeToLiveStatus":"ENABLED"}})");
}

TEST(Tables, LimitsAndEndpointsAreTold) {
    Rig rig;
    EXPECT_EQ(rig.call("DescribeLimits", "{}").status, 200);
    rig.expect(
        "DescribeEndpoints",
        "{}",
        R"({"Endpoints":[{"Address":"dynamodb.us-east-1.amazonaws.com","CachePeriodInMinutes":1440}]})");
    net::ServerRequest named = Rig::request("DescribeEndpoints", "{}");
    named.headers.add("Host", "127.0.0.1:8000");
    EXPECT_EQ(rig.send(std::move(named)).body,
              R"({"Endpoints":[{"Address":"127.0.0.1:8000","CachePeriodInMinutes":1440}]})");
}

}  // namespace
}  // namespace carillon::dynamo::endpoint
