#include "dynamo/embedded/applier.hpp"

#include "dynamo/embedded/keys.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/validate.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace carillon::dynamo::embedded {

namespace {

constexpr std::uint64_t newest = std::numeric_limits<std::uint64_t>::max();

const std::optional<BoundCondition>* condition_of(const Write& write) {
    if (const auto* put = std::get_if<PutRequest>(&write)) return &put->condition;
    if (const auto* update = std::get_if<UpdateRequest>(&write)) return &update->condition;
    if (const auto* erase = std::get_if<DeleteRequest>(&write)) return &erase->condition;
    return nullptr;
}

bool wants_item_of_failure(const Write& write) {
    return std::visit([](const auto& request) { return request.return_old_on_condition_failure; },
                      write);
}

Result<> check_condition(const Write& write, const std::optional<Item>& item) {
    const BoundCondition* condition = nullptr;
    if (const auto* optional = condition_of(write)) {
        if (!*optional) return {};
        condition = &**optional;
    } else {
        condition = &std::get<ConditionCheck>(write).condition;
    }
    static const Item absent;
    CARILLON_TRY(const bool holds,
                 condition->expression.holds(item ? *item : absent, condition->values));
    if (holds) return {};
    return std::unexpected(condition_not_met(wants_item_of_failure(write) ? item : std::nullopt));
}

/// Whether the write must see the old item whole, not only its index keys.
bool needs_item(const Write& write) {
    if (const auto* put = std::get_if<PutRequest>(&write)) return put->condition || put->return_old;
    if (const auto* erase = std::get_if<DeleteRequest>(&write)) {
        return erase->condition || erase->return_old;
    }
    return true;
}

/// An update that takes away, which makes no item where there is none.
bool only_erases(const Write& write) {
    const auto* update = std::get_if<UpdateRequest>(&write);
    return update != nullptr && update->update && update->update->only_erases();
}

TransactionCancelled::Reason reason_of(const Error& error) {
    TransactionCancelled::Reason reason;
    reason.message = error.message;
    if (error.code == Errc::condition_failed) {
        reason.code = "ConditionalCheckFailed";
        if (const auto* detail = dynamic_cast<const ConditionFailure*>(error.detail.get())) {
            reason.item = detail->item;
        }
    } else {
        reason.code = "ValidationError";
    }
    return reason;
}

std::optional<Item> update_answer(ReturnValues wanted,
                                  const std::optional<Item>& old,
                                  const Item& fresh,
                                  const std::vector<Path>& touched) {
    switch (wanted) {
        case ReturnValues::none:
            return std::nullopt;
        case ReturnValues::all_old:
            return old;
        case ReturnValues::all_new:
            return fresh;
        case ReturnValues::updated_old:
            return old ? pick_paths(*old, touched) : std::nullopt;
        case ReturnValues::updated_new:
            return pick_paths(fresh, touched);
    }
    return std::nullopt;
}

bool has_expired(const Table& table, const std::string& row, TimePoint now) {
    if (!table.schema.ttl_attribute) return false;
    const std::array<std::string_view, 1> names{*table.schema.ttl_attribute};
    const Result<Item> attributes = decode_attributes(row, names);
    return attributes && is_expired(expiry_of(table, *attributes), now);
}

}  // namespace

void Applier::begin(std::shared_ptr<Group> group, CatalogPtr catalog) {
    group_ = std::move(group);
    catalog_ = std::move(catalog);
    now_ = clock_.now();
}

Result<Row> Applier::load(std::string_view key) {
    for (const Group* group : {group_.get(), group_->base.get()}) {
        if (group == nullptr) continue;
        const auto found = group->rows.find(key);
        if (found != group->rows.end()) return found->second;
    }
    if (Row row = cache_.find(key, newest)) return row;
    const rocksdb::Status status =
        rocks_.db().Get(rocksdb::ReadOptions(), rocks_.items(), slice(key), &read_buffer_);
    if (status.IsNotFound()) return Row();
    if (!status.ok()) return std::unexpected(to_error(status, "read an item"));
    return std::make_shared<const std::string>(read_buffer_);
}

Result<Applier::Stored> Applier::load_item(const Table& table, std::string_view key, bool decode) {
    Stored stored;
    CARILLON_TRY(stored.row, load(key));
    if (!stored.row || !decode) return stored;
    CARILLON_TRY(Item item, decode_item(*stored.row));
    if (!is_expired(expiry_of(table, item), now_)) stored.item = std::move(item);
    return stored;
}

