// Hostile text: whatever comes in, a parser answers with a result or an `invalid` error whose text
// is short, and what it accepts can be evaluated.

#include "core/random.hpp"
#include "dynamo/expression/expression.hpp"

#include <gtest/gtest.h>

#include <array>

namespace carillon::dynamo {
namespace {

const ExpressionNames names = {{"#a", "alpha"}, {"#b", "beta"}};
const ExpressionValues values = {
    {":n", 1}, {":s", "text"}, {":l", List{Value(1)}}, {":ss", Value::string_set({"a"})}};
const Item item{{"a", 1},
                {"alpha", "text"},
                {"b", List{Value(1), Map{{"c", 2}}}},
                {"c", Map{{"d", Value::string_set({"a", "b"})}}}};

constexpr auto seeds = std::to_array<std::string_view>({
    "a = :n AND (b <> :s OR NOT c < d) AND e BETWEEN :n AND :s AND f IN (:n, :s, g)",
    "attribute_exists(a.b[1].c) AND contains(#a, :s) OR begins_with(#b, :s) AND size(a) > :n",
    "((a = :n) AND ((b = :n)))",
    "attribute_type(a, :s) OR attribute_not_exists(b[0]) OR (a) = ((:n))",
    "SET a = :n, b[1].c = if_not_exists(c, :n) + :n REMOVE c.d, b[0] ADD f :n DELETE g :ss",
    "SET #a = list_append(if_not_exists(#b, :l), :l), c.x = (a - :n) ADD c.d :ss",
    "DELETE c.d :ss REMOVE b[0], b[1].c, b[9] SET b[20] = :n, b[10] = :s",
    "a, b[0], b[1].c, c.d, #a, #b.x[3].y",
    "a = :n AND begins_with(b, :s)",
});

constexpr auto pieces = std::to_array<std::string_view>({
    "(",
    ")",
    "[",
    "]",
    ".",
    ",",
    "=",
    "<>",
    "<",
    "<=",
    "+",
    "-",
    "AND",
    "OR",
    "NOT",
    "IN",
    "SET",
    "REMOVE",
    "ADD",
    "DELETE",
    "#a",
    ":n",
    ":s",
    "size",
    "size(",
    "a",
    "b[0]",
    "99999999999999999999",
    "0",
    "\xFF",
    "\xC3",
    "_",
    "'",
    "\"",
    "\n",
    " ",
    "#",
    ":",
    "!",
    "((((",
    "NOT NOT ",
    "list_append(",
    "if_not_exists(",
    "BETWEEN",
    "contains(",
});

/// Mostly one that expressions are made of.
char any_character(Random& random) {
    constexpr std::string_view usual = "abcdn :#.,()[]=<>01+-";
    if (random.below(4) == 0) return static_cast<char>(random.below(256));
    return usual[random.below(usual.size())];
}

std::string mutated(std::string text, Random& random) {
    for (auto times = 1 + random.below(2); times > 0; --times) {
        const std::size_t at = random.below(text.size() + 1);
        switch (random.below(5)) {
            case 0:
                text.insert(at, pieces[random.below(pieces.size())]);
                break;
            case 1:
                text.erase(at, random.below(8));
                break;
            case 2:
                if (at < text.size()) text[at] = any_character(random);
                break;
            case 3: {
                const std::string part = text.substr(at, random.below(40));
                for (auto copies = random.below(4); copies > 0; --copies) text.insert(at, part);
                break;
            }
            default: {
                const std::string_view other = seeds[random.below(seeds.size())];
                text.insert(at, other.substr(random.below(other.size()), random.below(30)));
                break;
            }
        }
    }
    return text;
}

void expect_reasonable(const Error& error, const std::string& text) {
    EXPECT_EQ(error.code, Errc::invalid) << text;
    EXPECT_FALSE(error.message.empty()) << text;
    EXPECT_LT(error.message.size(), 20'000U) << text;
}

/// How many of the four parsers accepted the text.
int exercise(const std::string& text) {
    int accepted = 0;
    if (const auto condition = Condition::parse(text, names)) {
        ++accepted;
        const auto checked = condition->check(values);
        const auto answer = condition->holds(item, values);
        if (checked) EXPECT_TRUE(answer) << text;
    } else {
        expect_reasonable(condition.error(), text);
    }
    if (const auto update = Update::parse(text, names)) {
        ++accepted;
        [[maybe_unused]] const auto checked = update->check(values);
        Item copy = item;
        std::vector<Path> touched;
        if (const auto done = update->apply(copy, values, &touched); !done) {
            expect_reasonable(done.error(), text);
            EXPECT_EQ(copy, item) << text;
        }
    } else {
        expect_reasonable(update.error(), text);
    }
    if (const auto projection = Projection::parse(text, names)) {
        ++accepted;
        EXPECT_LE(projection->apply(item).size(), item.size()) << text;
    } else {
        expect_reasonable(projection.error(), text);
    }
    if (const auto key = parse_key_condition(text, names, values, "a", "b"); key) {
        ++accepted;
    } else {
        expect_reasonable(key.error(), text);
    }
    return accepted;
}

TEST(Robustness, SurvivesMutatedExpressions) {
    constexpr std::uint64_t seed = 20'250'101;
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    SeededRandom random(seed);
    int accepted = 0;
    for (int round = 0; round < 15'000 && !testing::Test::HasFailure(); ++round) {
        accepted += exercise(mutated(std::string(seeds[random.below(seeds.size())]), random));
    }
    // Mutations that break everything would reach only the lexer.
    EXPECT_GT(accepted, 1'000);
}

TEST(Robustness, SurvivesRandomSequencesOfTokens) {
    constexpr std::uint64_t seed = 7;
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    SeededRandom random(seed);
    for (int round = 0; round < 10'000 && !testing::Test::HasFailure(); ++round) {
        std::string text;
        for (auto count = random.below(30); count > 0; --count) {
            text += pieces[random.below(pieces.size())];
            if (random.below(2) == 0) text += ' ';
        }
        exercise(text);
    }
}

TEST(Robustness, SurvivesTextThatIsAllNesting) {
    const auto filled = [](std::string_view open, std::string_view middle, std::string_view close) {
        const std::size_t times = (4096 - middle.size()) / (open.size() + close.size());
        std::string text;
        for (std::size_t i = 0; i < times; ++i) text += open;
        text += middle;
        for (std::size_t i = 0; i < times; ++i) text += close;
        return text;
    };
    for (const std::string& text : {
             filled("(", "", ""),
             filled("(", "a=b", ")"),
             filled("(", "a", ")"),
             filled("NOT ", "a=b", ""),
             filled("NOT(", "a=b", ")"),
             filled("a=b OR (", "a=b", ")"),
             filled("(a=b OR ", "a=b", ")"),
             filled("size(", "a", ")"),
             filled("contains(a,", "b", ")"),
             "a=" + filled("(", "b", ")").substr(2),
             "a IN (" + filled("f(", "b", ")").substr(8),
             "SET a=" + filled("(", ":n", ")").substr(10),
             "SET a=" + filled("list_append(:l,", ":l", ")").substr(15),
             "SET a=" + filled("if_not_exists(b,", ":n", ")").substr(16),
             "REMOVE a" + filled(".b", "", "").substr(8),
             "REMOVE a" + filled("[0]", "", "").substr(9),
             filled("a,", "b", ""),
             "REMOVE " + filled("a,", "b", "").substr(8),
         }) {
        EXPECT_LE(text.size(), 4096U) << text.substr(0, 40);
        exercise(text);
    }
}

TEST(Robustness, AnswersDeepButLegalConditions) {
    std::string text = "a=:n";
    for (int i = 0; i < 149; ++i) text.insert(0, "NOT(").append(")");
    const auto condition = Condition::parse(text);
    ASSERT_TRUE(condition) << condition.error().message;
    ASSERT_TRUE(condition->check(values));
    EXPECT_FALSE(condition->holds(item, values).value());
}

}  // namespace
}  // namespace carillon::dynamo
