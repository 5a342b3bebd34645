// Key conditions: an ordinary condition whose tree may hold little.
//
// The texts here are whole: unlike those of the other parsers, only some of them begin with
// "Invalid KeyConditionExpression: ".

#include "dynamo/expression/key_condition.hpp"

#include "dynamo/expression/condition_node.hpp"

#include <algorithm>
#include <utility>

namespace carillon::dynamo {
namespace {

using Node = Condition::Node;

constexpr std::string_view prefix = "Invalid KeyConditionExpression: ";

std::unexpected<Error> prefixed(Error error) {
    error.message.insert(0, prefix);
    return std::unexpected(std::move(error));
}

std::unexpected<Error> refuse(std::string_view text, std::string_view subject = {}) {
    return fail(Errc::invalid, std::string(text) + std::string(subject));
}

/// One condition on one attribute; the values are in the order of the operator.
struct Term {
    std::string attribute{};
    NodeKind kind = NodeKind::equal;
    std::vector<const Node*> values{};
};

/// The operator that says the same with its sides exchanged.
NodeKind mirrored(NodeKind kind) {
    switch (kind) {
        case NodeKind::less:
            return NodeKind::greater;
        case NodeKind::less_equal:
            return NodeKind::greater_equal;
        case NodeKind::greater:
            return NodeKind::less;
        case NodeKind::greater_equal:
            return NodeKind::less_equal;
        default:
            return kind;
    }
}

Result<> check_operator(const Node& node) {
    const bool first_is_path =
        !node.children.empty() && node.children.front().kind == NodeKind::path;
    switch (node.kind) {
        case NodeKind::any:
        case NodeKind::negation:
        case NodeKind::in:
        case NodeKind::not_equal:
            return refuse("Invalid operator used in KeyConditionExpression: ", operator_text(node));
        case NodeKind::call:
            if (node.function == Function::size) {
                return refuse("KeyConditionExpressions cannot contain nested operations");
            }
            if (node.function != Function::begins_with) {
                return refuse("Invalid operator used in KeyConditionExpression: ", node.name);
            }
            break;
        default:
            break;
    }
    const bool path_must_lead = node.kind == NodeKind::between || node.kind == NodeKind::call;
    if (path_must_lead && !first_is_path) {
        return refuse("Invalid condition in KeyConditionExpression: ",
                      std::string(operator_text(node)) +
                          " operator must have the key attribute as its first operand");
    }
    return {};
}

Result<Term> read_term(const Node& node) {
    Term term;
    term.kind = node.kind;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        const Node& operand = node.children[i];
        if (operand.kind == NodeKind::call) CARILLON_TRY_VOID(check_operator(operand));
        if (operand.kind != NodeKind::path) {
            term.values.push_back(&operand);
            continue;
        }
        if (!term.attribute.empty()) {
            return refuse(
                "Invalid condition in KeyConditionExpression: Multiple attribute names used in one "
                "condition");
        }
        if (operand.path.size() > 1) {
            return refuse(
                "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on "
                "nested attributes");
        }
        term.attribute = operand.path.front().name;
        if (i > 0) term.kind = mirrored(node.kind);
    }
    if (term.attribute.empty()) {
        return refuse("Invalid condition in KeyConditionExpression: No key attribute specified");
    }
    return term;
}

Result<> collect(const Node& node, std::vector<Term>& terms) {
    CARILLON_TRY_VOID(check_operator(node));
    if (node.kind == NodeKind::all) {
        for (const Node& child : node.children) CARILLON_TRY_VOID(collect(child, terms));
        return {};
    }
    CARILLON_TRY(Term term, read_term(node));
    if (std::ranges::find(terms, term.attribute, &Term::attribute) != terms.end()) {
        return refuse(
            "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one "
            "condition per key");
    }
    terms.push_back(std::move(term));
    return {};
}

SortOperator sort_operator(NodeKind kind) {
    switch (kind) {
        case NodeKind::less:
            return SortOperator::less;
        case NodeKind::less_equal:
            return SortOperator::less_equal;
        case NodeKind::greater:
            return SortOperator::greater;
        case NodeKind::greater_equal:
            return SortOperator::greater_equal;
        case NodeKind::between:
            return SortOperator::between;
        case NodeKind::call:
            return SortOperator::begins_with;
        default:
            return SortOperator::equal;
    }
}

Result<KeyCondition> assemble(const std::vector<Term>& terms,
                              const ExpressionValues& values,
                              std::string_view hash_attribute,
                              std::string_view sort_attribute) {
    if (terms.size() > 2) {
        return refuse("The number of query conditions (" + std::to_string(terms.size()) +
                      ") exceeds the number of key attributes defined in the schema (" +
                      (sort_attribute.empty() ? "1)" : "2)"));
    }
    if (sort_attribute.empty() && terms.size() > 1) {
        return refuse("Query key condition not supported");
    }
    const auto hash = std::ranges::find(terms, hash_attribute, &Term::attribute);
    if (hash == terms.end()) {
        return refuse("Query condition missed key schema element: ", hash_attribute);
    }
    if (hash->kind != NodeKind::equal) return refuse("Query key condition not supported");

    KeyCondition condition;
    condition.hash = *find_value(values, hash->values.front()->name);
    if (terms.size() == 1) return condition;
    const auto sort = std::ranges::find(terms, sort_attribute, &Term::attribute);
    if (sort == terms.end()) {
        return refuse("Query condition missed key schema element: ", sort_attribute);
    }
    SortCondition& range = condition.sort.emplace();
    range.op = sort_operator(sort->kind);
    range.value = *find_value(values, sort->values[0]->name);
    if (range.op == SortOperator::between) {
        range.upper = *find_value(values, sort->values[1]->name);
    }
    return condition;
}

SortCondition sort_condition(const Term& term, const ExpressionValues& values) {
    SortCondition range;
    range.op = sort_operator(term.kind);
    range.value = *find_value(values, term.values[0]->name);
    if (range.op == SortOperator::between) range.upper = *find_value(values, term.values[1]->name);
    return range;
}

/// Keys of several attributes.
Result<KeyCondition> assemble_multiple(const std::vector<Term>& terms,
                                       const ExpressionValues& values,
                                       const KeyNames& key) {
    const auto term_of = [&](std::string_view name) {
        const auto found = std::ranges::find(terms, name, &Term::attribute);
        return found == terms.end() ? nullptr : &*found;
    };
    KeyCondition condition;
    for (std::size_t i = 0; i < key.hash.size(); ++i) {
        const Term* term = term_of(key.hash[i]);
        if (term == nullptr) {
            return refuse("Query condition missed key schema element: ", key.hash[i]);
        }
        if (term->kind != NodeKind::equal) return refuse("Query key condition not supported");
        const Value& value = *find_value(values, term->values.front()->name);
        if (i == 0) {
            condition.hash = value;
        } else {
            condition.more_hash.push_back(value);
        }
    }
    std::size_t used = key.hash.size();
    for (const std::string_view name : key.sort) {
        if (used == terms.size()) break;
        const Term* term = term_of(name);
        if (term == nullptr) return refuse("Query condition missed key schema element: ", name);
        if (condition.sort && condition.sort->op != SortOperator::equal) {
            return refuse("Query key condition not supported");
        }
        if (condition.sort) condition.sort_prefix.push_back(std::move(condition.sort->value));
        condition.sort = sort_condition(*term, values);
        ++used;
    }
    if (used != terms.size()) return refuse("Query key condition not supported");
    return condition;
}

}  // namespace

