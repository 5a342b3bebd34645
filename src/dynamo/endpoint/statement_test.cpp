#include "dynamo/endpoint/endpoint_rig_test.hpp"

#include <fmt/format.h>

namespace carillon::dynamo::endpoint {

namespace {

using testing::Answer;
using testing::Rig;

constexpr const char* validation = "ValidationException";

std::string statement(std::string_view text, std::string_view rest = "") {
    std::string out = "{\"Statement\":";
    append_json_string(out, text);
    return out.append(rest).append("}");
}

class Statements : public ::testing::Test {
protected:
    void SetUp() override {
        rig.create_things();
        rig.create_rows();
    }

    std::string run(std::string_view text, std::string_view rest = "") {
        const Answer answer = rig.call("ExecuteStatement", statement(text, rest));
        return answer.body;
    }

    void expect_error(std::string_view text, std::string_view type, std::string_view message) {
        rig.expect_error("ExecuteStatement", statement(text), type, message);
    }

    void fill_rows() {
        for (const char* pk : {"a", "b"}) {
            for (int sk = 1; sk <= 3; ++sk) {
                EXPECT_EQ(
                    run(fmt::format("INSERT INTO \"rows\" VALUE {{'pk': '{}', 'sk': {}}}", pk, sk)),
                    "{\"Items\":[]}");
            }
        }
    }

