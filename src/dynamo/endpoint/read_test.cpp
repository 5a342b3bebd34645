#include "dynamo/endpoint/endpoint_rig_test.hpp"

namespace carillon::dynamo::endpoint {
namespace {

using testing::Answer;
using testing::Rig;

constexpr const char* validation = "ValidationException";

struct Reads : ::testing::Test {
    Reads() {
        rig.create_rows();
        for (int i = 1; i <= 5; ++i) {
            const std::string n = std::to_string(i);
            rig.expect("PutItem",
                       R"({"TableName":"rows","Item":{"pk":{"S":"p"},"sk":{"N":")" + n +
                           R"("},"name":{"S":"n)" + std::to_string(9 - i) + R"("},"v":{"N":")" + n +
                           R"("}}})",
                       "{}");
        }
    }

    Rig rig;
};

TEST_F(Reads, QueriesPageByPage) {
    const Answer first =
        rig.call("Query",
                 R"({"TableName":"rows","KeyConditionExpression":"pk = :p AND sk >= :s","Limit":2,
            "ExpressionAttributeValues":{":p":{"S":"p"},":s":{"N":"2"}},"ProjectionExpression":"sk"})");
    EXPECT_EQ(first.body,
              R"({"Count":2,"Items":[{"sk":{"N":"2"}},{"sk":{"N":"3"}}],)"
              R"("LastEvaluatedKey":{"pk":{"S":"p"},"sk":{"N":"3"}},"ScannedCount":2})");
    rig.expect("Query",
               R"({"TableName":"rows","KeyConditionExpression":"pk = :p AND sk >= :s",
            "ExclusiveStartKey":{"pk":{"S":"p"},"sk":{"N":"3"}},"FilterExpression":"v <> :f",
            "ExpressionAttributeValues":{":p":{"S":"p"},":s":{"N":"3"},":f":{"N":"4"}},"Select":"COUNT"})",
               R"({"Count":1,"ScannedCount":2})");
}

TEST_F(Reads, APageOfAMegabyteEndsBehindTheItemThatFillsIt) {
    const std::string large(300 * 1024, 'x');
    for (int i = 0; i < 5; ++i) {
        rig.expect("PutItem",
                   R"({"TableName":"rows","Item":{"pk":{"S":"q"},"sk":{"N":")" + std::to_string(i) +
                       R"("},"v":{"S":")" + large + R"("}}})",
                   "{}");
    }
    const std::string query =
        R"("TableName":"rows","KeyConditionExpression":"pk = :p","Select":"COUNT",
        "ExpressionAttributeValues":{":p":{"S":"q"}})";
    // 900 KB are no page yet; the fourth item makes it one.
    rig.expect(
        "Query",
        "{" + query + "}",
        R"({"Count":4,"LastEvaluatedKey":{"pk":{"S":"q"},"sk":{"N":"3"}},"ScannedCount":4})");
    rig.expect("Query",
               "{" + query + R"(,"ExclusiveStartKey":{"pk":{"S":"q"},"sk":{"N":"3"}}})",
               R"({"Count":1,"ScannedCount":1})");
    // As with a limit: a full page says where it ended, also when nothing follows.
    EXPECT_EQ(
        rig.call("DeleteItem", R"({"TableName":"rows","Key":{"pk":{"S":"q"},"sk":{"N":"4"}}})")
            .status,
        200);
    rig.expect(
        "Query",
        "{" + query + "}",
        R"({"Count":4,"LastEvaluatedKey":{"pk":{"S":"q"},"sk":{"N":"3"}},"ScannedCount":4})");
}

TEST_F(Reads, LocalIndexesGiveKeysOrAll) {
    rig.expect(
        "Query",
        R"({"TableName":"rows","IndexName":"by_name","KeyConditionExpression":"pk = :p","Limit":1,
                   "ExpressionAttributeValues":{":p":{"S":"p"}},"ScanIndexForward":true})",
        R"({"Count":1,"Items":[{"name":{"S":"n4"},"pk":{"S":"p"},"sk":{"N":"5"}}],)"
        R"("LastEvaluatedKey":{"name":{"S":"n4"},"pk":{"S":"p"},"sk":{"N":"5"}},"ScannedCount":1})");
    rig.expect(
        "Query",
        R"({"TableName":"rows","IndexName":"by_name","KeyConditionExpression":"pk = :p","Limit":1,
                   "ExpressionAttributeValues":{":p":{"S":"p"}},"Select":"ALL_ATTRIBUTES"})",
        R"({"Count":1,"Items":[{"name":{"S":"n4"},"pk":{"S":"p"},"sk":{"N":"5"},"v":{"N":"5"}}],)"
        R"("LastEvaluatedKey":{"name":{"S":"n4"},"pk":{"S":"p"},"sk":{"N":"5"}},"ScannedCount":1})");
}