Result<KeyCondition> parse_key_condition(std::string_view text,
                                         const ExpressionNames& names,
                                         const ExpressionValues& values,
                                         std::string_view hash_attribute,
                                         std::string_view sort_attribute) {
    KeyNames key{{hash_attribute}, {}};
    if (!sort_attribute.empty()) key.sort.push_back(sort_attribute);
    return parse_key_condition(text, names, values, key);
}

Result<KeyCondition> parse_key_condition(std::string_view text,
                                         const ExpressionNames& names,
                                         const ExpressionValues& values,
                                         const KeyNames& key) {
    auto condition = Condition::parse(text, names);
    if (!condition) return prefixed(std::move(condition).error());
    if (auto checked = condition->check(values); !checked) {
        return prefixed(std::move(checked).error());
    }
    return make_key_condition(*condition, values, key);
}

Result<> check_key_terms(const Condition& condition) {
    std::vector<Term> terms;
    return collect(condition.root(), terms);
}

Result<KeyCondition> make_key_condition(const Condition& condition,
                                        const ExpressionValues& values,
                                        const KeyNames& key) {
    std::vector<Term> terms;
    CARILLON_TRY_VOID(collect(condition.root(), terms));
    if (key.hash.size() > 1 || key.sort.size() > 1) return assemble_multiple(terms, values, key);
    const std::string_view sort = key.sort.empty() ? std::string_view() : key.sort.front();
    return assemble(terms, values, key.hash.front(), sort);
}

}  // namespace carillon::dynamo
