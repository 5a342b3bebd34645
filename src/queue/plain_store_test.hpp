// The simplest thing that keeps the promises of dynamo::Database which the queue relies on: maps in
// memory, answers at once. For tests of the queue that should not depend on an engine.

#pragma once

#include "core/check.hpp"
#include "dynamo/database.hpp"
#include "queue/row_key.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace carillon::queue::testing {

class PlainStore final : public dynamo::Database {
public:
    [[nodiscard]] dynamo::Capabilities capabilities() const override {
        return {.exclusive = true, .transactions = true, .watches = true};
    }

    Task<Result<dynamo::TableDescription>> create_table(dynamo::TableSchema schema) override {
        const std::string name = schema.name;
        if (tables_.contains(name)) co_return fail(Errc::already_exists, "there is one");
        tables_[name].schema = std::move(schema);
        co_return dynamo::TableDescription{.schema = tables_[name].schema};
    }

    Task<Result<dynamo::TableDescription>> describe_table(std::string table) override {
        if (!tables_.contains(table)) co_return missing(table);
        co_return dynamo::TableDescription{.schema = tables_[table].schema};
    }

    Task<Result<std::vector<std::string>>> list_tables() override {
        std::vector<std::string> names;
        for (const auto& [name, table] : tables_) names.push_back(name);
        co_return names;
    }

    Task<Result<dynamo::TableDescription>> delete_table(std::string table) override {
        if (tables_.erase(table) == 0) co_return missing(table);
        co_return dynamo::TableDescription{};
    }

    Task<Result<>> set_time_to_live(std::string, std::optional<std::string>) override {
        co_return fail(Errc::invalid, "not here");
    }

    Task<Result<std::optional<dynamo::Item>>> put_item(dynamo::PutRequest request) override {
        CARILLON_CO_TRY_VOID(apply({std::move(request)}));
        co_return std::optional<dynamo::Item>{};
    }

    Task<Result<std::optional<dynamo::Item>>> get_item(dynamo::GetRequest request) override {
        const auto table = tables_.find(request.table);
        if (table == tables_.end()) co_return missing(request.table);
        co_return stored(table->second, request.key);
    }

    Task<Result<std::optional<dynamo::Item>>> update_item(dynamo::UpdateRequest request) override {
        CARILLON_CO_TRY_VOID(apply({std::move(request)}));
        co_return std::optional<dynamo::Item>{};
    }

    Task<Result<std::optional<dynamo::Item>>> delete_item(dynamo::DeleteRequest request) override {
        CARILLON_CO_TRY_VOID(apply({std::move(request)}));
        co_return std::optional<dynamo::Item>{};
    }

    Task<Result<dynamo::Page>> query(dynamo::QueryRequest request) override {
        const auto table = tables_.find(request.table);
        if (table == tables_.end()) co_return missing(request.table);
        co_return read_page(table->second, request);
    }

    Task<Result<dynamo::Page>> scan(dynamo::ScanRequest request) override {
        dynamo::Page page;
        for (const auto& [id, item] : tables_[request.table].items) page.items.push_back(item);
        co_return page;
    }

    Task<Result<dynamo::BatchGetResult>> batch_get(dynamo::BatchGetRequest request) override {
        dynamo::BatchGetResult result;
        for (const auto& part : request.tables) {
            std::vector<dynamo::Item> items;
            for (const auto& key : part.keys) {
                if (auto item = stored(tables_[part.table], key)) items.push_back(*std::move(item));
            }
            result.items.emplace_back(part.table, std::move(items));
        }
        co_return result;
    }

    Task<Result<>> batch_write(std::vector<dynamo::Write> writes) override {
        for (auto& write : writes) {
            std::vector<dynamo::Write> one;
            one.push_back(std::move(write));
            CARILLON_CO_TRY_VOID(apply(std::move(one)));
        }
        co_return Result<>{};
    }

