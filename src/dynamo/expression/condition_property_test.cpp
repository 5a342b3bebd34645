// Random conditions on random items, answered by the module and by a naive evaluator that shares
// nothing with it: it builds the text and the answer together, with its own comparisons.

#include "core/random.hpp"
#include "dynamo/expression/expression.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace carillon::dynamo {
namespace {

/// A condition's text and whether it holds.
struct Claim {
    std::string text;
    bool holds = false;
};

/// An operand's text and what it is worth for the item.
struct Term {
    std::string text;
    std::optional<Value> value{};
};

template <class T>
int naive_order(const T& left, const T& right) {
    if (left < right) return -1;
    return right < left ? 1 : 0;
}

/// 2 when there is no order.
int naive_compare(const Value& left, const Value& right) {
    if (left.type() != right.type()) return 2;
    if (left.type() == Type::string) return naive_order(*left.string(), *right.string());
    if (left.type() == Type::number) {
        return naive_order(left.number()->to_double(), right.number()->to_double());
    }
    if (left.type() == Type::binary) {
        return naive_order(left.get_if<Binary>()->bytes, right.get_if<Binary>()->bytes);
    }
    return 2;
}

class World {
public:
    explicit World(std::uint64_t seed) : random_(seed) {
        for (const char* name : {"a", "b", "c", "d", "e"}) {
            if (random_.below(4) != 0) item_.set(name, value(2));
        }
        for (int i = 0; i < 6; ++i) values_.emplace_back(":v" + std::to_string(i), value(1));
    }

    [[nodiscard]] const Item& item() const { return item_; }

    [[nodiscard]] const ExpressionValues& values() const { return values_; }

    Claim any(int depth) {
        Claim claim = all(depth);
        while (random_.below(3) == 0) {
            const Claim next = all(depth);
            claim.text += pick({" OR ", " or ", "\tOr\n"}) + next.text;
            claim.holds = claim.holds || next.holds;
        }
        return claim;
    }

private:
    std::string pick(std::initializer_list<const char*> texts) {
        return texts.begin()[random_.below(texts.size())];
    }

    Value value(int depth) {
        switch (random_.below(depth > 0 ? 9 : 6)) {
            case 0:
            case 1:
                return Value(static_cast<std::int64_t>(random_.below(7)) - 3);
            case 2:
            case 3:
                return Value(pick({"", "a", "ab", "abc", "b"}));
            case 4:
                return Binary{pick({"", "a", "ab"})};
            case 5:
                return random_.below(2) == 0 ? Value(random_.below(2) == 0) : Value(Null{});
            case 6:
                return Value::string_set({pick({"a", "ab"}), pick({"b", "abc"})});
            case 7: {
                List list;
                for (auto left = random_.below(3); left > 0; --left) {
                    list.push_back(value(depth - 1));
                }
                return list;
            }
            default: {
                Map map;
                for (auto left = random_.below(3); left > 0; --left) {
                    map.set(pick({"x", "y"}), value(depth - 1));
                }
                return map;
            }
        }
    }

    Term path() {
        Term term{pick({"a", "b", "c", "d", "e"})};
        if (const Value* found = item_.find(term.text)) term.value = *found;
        const auto shape = random_.below(6);
        if (shape == 0) {
            const std::string name = pick({"x", "y"});
            term.text += "." + name;
            const Map* map = term.value ? term.value->map() : nullptr;
            const Value* found = map != nullptr ? map->find(name) : nullptr;
            term.value = found != nullptr ? std::optional(Value(*found)) : std::nullopt;
        } else if (shape == 1) {
            const std::size_t index = random_.below(3);
            term.text += "[" + std::to_string(index) + "]";
            const List* list = term.value ? term.value->list() : nullptr;
            const bool there = list != nullptr && index < list->size();
            term.value = there ? std::optional(Value((*list)[index])) : std::nullopt;
        }
        return term;
    }

    Term size_of_path() {
        Term term = path();
        term.text = "size(" + term.text + ")";
        if (!term.value) return term;
        const Value from = *std::move(term.value);
        term.value.reset();
        const auto set = [&](std::size_t size) {
            term.value = Value(static_cast<std::int64_t>(size));
        };
        if (from.string() != nullptr) set(from.string()->size());
        if (from.list() != nullptr) set(from.list()->size());
        if (from.map() != nullptr) set(from.map()->size());
        if (from.type() == Type::binary) set(from.get_if<Binary>()->bytes.size());
        if (from.type() == Type::string_set) set(from.get_if<StringSet>()->size());
        return term;
    }

    /// `orderable`: given values must be of a type that `<` and BETWEEN accept.
    Term operand(bool orderable) {
        const auto kind = random_.below(7);
        if (kind < 4) return path();
        if (kind == 4) return size_of_path();
        for (std::size_t start = random_.below(values_.size()), i = 0; i < values_.size(); ++i) {
            const auto& [name, value] = values_[(start + i) % values_.size()];
            const Type type = value.type();
            if (orderable && type != Type::string && type != Type::number && type != Type::binary) {
                continue;
            }
            return {name, value};
        }
        return path();
    }

    /// Another operand than `first`: the same path twice is an error.
    Term other_operand(const std::string& first, bool orderable) {
        while (true) {
            Term term = operand(orderable);
            if (term.text != first || term.text.starts_with(":")) return term;
        }
    }

    Claim all(int depth) {
        Claim claim = negation(depth);
        while (random_.below(3) == 0) {
            const Claim next = negation(depth);
            claim.text += pick({" AND ", " and ", "\nanD "}) + next.text;
            claim.holds = claim.holds && next.holds;
        }
        return claim;
    }

