// Parses updates: SET, REMOVE, ADD and DELETE clauses in any order, and their rules.

#include "dynamo/expression/path.hpp"
#include "dynamo/expression/update_node.hpp"

#include <algorithm>
#include <array>

namespace carillon::dynamo {
namespace {

constexpr std::array<std::string_view, 4> keywords = {"SET", "REMOVE", "ADD", "DELETE"};
constexpr std::array<ActionKind, 4> kinds = {
    ActionKind::set, ActionKind::remove, ActionKind::add, ActionKind::remove_members};

void collect_paths(const UpdateOperand& operand, std::vector<Path>& paths) {
    if (operand.kind == OperandKind::path) paths.push_back(operand.path);
    for (const UpdateOperand& child : operand.children) collect_paths(child, paths);
}

class UpdateParser final : Parser {
public:
    UpdateParser(std::string_view text,
                 const ExpressionNames& names,
                 const ExpressionValues* values)
        : Parser(text, names, keywords, values) {}

    Result<ParsedUpdate> parse() {
        ParsedUpdate parsed;
        while (clause(parsed.actions) && !at_end()) {
        }
        check_paths(parsed.actions);
        CARILLON_TRY_VOID(finish());
        for (const UpdateAction& action : parsed.actions) {
            parsed.paths.push_back(action.path);
            if (action.kind == ActionKind::set) collect_paths(action.operand, parsed.paths);
        }
        parsed.used = take_used();
        return parsed;
    }

private:
    bool clause(std::vector<UpdateAction>& actions) {
        for (std::size_t i = 0; i < keywords.size(); ++i) {
            if (!accept_word(keywords[i])) continue;
            if (seen_[i]) {
                note(Rule::section,
                     "The \"" + std::string(keywords[i]) +
                         "\" section can only be used once in an update expression;");
            }
            seen_[i] = true;
            do {
                UpdateAction& action = actions.emplace_back();
                action.kind = kinds[i];
                if (!this->action(action)) return false;
            } while (accept_symbol(","));
            return true;
        }
        return syntax_error();
    }

    bool action(UpdateAction& action) {
        if (!path(action.path)) return false;
        switch (action.kind) {
            case ActionKind::remove:
                return true;
            case ActionKind::add:
            case ActionKind::remove_members:
                action.operand.kind = OperandKind::value;
                return value(action.operand.value);
            case ActionKind::set:
                break;
        }
        return expect_symbol("=") && set_value(action.operand);
    }

    /// `operand`, `operand + operand` or `operand - operand`, once in parentheses or not.
    bool set_value(UpdateOperand& out) {
        if (!operand(out, true)) return false;
        const bool plus = at_symbol("+");
        if ((!plus && !at_symbol("-")) || is_sum(out)) return true;
        next();
        count_operator();
        UpdateOperand sum;
        sum.kind = plus ? OperandKind::plus : OperandKind::minus;
        sum.children.push_back(std::move(out));
        if (!operand(sum.children.emplace_back(), false)) return false;
        out = std::move(sum);
        return true;
    }

    static bool is_sum(const UpdateOperand& operand) {
        return operand.kind == OperandKind::plus || operand.kind == OperandKind::minus;
    }

    /// `sum_allowed`: whether parentheses may hold a sum.
    bool operand(UpdateOperand& out, bool sum_allowed) {
        if (at_symbol("(")) {
            if (!enter()) return false;
            next();
            const bool read = sum_allowed ? set_value(out) : operand(out, false);
            if (!read || !expect_symbol(")")) return false;
            leave();
            return true;
        }
        if (peek().kind == TokenKind::value) {
            out.kind = OperandKind::value;
            return value(out.value);
        }
        if (at_call()) return call(out);
        out.kind = OperandKind::path;
        return path(out.path);
    }

    bool call(UpdateOperand& out) {
        if (!enter()) return false;
        const std::string name(peek().text);
        count_operator();
        next();
        next();
        const bool known = function(name, out.kind);
        do {
            UpdateOperand& argument = out.children.emplace_back();
            if (!operand(argument, false)) return false;
            if (known && argument.kind == OperandKind::list_append &&
                out.kind == OperandKind::list_append) {
                note(
                    Rule::misuse_of_update,
                    "The function is not allowed to be used this way in an expression; function: " +
                        name);
            }
        } while (accept_symbol(","));
        if (!expect_symbol(")")) return false;
        leave();
        if (known) check_operands(out);
        return true;
    }

