#include "core/random.hpp"
#include "dynamo/partiql/lexer.hpp"
#include "dynamo/partiql/statement.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo::partiql {

namespace {

constexpr std::string_view prefix = "Statement wasn't well formed, can't be processed: ";

std::string error_of(std::string_view text) {
    const auto parsed = parse(text);
    if (parsed) return "parsed";
    EXPECT_EQ(parsed.error().code, Errc::invalid) << text;
    const std::string_view message = parsed.error().message;
    return std::string(message.starts_with(prefix) ? message.substr(prefix.size()) : message);
}

Select select_of(std::string_view text) {
    auto parsed = parse(text);
    if (!parsed) {
        ADD_FAILURE() << text << ": " << parsed.error().message;
        return {};
    }
    return std::get<Select>(std::move(parsed->body));
}

TEST(Parse, AcceptsEveryStatement) {
    const char* const statements[] = {
        "SELECT * FROM Music",
        "select * from Music",
        "SELECT * FROM \"Music\";",
        "SELECT a, b.c, d[0].e, \"f g\"['h'] FROM \"Music\".\"by_artist\"",
        "SELECT * FROM Music WHERE a = 1 AND b <> 'x' OR NOT (c < 2.5 AND d >= -1e3)",
        "SELECT * FROM Music WHERE a != 1",
        "SELECT * FROM Music WHERE a BETWEEN 1 AND 2 AND b NOT BETWEEN 3 AND 4",
        "SELECT * FROM Music WHERE a IN [1, 2] AND b NOT IN (3, ?) AND c IN <<'x'>> AND d IN ?",
        "SELECT * FROM Music WHERE a IS MISSING AND b IS NOT MISSING",
        "SELECT * FROM Music WHERE a IS NULL AND b IS NOT NULL",
        "SELECT * FROM Music WHERE begins_with(a, 'x') AND CONTAINS(b, ?)",
        "SELECT * FROM Music WHERE attribute_type(a, 'S') AND size(b) > 3",
        "SELECT * FROM Music WHERE a = TRUE AND b = false AND c = NuLl",
        "SELECT * FROM Music WHERE a = [1, 'b', {'c': <<1, 2>>}]",
        "SELECT * FROM Music WHERE 'x' = a",
        "SELECT * FROM Music WHERE a = 1 ORDER BY a",
        "SELECT * FROM Music WHERE a = 1 ORDER BY a ASC, b DESC",
        "SELECT -- a comment\n * /* and\n another */ FROM Music",
        "SELECT size FROM Music WHERE size.order = 1",
        "INSERT INTO Music VALUE {'a': 1, 'b': ?, \"c\": {}}",
        "INSERT INTO \"Music\" value ?",
        "UPDATE Music SET a = 1 WHERE k = 1",
        "UPDATE Music SET a = 1, b = 2 SET c.d[0] = c.d[1] REMOVE e REMOVE f[0], g WHERE k = 1",
        "UPDATE Music SET a = a + 1 - ? WHERE k = 1",
        "UPDATE Music SET a = list_append(a, [1]), b = set_add(b, <<1>>) WHERE k = 1",
        "UPDATE Music SET c = set_delete(c, ?) WHERE k = 1 RETURNING ALL OLD *",
        "UPDATE Music SET a = 1 WHERE k = 1 RETURNING MODIFIED NEW *",
        "DELETE FROM Music WHERE k = 1",
        "DELETE FROM Music WHERE k = 1 RETURNING ALL OLD *",
        "EXISTS(SELECT * FROM Music WHERE k = 1 AND a IS MISSING)",
        "SELECT * FROM Music WHERE k = .73e1 AND n = -.5 AND NOT attribute_exists(a.b)",
    };
    for (const char* const text : statements) EXPECT_EQ(error_of(text), "parsed") << text;
}

TEST(Parse, RefusesWithDynamoDbsWords) {
    struct Case {
        const char* text;
        const char* error;
    };

    const Case cases[] = {
        {"", "Expected data manipulation"},
        {"   ", "Expected data manipulation"},
        {"NOT A STATEMENT", "Expected data manipulation"},
        {"\"SELECT\" * FROM t", "Expected data manipulation"},
        {"UPDATE Payment-x SET a = 1 WHERE k = 1", "Expected data manipulation"},
        {"UPDATE t WHERE k = 1", "Expected data manipulation"},
        {"SELECT", "Unexpected term"},
        {"SELECT FROM t", "Unexpected keyword"},
        {"SELECT a b FROM t", "Expected FROM"},
        {"SELECT * FROM", "Unexpected term"},
        {"SELECT * FROM 'Music'", "Unexpected term"},
        {"SELECT * FROM t.", "Invalid path dot component"},
        {"SELECT * FROM t, u", "Only one table can be read by a statement"},
        {"SELECT * FROM t WHERE", "Unexpected term"},
        {"SELECT * FROM t WHERE a", "Expected a condition"},
        {"SELECT * FROM t WHERE 5", "Expected a condition"},
        {"SELECT * FROM t WHERE a = 1 AND b", "Expected a condition"},
        {"SELECT * FROM t WHERE NOT a", "Expected a condition"},
        {"SELECT * FROM t WHERE a = ", "Unexpected term"},
        {"SELECT * FROM t WHERE a = WHERE", "Unexpected keyword"},
        {"SELECT * FROM t WHERE a = MISSING", "Unexpected keyword"},
        {"SELECT * FROM t WHERE (a = 1", "Expected RIGHT_PAREN"},
        {"SELECT * FROM t WHERE (a = 1) = 2", "Unexpected condition"},
        {"SELECT * FROM t WHERE a = (b = 2)", "Unexpected condition"},
        {"SELECT * FROM t WHERE a = 'x", ""},
        {"SELECT * FROM t WHERE a = 1 /* never ends", ""},
        {"SELECT * FROM t WHERE a = 1 # note", ""},
        {"SELECT * FROM t WHERE a = 1e2147483648", ""},
        {"SELECT * FROM t WHERE a = 1.5e-2147483647", ""},
        {"INSERT INTO t x VALUE {'k': 1}", "Unexpected token after expression"},
        {"SELECT * FROM t WHERE a = 1 garbage", "Unexpected token after expression"},
        {"SELECT * FROM t; SELECT * FROM t", "Unexpected token after expression"},
        {"SELECT * FROM t WHERE a IN 5", "Unexpected term"},
        {"SELECT * FROM t WHERE a IN []", "The IN operator needs at least one value"},
        {"SELECT * FROM t WHERE a IN [1", "Expected RIGHT_BRACKET"},
        {"SELECT * FROM t WHERE a BETWEEN 1", "Expected AND"},
        {"SELECT * FROM t WHERE a IS 5", "Unexpected term"},
        {"SELECT * FROM t WHERE 5 IS MISSING", "IS needs an attribute"},
        {"SELECT * FROM t WHERE a NOT 5", "Unexpected term"},
        {"SELECT * FROM t WHERE a. = 1", "Invalid path dot component"},
        {"SELECT * FROM t WHERE a[x] = 1", "Invalid path component"},
        {"SELECT * FROM t WHERE a[-1] = 1", "Invalid path component"},
        {"SELECT * FROM t WHERE a[99999999999] = 1", "Invalid path component"},
        {"SELECT * FROM t WHERE a[0 = 1", "Expected RIGHT_BRACKET"},
        {"SELECT * FROM t WHERE a = 1 LIMIT 5", "Unsupported clause: LIMIT at 1:29:5"},
        {"SELECT * FROM t\nGROUP BY a", "Unsupported clause: GROUP BY at 2:1:5"},
        {"SELECT COUNT(*) FROM t", "Unexpected path component at 1:8:5"},
        {"SELECT * FROM t WHERE Upper(a) = 'A'", "Unrecognized function: upper at 1:23:5"},
        {"SELECT * FROM t WHERE EXISTS(a)", "Unrecognized function: exists at 1:23:6"},
        {"SELECT * FROM t WHERE set_add(a, <<1>>) = a", "Unrecognized function: set_add at 1:23:7"},
        {"UPDATE t SET a = set_add(a) WHERE k = 1",
         "SET_ADD must have exactly two arguments at 1:18:7"},
        {"SELECT * FROM t WHERE attribute_exists('a')",
         "Operator or function requires a document path; operator or function: attribute_exists"},
        {"SELECT * FROM t WHERE attribute_exists()",
         "Incorrect number of operands for operator or function; operator or function: "
         "attribute_exists, number of operands: 0"},
        {"SELECT * FROM t AS x", "Aliasing is not supported"},
        {"UPDATE t x SET a = 1 WHERE k = 1", "Aliasing is not supported"},
        {"DELETE FROM t x WHERE k = 1", "Aliasing is not supported"},
        {"SELECT * FROM t WHERE a = 1e126",
         "Number overflow. Attempting to store a number with magnitude larger than supported range "
         "under root"},
        {"INSERT INTO t VALUE {'k': 1e-131}",
         "Number underflow. Attempting to store a number with magnitude smaller than supported "
         "range under root"},
        {"INSERT INTO t VALUE {'k': 1, 'm': {'x': [1, 1e126]}}",
         "Number overflow. Attempting to store a number with magnitude larger than supported range "
         "under root.x[1]"},
        {"SELECT * FROM t WHERE a LIKE 'x%'", "Unsupported operator: LIKE at 1:25:4"},
        {"SELECT * FROM t WHERE begins_with(a)",
         "Incorrect number of operands for operator or function; operator or function: "
         "begins_with, number of operands: 1"},
        {"SELECT * FROM t ORDER a", "Expected BY"},
        {"SELECT * FROM t ORDER BY", "Unexpected term"},
        {"INSERT INTO t (a, b) VALUES (1, 2)", "Expected VALUE"},
        {"INSERT INTO t VALUE 'x'", "Unexpected term"},
        {"INSERT INTO t VALUE {'a' 1}", "Expected COLON"},
        {"INSERT INTO t VALUE {a: 1}", "Unexpected term"},
        {"INSERT INTO t VALUE {'a': 1", "Expected RIGHT_CURLY"},
        {"INSERT INTO t VALUE {'a': <<1}", "Expected RIGHT_DOUBLE_ANGLE_BRACKET"},
        {"INSERT INTO t.i VALUE {}", "An index cannot be written to"},
        {"INSERT t VALUE {}", "Expected INTO"},
        {"UPDATE t SET a WHERE k = 1", "Expected EQ"},
        {"UPDATE t SET a = b = c WHERE k = 1", "Unexpected token after expression"},
        {"UPDATE t SET a = 1 WHERE k = 1 RETURNING", "Expected MODIFIED"},
        {"UPDATE t SET a = 1 WHERE k = 1 RETURNING ALL", "Expected NEW"},
        {"UPDATE t SET a = 1 WHERE k = 1 RETURNING ALL OLD", "Expected STAR"},
        {"DELETE t WHERE k = 1", "Expected FROM"},
        {"DELETE FROM t WHERE k = 1 RETURNING ALL NEW *", "DELETE can only return ALL OLD *"},
        {"EXISTS(DELETE FROM t WHERE k = 1)", "Unexpected keyword"},
        {"EXISTS(SELECT * FROM t WHERE k = 1", "Expected RIGHT_PAREN"},
    };
    for (const Case& c : cases) EXPECT_EQ(error_of(c.text), c.error) << c.text;
}

TEST(Parse, KnowsTables) {
    struct Case {
        const char* from;
        const char* table;
        const char* index;
    };

    const Case cases[] = {
        {"t", "t", ""},
        {"\"my-table.1\"", "my-table.1", ""},
        {"\"t\".\"i\"", "t", "i"},
        {"t.i", "t", "i"},
        {"\"arn:aws:dynamodb:eu-west-1:1:table/t\"", "t", ""},
        {"\"arn:aws:dynamodb:eu-west-1:1:table/t\".i", "t", "i"},
        {"\"arn:aws:dynamodb:eu-west-1:1:table/t/index/i\"", "t", "i"},
    };
    for (const Case& c : cases) {
        const Select select = select_of(std::string("SELECT * FROM ") + c.from);
        EXPECT_EQ(select.from.table, c.table) << c.from;
        EXPECT_EQ(select.from.index.value_or(""), c.index) << c.from;
    }
}

TEST(Parse, DecodesLiterals) {
    struct Case {
        const char* text;
        Value value;
    };

    const Case cases[] = {
        {"'it''s'", "it's"},
        {"''", ""},
        {"'\"'", "\""},
        {"'-- no comment'", "-- no comment"},
        {"'?'", "?"},
        {"1", 1},
        {"-1", -1},
        {"+1", 1},
        {"1.50", Number::parse("1.5").value()},
        {"1e2", 100},
        {"25E-1", Number::parse("2.5").value()},
        {"true", true},
        {"FALSE", false},
        {"null", Null{}},
    };
    for (const Case& c : cases) {
        const Select select = select_of(std::string("SELECT * FROM t WHERE a = ") + c.text);
        ASSERT_TRUE(select.where) << c.text;
        EXPECT_EQ(select.where->children.at(1).value, c.value) << c.text;
    }
}

TEST(Parse, RefusesNumbersThatDynamoDbCannotHold) {
    EXPECT_EQ(error_of("SELECT * FROM t WHERE a = 1e200"),
              "Number overflow. Attempting to store a number with magnitude larger than supported "
              "range under root");
    EXPECT_EQ(error_of("SELECT * FROM t WHERE a = 123456789012345678901234567890123456789"),
              "Attempting to store more than 38 significant digits in a Number under root");
}

TEST(Parse, CountsParametersInOrder) {
    const auto parsed =
        parse("SELECT * FROM t WHERE a = ? AND b IN [?, '?'] AND c BETWEEN ? AND ?");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->parameters, 4U);
    const Node& where = *std::get<Select>(parsed->body).where;
    EXPECT_EQ(where.children[0].children[1].parameter, 0U);
    EXPECT_EQ(where.children[1].children[1].parameter, 1U);
    EXPECT_EQ(where.children[2].children[2].parameter, 3U);
}

