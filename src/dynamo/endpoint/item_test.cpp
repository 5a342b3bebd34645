#include "dynamo/endpoint/endpoint_rig_test.hpp"

namespace carillon::dynamo::endpoint {
namespace {

using testing::Rig;

constexpr const char* validation = "ValidationException";
constexpr const char* failed = "ConditionalCheckFailedException";

struct Items : ::testing::Test {
    Items() { rig.create_things(); }

    Rig rig;
};

TEST_F(Items, PutGetUpdateDelete) {
    rig.expect(
        "PutItem",
        R"({"TableName":"things","Item":{"id":{"S":"a"},"n":{"N":"01.50"},"l":{"L":[{"NULL":true}]}}})",
        "{}");
    rig.expect("GetItem",
               R"({"TableName":"things","Key":{"id":{"S":"a"}}})",
               R"({"Item":{"id":{"S":"a"},"l":{"L":[{"NULL":true}]},"n":{"N":"1.5"}}})");
    rig.expect("GetItem", R"({"TableName":"things","Key":{"id":{"S":"b"}}})", "{}");
    rig.expect(
        "UpdateItem",
        R"({"TableName":"things","Key":{"id":{"S":"a"}},"UpdateExpression":"SET n = n + :one",
                   "ExpressionAttributeValues":{":one":{"N":"1"}},"ReturnValues":"UPDATED_NEW"})",
        R"({"Attributes":{"n":{"N":"2.5"}}})");
    rig.expect("PutItem",
               R"({"TableName":"things","Item":{"id":{"S":"a"}},"ReturnValues":"ALL_OLD"})",
               R"({"Attributes":{"id":{"S":"a"},"l":{"L":[{"NULL":true}]},"n":{"N":"2.5"}}})");
    rig.expect("DeleteItem",
               R"({"TableName":"things","Key":{"id":{"S":"a"}},"ReturnValues":"ALL_OLD"})",
               R"({"Attributes":{"id":{"S":"a"}}})");
    rig.expect("DeleteItem",
               R"({"TableName":"things","Key":{"id":{"S":"a"}},"ReturnValues":"ALL_OLD"})",
               "{}");
}

TEST_F(Items, ConditionsFailWithTheItemWhenAskedFor) {
    rig.expect("PutItem", R"({"TableName":"things","Item":{"id":{"S":"a"},"v":{"N":"1"}}})", "{}");
    const auto answer = rig.call("PutItem",
                                 R"({"TableName":"things","Item":{"id":{"S":"a"}},
            "ConditionExpression":"attribute_not_exists(id) ",
            "ReturnValuesOnConditionCheckFailure":"ALL_OLD"
})");
    EXPECT_EQ(
        answer.body,
        R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",)"
        R"("Item":{"id":{"S":"a"},"v":{"N":"1"}},"message":"The conditional request failed"})");
    rig.expect_error("DeleteItem",
                     R"({"TableName":"things","Key":{"id":{"S":"a"}},"ConditionExpression":"v > :v",
                         "ExpressionAttributeValues":{":v":{"N":"1"}}})",
                     failed,
                     "The conditional request failed");
}

TEST_F(Items, RulesOfMembersAreReportedTogether) {
    rig.expect_error(
        "PutItem",
        R"({"TableName":"a;","ReturnValues":"SOME"})",
        validation,
        "4 validation errors detected: Value 'a;' at 'tableName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value 'a;' at "
        "'tableName' failed to satisfy constraint: Member must have length greater than or equal "
        "to 3; Value null at 'item' failed to satisfy constraint: Member must not be null; Value "
        "'SOME' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value "
        "set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]");
    rig.expect_error("GetItem",
                     R"({"TableName":"things"})",
                     validation,
                     "1 validation error detected: Value null at 'key' failed to satisfy "
                     "constraint: Member must not be null");
}

TEST_F(Items, NullInsideAListOrMapOfTheRequestIsAnOrdinaryFault) {
    for (const char* body : {R"({"RequestItems":{"things":null}})",
                             R"({"RequestItems":{"a":[null]}})",
                             R"({"RequestItems":{"things":[null],"a;":null}})",
                             R"({"RequestItems":{"things":[{"PutRequest":null}]}})",
                             R"({"RequestItems":{"things":[{"PutRequest":{"Item":null}}]}})"}) {
        for (const char* operation : {"BatchWriteItem", "BatchGetItem"}) {
            const auto answer = rig.call(operation, body);
            EXPECT_EQ(answer.status, 400) << operation << " " << body << " " << answer.body;
        }
    }
}

