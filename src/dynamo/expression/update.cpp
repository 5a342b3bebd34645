// Applies updates to items.
//
// In three steps, so that an error leaves the item as it was and every operand is read from the
// item before the update: what each clause writes is computed and the place it goes to is checked,
// then values are written, then list elements are appended and places removed, with the indexes
// that the item had before.

#include "dynamo/expression/update_node.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace carillon::dynamo {
namespace {

std::unexpected<Error> wrong_type() {
    return fail(Errc::invalid, "An operand in the update expression has an incorrect data type");
}

class Operands {
public:
    Operands(const Item& item, const ExpressionValues& values) : item_(item), values_(values) {}

    [[nodiscard]] Result<Value> evaluate(const UpdateOperand& operand) const {
        switch (operand.kind) {
            case OperandKind::path:
            case OperandKind::value:
                return read(operand);
            case OperandKind::if_not_exists: {
                const Value* value = resolve(item_, operand.children[0].path);
                if (value != nullptr) return *value;
                return evaluate(operand.children[1]);
            }
            case OperandKind::list_append:
            case OperandKind::plus:
            case OperandKind::minus:
                break;
        }
        // A first operand of a wrong type is named before a second one that is missing.
        const Type wanted = operand.kind == OperandKind::list_append ? Type::list : Type::number;
        CARILLON_TRY(Value left, evaluate(operand.children[0]));
        if (left.type() != wanted) return wrong_type();
        CARILLON_TRY(Value right, evaluate(operand.children[1]));
        if (right.type() != wanted) return wrong_type();
        return operand.kind == OperandKind::list_append
                   ? Result<Value>(append(std::move(left), std::move(right)))
                   : sum(left, right, operand.kind == OperandKind::plus);
    }

private:
    [[nodiscard]] Result<Value> read(const UpdateOperand& operand) const {
        if (operand.kind == OperandKind::value) {
            const Value* value = find_value(values_, operand.value);
            if (value == nullptr) return undefined_value(operand.value);
            return *value;
        }
        const Value* value = resolve(item_, operand.path);
        if (value != nullptr) return *value;
        return fail(
            Errc::invalid,
            "The provided expression refers to an attribute that does not exist in the item");
    }

    static Value append(Value left, Value right) {
        List* list = left.get_if<List>();
        List* tail = right.get_if<List>();
        list->insert(list->end(),
                     std::make_move_iterator(tail->begin()),
                     std::make_move_iterator(tail->end()));
        return left;
    }

    static Result<Value> sum(const Value& left, const Value& right, bool plus) {
        const Number& one = *left.number();
        const Number& two = *right.number();
        CARILLON_TRY(const Number result, plus ? one.plus(two) : one.minus(two));
        return Value(result);
    }

