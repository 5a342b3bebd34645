// Parses conditions: recursive descent, OR under AND under NOT under comparisons.
//
// A parenthesis may open a condition or an operand (`(a) = :v` is legal), which only the token
// behind it decides. So `primary` reads either, and an operand that stands alone between
// parentheses is handed up to the comparison that it must belong to.

#include "dynamo/expression/condition_node.hpp"
#include "dynamo/expression/path.hpp"

#include <array>
#include <optional>
#include <utility>

namespace carillon::dynamo {
namespace {

using Node = Condition::Node;

constexpr std::array<std::string_view, 5> keywords = {"AND", "OR", "NOT", "BETWEEN", "IN"};
constexpr std::size_t in_operands_max = 100;

struct FunctionRule {
    std::string_view name;
    Function function;
    std::size_t operands;
};

constexpr std::array<FunctionRule, 6> functions = {{
    {"attribute_exists", Function::attribute_exists, 1},
    {"attribute_not_exists", Function::attribute_not_exists, 1},
    {"attribute_type", Function::attribute_type, 2},
    {"begins_with", Function::begins_with, 2},
    {"contains", Function::contains, 2},
    {"size", Function::size, 1},
}};

std::optional<NodeKind> comparator(const Token& token) {
    if (token.kind != TokenKind::symbol) return std::nullopt;
    if (token.text == "=") return NodeKind::equal;
    if (token.text == "<>") return NodeKind::not_equal;
    if (token.text == "<") return NodeKind::less;
    if (token.text == "<=") return NodeKind::less_equal;
    if (token.text == ">") return NodeKind::greater;
    if (token.text == ">=") return NodeKind::greater_equal;
    return std::nullopt;
}

bool is_operand(const Node& node) {
    return node.kind == NodeKind::path || node.kind == NodeKind::value;
}

void collect_paths(const Node& node, std::vector<Path>& paths) {
    if (node.kind == NodeKind::path) paths.push_back(node.path);
    for (const Node& child : node.children) collect_paths(child, paths);
}

class ConditionParser final : Parser {
public:
    ConditionParser(std::string_view text,
                    const ExpressionNames& names,
                    const ExpressionValues* values)
        : Parser(text, names, keywords, values, Rule::names) {}

    Result<ParsedCondition> parse() {
        ParsedCondition parsed;
        if (any(parsed.root)) {
            if (at_end()) {
                check_use(parsed.root, true);
            } else {
                syntax_error();
            }
        }
        CARILLON_TRY_VOID(finish());
        collect_paths(parsed.root, parsed.paths);
        parsed.used = take_used();
        return parsed;
    }

private:
    bool any(Node& out) { return chain(out, NodeKind::any, "OR"); }

    /// One or more parts joined by the same keyword, as one node.
    bool chain(Node& out, NodeKind kind, std::string_view keyword) {
        if (!part(out, kind)) return false;
        if (!at_word(keyword)) return true;
        Node joined;
        joined.kind = kind;
        joined.children.push_back(std::move(out));
        while (accept_word(keyword)) {
            count_operator();
            if (!part(joined.children.emplace_back(), kind)) return false;
        }
        out = std::move(joined);
        return true;
    }

    bool part(Node& out, NodeKind kind) {
        return kind == NodeKind::any ? chain(out, NodeKind::all, "AND") : negation(out);
    }

    bool negation(Node& out) {
        std::size_t times = 0;
        while (accept_word("NOT")) {
            ++times;
            count_operator();
        }
        if (!primary(out)) return false;
        // Two of them cancel out, but a negation must remain visible to the rules of key
        // conditions.
        const std::size_t kept = times == 0 ? 0 : times % 2 == 0 ? 2 : 1;
        for (std::size_t i = 0; i < kept; ++i) {
            Node negated;
            negated.kind = NodeKind::negation;
            negated.children.push_back(std::move(out));
            out = std::move(negated);
        }
        return true;
    }

