// BatchExecuteStatement and ExecuteTransaction.

#include "core/json.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/operations.hpp"
#include "dynamo/endpoint/statements.hpp"
#include "dynamo/item/json.hpp"
#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

/// Units by table, in the order in which tables occur.
class CapacityList {
public:
    void add(const Consumed& consumed) {
        auto found = std::ranges::find(tables_, consumed.table, &Consumed::table);
        if (found == tables_.end()) {
            found = tables_.emplace(tables_.end());
            found->table = consumed.table;
            found->kind = consumed.kind;
        }
        found->add(consumed);
    }

    void append(CapacityReport report, std::string& out) const {
        if (report == CapacityReport::none) return;
        out += ",\"ConsumedCapacity\":[";
        for (const Consumed& one : tables_) {
            if (&one != tables_.data()) out += ',';
            append_consumed(one, report, out);
        }
        out += ']';
    }

private:
    std::vector<Consumed> tables_;
};

// --- BatchExecuteStatement ---

/// `Code` of an error within a batch. The endpoint's own faults name their type.
std::string_view code_of(const Error& error) {
    if (const auto* fault = dynamic_cast<const WireFault*>(error.detail.get())) {
        return fault->type.ends_with("#DuplicateItemException") ? "DuplicateItem"
                                                                : "ValidationError";
    }
    switch (error.code) {
        case Errc::condition_failed:
            return "ConditionalCheckFailed";
        case Errc::not_found:
            return error.message.starts_with("Requested resource") ? "ResourceNotFound"
                                                                   : "ValidationError";
        case Errc::throttled:
            return "ProvisionedThroughputExceeded";
        case Errc::denied:
            return "AccessDenied";
        case Errc::invalid:
        case Errc::too_large:
        case Errc::already_exists:
            return "ValidationError";
        default:
            return "InternalServerError";
    }
}

void append_statement_error(const Error& error, std::string& out) {
    constexpr std::string_view missing_table = "Requested resource not found";
    const bool shorten = error.code == Errc::not_found && error.message.starts_with(missing_table);
    out += "\"Error\":{\"Code\":";
    append_json_string(out, code_of(error));
    out += ",\"Message\":";
    append_json_string(out, shorten ? missing_table : std::string_view(error.message));
    if (const auto* failure = dynamic_cast<const ConditionFailure*>(error.detail.get());
        failure != nullptr && failure->item) {
        out += ",\"Item\":";
        append_typed_json(*failure->item, out);
    }
    out += '}';
}

struct BatchCall {
    std::vector<Result<StatementCall>> statements{};
    CapacityReport capacity = CapacityReport::none;
};

/// What does not parse fails by itself; what does must all read or all write.
Result<BatchCall> read_batch(const Json& json) {
    BatchCall call;
    call.capacity = read_capacity_report(json);
    std::optional<bool> reads;
    for (const Json entry : array_of(*member(json, "Statements"))) {
        Result<StatementCall> statement = read_statement(entry);
        if (statement) {
            const bool this_reads = statement->statement.reads();
            if (reads && *reads != this_reads) {
                return validation_fault(
                    "The batch must consist of either read statements or write statements, "
                    "not both");
            }
            reads = this_reads;
        }
        call.statements.push_back(std::move(statement));
    }
    return call;
}

Task<Result<StatementWrite>> run_one(Database& database, StatementCall call, bool measured) {
    CARILLON_CO_TRY(const SchemaPtr schema, co_await database.table_schema(call.statement.table()));
    if (const auto* select = std::get_if<partiql::Select>(&call.statement.body)) {
        CARILLON_CO_TRY(partiql::ReadPlan plan,
                        partiql::plan_read(*select, call.parameters, *schema));
        if (!plan.key) {
            co_return validation_fault(
                "Select statements within BatchExecuteStatement must specify the primary key in "
                "the where clause.");
        }
        CARILLON_CO_TRY(StatementItem read,
                        co_await read_item_of(database, std::move(plan), call.consistent));
        co_return StatementWrite{std::move(read.item), std::move(read.consumed)};
    }
    CARILLON_CO_TRY(Write write, plan_write(call, *schema));
    co_return co_await carry_out(database, *schema, std::move(write), measured);
}

bool returns_values(const partiql::Statement& statement) {
    if (const auto* update = std::get_if<partiql::UpdateStatement>(&statement.body)) {
        return update->returning != ReturnValues::none;
    }
    const auto* erase = std::get_if<partiql::DeleteStatement>(&statement.body);
    return erase != nullptr && erase->returning_old;
}

/// Whether the batch can be handed to the store as a whole, for one commit instead of many: it
/// writes, and nothing is wanted back.
bool may_join(const BatchCall& call) {
    if (call.capacity != CapacityReport::none) return false;
    return std::ranges::none_of(call.statements, [](const Result<StatementCall>& statement) {
        return statement && (statement->statement.reads() || returns_values(statement->statement));
    });
}