TEST_F(Items, RefusesInDynamoDBsWords) {
    struct Case {
        const char* operation;
        const char* rest;
        const char* message;
    };

    const Case cases[] = {
        {"PutItem",
         R"("Item":{})",
         "One or more parameter values were invalid: Missing the key id in the item"},
        {"PutItem",
         R"("Item":{"id":{"N":"1"}})",
         "One or more parameter values were invalid: Type mismatch for key id expected: S actual: "
         "N"},
        {"PutItem",
         R"("Item":{"id":{}})",
         "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
        {"PutItem",
         R"("Item":{"id":{"S":"a","N":"1"}})",
         "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
         "supported datatypes"},
        {"PutItem",
         R"("Item":{"id":{"S":"a"},"n":{"N":"x"}})",
         "The parameter cannot be converted to a numeric value: x"},
        {"PutItem",
         R"("Item":{"id":{"S":"a"},"s":{"SS":["a","a"]}})",
         "One or more parameter values were invalid: Input collection [a, a] contains duplicates."},
        {"PutItem",
         R"("Item":{"id":{"S":"a"}},"ReturnValues":"ALL_NEW")",
         "ReturnValues can only be ALL_OLD or NONE"},
        {"PutItem",
         R"("Item":{"id":{"S":"a"},"kind":{"N":"1"}})",
         "One or more parameter values were invalid: Type mismatch for Index Key kind Expected: S "
         "Actual: N IndexName: by_kind"},
        {"PutItem",
         R"("Item":{"id":{"S":"a"}},"ConditionExpression":"")",
         "Invalid ConditionExpression: The expression can not be empty;"},
        {"PutItem",
         R"("Item":{"id":{"S":"a"}},"ExpressionAttributeNames":{"#a":"b"})",
         "ExpressionAttributeNames can only be specified when using expressions"},
        {"PutItem",
         R"("Item":{"id":{"S":"a"}},"ExpressionAttributeValues":{":a":{"S":"b"}})",
         "ExpressionAttributeValues can only be specified when using expressions: "
         "ConditionExpression is null"},
        {"PutItem",
         R"("Item":{"id":{"S":"a"}},"ConditionExpression":"a = :a","Expected":{"a":{"Exists":false}})",
         "Can not use both expression and non-expression parameters in the same request: "
         "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"},
        {"PutItem",
         R"("Item":{"id":{"S":"a"}},"ConditionExpression":"#a = :a","ExpressionAttributeNames":{"a":"b"})",
         "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\""},
        {"PutItem",
         R"("Item":{"id":{"S":"a"}},"ConditionExpression":"a = :a","ExpressionAttributeValues":{})",
         "ExpressionAttributeValues must not be empty"},
        {"PutItem",
         R"("Item":{"id":{"S":"a"}},"ConditionExpression":"a = :a","ExpressionAttributeValues":{":a":{"N":"q"}})",
         "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a "
         "numeric value: q for key :a"},
        {"PutItem",
         R"("Item":{"id":{"S":"a"}},"ConditionExpression":"a = :a")",
         "Invalid ConditionExpression: An expression attribute value used in expression is not "
         "defined; attribute value: :a"},
        {"PutItem",
         R"("Item":{"id":{"S":"a"}},"ConditionExpression":"a = :a","ExpressionAttributeValues":{":a":{"S":"x"},":b":{"S":"x"},":c":{"S":"x"}})",
         "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b, :c}"},
        {"PutItem",
         R"("Item":{"id":{"S":"a"}},"ConditionExpression":"attribute_exists(a) ","ExpressionAttributeNames":{"#b":"x"})",
         "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"},
        {"GetItem",
         R"("Key":{"id":{"S":"a"},"x":{"S":"a"}})",
         "The provided key element does not match the schema"},
        {"GetItem",
         R"("Key":{"id":{"S":"a"}},"AttributesToGet":["a","a"])",
         "One or more parameter values were invalid: Duplicate value in attribute name: a"},
        {"GetItem",
         R"("Key":{"id":{"S":"a"}},"ProjectionExpression":"size")",
         "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: "
         "size"},
        {"UpdateItem",
         R"("Key":{"id":{"S":"a"}},"UpdateExpression":"SET id = :a","ExpressionAttributeValues":{":a":{"S":"b"}})",
         "One or more parameter values were invalid: Cannot update attribute id. This attribute is "
         "part of the key"},
        {"GetItem",
         R"("Key":{"id":{"S":"a"}},"ProjectionExpression":"id.x")",
         "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
         "allowed: Key: id"},
        {"GetItem",
         R"("Key":{"id":{"N":"1"}},"ProjectionExpression":"id.x")",
         "The provided key element does not match the schema"},
        {"UpdateItem",
         R"("Key":{"id":{"S":"a"}},"UpdateExpression":"REMOVE kind[0]")",
         "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
         "allowed: IndexKey: kind"},
        {"UpdateItem",
         R"("Key":{"id":{"S":"a"}},"UpdateExpression":"SET a = b")",
         "The provided expression refers to an attribute that does not exist in the item"},
        {"UpdateItem",
         R"("Key":{"id":{"S":"a"}},"AttributeUpdates":{"a":{"Action":"PUT"}})",
         "One or more parameter values were invalid: Only DELETE action is allowed when no "
         "attribute value is specified"},
        {"UpdateItem",
         R"("Key":{"id":{"S":"a"}},"AttributeUpdates":{"a":{"Action":"ADD","Value":{"S":"x"}}})",
         "One or more parameter values were invalid: ADD action is not supported for the type S"},
        {"UpdateItem",
         R"("Key":{"id":{"S":"a"}},"AttributeUpdates":{"a":{"Action":"DROP"}})",
         "1 validation error detected: Value 'DROP' at 'attributeUpdates.a.member.action' failed "
         "to satisfy constraint: Member must satisfy enum value set: [ADD, PUT, DELETE]"},
    };
    for (const Case& c : cases) {
        rig.expect_error(c.operation,
                         std::string(R"({"TableName":"things",)") + c.rest + "}",
                         validation,
                         c.message);
    }
}

TEST_F(Items, DeepNestingIsAValidationError) {
    const auto nested = [](int levels) {
        std::string value = R"({"S":"x"})";
        for (int i = 0; i < levels; ++i) value = R"({"L":[)" + value + "]}";
        return R"({"TableName":"things","Item":{"id":{"S":"a"},"v":)" + value + "}}";
    };
    rig.expect("PutItem", nested(31), "{}");
    rig.expect_error("PutItem",
                     nested(32),
                     validation,
                     "Nesting Levels have exceeded supported limits: Attributes in the item have "
                     "nested levels beyond supported limit");
    EXPECT_EQ(rig.call("PutItem", nested(200)).type(), validation);
}

TEST_F(Items, ItemsOver400KilobytesAreRefused) {
    const auto item = [](std::size_t bytes) {
        return R"({"TableName":"things","Item":{"id":{"S":"a"},"v":{"S":")" +
               std::string(bytes, 'x') + R"("}}})";
    };
    // Names and the key count for four bytes.
    rig.expect("PutItem", item(400 * 1024 - 4), "{}");
    rig.expect_error("PutItem",
                     item(400 * 1024 - 3),
                     validation,
                     "Item size has exceeded the maximum allowed size");
}