TEST(Parse, BindsAndTighterThanOr) {
    const Select select = select_of("SELECT * FROM t WHERE a = 1 OR b = 2 AND NOT c = 3");
    EXPECT_EQ(select.where->kind, NodeKind::any);
    EXPECT_EQ(select.where->children[1].kind, NodeKind::all);
    EXPECT_EQ(select.where->children[1].children[1].kind, NodeKind::negation);
}

TEST(Parse, SaysWhatReads) {
    EXPECT_TRUE(parse("SELECT * FROM t")->reads());
    EXPECT_FALSE(parse("DELETE FROM t WHERE k = 1")->reads());
    EXPECT_FALSE(parse("EXISTS(SELECT * FROM t WHERE k = 1)")->reads());
}

TEST(Parse, BoundsNestingAndLength) {
    const auto nested = [](std::size_t depth, const char* open, const char* close) {
        std::string text = "SELECT * FROM t WHERE a = ";
        for (std::size_t i = 0; i < depth; ++i) text += open;
        text += "1";
        for (std::size_t i = 0; i < depth; ++i) text += close;
        return text;
    };
    EXPECT_EQ(error_of(nested(nesting_max, "[", "]")), "parsed");
    EXPECT_EQ(error_of(nested(nesting_max + 1, "[", "]")), "Nesting is too deep");
    EXPECT_EQ(error_of(nested(4'000, "(", ")")), "Nesting is too deep");
    EXPECT_EQ(error_of(nested(1'000, "{'a':", "}")), "Nesting is too deep");
    EXPECT_EQ(error_of(nested(2'000, "<<", ">>")), "Nesting is too deep");
    EXPECT_EQ(error_of(nested(1, "1+1+1+1+1+1+", "")), "parsed");
    EXPECT_EQ(error_of(nested(2'000, "1+", "")), "Nesting is too deep");
    EXPECT_EQ(error_of("SELECT * FROM t WHERE a = '" + std::string(8'192, 'x') + "'"),
              "The statement is longer than 8192 characters");
}

// Whatever stands in a statement, parsing ends, and says what it did.
TEST(Parse, SurvivesRandomTokens) {
    constexpr std::uint64_t seed = 20'26;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    const char* const parts[] = {"SELECT", "*",      "FROM",  "t",     "WHERE",   "a",    "=",
                                 "1",      "'x'",    "(",     ")",     "[",       "]",    "{",
                                 "}",      "<<",     ">>",    ",",     ".",       ":",    "?",
                                 "AND",    "OR",     "NOT",   "IN",    "IS",      "SET",  "<",
                                 "-",      "+",      "ORDER", "BY",    "INSERT",  "INTO", "VALUE",
                                 "UPDATE", "DELETE", "\"q\"", "size(", "\xC3\xA9"};
    for (int round = 0; round < 20'000; ++round) {
        std::string text = random.next() % 2 == 0 ? "SELECT * FROM t WHERE " : "UPDATE t SET ";
        const std::size_t length = random.next() % 20;
        for (std::size_t i = 0; i < length; ++i) {
            text.append(parts[random.next() % std::size(parts)]).append(" ");
        }
        const auto parsed = parse(text);
        if (!parsed) EXPECT_FALSE(parsed.error().message.empty()) << text;
    }
}

TEST(Parse, SurvivesRandomBytes) {
    constexpr std::uint64_t seed = 7;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    for (int round = 0; round < 20'000; ++round) {
        std::string text = "SELECT * FROM t WHERE a = ";
        const std::size_t length = random.next() % 12;
        for (std::size_t i = 0; i < length; ++i) text += static_cast<char>(random.next() & 0xFF);
        (void)parse(text);
    }
}

TEST(PlaceOf, CountsLinesAndColumns) {
    const std::string text = "SELECT *\nFROM t\n  LIMIT";
    const std::vector<Token> tokens = lex(text);
    EXPECT_EQ(place_of(text, tokens[0]), "1:1:6");
    EXPECT_EQ(place_of(text, tokens[2]), "2:1:4");
    EXPECT_EQ(place_of(text, tokens[4]), "3:3:5");
}

}  // namespace

}  // namespace carillon::dynamo::partiql
