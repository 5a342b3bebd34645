#include "dynamo/expression/lexer.hpp"

#include <algorithm>

namespace carillon::dynamo {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_word_part(char c) {
    return is_letter(c) || is_digit(c) || c == '_';
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

template <class Predicate>
std::size_t run_end(std::string_view text, std::size_t from, Predicate belongs) {
    while (from < text.size() && belongs(text[from])) ++from;
    return from;
}

std::size_t symbol_end(std::string_view text, std::size_t at) {
    const std::string_view two = text.substr(at, 2);
    if (two == "<>" || two == "<=" || two == ">=") return at + 2;
    // A character outside ASCII stays whole, so that error texts remain UTF-8.
    return run_end(
        text, at + 1, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; });
}

}  // namespace

std::vector<Token> lex(std::string_view text) {
    std::vector<Token> tokens;
    std::size_t at = 0;
    while (true) {
        at = run_end(text, at, is_space);
        if (at == text.size()) break;
        const char c = text[at];
        TokenKind kind = TokenKind::symbol;
        std::size_t end = at;
        if (is_letter(c)) {
            kind = TokenKind::word;
            end = run_end(text, at, is_word_part);
        } else if (is_digit(c)) {
            kind = TokenKind::number;
            end = run_end(text, at, is_digit);
        } else if ((c == '#' || c == ':') && at + 1 < text.size() && is_word_part(text[at + 1])) {
            kind = c == '#' ? TokenKind::name : TokenKind::value;
            end = run_end(text, at + 1, is_word_part);
        } else {
            end = symbol_end(text, at);
        }
        tokens.push_back({kind, text.substr(at, end - at), at});
        at = end;
    }
    tokens.push_back({TokenKind::end, text.substr(text.size()), text.size()});
    return tokens;
}

std::string syntax_error_text(std::string_view text,
                              const std::vector<Token>& tokens,
                              std::size_t at) {
    const Token& token = tokens[at];
    const Token& first = at > 0 ? tokens[at - 1] : token;
    // What follows the token is shown, but for its end the expression shows only what came before.
    const bool has_next = at + 1 < tokens.size() && tokens[at + 1].kind != TokenKind::end;
    const Token& last = token.kind == TokenKind::end ? first : has_next ? tokens[at + 1] : token;

    std::string message = "Syntax error; token: \"";
    message += token.kind == TokenKind::end ? std::string_view("<EOF>") : token.text;
    message += "\", near: \"";
    message += text.substr(first.offset, last.offset + last.text.size() - first.offset);
    message += '"';
    return message;
}

bool equal_words(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace carillon::dynamo