    Claim negation(int depth) {
        if (random_.below(5) == 0) {
            const Claim inner = negation(depth);
            return {pick({"NOT ", "not "}) + inner.text, !inner.holds};
        }
        if (depth > 0 && random_.below(3) == 0) {
            // Parentheses around parentheses are an error, so a joined condition goes inside.
            const Claim left = all(depth - 1);
            const Claim right = all(depth - 1);
            return {"(" + left.text + " OR " + right.text + ")", left.holds || right.holds};
        }
        switch (random_.below(4)) {
            case 0:
                return between();
            case 1:
                return in();
            case 2:
                return call();
            default:
                return comparison();
        }
    }

    Claim comparison() {
        const std::string op = pick({"=", "<>", "<", "<=", ">", ">="});
        const bool orders = op != "=" && op != "<>";
        const Term left = operand(orders);
        const Term right = other_operand(left.text, orders);
        Claim claim{left.text + op + right.text};
        const bool both = left.value && right.value;
        const bool equal = both && *left.value == *right.value;
        const int order = both ? naive_compare(*left.value, *right.value) : 2;
        if (op == "=") claim.holds = equal;
        if (op == "<>") claim.holds = !equal;
        if (op == "<") claim.holds = order == -1;
        if (op == "<=") claim.holds = order == -1 || order == 0;
        if (op == ">") claim.holds = order == 1;
        if (op == ">=") claim.holds = order == 1 || order == 0;
        return claim;
    }

    Claim between() {
        const Term value = operand(true);
        const Term low = other_operand(value.text, true);
        // Two given bounds in the wrong order are an error: one of them is read from the item.
        Term high = path();
        while (high.text == value.text) high = path();
        Claim claim{value.text + " BETWEEN " + low.text + " AND " + high.text};
        if (!value.value || !low.value || !high.value) return claim;
        const int above = naive_compare(*value.value, *low.value);
        const int below = naive_compare(*value.value, *high.value);
        claim.holds = (above == 0 || above == 1) && (below == 0 || below == -1);
        return claim;
    }

    Claim in() {
        const Term value = operand(false);
        Claim claim{value.text + " IN ("};
        const auto count = 1 + random_.below(3);
        for (std::uint64_t i = 0; i < count; ++i) {
            const Term candidate = other_operand(value.text, false);
            claim.text += (i > 0 ? ", " : "") + candidate.text;
            claim.holds |= value.value && candidate.value && *value.value == *candidate.value;
        }
        claim.text += ")";
        return claim;
    }

    Claim call() {
        const Term subject = path();
        switch (random_.below(4)) {
            case 0:
                return {"attribute_exists(" + subject.text + ")", subject.value.has_value()};
            case 1:
                return {"attribute_not_exists(" + subject.text + ")", !subject.value};
            case 2: {
                Term prefix = path();
                while (prefix.text == subject.text) prefix = path();
                Claim claim{"begins_with(" + subject.text + "," + prefix.text + ")"};
                if (!subject.value || !prefix.value) return claim;
                const auto starts = [](const std::string& text, const std::string& with) {
                    return text.substr(0, with.size()) == with;
                };
                if (subject.value->string() && prefix.value->string()) {
                    claim.holds = starts(*subject.value->string(), *prefix.value->string());
                }
                const Binary* bytes = subject.value->get_if<Binary>();
                const Binary* with = prefix.value->get_if<Binary>();
                if (bytes && with) claim.holds = starts(bytes->bytes, with->bytes);
                return claim;
            }
            default: {
                const Term member = other_operand(subject.text, false);
                return {
                    "contains(" + subject.text + ", " + member.text + ")",
                    subject.value && member.value && naive_contains(*subject.value, *member.value)};
            }
        }
    }

    static bool naive_contains(const Value& container, const Value& member) {
        if (container.list() != nullptr) {
            for (const Value& element : *container.list()) {
                if (element == member) return true;
            }
            return false;
        }
        if (container.string() && member.string()) {
            return container.string()->find(*member.string()) != std::string::npos;
        }
        const Binary* bytes = container.get_if<Binary>();
        const Binary* part = member.get_if<Binary>();
        if (bytes && part) return bytes->bytes.find(part->bytes) != std::string::npos;
        const StringSet* set = container.get_if<StringSet>();
        if (set == nullptr || !member.string()) return false;
        for (const std::string& text : *set) {
            if (text == *member.string()) return true;
        }
        return false;
    }

    SeededRandom random_;
    Item item_;
    ExpressionValues values_;
};

TEST(ConditionProperty, AgreesWithANaiveEvaluator) {
    int held = 0;
    constexpr int rounds = 10'000;
    for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
        World world(seed);
        const Claim claim = world.any(3);
        if (claim.text.size() > 4096) continue;
        const auto condition = Condition::parse(claim.text);
        ASSERT_TRUE(condition) << "seed " << seed << ": " << claim.text << ": "
                               << condition.error().message;
        const auto checked = condition->check(world.values());
        ASSERT_TRUE(checked) << "seed " << seed << ": " << claim.text << ": "
                             << checked.error().message;
        const auto answer = condition->holds(world.item(), world.values());
        ASSERT_TRUE(answer) << "seed " << seed << ": " << claim.text;
        ASSERT_EQ(*answer, claim.holds) << "seed " << seed << ": " << claim.text;
        held += *answer ? 1 : 0;
    }
    // The test means something only when both answers occur often.
    EXPECT_GT(held, rounds / 5);
    EXPECT_LT(held, rounds * 4 / 5);
}

}  // namespace
}  // namespace carillon::dynamo