    bool primary(Node& out) {
        const std::size_t start = position();
        if (!(at_symbol("(") ? parenthesised(out) : operand(out))) return false;
        if (const auto kind = comparator(peek()); kind && may_compare(out)) {
            return comparison(out, *kind);
        }
        if (at_word("BETWEEN") && may_compare(out)) return between(out);
        if (at_word("IN") && may_compare(out)) return in(out);
        if (!is_operand(out)) return true;
        const bool alone = start == parenthesis_content_ && at_symbol(")");
        return alone || syntax_error();
    }

    static bool may_compare(const Node& node) {
        return is_operand(node) || node.kind == NodeKind::call;
    }

    /// A condition or an operand between parentheses.
    bool parenthesised(Node& out) {
        if (!enter()) return false;
        next();
        const std::size_t outer = std::exchange(parenthesis_content_, position());
        if (!any(out) || !expect_symbol(")")) return false;
        parenthesis_content_ = outer;
        leave();
        return wrap(out);
    }

    bool wrap(Node& node) {
        if (node.parenthesised) {
            note(Rule::parentheses, "The expression has redundant parentheses;");
        }
        node.parenthesised = true;
        if (node.kind != NodeKind::path || !(at_symbol(".") || at_symbol("["))) return true;
        node.parenthesised = false;
        return path_tail(node.path);
    }

    /// An operand where no condition may stand.
    bool operand_in_parentheses(Node& out) {
        if (!at_symbol("(")) return operand(out);
        if (!enter()) return false;
        next();
        if (!operand_in_parentheses(out) || !expect_symbol(")")) return false;
        leave();
        return wrap(out);
    }

    bool operand(Node& out) {
        if (peek().kind == TokenKind::value) {
            out.kind = NodeKind::value;
            return value(out.name);
        }
        if (at_call()) return call(out);
        out.kind = NodeKind::path;
        return path(out.path);
    }

    bool call(Node& out) {
        if (!enter()) return false;
        out.kind = NodeKind::call;
        out.name = peek().text;
        count_operator();
        next();
        next();
        const FunctionRule* rule = function_rule(out.name);
        if (rule != nullptr) out.function = rule->function;
        do {
            if (!operand_in_parentheses(out.children.emplace_back())) return false;
        } while (accept_symbol(","));
        if (!expect_symbol(")")) return false;
        leave();
        if (rule != nullptr) check_operands(out, *rule);
        return true;
    }

    /// Comparison by comparison DynamoDB names the first fault, be it an undefined placeholder or
    /// an operand. Without the values that cannot be told, so operands come last.
    [[nodiscard]] Rule operands_rule() const {
        return given_values() != nullptr ? Rule::names : Rule::operands;
    }

    void check_types(const Node& node) {
        if (given_values() == nullptr) return;
        if (const auto checked = check_condition(node, *given_values()); !checked) {
            note(operands_rule(), checked.error().message);
        }
    }

    const FunctionRule* function_rule(std::string_view name) {
        for (const FunctionRule& rule : functions) {
            if (rule.name == name) return &rule;
        }
        const bool of_updates = name == "if_not_exists" || name == "list_append";
        note(Rule::function,
             (of_updates ? "The function is not allowed in a condition expression; function: "
                         : "Invalid function name; function: ") +
                 std::string(name));
        return nullptr;
    }

    void check_operands(const Node& node, const FunctionRule& rule) {
        if (node.children.size() != rule.operands) {
            note(operands_rule(), operand_count_text(node.name, node.children.size()));
            return;
        }
        const bool needs_path = node.function == Function::attribute_exists ||
                                node.function == Function::attribute_not_exists;
        if (needs_path && node.children.front().kind != NodeKind::path) {
            note(operands_rule(), requires_path_text(node.name));
        }
        check_types(node);
        check_distinct(node);
    }