    Rig rig;
};

TEST_F(Statements, InsertSelectUpdateDelete) {
    EXPECT_EQ(run("INSERT INTO things VALUE {'id': 'a', 'n': 1, 'm': {'k': [1, 'x']}}"),
              "{\"Items\":[]}");
    EXPECT_EQ(
        run("SELECT * FROM things WHERE id = 'a'"),
        R"({"Items":[{"id":{"S":"a"},"m":{"M":{"k":{"L":[{"N":"1"},{"S":"x"}]}}},"n":{"N":"1"}}]})");
    EXPECT_EQ(run("SELECT n, m.k[1] FROM things WHERE id = ?", R"(,"Parameters":[{"S":"a"}])"),
              R"({"Items":[{"k[1]":{"S":"x"},"n":{"N":"1"}}]})");
    EXPECT_EQ(
        run("UPDATE things SET n = n + 1 WHERE id = 'a' RETURNING ALL NEW *"),
        R"({"Items":[{"id":{"S":"a"},"m":{"M":{"k":{"L":[{"N":"1"},{"S":"x"}]}}},"n":{"N":"2"}}]})");
    EXPECT_EQ(run("UPDATE things SET n = n + 1 WHERE id = 'a' RETURNING MODIFIED OLD *"),
              R"({"Items":[{"n":{"N":"2"}}]})");
    EXPECT_EQ(run("UPDATE things REMOVE m WHERE id = 'a'"), "{\"Items\":[]}");
    EXPECT_EQ(run("DELETE FROM things WHERE id = 'a' RETURNING ALL OLD *"),
              R"({"Items":[{"id":{"S":"a"},"n":{"N":"3"}}]})");
    EXPECT_EQ(run("DELETE FROM things WHERE id = 'a' RETURNING ALL OLD *"), "{\"Items\":[]}");
    EXPECT_EQ(run("SELECT * FROM things"), "{\"Items\":[]}");
}

TEST_F(Statements, FailInDynamoDbsWords) {
    ASSERT_EQ(run("INSERT INTO things VALUE {'id': 'a', 'n': 1}"), "{\"Items\":[]}");

    struct Case {
        const char* text;
        const char* type;
        const char* message;
    };

    const Case cases[] = {
        {"INSERT INTO things VALUE {'id': 'a'}",
         "DuplicateItemException",
         "Duplicate primary key exists in table"},
        {"INSERT INTO things VALUE {'n': 1}",
         validation,
         "One or more parameter values were invalid: Missing the key id in the item"},
        {"INSERT INTO things VALUE {'id': 1}",
         validation,
         "One or more parameter values were invalid: Type mismatch for key id expected: S actual: "
         "N"},
        {"UPDATE things SET n = 2 WHERE id = 'a' AND n = 5",
         "ConditionalCheckFailedException",
         "The conditional request failed"},
        {"UPDATE things SET n = 2 WHERE id = 'b'",
         "ConditionalCheckFailedException",
         "The conditional request failed"},
        {"UPDATE things SET n = 2 WHERE n = 1",
         validation,
         "Where clause does not contain a mandatory equality on all key attributes"},
        {"UPDATE things SET id = 'z' WHERE id = 'a'",
         validation,
         "One or more parameter values were invalid: Cannot update attribute id. This attribute is "
         "part of the key"},
        {"UPDATE things SET m.k = 2 WHERE id = 'a'",
         validation,
         "The document path provided in the update expression is invalid for update"},
        {"DELETE FROM things WHERE id = 'a' AND n = 5",
         "ConditionalCheckFailedException",
         "The conditional request failed"},
        {"SELECT * FROM nowhere", "ResourceNotFoundException", "Requested resource not found"},
        {"SELECT * FROM things.nowhere", validation, "The table does not have the specified index"},
        {"SELECT * FROM things WHERE id = 5",
         validation,
         "One or more parameter values were invalid: Condition parameter type does not match "
         "schema type"},
        {"SELECT * FROM things WHERE id = ?",
         validation,
         "Number of parameters in request and statement don't match."},
        {"UPDATE things SET a = set_add(a, <<'x', 'x'>>) WHERE id = 'a'",
         validation,
         "One or more parameter values were invalid: Input collection [x, x] contains duplicates."},
        {"UPDATE things SET a = set_add(a, <<>>) WHERE id = 'a'",
         validation,
         "Empty bags are not supported"},
        {"SELECT * FROM things LIMIT 3", validation, "Unsupported clause: LIMIT at 1:22:5"},
        {"nonsense",
         validation,
         "Statement wasn't well formed, can't be processed: Expected data manipulation"},
        {"EXISTS(SELECT * FROM things WHERE id = 'a' AND n = 1)",
         validation,
         "EXISTS can only be used in a transaction"},
    };
    for (const Case& c : cases) expect_error(c.text, c.type, c.message);
}

TEST_F(Statements, CheckTheirRequest) {
    rig.expect_error("ExecuteStatement",
                     "{}",
                     validation,
                     "1 validation error detected: Value null at 'statement' failed to satisfy "
                     "constraint: Member must not be null");
    rig.expect_error("ExecuteStatement",
                     statement("SELECT * FROM things", R"(,"Parameters":[])"),
                     validation,
                     "1 validation error detected: Value '[]' at 'parameters' failed to satisfy "
                     "constraint: Member must have length greater than or equal to 1");
    rig.expect_error("ExecuteStatement",
                     statement("SELECT * FROM things", R"(,"Limit":0)"),
                     validation,
                     "1 validation error detected: Value '0' at 'limit' failed to satisfy "
                     "constraint: Member must have value greater than or equal to 1");
    const Answer wrong = rig.call("ExecuteStatement", "{\"Statement\":5}");
    EXPECT_EQ(wrong.type(), "SerializationException");
}

TEST_F(Statements, ShowTheItemOfAFailedCondition) {
    ASSERT_EQ(run("INSERT INTO things VALUE {'id': 'a', 'n': 1}"), "{\"Items\":[]}");
    const Answer failed =
        rig.call("ExecuteStatement",
                 statement("UPDATE things SET n = 2 WHERE id = 'a' AND n = 5",
                           R"(,"ReturnValuesOnConditionCheckFailure":"ALL_OLD")"));
    EXPECT_EQ(failed.type(), "ConditionalCheckFailedException");
    EXPECT_NE(failed.body.find(R"("Item":{"id":{"S":"a"},"n":{"N":"1"}})"), std::string::npos)
        << failed.body;
}

TEST_F(Statements, QueryInTheOrderOfKeys) {
    fill_rows();
    EXPECT_EQ(run("SELECT sk FROM \"rows\" WHERE pk = 'a' ORDER BY sk DESC"),
              R"({"Items":[{"sk":{"N":"3"}},{"sk":{"N":"2"}},{"sk":{"N":"1"}}]})");
    EXPECT_EQ(run("SELECT sk FROM \"rows\" WHERE pk = 'a' AND sk BETWEEN 2 AND 3"),
              R"({"Items":[{"sk":{"N":"2"}},{"sk":{"N":"3"}}]})");
    EXPECT_EQ(run("SELECT pk FROM \"rows\" WHERE pk IN ['b', 'a'] AND sk = 1 ORDER BY pk"),
              R"({"Items":[{"pk":{"S":"a"}},{"pk":{"S":"b"}}]})");
    EXPECT_EQ(run("SELECT pk, sk FROM \"rows\" WHERE pk IN ['a', 'b'] AND sk < 3 ORDER BY sk DESC"),
              R"({"Items":[{"pk":{"S":"a"},"sk":{"N":"2"}},{"pk":{"S":"b"},"sk":{"N":"2"}},)"
              R"({"pk":{"S":"a"},"sk":{"N":"1"}},{"pk":{"S":"b"},"sk":{"N":"1"}}]})");
    EXPECT_EQ(run("SELECT sk FROM \"rows\" WHERE pk = 'a' AND sk > 1 AND sk < 3"),
              R"({"Items":[{"sk":{"N":"2"}}]})");
}

/// Follows tokens to the end; the items of each page.
std::vector<std::string> pages(Rig& rig, std::string_view text, int limit, int* requests) {
    std::vector<std::string> out;
    std::string token;
    do {
        std::string rest = fmt::format(",\"Limit\":{}", limit);
        if (!token.empty()) rest += ",\"NextToken\":\"" + token + "\"";
        const Answer answer = rig.call("ExecuteStatement", statement(text, rest));
        EXPECT_EQ(answer.status, 200) << answer.body;
        for (const auto& item : answer.object().at("Items").as_array()) {
            out.push_back(to_text(item));
        }
        token = answer.text("NextToken");
    } while (!token.empty() && ++*requests < 50);
    return out;
}

TEST_F(Statements, PageThroughAQueryAScanAndSeveralPartitions) {
    fill_rows();
    for (const char* text : {"SELECT * FROM \"rows\"",
                             "SELECT * FROM \"rows\" WHERE pk IN ['a', 'b']",
                             "SELECT * FROM \"rows\" WHERE pk = 'b' OR pk = 'a'"}) {
        for (const int limit : {1, 2, 3, 4, 100}) {
            int requests = 0;
            std::vector<std::string> items = pages(rig, text, limit, &requests);
            std::ranges::sort(items);
            EXPECT_EQ(std::ranges::unique(items).size(), 0U) << text << limit;
            EXPECT_EQ(items.size(), 6U) << text << limit;
        }
    }
    int requests = 0;
    EXPECT_EQ(pages(rig, "SELECT * FROM \"rows\" WHERE pk = 'a' AND sk > 1", 1, &requests).size(),
              2U);
}

TEST_F(Statements, RefuseTokensOfOthers) {
    fill_rows();
    const Answer first = rig.call(
        "ExecuteStatement", statement("SELECT * FROM \"rows\" WHERE pk = 'a'", R"(,"Limit":1)"));
    const std::string token = first.text("NextToken");
    ASSERT_FALSE(token.empty());
    EXPECT_NE(first.body.find(R"("LastEvaluatedKey":{"pk":{"S":"a"},"sk":{"N":"1"}})"),
              std::string::npos)
        << first.body;
    const std::string rest = ",\"NextToken\":\"" + token + "\"";
    rig.expect_error("ExecuteStatement",
                     statement("SELECT * FROM \"rows\" WHERE pk = 'b'", rest),
                     validation,
                     "NextToken does not match request");
    for (const char* bad : {"x", "e30=", "eyJzIjo1fQ=="}) {
        rig.expect_error("ExecuteStatement",
                         statement("SELECT * FROM \"rows\" WHERE pk = 'a'",
                                   fmt::format(",\"NextToken\":\"{}\"", bad)),
                         validation,
                         "The provided NextToken is invalid");
    }
}

TEST_F(Statements, ReadIndexes) {
    for (const char* item : {"{'id': 'a', 'kind': 'x', 'rank': 2, 'more': 1}",
                             "{'id': 'b', 'kind': 'x', 'rank': 1}",
                             "{'id': 'c', 'more': 2}"}) {
        ASSERT_EQ(run(fmt::format("INSERT INTO things VALUE {}", item)), "{\"Items\":[]}");
    }
    EXPECT_EQ(run("SELECT id FROM things.by_kind WHERE kind = 'x'"),
              R"({"Items":[{"id":{"S":"b"}},{"id":{"S":"a"}}]})");
    EXPECT_EQ(run("SELECT * FROM \"things\".\"by_kind\" WHERE kind = 'x' AND rank > 1"),
              R"({"Items":[{"id":{"S":"a"},"kind":{"S":"x"},"rank":{"N":"2"}}]})");
    rig.expect_error("ExecuteStatement",
                     statement("SELECT * FROM things.by_kind", R"(,"ConsistentRead":true)"),
                     validation,
                     "Strongly consistent read is not supported on Global Secondary Indexes");
    ASSERT_EQ(run("INSERT INTO \"rows\" VALUE {'pk': 'a', 'sk': 1, 'name': 'n', 'more': 1}"),
              "{\"Items\":[]}");
    // A local index fetches what it does not hold.
    EXPECT_EQ(run("SELECT more FROM \"rows\".by_name WHERE pk = 'a' AND name = 'n'"),
              R"({"Items":[{"more":{"N":"1"}}]})");
    const std::string invalid = "One or more parameter values were invalid: ";
    rig.expect_error("ExecuteStatement",
                     statement("SELECT more, id, other FROM things.by_kind"),
                     validation,
                     invalid + "Global secondary index by_kind does not project [more, other]");
    rig.expect_error(
        "ExecuteStatement",
        statement("SELECT id FROM things.by_kind WHERE kind = 'x' AND more = 1"),
        validation,
        invalid + "Secondary index by_kind does not project one or more filter attributes: [more]");
    // Without the index's key it is a scan, whose filter just never holds.
    EXPECT_EQ(run("SELECT id FROM things.by_kind WHERE more = 2"), R"({"Items":[]})");
}

TEST_F(Statements, ReportCapacity) {
    const char* const total = R"(,"ReturnConsumedCapacity":"TOTAL")";
    EXPECT_EQ(run("INSERT INTO things VALUE {'id': 'a', 'n': 1}", total),
              R"({"Items":[],"ConsumedCapacity":{"TableName":"things","CapacityUnits":1.0}})");
    EXPECT_EQ(run("SELECT n FROM things WHERE id = 'a'", total),
              R"({"Items":[{"n":{"N":"1"}}],)"
              R"("ConsumedCapacity":{"TableName":"things","CapacityUnits":0.5}})");
    EXPECT_EQ(run("UPDATE things SET kind = 'x', rank = 1 WHERE id = 'a'",
                  R"(,"ReturnConsumedCapacity":"INDEXES")"),
              R"({"Items":[],"ConsumedCapacity":{"TableName":"things","CapacityUnits":2.0,)"
              R"("Table":{"CapacityUnits":1.0},)"
              R"("GlobalSecondaryIndexes":{"by_kind":{"CapacityUnits":1.0}}}})");
    EXPECT_EQ(run("DELETE FROM things WHERE id = 'a'", total),
              R"({"Items":[],"ConsumedCapacity":{"TableName":"things","CapacityUnits":2.0}})");
}

// --- BatchExecuteStatement ---

std::string batch(std::initializer_list<std::string> statements, std::string_view rest = "") {
    std::string out = "{\"Statements\":[";
    for (const std::string& one : statements) {
        if (&one != statements.begin()) out += ',';
        out += one;
    }
    return out.append("]").append(rest).append("}");
}

TEST_F(Statements, BatchesReportEachStatement) {
    rig.expect("BatchExecuteStatement",
               batch({statement("INSERT INTO things VALUE {'id': 'a', 'n': 1}"),
                      statement("INSERT INTO things VALUE {'id': 'a', 'n': 2}"),
                      statement("INSERT INTO nowhere VALUE {'id': 'a'}"),
                      statement("UPDATE things SET n = 5 WHERE id = 'a' RETURNING ALL NEW *"),
                      statement("UPDATE things SET n = 6 WHERE id = 'a' AND n = 1"),
                      statement("UPDATE things SET n = 6 WHERE id = 'a' AND n = 1",
                                R"(,"ReturnValuesOnConditionCheckFailure":"ALL_OLD")"),
                      statement("rubbish"),
                      statement("DELETE FROM things WHERE id = 'z'")}),
               R"({"Responses":[{"TableName":"things"},)"
               R"({"TableName":"things","Error":{"Code":"DuplicateItem",)"
               R"("Message":"Duplicate primary key exists in table"}},)"
               R"({"TableName":"nowhere","Error":{"Code":"ResourceNotFound",)"
               R"("Message":"Requested resource not found"}},)"
               R"({"TableName":"things","Item":{"id":{"S":"a"},"n":{"N":"5"}}},)"
               R"({"TableName":"things","Error":{"Code":"ConditionalCheckFailed",)"
               R"("Message":"The conditional request failed"}},)"
               R"({"TableName":"things","Error":{"Code":"ConditionalCheckFailed",)"
               R"("Message":"The conditional request failed",)"
               R"("Item":{"id":{"S":"a"},"n":{"N":"5"}}}},)"
               R"({"Error":{"Code":"ValidationError",)"
               R"("Message":"Statement wasn't well formed, can't be processed: Expected data )"
               R"(manipulation"}},)"
               R"({"TableName":"things"}]})");
}