TEST_F(Items, MissingTablesAreNotNamedOnTheDataPlane) {
    for (const char* operation : {"GetItem", "DeleteItem"}) {
        rig.expect_error(operation,
                         R"({"TableName":"nowhere","Key":{"id":{"S":"a"}}})",
                         "ResourceNotFoundException",
                         "Requested resource not found");
    }
    rig.expect_error("DescribeTable",
                     R"({"TableName":"nowhere"})",
                     "ResourceNotFoundException",
                     "Requested resource not found: Table: nowhere not found");
}

TEST_F(Items, LegacyParametersSayTheSameAsExpressions) {
    rig.expect(
        "PutItem",
        R"({"TableName":"things","Item":{"id":{"S":"a"}},"Expected":{"id":{"Exists":false}}})",
        "{}");
    rig.expect_error(
        "PutItem",
        R"({"TableName":"things","Item":{"id":{"S":"a"}},"Expected":{"id":{"Exists":false}}})",
        failed,
        "The conditional request failed");
    rig.expect(
        "UpdateItem",
        R"({"TableName":"things","Key":{"id":{"S":"a"}},"ReturnValues":"ALL_NEW",
                   "AttributeUpdates":{"n":{"Action":"ADD","Value":{"N":"2"}},
                       "l":{"Action":"ADD","Value":{"L":[{"S":"x"}]}},
                       "s":{"Value":{"S":"y"}}}})",
        R"({"Attributes":{"id":{"S":"a"},"l":{"L":[{"S":"x"}]},"n":{"N":"2"},"s":{"S":"y"}}})");
    rig.expect_error(
        "UpdateItem",
        R"({"TableName":"things","Key":{"id":{"S":"a"}},"AttributeUpdates":{"s":{"Action":"ADD","Value":{"N":"1"}}}})",
        validation,
        "Type mismatch for attribute to update");
    rig.expect("UpdateItem",
               R"({"TableName":"things","Key":{"id":{"S":"a"}},"ReturnValues":"ALL_NEW",
                   "AttributeUpdates":{"l":{"Action":"DELETE"},"s":{"Action":"DELETE"}},
                   "Expected":{"n":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"1"},{"N":"3"}]},
                       "q":{"ComparisonOperator":"NULL"}}})",
               R"({"Attributes":{"id":{"S":"a"},"n":{"N":"2"}}})");
    rig.expect("GetItem",
               R"({"TableName":"things","Key":{"id":{"S":"a"}},"AttributesToGet":["n","zz"]})",
               R"({"Item":{"n":{"N":"2"}}})");
}

