// What of a transaction's writes cancels it, and what refuses the whole request.

#include "dynamo/endpoint/endpoint_rig_test.hpp"

namespace carillon::dynamo::endpoint {
namespace {

using testing::Answer;
using testing::Rig;

struct Transactions : ::testing::Test {
    Transactions() { rig.create_things(); }

    /// `write` between two that are right.
    Answer with(const std::string& write) {
        return rig.call("TransactWriteItems",
                        R"({"TransactItems":[
                            {"Put":{"TableName":"things","Item":{"id":{"S":"first"}}}},)" +
                            write + R"(,
                            {"Put":{"TableName":"things","Item":{"id":{"S":"last"}}}}]})");
    }

    Rig rig;
};

TEST_F(Transactions, AreCancelledByAWriteThatDoesNotFitItsTable) {
    struct Case {
        std::string write;
        const char* message;
    };

    const Case cases[] = {
        {R"({"Put":{"TableName":"things","Item":{"id":{"N":"1"}}}})",
         "One or more parameter values were invalid: Type mismatch for key id expected: S actual: "
         "N"},
        {R"({"Put":{"TableName":"things","Item":{"id":{"S":"a"},"kind":{"N":"1"}}}})",
         "One or more parameter values were invalid: Type mismatch for Index Key kind Expected: S "
         "Actual: N IndexName: by_kind"},
        {R"({"Put":{"TableName":"things","Item":{"id":{"S":"a"},"v":{"S":")" +
             std::string(410'000, 'x') + R"("}}}})",
         "Item size has exceeded the maximum allowed size"},
        {R"({"Delete":{"TableName":"things","Key":{"id":{"N":"1"}}}})",
         "The provided key element does not match the schema"},
        {R"({"Delete":{"TableName":"things","Key":{"id":{"S":")" + std::string(2049, 'x') +
             R"("}}}})",
         "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size "
         "limit of2048 bytes"},
        {R"({"ConditionCheck":{"TableName":"things","Key":{"di":{"S":"a"}},
             "ConditionExpression":"attribute_exists(id) "}})",
         "The provided key element does not match the schema"},
    };
    for (const Case& c : cases) {
        const Answer got = with(c.write);
        EXPECT_EQ(got.type(), "TransactionCanceledException") << got.body;
        EXPECT_EQ(to_text(got.object().at("CancellationReasons")),
                  std::string(R"([{"Code":"None"},{"Code":"ValidationError","Message":")") +
                      c.message + R"("},{"Code":"None"}])");
    }
    rig.expect("Scan", R"({"TableName":"things"})", R"({"Count":0,"Items":[],"ScannedCount":0})");
}

TEST_F(Transactions, AreRefusedForWhatIsWrongWhateverTheTable) {
    struct Case {
        const char* write;
        const char* message;
    };

    const Case cases[] = {
        {R"({"Put":{"TableName":"things","Item":{"id":{"S":""}}}})",
         "One or more parameter values are not valid. The AttributeValue for a key attribute "
         "cannot contain an empty string value. Key: id"},
        {R"({"Put":{"TableName":"things","Item":{"id":{"S":"a"},"kind":{"S":""}}}})",
         "One or more parameter values are not valid. A value specified for a secondary index key "
         "is not supported. The AttributeValue for a key attribute cannot contain an empty string "
         "value. IndexName: by_kind, IndexKey: kind"},
        {R"({"Delete":{"TableName":"things","Key":{"id":{"S":"a"}},"ConditionExpression":"v ="}})",
         "Invalid ConditionExpression: Syntax error; token: \"<EOF>\", near: \"=\""},
    };
    for (const Case& c : cases) {
        const Answer got = with(c.write);
        EXPECT_EQ(got.type(), "ValidationException") << got.body;
        EXPECT_EQ(got.message(), c.message);
    }
}

}  // namespace
}  // namespace carillon::dynamo::endpoint