using BatchAnswers = std::vector<Result<StatementWrite>>;

Task<Result<Write>> plan_one(Database& database, StatementCall call) {
    CARILLON_CO_TRY(const SchemaPtr schema, co_await database.table_schema(call.statement.table()));
    if (std::holds_alternative<partiql::Exists>(call.statement.body)) {
        co_return validation_fault("EXISTS can only be used in a transaction");
    }
    co_return plan_write(call, *schema);
}

/// What a unit of one write failed with, if the store says it as of a transaction.
Error alone(Error error) {
    const auto* cancelled = dynamic_cast<const TransactionCancelled*>(error.detail.get());
    if (cancelled == nullptr || cancelled->reasons.size() != 1) return error;
    const TransactionCancelled::Reason& reason = cancelled->reasons.front();
    if (reason.code == "ConditionalCheckFailed") return condition_not_met(reason.item);
    return {Errc::invalid, reason.message};
}

Task<BatchAnswers> run_joined(Database& database, std::vector<Result<StatementCall>> statements) {
    BatchAnswers answers;
    std::vector<WriteUnit> units;
    std::vector<std::size_t> places;
    std::vector<bool> inserts;
    for (Result<StatementCall>& statement : statements) {
        answers.emplace_back(StatementWrite());
        if (!statement) continue;
        auto write = co_await plan_one(database, *std::move(statement));
        if (!write) {
            answers.back() = std::unexpected(std::move(write).error());
            continue;
        }
        places.push_back(answers.size() - 1);
        inserts.push_back(std::holds_alternative<PutRequest>(*write));
        units.emplace_back().push_back(*std::move(write));
    }
    auto done = co_await database.update_batch(std::move(units));
    for (std::size_t i = 0; i < done.size(); ++i) {
        if (done[i]) continue;
        Error error = alone(std::move(done[i]).error());
        const bool duplicate = error.code == Errc::condition_failed && inserts[i];
        answers[places[i]] = duplicate ? duplicate_item() : std::unexpected(std::move(error));
    }
    co_return answers;
}

Task<BatchAnswers> run_each(Database& database,
                            std::vector<Result<StatementCall>> statements,
                            bool measured) {
    BatchAnswers answers;
    for (Result<StatementCall>& statement : statements) {
        answers.emplace_back(StatementWrite());
        if (!statement) continue;
        answers.back() = co_await run_one(database, *std::move(statement), measured);
    }
    co_return answers;
}

void append_answer(const Result<StatementCall>& statement,
                   const Result<StatementWrite>& answer,
                   std::string& out) {
    out += '{';
    if (!statement) {
        append_statement_error(statement.error(), out);
    } else {
        out += "\"TableName\":";
        append_json_string(out, statement->statement.table());
        if (!answer) {
            out += ',';
            append_statement_error(answer.error(), out);
        } else if (answer->returned) {
            out += ",\"Item\":";
            append_typed_json(*answer->returned, out);
        }
    }
    out += '}';
}

// --- ExecuteTransaction ---

/// What is wrong with a statement names which.
Error placed(Error error, std::size_t statement) {
    if (error.code != Errc::invalid) return error;
    error.message =
        fmt::format("Validation failed in TransactStatements[{}]: {}", statement, error.message);
    return error;
}

struct TransactionCall {
    std::vector<StatementCall> statements{};
    std::string token{};
    CapacityReport capacity = CapacityReport::none;
};

Result<TransactionCall> read_transaction(const Json& json) {
    TransactionCall call;
    call.capacity = read_capacity_report(json);
    call.token = std::string(text_member(json, "ClientRequestToken").value_or(""));
    for (const Json entry : array_of(*member(json, "TransactStatements"))) {
        auto read = read_statement(entry);
        if (!read) return std::unexpected(placed(std::move(read).error(), call.statements.size()));
        StatementCall statement = *std::move(read);
        if (returns_values(statement.statement)) {
            return validation_fault("RETURNING is not supported within transactions");
        }
        call.statements.push_back(std::move(statement));
    }
    const bool reads = call.statements.front().statement.reads();
    for (const StatementCall& statement : call.statements) {
        if (statement.statement.reads() == reads) continue;
        return validation_fault(
            "The transaction must consist of either read statements or write statements, not both");
    }
    return call;
}

/// Reasons of INSERTs that met an item: DynamoDB calls these duplicates.
Error name_duplicates(Error error, const WriteUnit& unit) {
    const auto* cancelled = dynamic_cast<const TransactionCancelled*>(error.detail.get());
    if (cancelled == nullptr || cancelled->reasons.size() != unit.size()) return error;
    auto reasons = cancelled->reasons;
    for (std::size_t i = 0; i < unit.size(); ++i) {
        if (reasons[i].code != "ConditionalCheckFailed" ||
            !std::holds_alternative<PutRequest>(unit[i])) {
            continue;
        }
        reasons[i] = {"DuplicateItem", std::string(duplicate_text), std::nullopt};
    }
    return transaction_cancelled(std::move(reasons));
}