    const Item& item_;
    const ExpressionValues& values_;
};

template <class Set>
Set united(const Set& left, const Set& right) {
    Set all;
    std::ranges::set_union(left, right, std::back_inserter(all));
    return all;
}

template <class Set>
Set without(const Set& left, const Set& right) {
    Set rest;
    std::ranges::set_difference(left, right, std::back_inserter(rest));
    return rest;
}

/// The set `existing` with the members of `other` added or taken away; nothing when none is left.
/// Requires two sets of the same type.
std::optional<Value> combine(const Value& existing, const Value& other, bool add) {
    const auto made = [add]<class Set>(const Set& left, const Set& right, auto make) {
        Set result = add ? united(left, right) : without(left, right);
        return result.empty() ? std::nullopt : std::optional(make(std::move(result)));
    };
    if (const StringSet* left = existing.get_if<StringSet>()) {
        return made(*left, *other.get_if<StringSet>(), Value::string_set);
    }
    if (const NumberSet* left = existing.get_if<NumberSet>()) {
        return made(*left, *other.get_if<NumberSet>(), Value::number_set);
    }
    return made(existing.get_if<BinarySet>()->members,
                other.get_if<BinarySet>()->members,
                Value::binary_set);
}

bool is_set(Type type) {
    return type == Type::string_set || type == Type::number_set || type == Type::binary_set;
}

/// What becomes of one place.
struct Change {
    const Path* path = nullptr;
    Value value{};
    bool removes = false;  ///< Instead of writing the value.
    bool appends = false;  ///< To a list, which the index lies beyond.
};

/// ADD and DELETE. Nothing when there is nothing to do.
Result<std::optional<Change>> plan_add(const UpdateAction& action,
                                       const Value* existing,
                                       Value operand) {
    const bool add = action.kind == ActionKind::add;
    const bool number = add && operand.type() == Type::number;
    if (!number && !is_set(operand.type())) return wrong_type();
    if (existing == nullptr) {
        if (!add) return std::nullopt;
        return Change{&action.path, std::move(operand)};
    }
    if (existing->type() != operand.type()) return wrong_type();
    if (number) {
        CARILLON_TRY(const Number sum, existing->number()->plus(*operand.number()));
        return Change{&action.path, Value(sum)};
    }
    auto members = combine(*existing, operand, add);
    if (!members) return Change{.path = &action.path, .removes = true};
    return Change{&action.path, *std::move(members)};
}

/// Whether the last step of the path can be written below its parent, and whether it appends there.
struct Place {
    const Value* existing = nullptr;
    bool appends = false;
};

Result<Place> find_place(const Item& item, const Path& path) {
    if (path.size() == 1) return Place{item.find(path.front().name)};
    const Value* parent = resolve(item, Path(path.begin(), path.end() - 1));
    const PathStep& last = path.back();
    if (parent != nullptr && last.index < 0) {
        if (const Map* map = parent->map()) return Place{map->find(last.name)};
    } else if (parent != nullptr) {
        if (const List* list = parent->list()) {
            const auto index = static_cast<std::size_t>(last.index);
            if (index >= list->size()) return Place{nullptr, true};
            return Place{&(*list)[index]};
        }
    }
    return fail(Errc::invalid,
                "The document path provided in the update expression is invalid for update");
}

/// `value`: what the clause writes, evaluated.
Result<std::optional<Change>> plan(const UpdateAction& action, const Item& item, Value value) {
    if (action.kind == ActionKind::remove) {
        CARILLON_TRY(const Place place, find_place(item, action.path));
        if (place.existing == nullptr) return std::nullopt;
        return Change{.path = &action.path, .removes = true};
    }
    CARILLON_TRY(const Place place, find_place(item, action.path));
    std::optional<Change> change;
    if (action.kind == ActionKind::set) {
        change = Change{&action.path, std::move(value)};
    } else {
        CARILLON_TRY(change, plan_add(action, place.existing, std::move(value)));
    }
    if (change) change->appends = place.appends;
    return change;
}

/// The value above the last step; the path has at least two. Planning made sure that it is there.
Value& parent_of(Item& item, const Path& path) {
    Value* value = item.find(path.front().name);
    for (std::size_t i = 1; i + 1 < path.size(); ++i) {
        value = path[i].index < 0
                    ? value->get_if<Map>()->find(path[i].name)
                    : &(*value->get_if<List>())[static_cast<std::size_t>(path[i].index)];
    }
    return *value;
}

void write(Item& item, Change& change) {
    const PathStep& last = change.path->back();
    if (change.path->size() == 1) {
        item.set(last.name, std::move(change.value));
        return;
    }
    Value& parent = parent_of(item, *change.path);
    if (Map* map = parent.get_if<Map>()) {
        map->set(last.name, std::move(change.value));
        return;
    }
    List& list = *parent.get_if<List>();
    if (change.appends) {
        list.push_back(std::move(change.value));
    } else {
        list[static_cast<std::size_t>(last.index)] = std::move(change.value);
    }
}

void remove(Item& item, const Path& path) {
    if (path.size() == 1) {
        item.erase(path.front().name);
        return;
    }
    Value& parent = parent_of(item, path);
    if (Map* map = parent.get_if<Map>()) {
        map->erase(path.back().name);
    } else if (List* list = parent.get_if<List>()) {
        list->erase(list->begin() + path.back().index);
    }
}

bool path_less(const Change* one, const Change* two) {
    return std::ranges::lexicographical_compare(
        *one->path, *two->path, [](const PathStep& left, const PathStep& right) {
            return left.index != right.index ? left.index < right.index : left.name < right.name;
        });
}

/// The type that an operand has whatever the item holds.
std::optional<Type> type_of(const UpdateOperand& operand, const ExpressionValues& values) {
    switch (operand.kind) {
        case OperandKind::path:
            return std::nullopt;
        case OperandKind::value: {
            const Value* value = find_value(values, operand.value);
            return value != nullptr ? std::optional(value->type()) : std::nullopt;
        }
        case OperandKind::if_not_exists:
            return type_of(operand.children[1], values);
        case OperandKind::list_append:
            return Type::list;
        case OperandKind::plus:
        case OperandKind::minus:
            return Type::number;
    }
    return std::nullopt;
}

}  // namespace