// Without anything wanted back, all of it is one commit of the store.
TEST_F(Statements, BatchesOfWritesReportEachFailure) {
    rig.expect("BatchExecuteStatement",
               batch({statement("INSERT INTO things VALUE {'id': 'a', 'n': 1}"),
                      statement("INSERT INTO things VALUE {'id': 'a', 'n': 2}"),
                      statement("INSERT INTO nowhere VALUE {'id': 'a'}"),
                      statement("UPDATE things SET n = 6 WHERE id = 'a' AND n = 5",
                                R"(,"ReturnValuesOnConditionCheckFailure":"ALL_OLD")"),
                      statement("rubbish"),
                      statement("UPDATE things SET n = n + 1 WHERE id = 'a'"),
                      statement("INSERT INTO things VALUE {'id': 5}"),
                      statement("UPDATE things SET m.k = 1 WHERE id = 'a'"),
                      statement("EXISTS(SELECT * FROM things WHERE id = 'a')"),
                      statement("DELETE FROM things WHERE id = 'z'")}),
               R"({"Responses":[{"TableName":"things"},)"
               R"({"TableName":"things","Error":{"Code":"DuplicateItem",)"
               R"("Message":"Duplicate primary key exists in table"}},)"
               R"({"TableName":"nowhere","Error":{"Code":"ResourceNotFound",)"
               R"("Message":"Requested resource not found"}},)"
               R"({"TableName":"things","Error":{"Code":"ConditionalCheckFailed",)"
               R"("Message":"The conditional request failed",)"
               R"("Item":{"id":{"S":"a"},"n":{"N":"1"}}}},)"
               R"({"Error":{"Code":"ValidationError",)"
               R"("Message":"Statement wasn't well formed, can't be processed: Expected data )"
               R"(manipulation"}},)"
               R"({"TableName":"things"},)"
               R"({"TableName":"things","Error":{"Code":"ValidationError",)"
               R"("Message":"One or more parameter values were invalid: Type mismatch for key id )"
               R"(expected: S actual: N"}},)"
               R"({"TableName":"things","Error":{"Code":"ValidationError",)"
               R"("Message":"The document path provided in the update expression is invalid for )"
               R"(update"}},)"
               R"({"TableName":"things","Error":{"Code":"ValidationError",)"
               R"("Message":"EXISTS can only be used in a transaction"}},)"
               R"({"TableName":"things"}]})");
    EXPECT_EQ(run("SELECT n FROM things WHERE id = 'a'"), R"({"Items":[{"n":{"N":"2"}}]})");
}

