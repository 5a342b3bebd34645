#include "queue/sharded_rows.hpp"

#include "core/check.hpp"
#include "queue/row_key.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace carillon::queue {

namespace {

constexpr std::array all_states{
    State::ready, State::leased, State::done, State::failed, State::suspended};

std::optional<State> parse_state(std::string_view text) {
    const auto* found = std::ranges::find(all_states, text, [](State s) { return to_string(s); });
    if (found == all_states.end()) return std::nullopt;
    return *found;
}

/// The shard must be the same in every program and for ever: FNV-1a, not std::hash.
std::uint32_t stable_hash(std::string_view bytes) {
    std::uint32_t hash = 2'166'136'261U;
    for (const char byte : bytes) {
        hash ^= static_cast<unsigned char>(byte);
        hash *= 16'777'619U;
    }
    // The low bits of FNV-1a are weak on short keys; fold the high ones in.
    return hash ^ (hash >> 15);
}

std::string partition_name(State state, std::size_t band, int shard) {
    std::string name(to_string(state));
    name += band_suffix(band);
    name += '#';
    name += std::to_string(shard);
    return name;
}

dynamo::Condition parse_condition(std::string_view text, const dynamo::ExpressionNames& names) {
    auto parsed = dynamo::Condition::parse(text, names);
    CARILLON_CHECK(parsed.has_value());
    return *std::move(parsed);
}

/// A count that is absent is zero.
std::optional<int> read_count(const dynamo::Item& item, const std::string& attribute) {
    const dynamo::Value* value = item.find(attribute);
    if (value == nullptr) return 0;
    if (value->number() == nullptr) return std::nullopt;
    const auto count = value->number()->to_int64();
    if (!count || *count < 0 || *count > std::numeric_limits<int>::max()) return std::nullopt;
    return static_cast<int>(*count);
}

std::string read_text(const dynamo::Item& item, const std::string& attribute) {
    const dynamo::Value* value = item.find(attribute);
    return value != nullptr && value->string() != nullptr ? *value->string() : std::string();
}

void set_or_erase(dynamo::Item& item, const std::string& attribute, const std::string& text) {
    if (text.empty()) {
        item.erase(attribute);
    } else {
        item.set(attribute, text);
    }
}

}  // namespace

std::string_view band_suffix(std::size_t band) {
    constexpr std::array<std::string_view, 3> suffixes{"-low", "", "-high"};
    return suffixes[band];
}

std::size_t band_of_partition(std::string_view name) {
    name = name.substr(0, name.rfind('#'));
    if (name.ends_with(band_suffix(0))) return 0;
    return name.ends_with(band_suffix(2)) ? 2 : 1;
}

std::size_t band_of_priority(int priority) {
    if (priority < normal_priority) return 0;
    return priority > normal_priority ? 2 : 1;
}

int read_priority(const dynamo::Item& item, std::string_view attribute) {
    const dynamo::Value* value = item.find(attribute);
    const auto number =
        value != nullptr && value->number() != nullptr ? value->number()->to_int64() : std::nullopt;
    if (!number || *number < lowest_priority || *number > highest_priority) return normal_priority;
    return static_cast<int>(*number);
}

std::string_view to_string(State state) {
    switch (state) {
        case State::ready:
            return "ready";
        case State::leased:
            return "leased";
        case State::done:
            return "done";
        case State::failed:
            return "failed";
        case State::suspended:
            return "suspended";
    }
    return "ready";
}