    bool function(std::string_view name, OperandKind& kind) {
        // An unknown one is not taken for list_append, which has rules of its own about its place.
        kind = name == "list_append" ? OperandKind::list_append : OperandKind::if_not_exists;
        if (name == operator_text(kind)) return true;
        constexpr std::array<std::string_view, 6> of_conditions = {"attribute_exists",
                                                                   "attribute_not_exists",
                                                                   "attribute_type",
                                                                   "begins_with",
                                                                   "contains",
                                                                   "size"};
        const bool elsewhere = std::ranges::find(of_conditions, name) != of_conditions.end();
        note(Rule::function_of_update,
             (elsewhere ? "The function is not allowed in an update expression; function: "
                        : "Invalid function name; function: ") +
                 std::string(name));
        return false;
    }

    void check_operands(const UpdateOperand& call) {
        if (call.children.size() != 2) {
            note(Rule::operands,
                 operand_count_text(operator_text(call.kind), call.children.size()));
        } else if (call.kind == OperandKind::if_not_exists &&
                   call.children.front().kind != OperandKind::path) {
            note(Rule::operands, requires_path_text(operator_text(call.kind)));
        }
    }

    void check_paths(const std::vector<UpdateAction>& actions) {
        std::vector<const Path*> paths;
        paths.reserve(actions.size());
        for (const UpdateAction& action : actions) paths.push_back(&action.path);
        if (std::string text = first_clash(paths); !text.empty()) {
            note(Rule::paths, std::move(text));
        }
    }

    std::array<bool, keywords.size()> seen_{};
};

std::string_view long_type_name(Type type) {
    switch (type) {
        case Type::string:
            return "STRING";
        case Type::number:
            return "NUMBER";
        case Type::binary:
            return "BINARY";
        case Type::boolean:
            return "BOOLEAN";
        case Type::null:
            return "NULL";
        case Type::list:
            return "LIST";
        case Type::map:
            return "MAP";
        case Type::string_set:
        case Type::number_set:
        case Type::binary_set:
            break;
    }
    return type_name(type);
}

Result<> check_values(const UpdateOperand& operand, const ExpressionValues& values) {
    if (operand.kind == OperandKind::value && find_value(values, operand.value) == nullptr) {
        return undefined_value(operand.value);
    }
    for (const UpdateOperand& child : operand.children) {
        CARILLON_TRY_VOID(check_values(child, values));
    }
    return {};
}

/// The given values among the operands of `+`, `-` and list_append must have the one type.
Result<> check_operand_types(const UpdateOperand& operand, const ExpressionValues& values) {
    for (const UpdateOperand& child : operand.children) {
        CARILLON_TRY_VOID(check_operand_types(child, values));
    }
    const bool sum = operand.kind == OperandKind::plus || operand.kind == OperandKind::minus;
    if (!sum && operand.kind != OperandKind::list_append) return {};
    const Type wanted = sum ? Type::number : Type::list;
    for (const UpdateOperand& child : operand.children) {
        if (child.kind != OperandKind::value) continue;
        const Type type = find_value(values, child.value)->type();
        if (type != wanted) return wrong_operand_type(operator_text(operand.kind), type);
    }
    return {};
}

Result<> check_action_type(const UpdateAction& action, const ExpressionValues& values) {
    const bool add = action.kind == ActionKind::add;
    if (!add && action.kind != ActionKind::remove_members) return {};
    const Type type = find_value(values, action.operand.value)->type();
    const bool set =
        type == Type::string_set || type == Type::number_set || type == Type::binary_set;
    if (set || (add && type == Type::number)) return {};
    const std::string clause = add ? "ADD" : "DELETE";
    return fail(Errc::invalid,
                "Incorrect operand type for operator or function; operator: " + clause +
                    ", operand type: " + std::string(long_type_name(type)) +
                    ", typeSet: ALLOWED_FOR_" + clause + "_OPERAND");
}

}  // namespace

Result<ParsedUpdate> parse_update(std::string_view text,
                                  const ExpressionNames& names,
                                  const ExpressionValues* values) {
    CARILLON_TRY_VOID(Parser::check_size(text));
    return UpdateParser(text, names, values).parse();
}

Result<> check_update(const std::vector<UpdateAction>& actions, const ExpressionValues& values) {
    for (const UpdateAction& action : actions) {
        if (action.kind == ActionKind::remove) continue;
        CARILLON_TRY_VOID(check_values(action.operand, values));
    }
    for (const UpdateAction& action : actions) CARILLON_TRY_VOID(check_action_type(action, values));
    for (const UpdateAction& action : actions) {
        CARILLON_TRY_VOID(check_operand_types(action.operand, values));
    }
    return {};
}

std::string_view operator_text(OperandKind kind) {
    switch (kind) {
        case OperandKind::if_not_exists:
            return "if_not_exists";
        case OperandKind::list_append:
            return "list_append";
        case OperandKind::plus:
            return "+";
        case OperandKind::minus:
            return "-";
        case OperandKind::path:
        case OperandKind::value:
            break;
    }
    return "";
}

}  // namespace carillon::dynamo