TEST_F(Statements, BatchesReadByKey) {
    fill_rows();
    rig.expect("BatchExecuteStatement",
               batch({statement("SELECT * FROM \"rows\" WHERE pk = 'a' AND sk = 1"),
                      statement("SELECT sk FROM \"rows\" WHERE pk = ? AND sk = ?",
                                R"(,"Parameters":[{"S":"b"},{"N":"2"}])"),
                      statement("SELECT * FROM \"rows\" WHERE pk = 'a' AND sk = 99"),
                      statement("SELECT * FROM \"rows\" WHERE pk = 'a' AND sk = 1 AND n = 1"),
                      statement("SELECT * FROM \"rows\" WHERE pk = 'a'")},
                     R"(,"ReturnConsumedCapacity":"TOTAL")"),
               R"({"Responses":[{"TableName":"rows","Item":{"pk":{"S":"a"},"sk":{"N":"1"}}},)"
               R"({"TableName":"rows","Item":{"sk":{"N":"2"}}},{"TableName":"rows"},)"
               R"({"TableName":"rows"},)"
               R"({"TableName":"rows","Error":{"Code":"ValidationError","Message":)"
               R"("Select statements within BatchExecuteStatement must specify the primary key in )"
               R"(the where clause."}}],)"
               R"("ConsumedCapacity":[{"TableName":"rows","CapacityUnits":2.0}]})");
}