ShardedRows::ShardedRows(ShardedRowsOptions options) : options_(std::move(options)) {
    CARILLON_CHECK(options_.shards >= 1 && options_.shards <= 1'000);
    const dynamo::ExpressionNames turn{{"#s", options_.state}, {"#t", options_.turn}};
    by_turn_ = parse_condition("#s = :s AND #t = :t", turn);
    before_first_turn_ = parse_condition("#s = :s AND attribute_not_exists(#t)", turn);
    const dynamo::ExpressionNames token{{"#s", options_.state}, {"#l", options_.lease_token}};
    by_token_ = parse_condition("#s = :s AND #l = :l", token);
    if (!options_.outcome_attributes) return;
    for (const std::string& own : {options_.state,
                                   options_.partition,
                                   options_.due,
                                   options_.attempts,
                                   options_.interruptions,
                                   options_.lease_token,
                                   options_.lease_owner,
                                   options_.turn}) {
        options_.outcome_attributes->push_back(own);
    }
}

dynamo::TableSchema ShardedRows::schema() const {
    dynamo::TableSchema schema;
    schema.name = options_.table;
    schema.key = options_.key;
    dynamo::IndexSchema due;
    due.name = options_.due_index;
    due.key.hash = {.name = options_.partition, .type = dynamo::Type::string};
    due.key.sort = dynamo::KeyAttribute{.name = options_.due, .type = dynamo::Type::number};
    schema.indexes.push_back(std::move(due));
    return schema;
}

dynamo::Item ShardedRows::make(dynamo::Item item, const RowState& row) const {
    write(item, row);
    return item;
}

std::vector<dynamo::Value> ShardedRows::partitions(State state) const {
    std::vector<dynamo::Value> names;
    const bool banded = state == State::ready && !options_.priority_attribute.empty();
    for (const std::size_t each : {2U, 1U, 0U}) {
        if (each != 1 && !banded) continue;
        for (int shard = 0; shard < options_.shards; ++shard) {
            names.emplace_back(partition_name(state, each, shard));
        }
    }
    return names;
}

dynamo::Value ShardedRows::due_value(TimePoint at) const {
    return to_epoch_ms(at);
}

Result<RowState> ShardedRows::read(const dynamo::Item& item) const {
    const dynamo::Value* state = item.find(options_.state);
    if (state == nullptr || state->string() == nullptr) {
        return fail(Errc::corrupt, "no text in " + options_.state);
    }
    const auto known = parse_state(*state->string());
    if (!known) return fail(Errc::corrupt, "unknown " + options_.state + ": " + *state->string());
    RowState row;
    row.state = *known;
    const dynamo::Value* due = item.find(options_.due);
    if (due != nullptr) {
        const auto ms = due->number() != nullptr ? due->number()->to_int64() : std::nullopt;
        if (!ms) return fail(Errc::corrupt, "no time in " + options_.due);
        row.due_at = from_epoch_ms(*ms);
    } else if (*known == State::ready || *known == State::leased) {
        return fail(Errc::corrupt, "no " + options_.due + " although it is " + *state->string());
    }
    const auto attempts = read_count(item, options_.attempts);
    const auto interruptions = read_count(item, options_.interruptions);
    if (!attempts) return fail(Errc::corrupt, "no count in " + options_.attempts);
    if (!interruptions) return fail(Errc::corrupt, "no count in " + options_.interruptions);
    row.attempts = *attempts;
    row.interruptions = *interruptions;
    row.lease_token = read_text(item, options_.lease_token);
    row.lease_owner = read_text(item, options_.lease_owner);
    return row;
}

void ShardedRows::write(dynamo::Item& item, const RowState& row) const {
    item.set(options_.state, to_string(row.state));
    const bool listed = row.state == State::failed && options_.failed_in_index;
    if (row.state == State::ready || row.state == State::leased || listed) {
        const std::size_t in =
            row.state == State::ready ? band_of_priority(standing(item).priority) : 1;
        item.set(options_.partition, partition_name(row.state, in, shard_of(item)));
        item.set(options_.due, to_epoch_ms(row.due_at));
    } else {
        item.erase(options_.partition);
        item.erase(options_.due);
    }
    item.set(options_.attempts, row.attempts);
    if (row.interruptions == 0) {
        item.erase(options_.interruptions);
    } else {
        item.set(options_.interruptions, row.interruptions);
    }
    set_or_erase(item, options_.lease_token, row.lease_token);
    set_or_erase(item, options_.lease_owner, row.lease_owner);

    const dynamo::Value* turn = item.find(options_.turn);
    const auto last =
        turn != nullptr && turn->number() != nullptr ? turn->number()->to_int64() : std::nullopt;
    item.set(options_.turn, last.value_or(0) + 1);
}

dynamo::BoundCondition ShardedRows::unchanged(const dynamo::Item& seen) const {
    const dynamo::Value* state = seen.find(options_.state);
    CARILLON_CHECK(state != nullptr);
    // A heartbeat rewrites a leased row, so there the token speaks.
    if (const dynamo::Value* token = seen.find(options_.lease_token)) {
        return {by_token_, {{":s", *state}, {":l", *token}}};
    }
    if (const dynamo::Value* turn = seen.find(options_.turn)) {
        return {by_turn_, {{":s", *state}, {":t", *turn}}};
    }
    return {before_first_turn_, {{":s", *state}}};
}

std::string ShardedRows::fairness_key(const dynamo::Item& item) const {
    if (options_.fairness_attribute.empty()) return {};
    return read_text(item, options_.fairness_attribute);
}

Standing ShardedRows::standing(const dynamo::Item& item) const {
    Standing standing;
    if (options_.priority_attribute.empty()) return standing;
    standing.priority = read_priority(item, options_.priority_attribute);
    return standing;
}

std::size_t ShardedRows::band(const dynamo::Value& partition) const {
    return partition.string() == nullptr ? 1 : band_of_partition(*partition.string());
}

int ShardedRows::shard_of(const dynamo::Item& item) const {
    if (options_.shards == 1) return 0;
    const auto id = row_id(item, options_.key);
    CARILLON_CHECK(id.has_value());
    return static_cast<int>(stable_hash(*id) % static_cast<std::uint32_t>(options_.shards));
}

}  // namespace carillon::queue
