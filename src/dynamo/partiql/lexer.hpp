// Cuts a PartiQL statement into tokens.
//
// Apart from the parser because quoting, comments and numbers have rules of their own. Quoted names
// and strings are decoded here ('' and "" stand for one quote); what starts no token becomes one
// that the parser refuses, so cutting never fails.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::dynamo::partiql {

enum class TokenKind : std::uint8_t {
    word,       ///< `abc_1`: an attribute or table name, a keyword or a function.
    quoted,     ///< `"abc"`: a name, whatever it looks like.
    text,       ///< `'abc'`
    number,     ///< `1`, `1.5`, `1e10`; never signed.
    parameter,  ///< `?`
    symbol,     ///< `=`, `<>`, `<<`, `(` ... or any other character.
    broken,     ///< A quote or comment that does not end.
    end,
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text{};  ///< Decoded.
    std::size_t offset = 0;
    std::size_t length = 0;  ///< In the statement.
};

/// Ends with one `end` token.
[[nodiscard]] std::vector<Token> lex(std::string_view statement);

/// `LINE:COLUMN:LENGTH` of a token, as DynamoDB shows places; both count from one.
[[nodiscard]] std::string place_of(std::string_view statement, const Token& token);

}  // namespace carillon::dynamo::partiql