TEST_F(Items, UpdatesThatOnlyTakeAwayMakeNoItem) {
    const char* updates[] = {
        R"("UpdateExpression":"REMOVE v")",
        R"("UpdateExpression":"REMOVE v.w, l[0]")",
        R"("UpdateExpression":"DELETE tags :t","ExpressionAttributeValues":{":t":{"SS":["a"]}})",
        R"("AttributeUpdates":{"v":{"Action":"DELETE"}})",
        R"("AttributeUpdates":{"tags":{"Action":"DELETE","Value":{"SS":["a"]}}})",
    };
    for (const char* update : updates) {
        const std::string request = R"({"TableName":"things","Key":{"id":{"S":"none"}},)";
        rig.expect("UpdateItem", request + R"("ReturnValues":"ALL_NEW",)" + update + "}", "{}");
        rig.expect("GetItem", R"({"TableName":"things","Key":{"id":{"S":"none"}}})", "{}");
    }
    rig.expect_error("UpdateItem",
                     R"({"TableName":"things","Key":{"id":{"S":"none"}},
                         "UpdateExpression":"REMOVE v","ConditionExpression":"attribute_exists(id) "})",
                     failed,
                     "The conditional request failed");
    rig.expect("UpdateItem",
               R"({"TableName":"things","Key":{"id":{"S":"none"}},"ReturnValues":"ALL_NEW",
                   "UpdateExpression":"SET n = :n REMOVE v","ExpressionAttributeValues":{":n":{"N":"1"}}})",
               R"({"Attributes":{"id":{"S":"none"},"n":{"N":"1"}}})");
}

TEST_F(Items, WhatIsNotThereContainsNothingAndLacksNothing) {
    rig.expect("PutItem", R"({"TableName":"things","Item":{"id":{"S":"a"},"v":{"S":"x"}}})", "{}");
    const auto put_if = [&](const std::string& attribute) {
        return rig.call(
            "PutItem",
            R"({"TableName":"things","Item":{"id":{"S":"a"},"v":{"S":"x"}},"Expected":{")" +
                attribute +
                R"(":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"y"}]}}})");
    };
    EXPECT_EQ(put_if("v").status, 200);
    EXPECT_EQ(put_if("gone").type(), failed);
}

TEST_F(Items, CapacityCountsItemsAndIndexes) {
    rig.expect(
        "PutItem",
        R"({"TableName":"things","Item":{"id":{"S":"a"},"kind":{"S":"k"},"rank":{"N":"1"}},"ReturnConsumedCapacity":"INDEXES"})",
        R"({"ConsumedCapacity":{"TableName":"things","CapacityUnits":2.0,"Table":{"CapacityUnits":1.0},)"
        R"("GlobalSecondaryIndexes":{"by_kind":{"CapacityUnits":1.0}}}})");
    rig.expect("UpdateItem",
               R"({"TableName":"things","Key":{"id":{"S":"a"}},"UpdateExpression":"SET kind = :k",
            "ExpressionAttributeValues":{":k":{"S":"m"}},"ReturnConsumedCapacity":"TOTAL"})",
               R"({"ConsumedCapacity":{"TableName":"things","CapacityUnits":3.0}})");
    rig.expect(
        "GetItem",
        R"({"TableName":"things","Key":{"id":{"S":"a"}},"ProjectionExpression":"kind","ReturnConsumedCapacity":"TOTAL"})",
        R"({"Item":{"kind":{"S":"m"}},"ConsumedCapacity":{"TableName":"things","CapacityUnits":0.5}})");
}

TEST(AttributeNames, AreShorterThan64Kilobytes) {
    Rig rig;
    rig.create_things();
    const std::string longest(65'535, 'n');
    const auto put = [&](const std::string& attributes) {
        return rig.call("PutItem",
                        R"({"TableName":"things","Item":{"id":{"S":"a"},)" + attributes + "}}");
    };
    EXPECT_EQ(put("\"" + longest + R"(":{"N":"1"})").status, 200);
    const std::string too_large = "Attribute name is too large, must be less than 65536 bytes";
    EXPECT_EQ(put("\"" + longest + R"(n":{"N":"1"})").message(), too_large);
    EXPECT_EQ(put(R"("map":{"M":{")" + longest + R"(n":{"N":"1"}}})").message(), too_large);
    rig.expect_error("GetItem",
                     R"({"TableName":"things","Key":{"id":{"S":"a"}},"ProjectionExpression":"#n",
                         "ExpressionAttributeNames":{"#n":")" +
                         longest + "n\"}}",
                     "ValidationException",
                     too_large);
    rig.expect_error(
        "GetItem",
        R"({"TableName":"things","Key":{"id":{"S":"a"}},"AttributesToGet":[")" + longest + "n\"]}",
        "ValidationException",
        too_large);
}

}  // namespace
}  // namespace carillon::dynamo::endpoint