TEST_F(Statements, BatchesReadOrWrite) {
    rig.expect_error(
        "BatchExecuteStatement",
        batch({statement("SELECT * FROM things WHERE id = 'a'"),
               statement("DELETE FROM things WHERE id = 'a'")}),
        validation,
        "The batch must consist of either read statements or write statements, not both");
    std::string many = "{\"Statements\":[";
    for (int i = 0; i < 26; ++i) {
        many += (i > 0 ? "," : "") + statement("DELETE FROM things WHERE id = 'a'");
    }
    const Answer refused = rig.call("BatchExecuteStatement", many + "]}");
    EXPECT_EQ(refused.type(), validation);
    EXPECT_NE(refused.message().find("Member must have length less than or equal to 25"),
              std::string::npos)
        << refused.message();
}

TEST_F(Statements, FilterByThePresenceOfAttributes) {
    run("INSERT INTO things VALUE {'id': 'a', 'n': 1}");
    EXPECT_EQ(run("SELECT id FROM things WHERE id = 'a' AND attribute_exists(n)"),
              R"({"Items":[{"id":{"S":"a"}}]})");
    EXPECT_EQ(run("SELECT id FROM things WHERE id = 'a' AND ATTRIBUTE_NOT_EXISTS(n)"),
              R"({"Items":[]})");
}