TEST_F(Reads, LocalIndexesFetchWhatIsAskedForAndIsPaidForByItems) {
    const std::string by_name =
        R"("TableName":"rows","IndexName":"by_name","KeyConditionExpression":"pk = :p","Limit":2,
           "ExpressionAttributeValues":{":p":{"S":"p"}},"ReturnConsumedCapacity":"INDEXES")";
    const std::string last =
        R"("LastEvaluatedKey":{"name":{"S":"n5"},"pk":{"S":"p"},"sk":{"N":"4"}},"ScannedCount":2,)"
        R"("ConsumedCapacity":{"TableName":"rows",)";
    rig.expect(
        "Query",
        "{" + by_name + R"(,"ProjectionExpression":"v, sk"})",
        R"({"Count":2,"Items":[{"sk":{"N":"5"},"v":{"N":"5"}},{"sk":{"N":"4"},"v":{"N":"4"}}],)" +
            last + R"("CapacityUnits":1.5,"Table":{"CapacityUnits":1.0},)" +
            R"("LocalSecondaryIndexes":{"by_name":{"CapacityUnits":0.5}}}})");
    rig.expect("Query",
               "{" + by_name + R"(,"ProjectionExpression":"sk"})",
               R"({"Count":2,"Items":[{"sk":{"N":"5"}},{"sk":{"N":"4"}}],)" + last +
                   R"("CapacityUnits":0.5,"Table":{"CapacityUnits":0.0},)" +
                   R"("LocalSecondaryIndexes":{"by_name":{"CapacityUnits":0.5}}}})");
}

TEST_F(Reads, FiltersSeeWhatTheIndexHolds) {
    const std::string filter =
        R"j("IndexName":"by_name","FilterExpression":"attribute_exists(v)","Select":"ALL_ATTRIBUTES")j";
    rig.expect("Scan",
               R"({"TableName":"rows",)" + filter + "}",
               R"({"Count":0,"Items":[],"ScannedCount":5})");
    rig.expect_error("Query",
                     R"({"TableName":"rows","KeyConditionExpression":"pk = :p",
                         "ExpressionAttributeValues":{":p":{"S":"p"}},)" +
                         filter + "}",
                     "ValidationException",
                     "One or more parameter values were invalid: Secondary index by_name does not "
                     "project one or more filter attributes: [v]");
}

TEST_F(Reads, LegacyConditionsQueryToo) {
    rig.expect("Query",
               R"({"TableName":"rows","AttributesToGet":["sk"],"KeyConditions":{
                   "pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"p"}]},
                   "sk":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"2"},{"N":"4"}]}},
                   "QueryFilter":{"v":{"ComparisonOperator":"IN","AttributeValueList":[{"N":"3"},{"N":"9"}]}}})",
               R"({"Count":1,"Items":[{"sk":{"N":"3"}}],"ScannedCount":3})");
    rig.expect("Scan",
               R"({"TableName":"rows","Select":"COUNT","ConditionalOperator":"OR","ScanFilter":{
                   "v":{"ComparisonOperator":"LT","AttributeValueList":[{"N":"2"}]},
                   "sk":{"ComparisonOperator":"GE","AttributeValueList":[{"N":"5"}]}}})",
               R"({"Count":2,"ScannedCount":5})");
}

TEST_F(Reads, SegmentsCoverATableOnce) {
    std::int64_t count = 0;
    for (int segment = 0; segment < 4; ++segment) {
        const auto answer = rig.call(
            "Scan",
            R"({"TableName":"rows","TotalSegments":4,"Segment":)" + std::to_string(segment) + "}");
        count += answer.object().at("Count").as_int64();
    }
    EXPECT_EQ(count, 5);
}