    Task<Result<>> transact_write(dynamo::WriteUnit unit, std::string) override {
        co_return apply(std::move(unit));
    }

    Task<Result<std::vector<std::optional<dynamo::Item>>>> transact_get(
        std::vector<dynamo::GetRequest>) override {
        co_return fail(Errc::invalid, "not here");
    }

    Task<std::vector<Result<>>> update_batch(std::vector<dynamo::WriteUnit> units, bool) override {
        std::vector<Result<>> answers;
        for (auto& unit : units) answers.push_back(apply(std::move(unit)));
        co_return answers;
    }

    [[nodiscard]] dynamo::Watch watch(runtime::Loop& loop,
                                      std::string table,
                                      std::string index,
                                      std::vector<dynamo::Value> partitions,
                                      dynamo::WatchCallback callback) override {
        auto watcher = std::make_shared<Watcher>(Watcher{.loop = &loop,
                                                         .table = std::move(table),
                                                         .index = std::move(index),
                                                         .partitions = std::move(partitions),
                                                         .callback = std::move(callback)});
        watchers_.push_back(watcher);
        return dynamo::Watch([this, watcher] { std::erase(watchers_, watcher); });
    }

private:
    struct Table {
        dynamo::TableSchema schema;
        std::map<std::string, dynamo::Item> items;
    };

    struct Watcher {
        runtime::Loop* loop;
        std::string table;
        std::string index;
        std::vector<dynamo::Value> partitions;
        dynamo::WatchCallback callback;
    };

    static std::unexpected<Error> missing(const std::string& table) {
        return fail(Errc::not_found,
                    "Requested resource not found: Table: " + table + " not found");
    }

    static std::optional<dynamo::Item> stored(const Table& table, const dynamo::Item& key) {
        const auto id = row_id(key, table.schema.key);
        CARILLON_CHECK(id.has_value());
        const auto found = table.items.find(*id);
        if (found == table.items.end()) return std::nullopt;
        return found->second;
    }

    struct Change {
        Table* table;
        std::string name;
        std::string id;
        std::optional<dynamo::Item> before;
        std::optional<dynamo::Item> after;
    };

    static Result<> holds(const std::optional<dynamo::BoundCondition>& condition,
                          const std::optional<dynamo::Item>& item) {
        if (!condition) return {};
        CARILLON_TRY(const bool ok,
                     condition->expression.holds(item.value_or(dynamo::Item{}), condition->values));
        if (!ok) return fail(Errc::condition_failed, "The conditional request failed");
        return {};
    }

    Result<Change> change_of(const dynamo::Write& write) {
        Change change{};
        dynamo::Item key;
        std::optional<dynamo::BoundCondition> condition;
        std::visit(
            [&](const auto& request) {
                change.name = request.table;
                if constexpr (requires { request.item; }) {
                    key = request.item;
                } else {
                    key = request.key;
                }
                condition = request.condition;
            },
            write);
        const auto table = tables_.find(change.name);
        if (table == tables_.end()) return missing(change.name);
        change.table = &table->second;
        change.id = *row_id(key, change.table->schema.key);
        change.before = stored(*change.table, key);
        change.after = change.before;
        CARILLON_TRY_VOID(holds(condition, change.before));
        if (const auto* put = std::get_if<dynamo::PutRequest>(&write)) {
            if (dynamo::size_of(put->item) > dynamo::item_bytes_max) {
                return fail(Errc::invalid, "Item size has exceeded the maximum allowed size");
            }
            change.after = put->item;
        } else if (const auto* update = std::get_if<dynamo::UpdateRequest>(&write)) {
            dynamo::Item item = change.before.value_or(update->key);
            CARILLON_TRY_VOID(update->update->apply(item, update->values));
            change.after = std::move(item);
        } else if (std::holds_alternative<dynamo::DeleteRequest>(write)) {
            change.after.reset();
        }
        return change;
    }

