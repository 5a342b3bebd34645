#include "dynamo/remote/failure.hpp"

#include "dynamo/remote/wire.hpp"
#include "dynamo/validate.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace carillon::dynamo::remote {

namespace {

const aws::JsonFailure* failure_of(const Error& error) {
    return dynamic_cast<const aws::JsonFailure*>(error.detail.get());
}

Error condition_error(const aws::JsonFailure& failure, Error error) {
    std::optional<Item> item;
    if (const auto answer = Answer::parse(failure.body)) {
        auto found = item_member(answer->object(), "Item");
        if (found) item = *std::move(found);
    }
    Error mapped = condition_not_met(std::move(item));
    mapped.message = std::move(error.message);
    return mapped;
}

Error cancelled_error(const aws::JsonFailure& failure, Error error) {
    const auto answer = Answer::parse(failure.body);
    const json::array* list =
        answer ? array_member(answer->object(), "CancellationReasons") : nullptr;
    if (list == nullptr) {
        error.code = Errc::condition_failed;
        return error;
    }
    std::vector<TransactionCancelled::Reason> reasons;
    for (const json::value& json : *list) {
        TransactionCancelled::Reason reason;
        if (const json::object* object = json.if_object()) {
            reason.code = text_member(*object, "Code");
            reason.message = text_member(*object, "Message");
            auto item = item_member(*object, "Item");
            if (item) reason.item = *std::move(item);
        }
        if (reason.code.empty()) reason.code = "None";
        reasons.push_back(std::move(reason));
    }
    return transaction_cancelled(std::move(reasons));
}

Error with_code(Error error, Errc code) {
    error.code = code;
    return error;
}

}  // namespace

std::string_view failure_type(const Error& error) {
    const aws::JsonFailure* failure = failure_of(error);
    return failure == nullptr ? std::string_view() : std::string_view(failure->type);
}

bool was_repeated_unclear(const Error& error) {
    const aws::JsonFailure* failure = failure_of(error);
    return failure != nullptr && failure->repeated_unclear;
}

bool is_conflict(const Error& error) {
    const auto* cancelled = dynamic_cast<const TransactionCancelled*>(error.detail.get());
    if (cancelled == nullptr) return false;
    constexpr std::array<std::string_view, 4> passing{
        "None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"};
    bool any = false;
    for (const TransactionCancelled::Reason& reason : cancelled->reasons) {
        if (std::ranges::find(passing, reason.code) == passing.end()) return false;
        any = any || reason.code != "None";
    }
    return any;
}

Error effect_unknown(std::string_view operation) {
    return {Errc::timeout,
            std::string(operation) +
                ": an answer was lost, and it cannot be told whether the change was made"};
}

Error unsupported(std::string_view operation, std::string_view why) {
    return {Errc::invalid, "unsupported: " + std::string(operation) + ": " + std::string(why)};
}

Error to_port(Error error, std::string_view operation, std::string_view table) {
    const aws::JsonFailure* failure = failure_of(error);
    if (failure == nullptr) return error;
    const std::string_view type = failure->type;
    if (type == "ConditionalCheckFailedException") {
        return condition_error(*failure, std::move(error));
    }
    if (type == "TransactionCanceledException") return cancelled_error(*failure, std::move(error));
    if (type == "ResourceNotFoundException") {
        if (!table.empty()) return table_not_found(table);
        return with_code(std::move(error), Errc::not_found);
    }
    if (type == "ResourceInUseException" || type == "TableAlreadyExistsException") {
        const bool making = operation == "CreateTable";
        return with_code(std::move(error), making ? Errc::already_exists : Errc::unavailable);
    }
    if (type == "TrimmedDataAccessException") {
        error.detail = std::make_shared<ChangesTrimmed>();
        return with_code(std::move(error), Errc::not_found);
    }
    if (type == "LimitExceededException") return with_code(std::move(error), Errc::throttled);
    if (type == "ItemCollectionSizeLimitExceededException") {
        return with_code(std::move(error), Errc::too_large);
    }
    if (type == "ValidationException" &&
        error.message.starts_with("The table does not have the specified index")) {
        return with_code(std::move(error), Errc::not_found);
    }
    if (type == "UnknownOperationException") {
        return unsupported(operation, "this server does not know the operation");
    }
    if (failure->status == 413) return with_code(std::move(error), Errc::too_large);
    return error;
}

}  // namespace carillon::dynamo::remote