TEST_F(Reads, RefusesInDynamoDBsWords) {
    const std::string values = R"("ExpressionAttributeValues":{":p":{"S":"p"}})";

    struct Case {
        const char* operation;
        std::string rest;
        const char* message;
    };

    const std::string by_pk = R"("KeyConditionExpression":"pk = :p",)" + values;
    const Case cases[] = {
        {"Query",
         R"("Limit":5)",
         "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
         "request."},
        {"Query",
         by_pk + R"(,"Limit":0)",
         "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member "
         "must have value greater than or equal to 1"},
        {"Query",
         by_pk + R"(,"IndexName":"none")",
         "The table does not have the specified index: none"},
        {"Query",
         R"("KeyConditionExpression":"pk > :p",)" + values,
         "Query key condition not supported"},
        {"Query",
         R"("KeyConditionExpression":"v = :p",)" + values,
         "Query condition missed key schema element: pk"},
        {"Query",
         R"("KeyConditionExpression":"pk = :p OR pk = :p",)" + values,
         "Invalid operator used in KeyConditionExpression: OR"},
        {"Query",
         R"("KeyConditionExpression":"pk = :p AND sk = :p",)" + values,
         "One or more parameter values were invalid: Condition parameter type does not match "
         "schema "
         "type"},
        {"Query",
         by_pk + R"(,"FilterExpression":"sk = :p")",
         "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
         "sk"},
        {"Query",
         by_pk + R"(,"Select":"SPECIFIC_ATTRIBUTES")",
         "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
         "SPECIFIC_ATTRIBUTES"},
        {"Query",
         by_pk + R"(,"Select":"COUNT","ProjectionExpression":"v")",
         "Cannot specify the ProjectionExpression when choosing to get only the Count"},
        {"Query",
         by_pk + R"(,"Select":"ALL_PROJECTED_ATTRIBUTES")",
         "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
        {"Query",
         by_pk + R"(,"ExclusiveStartKey":{"pk":{"S":"p"}})",
         "The provided starting key is invalid"},
        {"Query",
         by_pk + R"(,"ExclusiveStartKey":{"pk":{"S":"q"},"sk":{"N":"1"}})",
         "The provided starting key is outside query boundaries based on provided conditions"},
        {"Query",
         by_pk +
             R"(,"IndexName":"by_name","ExclusiveStartKey":{"pk":{"S":"p"},"sk":{"N":"1"},"name":{"S":""}})",
         "One or more parameter values are not valid. The AttributeValue for a key attribute "
         "cannot "
         "contain an empty string value. Key: name"},
        {"Query",
         R"("IndexName":"by_name","KeyConditionExpression":"pk = :p AND #n = :n",
            "ExpressionAttributeNames":{"#n":"name"},
            "ExpressionAttributeValues":{":p":{"S":"p"},":n":{"S":""}})",
         "One or more parameter values are not valid. The AttributeValue for a key attribute "
         "cannot contain an empty string value. Key: name"},
        {"Scan",
         R"("Segment":1)",
         "The TotalSegments parameter is required but was not present in the request when Segment "
         "parameter is present"},
        {"Scan",
         R"("Segment":0,"TotalSegments":0)",
         "1 validation error detected: Value '0' at 'totalSegments' failed to satisfy constraint: "
         "Member must have value greater than or equal to 1"},
        {"Scan",
         R"("Segment":4,"TotalSegments":4)",
         "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
         "Segment: 4 is not less than TotalSegments: 4"},
        {"Scan",
         R"("ExclusiveStartKey":{"pk":{"N":"1"},"sk":{"N":"1"}})",
         "The provided starting key is invalid: The provided key element does not match the "
         "schema"},
        {"Scan",
         R"("FilterExpression":"pk.a = :p",)" + values,
         "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
         "allowed: Key: pk"},
    };
    for (const Case& c : cases) {
        rig.expect_error(
            c.operation, R"({"TableName":"rows",)" + c.rest + "}", validation, c.message);
    }
}

TEST_F(Reads, BatchesGetAndWrite) {
    rig.expect("BatchWriteItem",
               R"({"RequestItems":{"rows":[{"PutRequest":{"Item":{"pk":{"S":"q"},"sk":{"N":"1"}}}},
                   {"DeleteRequest":{"Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}}]}})",
               R"({"UnprocessedItems":{}})");
    rig.expect("BatchGetItem",
               R"({"RequestItems":{"rows":{"Keys":[{"pk":{"S":"q"},"sk":{"N":"1"}},
                   {"pk":{"S":"p"},"sk":{"N":"1"}}],"ProjectionExpression":"pk"}},
                   "ReturnConsumedCapacity":"TOTAL"})",
               R"({"Responses":{"rows":[{"pk":{"S":"q"}}]},"UnprocessedKeys":{},)"
               R"("ConsumedCapacity":[{"TableName":"rows","CapacityUnits":1.0}]})");
    rig.expect_error("BatchGetItem",
                     R"({"RequestItems":{"rows":{"Keys":[{"pk":{"S":"q"},"sk":{"N":"1"}},
                         {"pk":{"S":"q"},"sk":{"N":"1.0"}}]}}})",
                     validation,
                     "Provided list of item keys contains duplicates");
    rig.expect_error("BatchWriteItem",
                     R"({"RequestItems":{"rows":[{"PutRequest":{"Item":{"pk":{"S":"q"}}}}]}})",
                     validation,
                     "The provided key element does not match the schema");
    rig.expect_error("BatchWriteItem",
                     R"({"RequestItems":{"nowhere":[{"DeleteRequest":{"Key":{"a":{"S":"q"}}}}]}})",
                     "ResourceNotFoundException",
                     "Requested resource not found");
    std::string many;
    for (int i = 0; i < 26; ++i) {
        many += (i > 0 ? "," : "");
        many += R"({"DeleteRequest":{"Key":{"pk":{"S":"q"},"sk":{"N":")" + std::to_string(i) +
                R"("}}}})";
    }
    const Answer too_many =
        rig.call("BatchWriteItem", R"({"RequestItems":{"rows":[)" + many + "]}}");
    EXPECT_TRUE(too_many.message().ends_with(
        "at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: "
        "[Member must have length less than or equal to 25, Member must have length greater than "
        "or equal to 1]"))
        << too_many.message();
}

