#include "carillon/record_table.hpp"

#include "library/convert.hpp"
#include "library/store_engine.hpp"
#include "library/value_convert.hpp"
#include "library/write_list.hpp"
#include "records/record_table.hpp"

#include <utility>

namespace carillon {

namespace library {

struct RecordTableState {
    /// Why there is no table.
    std::optional<Error> wrong{};
    std::optional<records::RecordTable> table{};
};

namespace {

records::WorkState state_of(WorkState state) {
    switch (state) {
        case WorkState::unprocessed:
            break;
        case WorkState::processed:
            return records::WorkState::processed;
        case WorkState::in_hand:
            return records::WorkState::in_hand;
        case WorkState::quarantined:
            return records::WorkState::quarantined;
    }
    return records::WorkState::unprocessed;
}

dynamo::SortOperator operator_of(SortIs is) {
    switch (is) {
        case SortIs::equal:
            break;
        case SortIs::less:
            return dynamo::SortOperator::less;
        case SortIs::at_most:
            return dynamo::SortOperator::less_equal;
        case SortIs::greater:
            return dynamo::SortOperator::greater;
        case SortIs::at_least:
            return dynamo::SortOperator::greater_equal;
        case SortIs::between:
            return dynamo::SortOperator::between;
        case SortIs::beginning_with:
            return dynamo::SortOperator::begins_with;
    }
    return dynamo::SortOperator::equal;
}

Result<records::Changes> changes_of(const AttributeChanges& changes) {
    records::Changes out;
    for (const auto& [name, value] : changes.set) {
        CARILLON_TRY(dynamo::Value written, library::to_engine(value));
        out.set.emplace_back(name, std::move(written));
    }
    for (const auto& [name, amount] : changes.add) {
        CARILLON_TRY(const dynamo::Number number, dynamo::Number::parse(amount.text));
        out.add.emplace_back(name, number);
    }
    out.remove = changes.remove;
    return out;
}

PageOf<Attributes> page_of(const records::RecordPage& page) {
    PageOf<Attributes> out;
    out.records.reserve(page.items.size());
    for (const dynamo::Item& item : page.items) out.records.push_back(library::to_public(item));
    out.next = page.next;
    return out;
}

/// `convert(*answer)`, or the failure.
template <class T, class Convert>
auto answered(const Result<T>& answer, Convert convert)
    -> Expected<std::invoke_result_t<Convert, const T&>> {
    if (!answer) return failed(answer);
    return convert(*answer);
}

Attributes item_answer(const dynamo::Item& item) {
    return library::to_public(item);
}

Task<Result<dynamo::Write>> make_write(records::RecordTable& table,
                                       dynamo::Item& item,
                                       records::PutMode mode) {
    co_return table.put_write(item, mode);
}

records::PutMode mode_of(bool only_new) {
    return only_new ? records::PutMode::insert : records::PutMode::write;
}

}  // namespace
}  // namespace library

using library::failed;
using library::to_engine;
using library::to_public;

RecordTable::RecordTable(const Store& store, TableShape shape)
    : store_(store),
      shape_(std::move(shape)),
      state_(std::make_unique<library::RecordTableState>()) {
    auto model = to_engine(shape_);
    if (!model) {
        state_->wrong = std::move(model).error();
        return;
    }
    library::StoreEngine& engine = store_.engine();
    state_->table.emplace(
        engine.database(), engine.loop().clock(), engine.random(), *std::move(model));
}

RecordTable::RecordTable(RecordTable&& other) noexcept = default;
RecordTable& RecordTable::operator=(RecordTable&& other) noexcept = default;
RecordTable::~RecordTable() = default;

// Every call: give up if the table cannot be, convert, run on the store's thread, convert back.
#define CARILLON_TABLE_OR_FAIL()                                                   \
    if (state_->wrong) return std::unexpected(library::to_public(*state_->wrong)); \
    records::RecordTable& table = *state_->table

#define CARILLON_CONVERT(declaration, expression)              \
    auto CARILLON_CONCAT(converted_, __LINE__) = (expression); \
    if (!CARILLON_CONCAT(converted_, __LINE__))                \
        return failed(CARILLON_CONCAT(converted_, __LINE__));  \
    declaration = *std::move(CARILLON_CONCAT(converted_, __LINE__))

Expected<> RecordTable::create() {
    CARILLON_TABLE_OR_FAIL();
    const auto made = store_.engine().run([&table] { return table.create(); });
    if (!made) return failed(made);
    return {};
}

Expected<Attributes> RecordTable::put(Attributes record, bool only_new) {
    CARILLON_TABLE_OR_FAIL();
    CARILLON_CONVERT(dynamo::Item item, to_engine(record));
    const auto mode = library::mode_of(only_new);
    return library::answered(store_.engine().run([&] { return table.put(std::move(item), mode); }),
                             library::item_answer);
}

Expected<Attributes> RecordTable::put(Transaction& transaction, Attributes record, bool only_new) {
    CARILLON_TABLE_OR_FAIL();
    CARILLON_CONVERT(dynamo::Item item, to_engine(record));
    const auto mode = library::mode_of(only_new);
    CARILLON_CONVERT(dynamo::Write write,
                     store_.engine().run([&] { return library::make_write(table, item, mode); }));
    transaction.writes().unit.push_back(std::move(write));
    return to_public(item);
}

Expected<std::optional<Attributes>> RecordTable::get(Attributes key, bool consistent) {
    CARILLON_TABLE_OR_FAIL();
    CARILLON_CONVERT(dynamo::Item item, to_engine(key));
    return library::answered(
        store_.engine().run([&] { return table.get(std::move(item), consistent); }),
        [](const std::optional<dynamo::Item>& found) {
            return found ? std::optional(to_public(*found)) : std::nullopt;
        });
}

Expected<PageOf<Attributes>> RecordTable::query(const std::optional<std::string>& index,
                                                Value hash,
                                                std::optional<SortCondition> sort,
                                                const PageOptions& options) {
    CARILLON_TABLE_OR_FAIL();
    records::RecordQuery query;
    query.index = index;
    CARILLON_CONVERT(query.key.hash, to_engine(hash));
    if (sort) {
        dynamo::SortCondition condition;
        condition.op = library::operator_of(sort->is);
        CARILLON_CONVERT(condition.value, to_engine(sort->value));
        CARILLON_CONVERT(condition.upper, to_engine(sort->upper));
        query.key.sort = std::move(condition);
    }
    query.forward = !options.descending;
    query.limit = options.limit;
    query.cursor = options.next;
    query.consistent = options.consistent;
    return library::answered(store_.engine().run([&] { return table.query(std::move(query)); }),
                             library::page_of);
}

Expected<PageOf<Attributes>> RecordTable::scan(const PageOptions& options) {
    CARILLON_TABLE_OR_FAIL();
    return library::answered(
        store_.engine().run([&] { return table.scan(options.limit, options.next); }),
        library::page_of);
}

Expected<Attributes> RecordTable::update(Attributes key,
                                         AttributeChanges changes,
                                         std::optional<std::int64_t> version) {
    CARILLON_TABLE_OR_FAIL();
    CARILLON_CONVERT(dynamo::Item item, to_engine(key));
    CARILLON_CONVERT(records::Changes made, library::changes_of(changes));
    return library::answered(store_.engine().run([&] {
        return table.update(std::move(item), std::move(made), version);
    }),
                             library::item_answer);
}

Expected<bool> RecordTable::remove(Attributes key, std::optional<std::int64_t> version) {
    CARILLON_TABLE_OR_FAIL();
    CARILLON_CONVERT(dynamo::Item item, to_engine(key));
    const auto removed =
        store_.engine().run([&] { return table.remove(std::move(item), version); });
    if (!removed) return failed(removed);
    return *removed;
}

Expected<Marked> RecordTable::mark_processed(Attributes key) {
    CARILLON_TABLE_OR_FAIL();
    CARILLON_CONVERT(dynamo::Item item, to_engine(key));
    const auto marked = store_.engine().run([&] { return table.mark_processed(std::move(item)); });
    if (!marked) return failed(marked);
    if (*marked == records::Marked::already) return Marked::already;
    return *marked == records::Marked::in_hand ? Marked::in_hand : Marked::marked;
}

Expected<bool> RecordTable::requeue(Attributes key) {
    CARILLON_TABLE_OR_FAIL();
    CARILLON_CONVERT(dynamo::Item item, to_engine(key));
    const auto requeued = store_.engine().run([&] { return table.requeue(std::move(item)); });
    if (!requeued) return failed(requeued);
    return *requeued;
}

Expected<PageOf<Attributes>> RecordTable::list(WorkState state, const PageOptions& options) {
    CARILLON_TABLE_OR_FAIL();
    const records::WorkState of = library::state_of(state);
    return library::answered(
        store_.engine().run([&] { return table.list(of, options.limit, options.next); }),
        library::page_of);
}

Expected<std::int64_t> RecordTable::count(WorkState state) {
    CARILLON_TABLE_OR_FAIL();
    const records::WorkState of = library::state_of(state);
    const auto counted = store_.engine().run([&] { return table.count(of); });
    if (!counted) return failed(counted);
    return *counted;
}

}  // namespace carillon
