#include "dynamo/remote/failure.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo::remote {
namespace {

Error answered(std::string type, std::string message, std::string body = "{}", int status = 400) {
    auto detail = std::make_shared<aws::JsonFailure>();
    detail->type = std::move(type);
    detail->status = status;
    detail->body = std::move(body);
    return {Errc::invalid, std::move(message), {}, std::move(detail)};
}

TEST(Failure, IsThePortsByItsType) {
    struct Case {
        const char* type;
        const char* operation;
        const char* expected;
    };

    const Case cases[] = {
        {"ResourceNotFoundException",
         "GetItem",
         "not found: Requested resource not found: Table: t not found"},
        {"ResourceInUseException", "CreateTable", "already exists: text"},
        {"ResourceInUseException", "UpdateTable", "unavailable: text"},
        {"LimitExceededException", "CreateTable", "throttled: text"},
        {"ItemCollectionSizeLimitExceededException", "PutItem", "too large: text"},
        {"ValidationException", "PutItem", "invalid: text"},
        {"IdempotentParameterMismatchException", "TransactWriteItems", "invalid: text"},
        {"UnknownOperationException",
         "TransactWriteItems",
         "invalid: unsupported: TransactWriteItems: this server does not know the operation"},
    };
    for (const Case& one : cases) {
        EXPECT_EQ(describe(to_port(answered(one.type, "text"), one.operation, "t")), one.expected);
    }
    EXPECT_EQ(to_port(answered("", "text", "", 413), "PutItem", "t").code, Errc::too_large);
    EXPECT_EQ(
        to_port(answered("ValidationException", "The table does not have the specified index: x"),
                "Query",
                "t")
            .code,
        Errc::not_found);
    const Error lost{Errc::timeout, "lost"};
    EXPECT_EQ(describe(to_port(lost, "Query", "t")), "timeout: lost");
}

TEST(Failure, KeepsTheItemThatFailedACondition) {
    const Error error =
        to_port(answered("ConditionalCheckFailedException", "no", R"({"Item":{"id":{"S":"a"}}})"),
                "PutItem",
                "t");
    EXPECT_EQ(error.code, Errc::condition_failed);
    const auto* detail = dynamic_cast<const ConditionFailure*>(error.detail.get());
    ASSERT_NE(detail, nullptr);
    EXPECT_EQ(detail->item, (Item{{"id", "a"}}));
}

TEST(Failure, KeepsTheReasonsOfACancelledTransaction) {
    const Error error = to_port(
        answered("TransactionCanceledException",
                 "no",
                 R"({"CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed",)"
                 R"("Message":"why","Item":{"id":{"S":"a"}}}]})"),
        "TransactWriteItems",
        "t");
    EXPECT_EQ(error.code, Errc::condition_failed);
    const auto* detail = dynamic_cast<const TransactionCancelled*>(error.detail.get());
    ASSERT_NE(detail, nullptr);
    ASSERT_EQ(detail->reasons.size(), 2U);
    EXPECT_EQ(detail->reasons[0].code, "None");
    EXPECT_EQ(detail->reasons[1].message, "why");
    EXPECT_EQ(detail->reasons[1].item, (Item{{"id", "a"}}));
    EXPECT_FALSE(is_conflict(error));
}

TEST(Failure, TellsConflictsFromRefusals) {
    const auto cancelled = [](const char* codes) {
        return to_port(answered("TransactionCanceledException",
                                "no",
                                std::string(R"({"CancellationReasons":[)") + codes + "]}"),
                       "TransactWriteItems",
                       "t");
    };
    EXPECT_TRUE(is_conflict(cancelled(R"({"Code":"None"},{"Code":"TransactionConflict"})")));
    EXPECT_TRUE(is_conflict(cancelled(R"({"Code":"ThrottlingError"})")));
    EXPECT_FALSE(is_conflict(
        cancelled(R"({"Code":"TransactionConflict"},{"Code":"ConditionalCheckFailed"})")));
    EXPECT_FALSE(is_conflict(cancelled(R"({"Code":"None"})")));
    EXPECT_FALSE(is_conflict(Error{Errc::timeout, "lost"}));
}

}  // namespace
}  // namespace carillon::dynamo::remote
