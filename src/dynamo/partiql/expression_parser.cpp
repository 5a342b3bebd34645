// Conditions and values: OR under AND under NOT under comparisons under sums under terms.

#include "core/text.hpp"
#include "dynamo/partiql/parser.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace carillon::dynamo::partiql {

namespace {

struct FunctionRule {
    std::string_view name;
    std::size_t operands;
};

constexpr FunctionRule functions[] = {{"attribute_exists", 1},
                                      {"attribute_not_exists", 1},
                                      {"attribute_type", 2},
                                      {"begins_with", 2},
                                      {"contains", 2},
                                      {"size", 1},
                                      {"list_append", 2},
                                      {"set_add", 2},
                                      {"set_delete", 2},
                                      {"if_not_exists", 2}};

Node joined(NodeKind kind, Node first) {
    Node out;
    out.kind = kind;
    out.children.push_back(std::move(first));
    return out;
}

Node negated(Node node) {
    return joined(NodeKind::negation, std::move(node));
}

Node literal_of(Value value) {
    Node out;
    out.value = std::move(value);
    return out;
}

std::optional<NodeKind> comparator(const Token& token) {
    if (token.kind != TokenKind::symbol) return std::nullopt;
    if (token.text == "=") return NodeKind::equal;
    if (token.text == "<>" || token.text == "!=") return NodeKind::not_equal;
    if (token.text == "<") return NodeKind::less;
    if (token.text == "<=") return NodeKind::less_equal;
    if (token.text == ">") return NodeKind::greater;
    if (token.text == ">=") return NodeKind::greater_equal;
    return std::nullopt;
}

bool changes_set(std::string_view function) {
    return function == "set_add" || function == "set_delete";
}

/// Whether exponent and scale of a number are of 32 bits, as the service's reader has them.
bool is_readable(std::string_view text) {
    const std::size_t mark = text.find_first_of("eE");
    if (mark == std::string_view::npos) return true;
    std::string_view digits = text.substr(mark + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::int32_t exponent = 0;
    const char* end = digits.data() + digits.size();
    if (std::from_chars(digits.data(), end, exponent).ec != std::errc{}) return false;
    const std::size_t point = text.find('.');
    const std::size_t fraction = point < mark ? mark - point - 1 : 0;
    const std::int64_t scale = static_cast<std::int64_t>(fraction) - exponent;
    return scale >= std::numeric_limits<std::int32_t>::min() &&
           scale <= std::numeric_limits<std::int32_t>::max();
}

std::unexpected<Error> not_a_condition() {
    return malformed("Expected a condition");
}

std::unexpected<Error> not_a_value() {
    return malformed("Unexpected condition");
}

}  // namespace

Result<Node> Parser::condition() {
    CARILLON_TRY(Node node, expression());
    if (!is_condition(node)) return not_a_condition();
    return node;
}

Result<Node> Parser::expression() {
    CARILLON_TRY(Node first, conjunction());
    if (!at_word("OR")) return first;
    if (!is_condition(first)) return not_a_condition();
    Node out = joined(NodeKind::any, std::move(first));
    while (accept_word("OR")) {
        CARILLON_TRY(Node node, conjunction());
        if (!is_condition(node)) return not_a_condition();
        out.children.push_back(std::move(node));
    }
    return out;
}

Result<Node> Parser::conjunction() {
    CARILLON_TRY(Node first, negation());
    if (!at_word("AND")) return first;
    if (!is_condition(first)) return not_a_condition();
    Node out = joined(NodeKind::all, std::move(first));
    while (accept_word("AND")) {
        CARILLON_TRY(Node node, negation());
        if (!is_condition(node)) return not_a_condition();
        out.children.push_back(std::move(node));
    }
    return out;
}

Result<Node> Parser::negation() {
    bool odd = false;
    bool any = false;
    while (accept_word("NOT")) {
        odd = !odd;
        any = true;
    }
    CARILLON_TRY(Node node, comparison());
    if (any && !is_condition(node)) return not_a_condition();
    return odd ? negated(std::move(node)) : std::move(node);
}

Result<Node> Parser::comparison() {
    CARILLON_TRY(Node left, sum());
    if (comparator(peek()) || at_word("IN") || at_word("BETWEEN") || at_word("IS") ||
        at_word("NOT") || at_word("LIKE")) {
        if (is_condition(left)) return not_a_value();
        return comparison_of(std::move(left));
    }
    return left;
}

Result<Node> Parser::comparison_of(Node left) {
    if (const auto kind = comparator(peek())) {
        next();
        CARILLON_TRY(Node right, sum());
        if (is_condition(right)) return not_a_value();
        Node out = joined(*kind, std::move(left));
        out.children.push_back(std::move(right));
        return out;
    }
    if (accept_word("IS")) return is(std::move(left));
    const bool negative = accept_word("NOT");
    Result<Node> out = not_a_condition();
    if (accept_word("IN")) {
        out = in(std::move(left));
    } else if (accept_word("BETWEEN")) {
        out = between(std::move(left));
    } else if (at_word("LIKE")) {
        return fail(Errc::invalid, "Unsupported operator: LIKE at " + place_of(text_, peek()));
    } else {
        return unexpected_term();
    }
    if (!out || !negative) return out;
    return negated(*std::move(out));
}

Result<Node> Parser::in(Node left) {
    Node out = joined(NodeKind::in, std::move(left));
    if (peek().kind == TokenKind::parameter) {
        CARILLON_TRY(Node values, term());
        out.children.push_back(std::move(values));
        return out;
    }
    if (accept_symbol("[")) {
        CARILLON_TRY_VOID(elements(out.children, "]", "RIGHT_BRACKET"));
    } else if (accept_symbol("(")) {
        CARILLON_TRY_VOID(elements(out.children, ")", "RIGHT_PAREN"));
    } else if (accept_symbol("<<")) {
        CARILLON_TRY_VOID(elements(out.children, ">>", "RIGHT_DOUBLE_ANGLE_BRACKET"));
    } else {
        return unexpected_term();
    }
    if (out.children.size() == 1) return malformed("The IN operator needs at least one value");
    // A single parameter would be taken for a list of candidates.
    if (out.children.size() == 2 && out.children[1].kind == NodeKind::parameter) {
        out.kind = NodeKind::equal;
    }
    return out;
}

Result<Node> Parser::between(Node left) {
    Node out = joined(NodeKind::between, std::move(left));
    CARILLON_TRY(Node low, sum());
    CARILLON_TRY_VOID(expect_word("AND"));
    CARILLON_TRY(Node high, sum());
    if (is_condition(low) || is_condition(high)) return not_a_value();
    out.children.push_back(std::move(low));
    out.children.push_back(std::move(high));
    return out;
}

Result<Node> Parser::is(Node left) {
    if (left.kind != NodeKind::path) return malformed("IS needs an attribute");
    const bool negative = accept_word("NOT");
    NodeKind kind = NodeKind::is_missing;
    if (accept_word("NULL")) {
        kind = NodeKind::is_null;
    } else if (!accept_word("MISSING")) {
        return unexpected_term();
    }
    Node out = joined(kind, std::move(left));
    return negative ? negated(std::move(out)) : std::move(out);
}

Result<Node> Parser::sum() {
    CARILLON_TRY(Node left, term());
    std::size_t links = 0;
    while (at_symbol("+") || at_symbol("-")) {
        const NodeKind kind = at_symbol("+") ? NodeKind::add : NodeKind::subtract;
        next();
        // Chains grow without recursion here, but are walked recursively later.
        CARILLON_TRY_VOID(enter());
        ++links;
        CARILLON_TRY(Node right, term());
        if (is_condition(left) || is_condition(right)) return not_a_value();
        left = joined(kind, std::move(left));
        left.children.push_back(std::move(right));
    }
    while (links-- > 0) leave();
    return left;
}

Result<Node> Parser::term() {
    if (at_symbol("(")) return parenthesised();
    if (at_symbol("[")) return list();
    if (at_symbol("{")) return map();
    if (at_symbol("<<")) return set();
    if (at_symbol("-") || at_symbol("+")) return signed_number();
    if (peek().kind == TokenKind::parameter) {
        next();
        Node out;
        out.kind = NodeKind::parameter;
        out.parameter = parameters_++;
        return out;
    }
    if (peek().kind == TokenKind::word && peek_next().kind == TokenKind::symbol &&
        peek_next().text == "(" && !is_keyword(peek().text)) {
        return call();
    }
    if (at_name()) {
        Node out;
        out.kind = NodeKind::path;
        CARILLON_TRY(out.path, path());
        return out;
    }
    return literal();
}

Result<Node> Parser::parenthesised() {
    CARILLON_TRY_VOID(enter());
    next();
    CARILLON_TRY(Node inner, expression());
    CARILLON_TRY_VOID(expect_symbol(")", "RIGHT_PAREN"));
    leave();
    return inner;
}

Result<Node> Parser::literal() {
    const Token token = peek();
    if (token.kind == TokenKind::text) {
        next();
        return literal_of(Value(token.text));
    }
    if (token.kind == TokenKind::number) {
        next();
        return number(token.text);
    }
    if (accept_word("TRUE")) return literal_of(Value(true));
    if (accept_word("FALSE")) return literal_of(Value(false));
    if (accept_word("NULL")) return literal_of(Value(Null{}));
    return unexpected_term();
}

Result<Node> Parser::signed_number() {
    const bool negative = at_symbol("-");
    next();
    if (peek().kind != TokenKind::number) return unexpected_term();
    const std::string text = (negative ? "-" : "") + peek().text;
    next();
    return number(text);
}

Result<Node> Parser::number(const std::string& text) const {
    if (!is_readable(text)) return malformed("");
    auto parsed = Number::parse(text);
    if (!parsed) return fail(Errc::invalid, parsed.error().message + " under " + inside_);
    return literal_of(Value(*parsed));
}

Result<> Parser::elements(std::vector<Node>& out,
                          std::string_view closing,
                          std::string_view expected) {
    CARILLON_TRY_VOID(enter());
    if (!at_symbol(closing)) {
        const std::size_t outside = inside_.size();
        std::size_t position = 0;
        do {
            if (closing == "]") inside_ += "[" + std::to_string(position++) + "]";
            CARILLON_TRY(Node element, sum());
            if (is_condition(element)) return not_a_value();
            out.push_back(std::move(element));
            inside_.resize(outside);
        } while (accept_symbol(","));
    }
    CARILLON_TRY_VOID(expect_symbol(closing, expected));
    leave();
    return {};
}

Result<Node> Parser::list() {
    next();
    Node out;
    out.kind = NodeKind::list;
    CARILLON_TRY_VOID(elements(out.children, "]", "RIGHT_BRACKET"));
    return out;
}

Result<Node> Parser::set() {
    next();
    Node out;
    out.kind = NodeKind::set;
    CARILLON_TRY_VOID(elements(out.children, ">>", "RIGHT_DOUBLE_ANGLE_BRACKET"));
    return out;
}

Result<Node> Parser::map() {
    CARILLON_TRY_VOID(enter());
    next();
    Node out;
    out.kind = NodeKind::map;
    const bool is_item = std::exchange(item_follows_, false);
    const std::size_t outside = inside_.size();
    if (!at_symbol("}")) {
        do {
            const Token name = peek();
            if (name.kind != TokenKind::text && name.kind != TokenKind::quoted) {
                return unexpected_term();
            }
            next();
            CARILLON_TRY_VOID(expect_symbol(":", "COLON"));
            if (!is_item) inside_.append(".").append(name.text);
            CARILLON_TRY(Node value, sum());
            inside_.resize(outside);
            if (is_condition(value)) return not_a_value();
            value.name = name.text;
            out.children.push_back(std::move(value));
        } while (accept_symbol(","));
    }
    CARILLON_TRY_VOID(expect_symbol("}", "RIGHT_CURLY"));
    leave();
    return out;
}

Result<Node> Parser::call() {
    const Token word = peek();
    Node out;
    out.kind = NodeKind::call;
    out.name = to_lower(word.text);
    const auto* rule =
        std::ranges::find(functions, std::string_view(out.name), &FunctionRule::name);
    out.place = place_of(text_, word);
    if (rule == std::end(functions) || (in_where_ && changes_set(out.name))) {
        return fail(Errc::invalid, "Unrecognized function: " + out.name + " at " + out.place);
    }
    next();
    next();
    out.operand_place = place_of(text_, peek());
    CARILLON_TRY_VOID(elements(out.children, ")", "RIGHT_PAREN"));
    if (changes_set(out.name) && out.children.size() != rule->operands) {
        return fail(Errc::invalid,
                    (out.name == "set_add" ? "SET_ADD" : "SET_DELETE") +
                        std::string(" must have exactly two arguments at ") + out.place);
    }
    if (out.children.size() != rule->operands) {
        return fail(
            Errc::invalid,
            "Incorrect number of operands for operator or function; operator or function: " +
                out.name + ", number of operands: " + std::to_string(out.children.size()));
    }
    CARILLON_TRY_VOID(check_call(out));
    return out;
}

Result<> Parser::check_call(const Node& call) const {
    const bool asks_for_presence =
        call.name == "attribute_exists" || call.name == "attribute_not_exists";
    if (!asks_for_presence || call.children[0].kind == NodeKind::path) return {};
    return fail(
        Errc::invalid,
        "Operator or function requires a document path; operator or function: " + call.name);
}

Result<Path> Parser::path() {
    if (!at_name()) return unexpected_term();
    Path out;
    out.push_back({peek().text});
    next();
    while (at_symbol(".") || at_symbol("[")) CARILLON_TRY_VOID(path_step(out));
    return out;
}

Result<> Parser::path_step(Path& path) {
    if (accept_symbol(".")) {
        // Behind a dot a word is a name, whatever else it is.
        if (peek().kind != TokenKind::word && peek().kind != TokenKind::quoted) {
            return malformed("Invalid path dot component");
        }
        path.push_back({peek().text});
        next();
        return {};
    }
    next();
    // `a['b']` is `a.b`.
    if (peek().kind == TokenKind::text) {
        path.push_back({peek().text});
    } else {
        const std::string& digits = peek().text;
        std::int64_t index = 0;
        const char* end = digits.data() + digits.size();
        const auto [stopped, error] = std::from_chars(digits.data(), end, index);
        if (peek().kind != TokenKind::number || error != std::errc{} || stopped != end ||
            index > std::numeric_limits<std::int32_t>::max()) {
            return malformed("Invalid path component");
        }
        path.push_back({{}, index});
    }
    next();
    return expect_symbol("]", "RIGHT_BRACKET");
}

}  // namespace carillon::dynamo::partiql