/// Every part of a transaction is done twice: prepared, then committed.
void add_twice(CapacityList& list, Consumed consumed, CapacityKind kind) {
    consumed.kind = kind;
    list.add(consumed);
    list.add(consumed);
}

Task<Result<std::string>> read_all(Database& database, TransactionCall call) {
    std::vector<partiql::ReadPlan> plans;
    std::vector<GetRequest> requests;
    for (const StatementCall& statement : call.statements) {
        CARILLON_CO_TRY(const SchemaPtr schema,
                        co_await database.table_schema(statement.statement.table()));
        const auto& select = std::get<partiql::Select>(statement.statement.body);
        if (select.from.index) {
            co_return validation_fault("Reads on indices are not supported within transactions.");
        }
        auto planned = partiql::plan_read(select, statement.parameters, *schema);
        if (!planned) {
            co_return std::unexpected(placed(std::move(planned).error(), plans.size()));
        }
        partiql::ReadPlan plan = *std::move(planned);
        if (!plan.key) {
            Error error = validation_fault(
                              "Select statements within ExecuteTransaction must specify the "
                              "primary key in the where clause.")
                              .error();
            co_return std::unexpected(placed(std::move(error), plans.size()));
        }
        requests.push_back({plan.table, *plan.key, true});
        plans.push_back(std::move(plan));
    }
    CARILLON_CO_TRY(const auto items, co_await database.transact_get(std::move(requests)));
    std::string out = "{\"Responses\":[";
    CapacityList capacity;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += ',';
        out += '{';
        CARILLON_CO_TRY(const auto item, shown(plans[i], items[i]));
        if (item) {
            out += "\"Item\":";
            append_typed_json(*item, out);
        }
        out += '}';
        Consumed consumed{plans[i].table};
        consumed.table_units = read_units(items[i] ? size_of(*items[i]) : 0, true);
        add_twice(capacity, std::move(consumed), CapacityKind::read);
    }
    out += ']';
    capacity.append(call.capacity, out);
    co_return std::move(out) + "}";
}

Task<Result<std::string>> write_all(Database& database, TransactionCall call) {
    WriteUnit unit;
    CapacityList capacity;
    for (const StatementCall& statement : call.statements) {
        CARILLON_CO_TRY(const SchemaPtr schema,
                        co_await database.table_schema(statement.statement.table()));
        auto planned = plan_write(statement, *schema);
        if (!planned) co_return std::unexpected(placed(std::move(planned).error(), unit.size()));
        Write write = *std::move(planned);
        const auto* put = std::get_if<PutRequest>(&write);
        const Item* after = put != nullptr ? &put->item : nullptr;
        add_twice(capacity, consumed_by_write(*schema, nullptr, after), CapacityKind::write);
        unit.push_back(std::move(write));
    }
    const WriteUnit kept = unit;
    auto written = co_await database.transact_write(std::move(unit), std::move(call.token));
    if (!written) {
        Error error = transaction_fault(std::move(written).error());
        co_return std::unexpected(name_duplicates(std::move(error), kept));
    }
    std::string out = "{\"Responses\":[]";  // Only reads have one for each statement.
    capacity.append(call.capacity, out);
    co_return std::move(out) + "}";
}

}  // namespace

Operations::Answer Operations::batch_execute_statement(Json request) {
    CARILLON_CO_TRY(BatchCall call, read_batch(request));
    const std::vector<Result<StatementCall>> statements = call.statements;
    const bool measured = call.capacity != CapacityReport::none;
    const bool joined = may_join(call);
    BatchAnswers answers;
    if (joined) {
        answers = co_await run_joined(database_, std::move(call.statements));
    } else {
        answers = co_await run_each(database_, std::move(call.statements), measured);
    }
    CapacityList capacity;
    std::string out = "{\"Responses\":[";
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (i > 0) out += ',';
        append_answer(statements[i], answers[i], out);
        if (measured && statements[i] && answers[i]) capacity.add(answers[i]->consumed);
    }
    out += ']';
    capacity.append(call.capacity, out);
    co_return std::move(out) + "}";
}

Operations::Answer Operations::execute_transaction(Json request) {
    CARILLON_CO_TRY(TransactionCall call, read_transaction(request));
    if (call.statements.front().statement.reads()) {
        co_return co_await read_all(database_, std::move(call));
    }
    co_return co_await write_all(database_, std::move(call));
}

}  // namespace carillon::dynamo::endpoint
