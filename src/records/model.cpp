#include "records/model.hpp"

#include "queue/sharded_rows.hpp"
#include "records/flag_rows.hpp"

#include <charconv>
#include <optional>
#include <utility>

namespace carillon::records {
namespace {

constexpr std::string_view index_prefix = "work-";
constexpr int shards_max = 1'000;

std::string index_name(int shards) {
    return std::string(index_prefix) + std::to_string(shards);
}

std::optional<int> shards_of(std::string_view index) {
    if (!index.starts_with(index_prefix)) return std::nullopt;
    index.remove_prefix(index_prefix.size());
    int shards = 0;
    const auto [end, fault] = std::from_chars(index.data(), index.data() + index.size(), shards);
    if (fault != std::errc{} || end != index.data() + index.size()) return std::nullopt;
    if (shards < 1 || shards > shards_max) return std::nullopt;
    return shards;
}

/// What an outcome writes beside the queue's own attributes.
std::vector<std::string> outcome_attributes(const TableModel& model) {
    std::vector<std::string> names{std::string(error_attribute)};
    if (!model.updated_attribute.empty()) names.push_back(model.updated_attribute);
    return names;
}

queue::ShardedRowsOptions sharded_options(const TableModel& model) {
    queue::ShardedRowsOptions options;
    options.table = model.table;
    options.key = model.key;
    options.due_index = index_name(model.work.shards);
    options.shards = model.work.shards;
    options.state = "workState";
    options.partition = "workPartition";
    options.due = "workDue";
    options.attempts = attempts_attribute;
    options.interruptions = "workInterruptions";
    options.lease_token = "workLeaseToken";
    options.lease_owner = "workLeaseOwner";
    options.turn = "workTurn";
    options.failed_in_index = true;
    options.outcome_attributes = outcome_attributes(model);
    return options;
}

}  // namespace

std::string_view to_string(WorkState state) {
    switch (state) {
        case WorkState::unprocessed:
            return "unprocessed";
        case WorkState::processed:
            return "processed";
        case WorkState::in_hand:
            return "in-hand";
        case WorkState::quarantined:
            return "quarantined";
    }
    return "unprocessed";
}

Result<> check(const TableModel& model) {
    CARILLON_TRY_VOID(dynamo::check_schema(schema_of(model)));
    const Work& work = model.work;
    if (work.layout == WorkLayout::sharded && (work.shards < 1 || work.shards > shards_max)) {
        return invalid("shards", "must be from 1 to 1000");
    }
    if (work.layout == WorkLayout::flag && model.key.has(work.flag)) {
        return invalid("flag", "must not be part of the table's key");
    }
    for (const std::string* name :
         {&model.version_attribute, &model.created_attribute, &model.updated_attribute}) {
        if (!name->empty() && model.key.has(*name)) {
            return invalid(*name, "is part of the key: it can be neither a version nor a stamp");
        }
    }
    return {};
}

dynamo::TableSchema schema_of(const TableModel& model) {
    dynamo::TableSchema schema;
    schema.name = model.table;
    schema.key = model.key;
    schema.indexes = model.indexes;
    if (model.work.layout == WorkLayout::flag) {
        dynamo::IndexSchema index;
        index.name = model.work.index;
        index.key.hash = {.name = model.work.flag, .type = dynamo::Type::number};
        schema.indexes.push_back(std::move(index));
    } else if (model.work.layout == WorkLayout::sharded) {
        dynamo::IndexSchema index;
        index.name = index_name(model.work.shards);
        index.key.hash = {.name = "workPartition", .type = dynamo::Type::string};
        index.key.sort = dynamo::KeyAttribute{.name = "workDue", .type = dynamo::Type::number};
        schema.indexes.push_back(std::move(index));
    }
    return schema;
}

std::unique_ptr<queue::RowMap> rows_of(const TableModel& model) {
    switch (model.work.layout) {
        case WorkLayout::none:
            return nullptr;
        case WorkLayout::flag:
            return std::make_unique<FlagRows>(model, outcome_attributes(model));
        case WorkLayout::sharded:
            return std::make_unique<queue::ShardedRows>(sharded_options(model));
    }
    return nullptr;
}

TableModel model_of(const dynamo::TableSchema& schema, std::string_view flag) {
    TableModel model;
    model.table = schema.name;
    model.key = schema.key;
    for (const dynamo::IndexSchema& index : schema.indexes) {
        if (const auto shards = shards_of(index.name)) {
            model.work.layout = WorkLayout::sharded;
            model.work.shards = *shards;
            continue;
        }
        const bool by_flag = !index.local && !index.key.sort && index.key.hash.name == flag &&
                             index.key.hash.type == dynamo::Type::number;
        if (by_flag && model.work.layout == WorkLayout::none) {
            model.work.layout = WorkLayout::flag;
            model.work.flag = flag;
            model.work.index = index.name;
            continue;
        }
        model.indexes.push_back(index);
    }
    return model;
}

TableModel users_model() {
    TableModel model;
    model.table = "Users";
    model.key.hash = {.name = "pk"};
    model.key.sort = dynamo::KeyAttribute{.name = "sk"};
    return model;
}

TableModel records_model() {
    TableModel model;
    model.table = "Records";
    model.key.hash = {.name = "AccountId"};
    model.key.sort = dynamo::KeyAttribute{.name = "RunTime"};
    model.created_attribute = "CreatedAt";
    model.updated_attribute = "UpdatedAt";
    model.work.layout = WorkLayout::flag;
    return model;
}

}  // namespace carillon::records