Result<> Applier::old_entries(const Table& table, std::string_view key, Effect& effect) {
    if (!effect.old_row || table.entry_attributes.empty()) return {};
    CARILLON_TRY(const Item attributes, decode_attributes(*effect.old_row, table.entry_attributes));
    append_entries(table, attributes, key, effect.old_entries);
    return {};
}

Result<> Applier::evaluate_put(PreparedWrite& write, Stored& stored, Effect& effect) {
    const auto& put = std::get<PutRequest>(*write.write);
    effect.kind = Effect::Kind::put;
    effect.new_row = std::make_shared<const std::string>(std::move(write.row));
    effect.new_entries = std::move(write.entries);
    if (put.return_old) effect.returned = std::move(stored.item);
    return {};
}

Result<> Applier::evaluate_update(PreparedWrite& write, Stored& stored, Effect& effect) {
    const auto& update = std::get<UpdateRequest>(*write.write);
    const Table& table = *write.table;
    const bool keeps_old = update.footprint != nullptr ||
                           update.return_values == ReturnValues::all_old ||
                           update.return_values == ReturnValues::updated_old;
    Item fresh = !stored.item ? update.key : (keeps_old ? *stored.item : std::move(*stored.item));
    std::vector<Path> touched;
    if (update.update) {
        CARILLON_TRY_VOID(update.update->apply(fresh, update.values, &touched));
    }
    CARILLON_TRY_VOID(check_item(fresh, table.schema, update_too_large));
    std::string row;
    encode_item(fresh, row);
    effect.kind = Effect::Kind::put;
    effect.new_row = std::make_shared<const std::string>(std::move(row));
    append_entries(table, fresh, write.key, effect.new_entries);
    effect.returned = update_answer(update.return_values, stored.item, fresh, touched);
    if (update.footprint != nullptr) {
        update.footprint->before = std::move(stored.item);
        update.footprint->after = std::move(fresh);
    }
    return {};
}

Result<> Applier::renew(PreparedWrite& write) {
    CARILLON_TRY(write, prepare_write(*write.write, *catalog_));
    return {};
}

Result<Applier::Effect> Applier::evaluate(PreparedWrite& write) {
    // The table was created anew or changed since the caller looked.
    if (write.table->stale.load(std::memory_order_acquire)) CARILLON_TRY_VOID(renew(write));
    const Table& table = *write.table;
    const bool decode = needs_item(*write.write);
    CARILLON_TRY(Stored stored, load_item(table, write.key, decode));
    CARILLON_TRY_VOID(check_condition(*write.write, stored.item));

    Effect effect;
    effect.old_row = stored.row;
    if (std::holds_alternative<ConditionCheck>(*write.write)) return effect;
    if (!stored.item && only_erases(*write.write)) return effect;
    if (stored.item) {
        append_entries(table, *stored.item, write.key, effect.old_entries);
    } else {
        CARILLON_TRY_VOID(old_entries(table, write.key, effect));
    }
    if (std::holds_alternative<PutRequest>(*write.write)) {
        CARILLON_TRY_VOID(evaluate_put(write, stored, effect));
    } else if (std::holds_alternative<UpdateRequest>(*write.write)) {
        CARILLON_TRY_VOID(evaluate_update(write, stored, effect));
    } else {
        effect.kind = stored.row ? Effect::Kind::erase : Effect::Kind::nothing;
        if (std::get<DeleteRequest>(*write.write).return_old) {
            effect.returned = std::move(stored.item);
        }
    }
    return effect;
}

PartitionChange& Applier::change_of(std::string_view partition) {
    const auto found = group_->partitions.find(partition);
    if (found != group_->partitions.end()) return found->second;
    return group_->partitions.emplace(std::string(partition), PartitionChange{}).first->second;
}

void Applier::emit_entries(std::string_view key, std::string_view old, std::string_view fresh) {
    std::array<char, prefix_bytes> prefix{};
    key.copy(prefix.data(), prefix_bytes, id_bytes);
    while (!old.empty() || !fresh.empty()) {
        const Entry before = take_entry(old);
        const Entry after = take_entry(fresh);
        if (before.key == after.key) continue;
        if (!before.key.empty()) {
            group_->entries.push_back({std::string(before.key), {}, false});
            ++change_of(before.partition).deletes;
        }
        if (!after.key.empty()) {
            group_->entries.push_back({std::string(after.key), prefix, true});
            PartitionChange& change = change_of(after.partition);
            if (change.lowest_insert.empty() || after.key < change.lowest_insert) {
                change.lowest_insert = after.key;
            }
        }
    }
}

