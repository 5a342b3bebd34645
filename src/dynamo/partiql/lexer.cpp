#include "dynamo/partiql/lexer.hpp"

#include <algorithm>

namespace carillon::dynamo::partiql {

namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '@';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

class Lexer {
public:
    explicit Lexer(std::string_view statement) : statement_(statement) {}

    std::vector<Token> run() {
        std::vector<Token> tokens;
        do {
            skip_blanks();
            tokens.push_back(next());
        } while (tokens.back().kind != TokenKind::end);
        return tokens;
    }

private:
    [[nodiscard]] char at(std::size_t place) const {
        return place < statement_.size() ? statement_[place] : '\0';
    }

    [[nodiscard]] bool starts(std::string_view text) const {
        return statement_.substr(at_).starts_with(text);
    }

    template <class Predicate>
    [[nodiscard]] std::size_t run_end(std::size_t from, Predicate belongs) const {
        while (from < statement_.size() && belongs(statement_[from])) ++from;
        return from;
    }

    void skip_blanks() {
        while (true) {
            at_ = run_end(at_, is_space);
            if (starts("--")) {
                at_ = run_end(at_, [](char c) { return c != '\n'; });
            } else if (starts("/*")) {
                const std::size_t end = statement_.find("*/", at_ + 2);
                // One without an end is left for next() to report.
                if (end == std::string_view::npos) return;
                at_ = end + 2;
            } else {
                return;
            }
        }
    }

    Token take(TokenKind kind, std::size_t end) {
        Token token{kind, std::string(statement_.substr(at_, end - at_)), at_, end - at_};
        at_ = end;
        return token;
    }

    Token next() {
        if (at_ >= statement_.size()) return {TokenKind::end, {}, statement_.size(), 0};
        const char c = statement_[at_];
        if (starts("/*")) return take(TokenKind::broken, statement_.size());
        if (c == '\'') return quoted(TokenKind::text);
        if (c == '"') return quoted(TokenKind::quoted);
        if (c == '?') return take(TokenKind::parameter, at_ + 1);
        if (is_digit(c) || starts_fraction()) return take(TokenKind::number, number_end());
        if (is_letter(c)) {
            return take(TokenKind::word,
                        run_end(at_, [](char d) { return is_letter(d) || is_digit(d); }));
        }
        for (const std::string_view two : {"<<", ">>", "<=", ">=", "<>", "!=", "||"}) {
            if (starts(two)) return take(TokenKind::symbol, at_ + 2);
        }
        // A character outside ASCII stays whole.
        return take(TokenKind::symbol, run_end(at_ + 1, continues_character));
    }

    Token quoted(TokenKind kind) {
        const char quote = statement_[at_];
        std::string decoded;
        for (std::size_t place = at_ + 1; place < statement_.size(); ++place) {
            if (statement_[place] != quote) {
                decoded += statement_[place];
            } else if (at(place + 1) == quote) {
                decoded += quote;
                ++place;
            } else {
                Token token = take(kind, place + 1);
                token.text = std::move(decoded);
                return token;
            }
        }
        return take(TokenKind::broken, statement_.size());
    }

    /// `.5`, where it is no step of a path.
    [[nodiscard]] bool starts_fraction() const {
        if (at(at_) != '.' || !is_digit(at(at_ + 1))) return false;
        const char before = at_ > 0 ? statement_[at_ - 1] : ' ';
        return !is_letter(before) && !is_digit(before) && before != '"' && before != ']';
    }

    [[nodiscard]] std::size_t number_end() const {
        std::size_t end = run_end(at_, is_digit);
        if (at(end) == '.' && is_digit(at(end + 1))) end = run_end(end + 1, is_digit);
        if (at(end) != 'e' && at(end) != 'E') return end;
        const std::size_t digits = at(end + 1) == '+' || at(end + 1) == '-' ? end + 2 : end + 1;
        return is_digit(at(digits)) ? run_end(digits, is_digit) : end;
    }

    std::string_view statement_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<Token> lex(std::string_view statement) {
    return Lexer(statement).run();
}

std::string place_of(std::string_view statement, const Token& token) {
    const std::string_view before = statement.substr(0, token.offset);
    const auto lines = std::ranges::count(before, '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0.
    return std::to_string(lines + 1) + ":" + std::to_string(token.offset - line_start + 1) + ":" +
           std::to_string(token.length);
}

}  // namespace carillon::dynamo::partiql