// --- ExecuteTransaction ---

std::string transaction(std::initializer_list<std::string> statements, std::string_view rest = "") {
    std::string out = batch(statements, rest);
    return "{\"TransactStatements\"" + out.substr(std::string_view("{\"Statements\"").size());
}

TEST_F(Statements, TransactionsWriteAllOrNothing) {
    rig.expect("ExecuteTransaction",
               transaction({statement("INSERT INTO things VALUE {'id': 'a', 'n': 1}"),
                            statement("INSERT INTO things VALUE {'id': 'b', 'n': 1}")}),
               "{\"Responses\":[]}");
    const Answer failed =
        rig.call("ExecuteTransaction",
                 transaction({statement("UPDATE things SET n = 2 WHERE id = 'b'"),
                              statement("INSERT INTO things VALUE {'id': 'a'}"),
                              statement("EXISTS(SELECT * FROM things WHERE id = 'c' AND n = 1)"),
                              statement("DELETE FROM things WHERE id = 'd'")}));
    EXPECT_EQ(failed.type(), "TransactionCanceledException");
    EXPECT_EQ(failed.message(),
              "Transaction cancelled, please refer cancellation reasons for specific reasons "
              "[None, DuplicateItem, ConditionalCheckFailed, None]");
    EXPECT_EQ(to_text(failed.object().at("CancellationReasons")),
              R"([{"Code":"None"},)"
              R"({"Code":"DuplicateItem","Message":"Duplicate primary key exists in table"},)"
              R"({"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},)"
              R"({"Code":"None"}])");
    EXPECT_EQ(run("SELECT n FROM things WHERE id = 'b'"), R"({"Items":[{"n":{"N":"1"}}]})");
    rig.expect("ExecuteTransaction",
               transaction({statement("UPDATE things SET n = 2 WHERE id = 'b'"),
                            statement("EXISTS(SELECT * FROM things WHERE id = 'a' AND n = 1 AND "
                                      "gone IS MISSING)")}),
               "{\"Responses\":[]}");
    EXPECT_EQ(run("SELECT n FROM things WHERE id = 'b'"), R"({"Items":[{"n":{"N":"2"}}]})");
}