TEST_F(Reads, BatchesNameTablesByTheirArnToo) {
    const std::string arn = "arn:aws:dynamodb:us-east-1:000000000000:table/rows";
    rig.expect("BatchWriteItem",
               R"({"RequestItems":{")" + arn +
                   R"(":[{"PutRequest":{"Item":{"pk":{"S":"q"},"sk":{"N":"1"}}}}]}})",
               R"({"UnprocessedItems":{}})");
    rig.expect("BatchGetItem",
               R"({"RequestItems":{")" + arn + R"(":{"Keys":[{"pk":{"S":"q"},"sk":{"N":"1"}}]}}})",
               R"({"Responses":{")" + arn +
                   R"(":[{"pk":{"S":"q"},"sk":{"N":"1"}}]},"UnprocessedKeys":{}})");
    const std::string keys = R"({"Keys":[{"pk":{"S":"q"},"sk":{"N":"1"}}]})";
    rig.expect_error("BatchGetItem",
                     R"({"RequestItems":{"rows":)" + keys + ",\"" + arn + "\":" + keys + "}}",
                     validation,
                     "One or more parameter values were invalid: RequestItems names table rows "
                     "twice");
}

TEST_F(Reads, TransactionsTellEachReason) {
    const std::string body =
        R"({"ClientRequestToken":"t1","TransactItems":[
            {"Put":{"TableName":"rows","Item":{"pk":{"S":"t"},"sk":{"N":"1"}}}},
            {"ConditionCheck":{"TableName":"rows","Key":{"pk":{"S":"p"},"sk":{"N":"2"}},
                "ConditionExpression":"attribute_exists(v) "}
}]
})";
    rig.expect("TransactWriteItems", body, "{}");
    rig.expect("TransactWriteItems", body, "{}");
    rig.expect_error("TransactWriteItems",
                     R"({"ClientRequestToken":"t1","TransactItems":[
                         {"Delete":{"TableName":"rows","Key":{"pk":{"S":"t"},"sk":{"N":"1"}}}}]})",
                     "IdempotentParameterMismatchException",
                     "Provided idempotency token was used with different request parameters");
    const Answer cancelled = rig.call("TransactWriteItems",
                                      R"({"TransactItems":[
            {"Update":{"TableName":"rows","Key":{"pk":{"S":"t"},"sk":{"N":"1"}},
                "UpdateExpression":"SET v = :v","ExpressionAttributeValues":{":v":{"N":"1"}}}},
            {"Delete":{"TableName":"rows","Key":{"pk":{"S":"p"},"sk":{"N":"2"}},
                "ConditionExpression":"attribute_not_exists(v) ",
                "ReturnValuesOnConditionCheckFailure":"ALL_OLD"
    }
    }]
    })");
    EXPECT_EQ(cancelled.body,
              R"({"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",)"
              R"("CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed",)"
              R"("Message":"The conditional request failed",)"
              R"("Item":{"name":{"S":"n7"},"pk":{"S":"p"},"sk":{"N":"2"},"v":{"N":"2"}}}],)"
              R"("Message":"Transaction cancelled, please refer cancellation reasons for specific )"
              R"(reasons [None, ConditionalCheckFailed]"})");
    rig.expect(
        "TransactGetItems",
        R"({"TransactItems":[{"Get":{"TableName":"rows","Key":{"pk":{"S":"t"},"sk":{"N":"1"}}}},
                   {"Get":{"TableName":"rows","Key":{"pk":{"S":"none"},"sk":{"N":"1"}}}}],
                   "ReturnConsumedCapacity":"TOTAL"})",
        R"({"Responses":[{"Item":{"pk":{"S":"t"},"sk":{"N":"1"}}},{}],"ConsumedCapacity":)"
        R"([{"TableName":"rows","ReadCapacityUnits":4.0,"CapacityUnits":4.0}]})");
    rig.expect_error(
        "TransactWriteItems",
        R"({"TransactItems":[{"Put":{"TableName":"rows","Item":{"pk":{"S":"t"},"sk":{"N":"1"}}},
                         "Delete":{"TableName":"rows","Key":{"pk":{"S":"t"},"sk":{"N":"1"}}}}]})",
        validation,
        "TransactItems can only contain one of Check, Put, Update or Delete");
}

}  // namespace
}  // namespace carillon::dynamo::endpoint