    Result<> apply(std::vector<dynamo::Write> writes) {
        std::vector<Change> changes;
        auto cancelled = std::make_shared<dynamo::TransactionCancelled>();
        std::optional<Error> error;
        for (const auto& write : writes) {
            auto change = change_of(write);
            dynamo::TransactionCancelled::Reason reason;
            if (change) {
                changes.push_back(*std::move(change));
            } else {
                reason.code = change.error().code == Errc::condition_failed
                                  ? "ConditionalCheckFailed"
                                  : "ValidationError";
                error = std::move(change).error();
            }
            cancelled->reasons.push_back(std::move(reason));
        }
        if (error) {
            if (writes.size() > 1) error->detail = cancelled;
            return std::unexpected(*std::move(error));
        }
        for (Change& change : changes) {
            if (change.after) {
                change.table->items[change.id] = *change.after;
            } else {
                change.table->items.erase(change.id);
            }
            notify(change);
        }
        return {};
    }

    void notify(const Change& change) {
        for (const auto& watcher : watchers_) {
            if (watcher->table != change.name || !change.after) continue;
            const auto& key = change.table->schema.index(watcher->index)->key;
            const dynamo::Value* hash = change.after->find(key.hash.name);
            const dynamo::Value* sort = change.after->find(key.sort->name);
            if (hash == nullptr || sort == nullptr) continue;
            if (std::ranges::find(watcher->partitions, *hash) == watcher->partitions.end())
                continue;
            if (change.before) {
                const dynamo::Value* old_hash = change.before->find(key.hash.name);
                const dynamo::Value* old_sort = change.before->find(key.sort->name);
                if (old_hash != nullptr && *old_hash == *hash && old_sort != nullptr &&
                    *old_sort == *sort) {
                    continue;
                }
            }
            std::weak_ptr<Watcher> weak = watcher;
            watcher->loop->post([weak, lowest = *sort] {
                if (const auto alive = weak.lock()) alive->callback(lowest);
            });
        }
    }

    static dynamo::Page read_page(const Table& table, const dynamo::QueryRequest& request) {
        const dynamo::KeySchema& key =
            request.index ? table.schema.index(*request.index)->key : table.schema.key;
        std::map<std::string, const dynamo::Item*> ordered;
        for (const auto& [id, item] : table.items) {
            const dynamo::Value* hash = item.find(key.hash.name);
            const dynamo::Value* sort = key.sort ? item.find(key.sort->name) : nullptr;
            if (hash == nullptr || *hash != request.key.hash) continue;
            if (key.sort && sort == nullptr) continue;
            if (request.key.sort && !matches(*request.key.sort, sort_bytes(*sort))) continue;
            ordered.emplace((sort != nullptr ? sort_bytes(*sort) : "") + id, &item);
        }
        std::string after;
        if (request.start_key) {
            if (key.sort) after = sort_bytes(*request.start_key->find(key.sort->name));
            after += *row_id(*request.start_key, table.schema.key);
        }
        dynamo::Page page;
        for (auto at = ordered.upper_bound(after); at != ordered.end(); ++at) {
            page.items.push_back(*at->second);
            if (request.limit && page.items.size() == static_cast<std::size_t>(*request.limit)) {
                page.last_key = *at->second;
                break;
            }
        }
        return page;
    }

    static bool matches(const dynamo::SortCondition& condition, const std::string& sort) {
        const std::string value = sort_bytes(condition.value);
        switch (condition.op) {
            case dynamo::SortOperator::less_equal:
                return sort <= value;
            case dynamo::SortOperator::greater:
                return sort > value;
            case dynamo::SortOperator::between:
                return sort >= value && sort <= sort_bytes(condition.upper);
            default:
                break;
        }
        carillon::check_failed("an operator that the queue does not use", __FILE__, __LINE__);
    }

    std::map<std::string, Table> tables_;
    std::vector<std::shared_ptr<Watcher>> watchers_;
};

}  // namespace carillon::queue::testing