    bool comparison(Node& out, NodeKind kind) {
        next();
        begin_operator(out, kind);
        if (!operand_in_parentheses(out.children.emplace_back())) return false;
        check_types(out);
        check_distinct(out);
        return true;
    }

    bool between(Node& out) {
        next();
        begin_operator(out, NodeKind::between);
        if (!operand_in_parentheses(out.children.emplace_back())) return false;
        if (!accept_word("AND")) return syntax_error();
        if (!operand_in_parentheses(out.children.emplace_back())) return false;
        check_types(out);
        check_distinct(out);
        return true;
    }

    bool in(Node& out) {
        next();
        begin_operator(out, NodeKind::in);
        if (!expect_symbol("(")) return false;
        do {
            if (!operand_in_parentheses(out.children.emplace_back())) return false;
        } while (accept_symbol(","));
        if (!expect_symbol(")")) return false;
        if (const std::size_t count = out.children.size() - 1; count > in_operands_max) {
            note(operands_rule(),
                 "The IN operator is provided with too many operands; number of operands: " +
                     std::to_string(count));
        }
        check_distinct(out);
        return true;
    }

    /// Makes `node` the first operand of a new node of that kind.
    void begin_operator(Node& node, NodeKind kind) {
        count_operator();
        Node parent;
        parent.kind = kind;
        parent.children.push_back(std::move(node));
        node = std::move(parent);
    }

    void check_distinct(const Node& node) {
        const Node& first = node.children.front();
        if (first.kind != NodeKind::path) return;
        for (std::size_t i = 1; i < node.children.size(); ++i) {
            const Node& other = node.children[i];
            if (other.kind != NodeKind::path || other.path != first.path) continue;
            note(operands_rule(),
                 "The first operand must be distinct from the remaining operands for this operator "
                 "or function; operator: " +
                     std::string(operator_text(node)) +
                     ", first operand: " + path_text(first.path));
            return;
        }
    }

    /// Functions that yield a condition may not be operands, and `size` is no condition.
    void check_use(const Node& node, bool as_condition) {
        if (node.kind == NodeKind::call && as_condition == (node.function == Function::size)) {
            note(Rule::misuse,
                 "The function is not allowed to be used this way in an expression; function: " +
                     node.name);
        }
        const bool joins = node.kind == NodeKind::all || node.kind == NodeKind::any ||
                           node.kind == NodeKind::negation;
        for (const Node& child : node.children) check_use(child, joins);
    }

    /// Where the content of the innermost open parenthesis begins.
    std::size_t parenthesis_content_ = static_cast<std::size_t>(-1);
};

}  // namespace

Result<ParsedCondition> parse_condition(std::string_view text,
                                        const ExpressionNames& names,
                                        const ExpressionValues* values) {
    CARILLON_TRY_VOID(Parser::check_size(text));
    return ConditionParser(text, names, values).parse();
}

std::string_view operator_text(const Condition::Node& node) {
    switch (node.kind) {
        case NodeKind::equal:
            return "=";
        case NodeKind::not_equal:
            return "<>";
        case NodeKind::less:
            return "<";
        case NodeKind::less_equal:
            return "<=";
        case NodeKind::greater:
            return ">";
        case NodeKind::greater_equal:
            return ">=";
        case NodeKind::between:
            return "BETWEEN";
        case NodeKind::in:
            return "IN";
        case NodeKind::all:
            return "AND";
        case NodeKind::any:
            return "OR";
        case NodeKind::negation:
            return "NOT";
        case NodeKind::call:
        case NodeKind::path:
        case NodeKind::value:
            break;
    }
    return node.name;
}

bool is_comparison(NodeKind kind) {
    return kind >= NodeKind::equal && kind <= NodeKind::greater_equal;
}

bool is_ordering(NodeKind kind) {
    return kind >= NodeKind::less && kind <= NodeKind::greater_equal;
}

}  // namespace carillon::dynamo