void Applier::record_change(const Table& table, std::string_view key, const Effect& effect) {
    const Stream& stream = *table.stream;
    Change change{.at = now_, .primary = primary_of(key)};
    auto put = [&](ChangeKind kind) {
        change.kind = kind;
        put_change(stream, change, rocks_, group_->batch);
        std::vector<std::string>& changed = group_->changed;
        if (std::ranges::find(changed, stream.name.table) == changed.end()) {
            changed.push_back(stream.name.table);
        }
    };
    change.old_row = effect.old_row.get();
    if (change.old_row != nullptr && has_expired(table, *change.old_row, now_)) {
        // Nobody could see it any more: its time went first, whatever follows.
        change.expired = true;
        put(ChangeKind::remove);
        change.expired = false;
        change.old_row = nullptr;
    }
    if (effect.kind == Effect::Kind::erase) {
        if (change.old_row != nullptr) put(ChangeKind::remove);
        return;
    }
    change.new_row = effect.new_row.get();
    // Equal items have equal bytes.
    if (change.old_row != nullptr && *change.old_row == *change.new_row) return;
    put(change.old_row != nullptr ? ChangeKind::modify : ChangeKind::insert);
}

void Applier::emit(const PreparedWrite& write, Effect effect) {
    if (effect.kind == Effect::Kind::nothing) return;
    auto& [table, counts] = group_->counts[write.table->id];
    if (!table) table = write.table;
    if (effect.old_row) {
        --counts.items;
        counts.bytes -= static_cast<std::int64_t>(effect.old_row->size());
    }
    if (effect.kind == Effect::Kind::put) {
        ++counts.items;
        counts.bytes += static_cast<std::int64_t>(effect.new_row->size());
    }
    if (write.table->stream) record_change(*write.table, write.key, effect);
    emit_entries(write.key, effect.old_entries, effect.new_entries);
    group_->rows.insert_or_assign(write.key, std::move(effect.new_row));
    ++group_->writes;
}

void Applier::apply(PreparedUnit& unit, std::span<PreparedWrite> writes) {
    if (!unit.transaction) {
        Result<Effect> effect = evaluate(writes.front());
        if (!effect) {
            unit.answer = std::unexpected(std::move(effect).error());
            return;
        }
        unit.returned = std::move(effect->returned);
        emit(writes.front(), *std::move(effect));
        return;
    }
    std::vector<Effect> effects;
    std::vector<TransactionCancelled::Reason> reasons(writes.size());
    bool cancelled = false;
    for (std::size_t i = 0; i < writes.size(); ++i) {
        Result<Effect> effect = evaluate(writes[i]);
        if (effect) {
            effects.push_back(*std::move(effect));
            continue;
        }
        const Errc code = effect.error().code;
        if (code != Errc::condition_failed && code != Errc::invalid) {
            unit.answer = std::unexpected(std::move(effect).error());
            return;
        }
        reasons[i] = reason_of(effect.error());
        cancelled = true;
    }
    if (cancelled) {
        unit.answer = std::unexpected(transaction_cancelled(std::move(reasons)));
        return;
    }
    for (std::size_t i = 0; i < writes.size(); ++i) emit(writes[i], std::move(effects[i]));
}

Result<bool> Applier::reclaim(const TablePtr& table, std::string_view key) {
    CARILLON_TRY(Row row, load(key));
    if (!row) return false;
    CARILLON_TRY(const Item item, decode_item(*row));
    if (!is_expired(expiry_of(*table, item), now_)) return false;
    PreparedWrite write;
    write.table = table;
    write.key = key;
    Effect effect;
    effect.kind = Effect::Kind::erase;
    append_entries(*table, item, key, effect.old_entries);
    effect.old_row = std::move(row);
    emit(write, std::move(effect));
    return true;
}

Result<bool> Applier::seen_token(const std::string& token, const std::string& fingerprint) {
    return tokens_.seen(token, fingerprint, now_);
}

void Applier::remember_token(const std::string& token, const std::string& fingerprint) {
    tokens_.remember(token, fingerprint, now_);
    group_->tokens.push_back(token);
    group_->batch.Put(rocks_.meta(), "t" + token, Tokens::encode(fingerprint, now_))
        .PermitUncheckedError();
}

}  // namespace carillon::dynamo::embedded
