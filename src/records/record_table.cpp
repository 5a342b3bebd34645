#include "records/record_table.hpp"

#include "core/check.hpp"
#include "dynamo/ensure_table.hpp"
#include "records/conditions.hpp"

#include <utility>

namespace carillon::records {

using dynamo::Item;
using dynamo::Value;

namespace {

constexpr int keep_creation_tries = 5;

void erase_work(Item& item) {
    std::vector<std::string> own;
    for (const dynamo::Attribute& attribute : item) {
        if (is_work_name(attribute.name)) own.push_back(attribute.name);
    }
    for (const std::string& name : own) item.erase(name);
}

std::optional<Item> failed_item(const Error& error) {
    const auto* failure = dynamic_cast<const dynamo::ConditionFailure*>(error.detail.get());
    return failure == nullptr ? std::nullopt : failure->item;
}

}  // namespace

RecordTable::RecordTable(dynamo::Database& database,
                         const runtime::Clock& clock,
                         Random& random,
                         TableModel model)
    : database_(database),
      clock_(clock),
      random_(random),
      model_(std::move(model)),
      rows_(rows_of(model_)) {
    CARILLON_CHECK(check(model_).has_value());
}

Task<Result<>> RecordTable::create() {
    auto made = co_await dynamo::ensure_table(database_, schema_of(model_));
    if (!made) co_return std::unexpected(std::move(made).error());
    co_return Result<>{};
}

Item RecordTable::without_work(Item item) const {
    erase_work(item);
    if (model_.work.layout == WorkLayout::flag) item.set(model_.work.flag, 0);
    return item;
}

/// What is about processing is set here and by the queue, never by the caller.
Result<> RecordTable::prepare_work(Item& item) const {
    erase_work(item);
    // A count that no earlier record of this key had: a worker who has such a one in hand cannot
    // mark this one. 2^20 in a millisecond.
    const std::int64_t turn =
        (to_epoch_ms(clock_.now()) << 20U) | static_cast<std::int64_t>(random_.below(1U << 20U));
    if (model_.work.layout == WorkLayout::sharded) {
        item.set("workTurn", turn);
        rows_->write(item, {.state = queue::State::ready, .due_at = clock_.now()});
        return {};
    }
    const std::string& flag = model_.work.flag;
    Value* given = item.find(flag);
    if (given == nullptr) given = &item.set(flag, 0);
    const auto number = given->number() == nullptr ? std::nullopt : given->number()->to_int64();
    if (!number || *number < 0 || *number > 3) return invalid(flag, "must be 0 or 1");
    // In hand was what the record of before was.
    if (*number == static_cast<int>(WorkState::in_hand)) *given = Value(0);
    if (*number != static_cast<int>(WorkState::processed)) item.set("workTurn", turn);
    return {};
}

/// Stamps, version and work attributes. The version that the item had.
Result<std::int64_t> RecordTable::prepare(Item& item) const {
    CARILLON_TRY_VOID(dynamo::extract_key(item, model_.key));
    std::int64_t version = 0;
    if (!model_.version_attribute.empty()) {
        if (const Value* given = item.find(model_.version_attribute)) {
            const auto number =
                given->number() == nullptr ? std::nullopt : given->number()->to_int64();
            if (!number || *number < 0) {
                return invalid(model_.version_attribute, "must be a version: 0 or more");
            }
            version = *number;
        }
        item.set(model_.version_attribute, version + 1);
    }
    if (!model_.updated_attribute.empty()) {
        item.set(model_.updated_attribute, format_instant(clock_.now()));
    }
    if (rows_) CARILLON_TRY_VOID(prepare_work(item));
    return version;
}

dynamo::PutRequest RecordTable::put_request(Item item, std::int64_t version, PutMode mode) const {
    dynamo::PutRequest request;
    request.table = model_.table;
    const bool versioned = !model_.version_attribute.empty();
    if (mode == PutMode::insert || (versioned && version == 0)) {
        request.condition = is_missing(model_.key);
    } else if (versioned) {
        request.condition = has_version(model_.version_attribute, version);
    }
    request.return_old_on_condition_failure = request.condition.has_value();
    request.item = std::move(item);
    return request;
}

Result<dynamo::Write> RecordTable::put_write(Item& item, PutMode mode) const {
    CARILLON_TRY(const std::int64_t version, prepare(item));
    if (!model_.created_attribute.empty() && item.find(model_.created_attribute) == nullptr) {
        item.set(model_.created_attribute, format_instant(clock_.now()));
    }
    return put_request(item, version, mode);
}

Task<Result<Item>> RecordTable::put(Item item, PutMode mode) {
    CARILLON_CO_TRY(const std::int64_t version, prepare(item));
    const std::string& created = model_.created_attribute;
    if (!created.empty() && item.find(created) == nullptr) {
        const bool is_new =
            mode == PutMode::insert || (!model_.version_attribute.empty() && version == 0);
        if (!is_new && model_.version_attribute.empty()) {
            co_return co_await put_keeping_creation(std::move(item));
        }
        if (!is_new) {
            CARILLON_CO_TRY(Item key, dynamo::extract_key(item, model_.key));
            CARILLON_CO_TRY(const auto before, co_await get(std::move(key)));
            const Value* stamp = before ? before->find(created) : nullptr;
            if (stamp != nullptr) item.set(created, *stamp);
        }
        if (item.find(created) == nullptr) item.set(created, format_instant(clock_.now()));
    }
    auto written = co_await database_.put_item(put_request(item, version, mode));
    if (written) co_return item;
    if (written.error().code != Errc::condition_failed) {
        co_return std::unexpected(std::move(written).error());
    }
    const bool must_be_new = mode == PutMode::insert || version == 0;
    if (must_be_new) co_return fail(Errc::already_exists, "there is a record of that key");
    co_return version_conflict(failed_item(written.error()), model_.version_attribute, version);
}

/// Over whatever is there, with the time of creation that it has.
Task<Result<Item>> RecordTable::put_keeping_creation(Item item) {
    const std::string& created = model_.created_attribute;
    dynamo::BoundCondition condition = is_missing(model_.key);
    item.set(created, format_instant(clock_.now()));
    for (int tries = 0; tries < keep_creation_tries; ++tries) {
        dynamo::PutRequest request;
        request.table = model_.table;
        request.item = item;
        request.condition = condition;
        request.return_old_on_condition_failure = true;
        auto written = co_await database_.put_item(std::move(request));
        if (written) co_return item;
        if (written.error().code != Errc::condition_failed) {
            co_return std::unexpected(std::move(written).error());
        }
        const auto before = failed_item(written.error());
        if (!before || before->empty()) {
            condition = is_missing(model_.key);  // It was deleted meanwhile.
            continue;
        }
        const Value* stamp = before->find(created);
        if (stamp != nullptr) item.set(created, *stamp);
        condition = stamp != nullptr ? has_value(created, *stamp) : lacks(model_.key, created);
    }
    co_return fail(Errc::condition_failed, "others write this record all the time; try again");
}

Task<Result<>> RecordTable::put_many(std::vector<Item> items) {
    if (!model_.version_attribute.empty()) {
        co_return fail(Errc::invalid, "records with versions are put one by one");
    }
    std::vector<dynamo::Write> writes;
    writes.reserve(items.size());
    for (Item& item : items) {
        CARILLON_CO_TRY(dynamo::Write write, put_write(item, PutMode::write));
        writes.push_back(std::move(write));
    }
    co_return co_await database_.batch_write(std::move(writes));
}

Task<Result<std::optional<Item>>> RecordTable::get(Item key, bool consistent) {
    dynamo::GetRequest request;
    request.table = model_.table;
    request.key = std::move(key);
    request.consistent = consistent;
    co_return co_await database_.get_item(std::move(request));
}

Result<> RecordTable::check_name(const std::string& name) const {
    if (name.empty()) return invalid("name", "must not be empty");
    if (model_.key.has(name)) return invalid(name, "is part of the key, which does not change");
    if (name == model_.version_attribute || name == model_.created_attribute ||
        name == model_.updated_attribute) {
        return invalid(name, "is kept by the table itself");
    }
    const bool is_flag = model_.work.layout == WorkLayout::flag && name == model_.work.flag;
    if (is_flag || (rows_ && is_work_name(name))) {
        return invalid(name, "is about processing: mark the record as processed, or requeue it");
    }
    return {};
}

Result<dynamo::UpdateRequest> RecordTable::update_request(
    Item key, const Changes& changes, std::optional<std::int64_t> version) const {
    for (const auto& [name, value] : changes.set) CARILLON_TRY_VOID(check_name(name));
    for (const auto& [name, value] : changes.add) CARILLON_TRY_VOID(check_name(name));
    for (const std::string& name : changes.remove) CARILLON_TRY_VOID(check_name(name));
    dynamo::UpdateRequest request;
    request.table = model_.table;
    request.key = std::move(key);
    UpdateText text;
    for (const auto& [name, value] : changes.set) text.set(name, value);
    for (const auto& [name, number] : changes.add) text.add(name, number);
    for (const std::string& name : changes.remove) text.remove(name);
    if (!model_.updated_attribute.empty()) {
        text.set(model_.updated_attribute, format_instant(clock_.now()));
    }
    if (!model_.version_attribute.empty()) text.add(model_.version_attribute, 1);
    if (text.empty()) return fail(Errc::invalid, "there is nothing to change");
    CARILLON_TRY(request.update, text.parse());
    request.values = text.values();
    if (version && model_.version_attribute.empty()) {
        return fail(Errc::invalid, "these records have no versions");
    }
    request.condition =
        version ? has_version(model_.version_attribute, *version) : exists(model_.key);
    request.return_values = dynamo::ReturnValues::all_new;
    request.return_old_on_condition_failure = true;
    return request;
}

Task<Result<Item>> RecordTable::update(Item key,
                                       Changes changes,
                                       std::optional<std::int64_t> version) {
    CARILLON_CO_TRY(dynamo::UpdateRequest request,
                    update_request(std::move(key), changes, version));
    auto updated = co_await database_.update_item(std::move(request));
    if (updated) {
        CARILLON_CHECK(updated->has_value());
        co_return **std::move(updated);
    }
    if (updated.error().code != Errc::condition_failed) {
        co_return std::unexpected(std::move(updated).error());
    }
    co_return version_conflict(
        failed_item(updated.error()), model_.version_attribute, version.value_or(0));
}

Task<Result<bool>> RecordTable::remove(Item key, std::optional<std::int64_t> version) {
    dynamo::DeleteRequest request;
    request.table = model_.table;
    request.key = std::move(key);
    request.return_old = true;
    if (version) {
        if (model_.version_attribute.empty()) {
            co_return fail(Errc::invalid, "these records have no versions");
        }
        request.condition = has_version(model_.version_attribute, *version);
        request.return_old_on_condition_failure = true;
    }
    auto removed = co_await database_.delete_item(std::move(request));
    if (removed) co_return removed->has_value();
    if (removed.error().code != Errc::condition_failed) {
        co_return std::unexpected(std::move(removed).error());
    }
    const auto stored = failed_item(removed.error());
    if (!stored || stored->empty()) co_return false;
    co_return version_conflict(stored, model_.version_attribute, *version);
}

}  // namespace carillon::records
