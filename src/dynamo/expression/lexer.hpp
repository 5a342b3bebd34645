// Cuts an expression into tokens, and words DynamoDB's syntax errors.
//
// Apart from the parsers because all expression kinds share it. A character that starts no token is
// a symbol of its own: the parser that meets it reports it, so cutting never fails.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::dynamo {

enum class TokenKind : std::uint8_t {
    word,    ///< `abc_1`: an attribute name, a keyword or a function; begins with a letter.
    name,    ///< `#n`
    value,   ///< `:v`
    number,  ///< A list index.
    symbol,  ///< `=`, `<>`, `(` ... or any other character.
    end,
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::string_view text{};  ///< Into the expression.
    std::size_t offset = 0;
};

/// Ends with one `end` token. The tokens point into `text`.
[[nodiscard]] std::vector<Token> lex(std::string_view text);

/// `Syntax error; token: "T", near: "..."`, with the neighbours of the token as DynamoDB shows
/// them.
[[nodiscard]] std::string syntax_error_text(std::string_view text,
                                            const std::vector<Token>& tokens,
                                            std::size_t at);

/// ASCII letters without case; keywords are compared so.
[[nodiscard]] bool equal_words(std::string_view left, std::string_view right);

}  // namespace carillon::dynamo