TEST_F(Statements, TransactionsRead) {
    fill_rows();
    rig.expect(
        "ExecuteTransaction",
        transaction({statement("SELECT * FROM \"rows\" WHERE pk = 'a' AND sk = 1"),
                     statement("SELECT sk FROM \"rows\" WHERE pk = 'b' AND sk = 2"),
                     statement("SELECT * FROM \"rows\" WHERE pk = 'z' AND sk = 2"),
                     statement("SELECT * FROM \"rows\" WHERE pk = 'b' AND sk = 1 AND n = 1")},
                    R"(,"ReturnConsumedCapacity":"TOTAL")"),
        R"({"Responses":[{"Item":{"pk":{"S":"a"},"sk":{"N":"1"}}},)"
        R"({"Item":{"sk":{"N":"2"}}},{},{}],)"
        R"("ConsumedCapacity":[{"TableName":"rows","ReadCapacityUnits":8.0,)"
        R"("CapacityUnits":8.0}]})");
    rig.expect_error("ExecuteTransaction",
                     transaction({statement("SELECT * FROM \"rows\" WHERE pk = 'a'")}),
                     validation,
                     "Validation failed in TransactStatements[0]: Select statements within "
                     "ExecuteTransaction must specify the primary key in the where clause.");
    rig.expect_error("ExecuteTransaction",
                     transaction({statement("UPDATE things SET n = 2 WHERE id = 'b'"),
                                  statement("EXISTS(SELECT * FROM things WHERE id = 'a')")}),
                     validation,
                     "Validation failed in TransactStatements[1]: EXISTS() must contain a single "
                     "item read with additional condition");
    rig.expect_error("ExecuteTransaction",
                     transaction({statement("SELECT * FROM \"rows\".by_name WHERE pk = 'a'")}),
                     validation,
                     "Reads on indices are not supported within transactions.");
    rig.expect_error("ExecuteTransaction",
                     transaction({statement("SELECT * FROM \"rows\" WHERE pk = 'a' AND sk = 1"),
                                  statement("DELETE FROM \"rows\" WHERE pk = 'a' AND sk = 1")}),
                     validation,
                     "The transaction must consist of either read statements or write statements, "
                     "not both");
}

TEST_F(Statements, TransactionsKeepTheirToken) {
    const std::string once = transaction({statement("INSERT INTO things VALUE {'id': 'a'}")},
                                         R"(,"ClientRequestToken":"t1")");
    rig.expect("ExecuteTransaction", once, "{\"Responses\":[]}");
    rig.expect("ExecuteTransaction", once, "{\"Responses\":[]}");
    const Answer other = rig.call("ExecuteTransaction",
                                  transaction({statement("INSERT INTO things VALUE {'id': 'b'}")},
                                              R"(,"ClientRequestToken":"t1")"));
    EXPECT_EQ(other.type(), "IdempotentParameterMismatchException");
}

}  // namespace

}  // namespace carillon::dynamo::endpoint