Result<Update> Update::parse(std::string_view text,
                             const ExpressionNames& names,
                             const ExpressionValues* values) {
    CARILLON_TRY(auto parsed, parse_update(text, names, values));
    ExpressionSource source = source_of(text, names, parsed.used);
    Update update;
    update.parsed_ = std::make_shared<const Parsed>(Parsed{std::move(parsed), std::move(source)});
    return update;
}

const ExpressionSource& Update::source() const {
    return parsed_->source;
}

Result<> Update::check(const ExpressionValues& values) const {
    return check_update(parsed_->actions, values);
}

Result<> Update::apply(Item& item,
                       const ExpressionValues& values,
                       std::vector<Path>* touched) const {
    const Operands operands(item, values);
    std::vector<Change> changes;
    changes.reserve(parsed_->actions.size());
    // All operands before any place: so a missing attribute is named before an impossible path.
    std::vector<Value> written_values(parsed_->actions.size());
    for (std::size_t i = 0; i < parsed_->actions.size(); ++i) {
        const UpdateAction& action = parsed_->actions[i];
        if (action.kind == ActionKind::remove) continue;
        CARILLON_TRY(written_values[i], operands.evaluate(action.operand));
    }
    for (std::size_t i = 0; i < parsed_->actions.size(); ++i) {
        CARILLON_TRY(auto change, plan(parsed_->actions[i], item, std::move(written_values[i])));
        if (change) changes.push_back(*std::move(change));
    }

    std::vector<Path> written;
    std::vector<Change*> appended;
    std::vector<Change*> removed;
    for (Change& change : changes) {
        if (change.removes) {
            removed.push_back(&change);
        } else if (change.appends) {
            appended.push_back(&change);
        } else {
            write(item, change);
        }
        if (touched != nullptr) written.push_back(*change.path);
    }
    // Elements beyond the end are appended in the order of their indexes, and elements are removed
    // from the last to the first, so that no removal moves another one's place.
    std::ranges::sort(appended, path_less);
    for (Change* change : appended) write(item, *change);
    std::ranges::sort(removed,
                      [](const Change* one, const Change* two) { return path_less(two, one); });
    for (const Change* change : removed) remove(item, *change->path);
    if (touched != nullptr) *touched = std::move(written);
    return {};
}

bool Update::touches(std::string_view attribute) const {
    return std::ranges::any_of(parsed_->actions, [&](const UpdateAction& action) {
        return action.path.front().name == attribute;
    });
}

bool Update::only_erases() const {
    return std::ranges::all_of(parsed_->actions, [](const UpdateAction& action) {
        return action.kind == ActionKind::remove || action.kind == ActionKind::remove_members;
    });
}

std::optional<Type> Update::written_type(std::string_view attribute,
                                         const ExpressionValues& values) const {
    for (const UpdateAction& action : parsed_->actions) {
        if (action.path.size() > 1 || action.path.front().name != attribute) continue;
        if (action.kind == ActionKind::remove) return std::nullopt;
        return type_of(action.operand, values);
    }
    return std::nullopt;
}

const std::vector<std::string>& Update::used_names() const {
    return parsed_->used.names;
}

const std::vector<std::string>& Update::used_values() const {
    return parsed_->used.values;
}

const std::vector<Path>& Update::paths() const {
    return parsed_->paths;
}

}  // namespace carillon::dynamo
