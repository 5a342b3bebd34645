#include "records/flag_rows.hpp"

#include "core/check.hpp"

#include <limits>
#include <optional>
#include <utility>

namespace carillon::records {
namespace {

using dynamo::Item;
using dynamo::Value;
using queue::RowState;
using queue::State;

constexpr std::string_view due = "workDue";
constexpr std::string_view interruptions = "workInterruptions";
constexpr std::string_view token = "workLeaseToken";
constexpr std::string_view owner = "workLeaseOwner";
constexpr std::string_view turn = "workTurn";

std::optional<std::int64_t> integer_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    if (value == nullptr || value->number() == nullptr) return std::nullopt;
    return value->number()->to_int64();
}

std::string text_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    return value == nullptr || value->string() == nullptr ? std::string() : *value->string();
}

Result<int> count_of(const Item& item, std::string_view name) {
    if (item.find(name) == nullptr) return 0;
    const auto count = integer_of(item, name);
    if (!count || *count < 0 || *count > std::numeric_limits<int>::max()) {
        return fail(Errc::corrupt, "no count in " + std::string(name));
    }
    return static_cast<int>(*count);
}

void set_or_erase(Item& item, std::string_view name, const std::string& text) {
    if (text.empty()) {
        item.erase(name);
    } else {
        item.set(name, text);
    }
}

void set_or_erase(Item& item, std::string_view name, std::int64_t number) {
    if (number == 0) {
        item.erase(name);
    } else {
        item.set(name, number);
    }
}

WorkState flag_of(State state) {
    switch (state) {
        case State::ready:
            return WorkState::unprocessed;
        case State::leased:
            return WorkState::in_hand;
        case State::done:
            return WorkState::processed;
        case State::failed:
        case State::suspended:
            return WorkState::quarantined;
    }
    return WorkState::quarantined;
}

Value value_of(State state) {
    return static_cast<std::int64_t>(flag_of(state));
}

}  // namespace

FlagRows::FlagRows(const TableModel& model, std::vector<std::string> outcome_attributes)
    : table_(model.table),
      key_(model.key),
      index_(model.work.index),
      flag_(model.work.flag),
      outcome_attributes_(std::move(outcome_attributes)) {
    const auto parsed = [&](std::string_view text, dynamo::ExpressionNames names) {
        names.emplace_back("#flag", flag_);
        auto condition = dynamo::Condition::parse(text, names);
        CARILLON_CHECK(condition.has_value());
        return *std::move(condition);
    };
    by_token_ = parsed("#flag = :flag AND #token = :token", {{"#token", std::string(token)}});
    by_turn_ = parsed("#flag = :flag AND #turn = :turn", {{"#turn", std::string(turn)}});
    before_first_turn_ =
        parsed("#flag = :flag AND attribute_not_exists(#turn)", {{"#turn", std::string(turn)}});
    outcome_attributes_.push_back(flag_);
    for (const std::string_view own :
         {due, attempts_attribute, interruptions, token, owner, turn}) {
        outcome_attributes_.emplace_back(own);
    }
}

std::vector<Value> FlagRows::partitions(State state) const {
    return {value_of(state)};
}

Value FlagRows::due_value(TimePoint at) const {
    return to_epoch_ms(at);
}

Result<RowState> FlagRows::read(const Item& item) const {
    RowState row;
    const auto flag = integer_of(item, flag_);
    if (!flag || *flag < 0 || *flag > 3) {
        return fail(Errc::corrupt, flag_ + " is none of 0, 1, 2 and 3");
    }
    constexpr State states[] = {State::ready, State::done, State::leased, State::failed};
    row.state = states[*flag];
    // Records of other programs are due as soon as they are there.
    if (item.find(due) != nullptr) {
        const auto ms = integer_of(item, due);
        if (!ms) return fail(Errc::corrupt, "no time in " + std::string(due));
        row.due_at = from_epoch_ms(*ms);
    }
    CARILLON_TRY(row.attempts, count_of(item, attempts_attribute));
    CARILLON_TRY(row.interruptions, count_of(item, interruptions));
    if (row.state == State::leased) {
        row.lease_token = text_of(item, token);
        row.lease_owner = text_of(item, owner);
    }
    return row;
}

void FlagRows::write(Item& item, const RowState& row) const {
    item.set(flag_, value_of(row.state));
    if (row.state == State::done) {
        for (const std::string_view own :
             {due, attempts_attribute, interruptions, token, owner, turn}) {
            item.erase(own);
        }
        return;
    }
    const bool waits = row.state == State::ready || row.state == State::leased;
    set_or_erase(item, due, waits ? to_epoch_ms(row.due_at) : 0);
    set_or_erase(item, attempts_attribute, row.attempts);
    set_or_erase(item, interruptions, row.interruptions);
    set_or_erase(item, token, row.lease_token);
    set_or_erase(item, owner, row.lease_owner);
    item.set(turn, integer_of(item, turn).value_or(0) + 1);
}

void FlagRows::set_aside(Item& item, const Error& why) const {
    for (const std::string_view own :
         {due, attempts_attribute, interruptions, token, owner, turn}) {
        item.erase(own);
    }
    item.set(error_attribute, "set aside: " + why.message);
    write(item, {.state = State::failed});
}

dynamo::BoundCondition FlagRows::unchanged(const Item& seen) const {
    const Value* flag = seen.find(flag_);
    CARILLON_CHECK(flag != nullptr);
    // A heartbeat rewrites a leased record, so there the token speaks.
    const Value* lease = seen.find(token);
    if (lease != nullptr && *flag == value_of(State::leased)) {
        return {by_token_, {{":flag", *flag}, {":token", *lease}}};
    }
    if (const Value* last = seen.find(turn)) {
        return {by_turn_, {{":flag", *flag}, {":turn", *last}}};
    }
    return {before_first_turn_, {{":flag", *flag}}};
}

}  // namespace carillon::records
