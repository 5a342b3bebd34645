#include "dynamo/partiql/plan.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo::partiql {

namespace {

TableSchema rows_schema() {
    TableSchema schema;
    schema.name = "rows";
    schema.key = {{"pk", Type::string}, KeyAttribute{"sk", Type::number}};
    schema.indexes.push_back(
        {"by_kind", false, {{"kind", Type::string}, KeyAttribute{"rank", Type::number}}});
    return schema;
}

TableSchema things_schema() {
    TableSchema schema;
    schema.name = "things";
    schema.key = {{"id", Type::string}};
    return schema;
}

std::string text_of(const Value& value) {
    if (const std::string* text = value.string()) return *text;
    if (const Number* number = value.number()) return number->to_string();
    return std::string(type_name(value.type()));
}

std::string text_of(const SortCondition& sort) {
    constexpr std::string_view names[] = {"=", "<", "<=", ">", ">=", "between", "begins_with"};
    std::string out(names[static_cast<std::size_t>(sort.op)]);
    out += " " + text_of(sort.value);
    if (sort.op == SortOperator::between) out += " " + text_of(sort.upper);
    return out;
}

/// `scan` or `query PARTITIONS [SORT]`, then what else it does.
std::string describe_plan(const ReadPlan& plan) {
    std::string out = plan.partitions.empty() ? "scan" : "query";
    for (const KeyCondition& one : plan.partitions) out += " " + text_of(one.hash);
    if (!plan.partitions.empty() && plan.partitions.front().sort) {
        out += ", sort " + text_of(*plan.partitions.front().sort);
    }
    if (plan.filter) out += ", filter";
    if (plan.key) out += ", one item";
    if (!plan.forward) out += ", backward";
    if (plan.sorted) out += ", sorted";
    return out;
}

std::string plan_of(std::string_view text, const Parameters& parameters = {}) {
    const auto parsed = parse(text);
    if (!parsed) return parsed.error().message;
    const auto plan = plan_read(std::get<Select>(parsed->body), parameters, rows_schema());
    return plan ? describe_plan(*plan) : plan.error().message;
}

TEST(PlanRead, QueriesByTheHashKeyAndScansOtherwise) {
    struct Case {
        const char* where;
        const char* plan;
    };

    const Case cases[] = {
        {"", "scan"},
        {"WHERE a = 1", "scan, filter"},
        {"WHERE pk = 'a'", "query a"},
        {"WHERE 'a' = pk", "query a"},
        {"WHERE (pk = 'a')", "query a"},
        {"WHERE pk = 'a' AND b = 2", "query a, filter"},
        {"WHERE b = 2 AND pk = 'a'", "query a, filter"},
        {"WHERE b = 2 AND (c = 3 AND pk = 'a')", "query a, filter"},
        {"WHERE pk = 'a' AND sk = 1", "query a, sort = 1, one item"},
        {"WHERE sk = 1 AND pk = 'a' AND c = 3", "query a, sort = 1, filter, one item"},
        {"WHERE pk = 'a' AND sk > 1", "query a, sort > 1"},
        {"WHERE pk = 'a' AND 1 > sk", "query a, sort < 1"},
        {"WHERE pk = 'a' AND sk BETWEEN 1 AND 1 + 2", "query a, sort between 1 3"},
        {"WHERE pk = 'a' AND sk >= 1 AND sk <= 5", "query a, sort between 1 5"},
        {"WHERE pk = 'a' AND sk > 1 AND sk < 5", "query a, sort > 1, filter"},
        {"WHERE pk = 'a' AND sk <> 1", "query a, filter"},
        {"WHERE pk = 'a' AND sk IN [1, 2]", "query a, filter"},
        {"WHERE pk = 'a' AND NOT sk = 1", "query a, filter"},
        {"WHERE pk = 'a' AND sk = b", "query a, filter"},
        {"WHERE pk IN ['a', 'b', 'a']", "query a b"},
        {"WHERE pk IN ['a', 'b'] AND sk = 1", "query a b, sort = 1"},
        {"WHERE pk = 'a' OR pk = 'b'", "query a b"},
        {"WHERE pk = 'a' OR pk IN ('b', 'c')", "query a b c"},
        {"WHERE pk = 'a' OR b = 1", "scan, filter"},
        {"WHERE NOT pk = 'a'", "scan, filter"},
        {"WHERE pk > 'a'", "scan, filter"},
        {"WHERE pk = b", "scan, filter"},
        {"WHERE pk = 'a' AND pk = 'b'", "query a, filter"},
        {"WHERE begins_with(pk, 'a')", "scan, filter"},
        {"WHERE pk.x = 'a'", "scan, filter"},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(plan_of(std::string("SELECT * FROM \"rows\" ") + c.where), c.plan) << c.where;
    }
}

TEST(PlanRead, UsesTheKeysOfAnIndex) {
    EXPECT_EQ(plan_of("SELECT * FROM \"rows\".by_kind WHERE kind = 'x' AND rank < 3"),
              "query x, sort < 3");
    EXPECT_EQ(plan_of("SELECT * FROM \"rows\".by_kind WHERE pk = 'a' AND sk = 1"), "scan, filter");
    EXPECT_EQ(plan_of("SELECT * FROM \"rows\".nothing"),
              "The table does not have the specified index");
}

TEST(PlanRead, ScansIndexesWithKeysOfSeveralAttributes) {
    TableSchema schema = rows_schema();
    schema.indexes.front().key.more_hash.push_back({"colour", Type::string});
    const auto parsed = parse("SELECT * FROM \"rows\".by_kind WHERE kind = 'x' AND colour = 'red'");
    const auto plan = plan_read(std::get<Select>(parsed->body), {}, schema);
    ASSERT_TRUE(plan);
    EXPECT_EQ(describe_plan(*plan), "scan, filter");
}

TEST(PlanRead, TakesParameters) {
    EXPECT_EQ(plan_of("SELECT * FROM \"rows\" WHERE pk = ? AND sk >= ?", {Value("a"), Value(3)}),
              "query a, sort >= 3");
    EXPECT_EQ(
        plan_of("SELECT * FROM \"rows\" WHERE pk IN ?", {Value(List{Value("a"), Value("b")})}),
        "query a b");
    EXPECT_EQ(plan_of("SELECT * FROM \"rows\" WHERE pk IN (?)", {Value("a")}), "query a");
    EXPECT_EQ(plan_of("SELECT * FROM \"rows\" WHERE pk IN ?", {Value("a")}),
              "The IN operator needs a list with at least one value");
}

TEST(PlanRead, OrdersByKeys) {
    struct Case {
        const char* rest;
        const char* plan;
    };

    const Case cases[] = {
        {"WHERE pk = 'a' ORDER BY sk", "query a"},
        {"WHERE pk = 'a' ORDER BY sk DESC", "query a, backward"},
        {"WHERE pk IN ['b', 'a'] ORDER BY pk", "query a b"},
        {"WHERE pk IN ['a', 'b'] ORDER BY pk DESC, sk DESC", "query b a, backward"},
        {"WHERE pk IN ['b', 'a'] ORDER BY sk", "query b a, sorted"},
        {"ORDER BY sk", "Must have WHERE clause in the statement when using ORDER BY clause."},
        {"WHERE b = 1 ORDER BY sk",
         "Must have at least one non-optional hash key condition in WHERE clause when using ORDER "
         "BY clause."},
        {"WHERE pk = 'a' ORDER BY b",
         "Variable reference b in ORDER BY clause must be part of the primary key"},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(plan_of(std::string("SELECT * FROM \"rows\" ") + c.rest), c.plan) << c.rest;
    }
}

TEST(PlanRead, LimitsChoices) {
    std::string hashes = "'0'";
    std::string others = "0";
    for (int i = 1; i <= 100; ++i) others += "," + std::to_string(i);
    for (int i = 1; i <= 50; ++i) hashes += ",'" + std::to_string(i) + "'";
    EXPECT_EQ(plan_of("SELECT * FROM \"rows\" WHERE pk IN [" + hashes + "]"),
              "A statement can name at most 50 values of the hash key");
    EXPECT_EQ(plan_of("SELECT * FROM \"rows\" WHERE a IN [" + others + "]"),
              "The IN operator takes at most 100 values");
}

// Every condition against one item, through the filter that it becomes.
TEST(PlanRead, FiltersAsTheLanguageSays) {
    const Item item{{"n", 5},
                    {"s", "hello"},
                    {"t", true},
                    {"nothing", Null{}},
                    {"l", List{Value(1), Value("x")}},
                    {"m", Map{{"deep", Map{{"er", 7}}}}},
                    {"bag", Value::number_set({Number(1), Number(2)})},
                    {"size", 9}};

    struct Case {
        const char* where;
        bool holds;
    };

    const Case cases[] = {
        {"n = 5", true},
        {"n = 2 + 3", true},
        {"n = 10 - 5 + 0", true},
        {"n <> 5", false},
        {"n != 4", true},
        {"n < 6", true},
        {"n >= 5.0", true},
        {"6 > n", true},
        {"n > 5", false},
        {"n = '5'", false},
        {"gone = 5", false},
        {"gone <> 5", true},
        {"n BETWEEN 1 AND 5", true},
        {"n NOT BETWEEN 1 AND 5", false},
        {"n IN [1, 5]", true},
        {"n NOT IN (1, 5)", false},
        {"n IN <<1, 2>>", false},
        {"s = 'hello' AND t = TRUE", true},
        {"s = 'no' OR t = true", true},
        {"s = 'no' OR (n = 5 AND t = FALSE)", false},
        {"NOT (s = 'no' OR t = FALSE)", true},
        {"NOT NOT n = 5", true},
        {"NOT (NOT (n = 5))", true},
        {"gone IS MISSING", true},
        {"n IS MISSING", false},
        {"n IS NOT MISSING", true},
        {"nothing IS NULL", true},
        {"nothing = NULL", true},
        {"nothing IS NOT NULL", false},
        {"n IS NULL", false},
        {"begins_with(s, 'he')", true},
        {"BEGINS_WITH(\"s\", 'lo')", false},
        {"contains(s, 'ell')", true},
        {"contains(l, 'x')", true},
        {"contains(bag, 2)", true},
        {"contains(bag, 3)", false},
        {"attribute_type(s, 'S')", true},
        {"attribute_type(n, 'S')", false},
        {"size(s) = 5", true},
        {"size(l) > 2", false},
        {"size = 9", true},
        {"m.deep.er = 7", true},
        {"m['deep'].er = 7", true},
        {"l[0] = 1", true},
        {"l[5] = 1", false},
        {"l = [1, 'x']", true},
        {"m = {'deep': {'er': 7}}", true},
        {"bag = <<2, 1>>", true},
        {"n = m.deep.er", false},
        {"(n = 5 OR n = 6) AND (s = 'hello' OR s = 'x') AND (t = TRUE)", true},
    };
    for (const Case& c : cases) {
        const auto parsed = parse(std::string("SELECT * FROM \"rows\" WHERE ") + c.where);
        ASSERT_TRUE(parsed) << c.where << ": " << parsed.error().message;
        const auto plan = plan_read(std::get<Select>(parsed->body), {}, rows_schema());
        ASSERT_TRUE(plan) << c.where << ": " << plan.error().message;
        ASSERT_TRUE(plan->filter) << c.where;
        const auto checked = plan->filter->expression.check(plan->filter->values);
        EXPECT_TRUE(checked) << c.where << ": " << checked.error().message;
        EXPECT_EQ(plan->filter->expression.holds(item, plan->filter->values).value(), c.holds)
            << c.where;
    }
}

TEST(PlanRead, RefusesWhatConditionsCannotSay) {
    EXPECT_EQ(
        plan_of("SELECT * FROM \"rows\" WHERE a + 1 = 2"),
        "Statement wasn't well formed, can't be processed: Unsupported operand of a condition");
    EXPECT_EQ(
        plan_of("SELECT * FROM \"rows\" WHERE a = list_append(b, [1])"),
        "Statement wasn't well formed, can't be processed: Unsupported operand of a condition");
    EXPECT_EQ(plan_of("SELECT * FROM \"rows\" WHERE a = 'x' + 1"),
              "Incorrect operand type for operator or function; operator or function: +, operand "
              "type: S");
    EXPECT_EQ(plan_of("SELECT * FROM \"rows\" WHERE a = <<1, 'x'>>"),
              "One or more parameter values were invalid: All members of a set must be of the same "
              "type");
    EXPECT_EQ(plan_of("SELECT * FROM \"rows\" WHERE a = <<1, 1.0>>"),
              "One or more parameter values were invalid: Input collection contains duplicates.");
    EXPECT_EQ(plan_of("SELECT * FROM \"rows\" WHERE a = <<>>"), "Empty bags are not supported");
}

TEST(PickColumns, NamesThemByTheirLastStep) {
    const Item item{{"a", 1}, {"b", Map{{"c", "x"}, {"d", List{Value(1), Value(Map{{"e", 2}})}}}}};
    const auto parsed = parse("SELECT a, b.c, b.d[0], b.d[1].e, b.no, no FROM t");
    ASSERT_TRUE(parsed);
    const Item want{{"a", 1}, {"c", "x"}, {"d[0]", 1}, {"e", 2}};
    EXPECT_EQ(pick_columns(item, std::get<Select>(parsed->body).columns), want);
    EXPECT_EQ(pick_columns(item, {}), item);
}

// --- Writes ---

/// Plans the statement, applies the write to `stored` by hand and tells what is left.
struct Outcome {
    std::string error{};
    std::optional<Item> item{};
};

bool holds(const std::optional<BoundCondition>& condition, const std::optional<Item>& stored) {
    if (!condition) return true;
    return condition->expression.holds(stored.value_or(Item()), condition->values).value();
}

Outcome run(std::string_view text,
            const std::optional<Item>& stored,
            const Parameters& parameters = {}) {
    const auto parsed = parse(text);
    if (!parsed) return {parsed.error().message};
    const auto write = plan_write(*parsed, parameters, things_schema());
    if (!write) return {write.error().message};
    if (const auto* put = std::get_if<PutRequest>(&*write)) {
        if (!holds(put->condition, stored)) return {"condition", stored};
        return {"", put->item};
    }
    if (const auto* update = std::get_if<UpdateRequest>(&*write)) {
        if (!holds(update->condition, stored)) return {"condition", stored};
        Item item = *stored;
        const auto checked = update->update->check(update->values);
        if (!checked) return {checked.error().message};
        const auto applied = update->update->apply(item, update->values);
        if (!applied) return {applied.error().message};
        return {"", item};
    }
    if (const auto* erase = std::get_if<DeleteRequest>(&*write)) {
        if (!holds(erase->condition, stored)) return {"condition", stored};
        return {};
    }
    const auto& check = std::get<ConditionCheck>(*write);
    return {holds(check.condition, stored) ? "" : "condition", stored};
}

TEST(PlanWrite, InsertsWhatIsNotThere) {
    const Item want{{"id", "a"},
                    {"n", 1},
                    {"l", List{Value(1), Value("x"), Value(true)}},
                    {"m", Map{{"k", Null{}}}},
                    {"ns", Value::number_set({Number(1), Number(34)})},
                    {"ss", Value::string_set({"x", "y"})},
                    {"p", "given"}};
    const char* text =
        "INSERT INTO things VALUE {'id': 'a', 'n': 1, 'l': [1, 'x', TRUE], 'm': {'k': NULL}, "
        "'ns': <<34, 1>>, 'ss': <<'y', 'x'>>, 'p': ?}";
    EXPECT_EQ(run(text, std::nullopt, {Value("given")}).item, want);
    EXPECT_EQ(run(text, Item{{"id", "a"}}, {Value("given")}).error, "condition");
    EXPECT_EQ(run("INSERT INTO things VALUE ?", std::nullopt, {Value(Map{{"id", "b"}})}).item,
              (Item{{"id", "b"}}));
    EXPECT_EQ(run("INSERT INTO things VALUE ?", std::nullopt, {Value("b")}).error,
              "Statement wasn't well formed, can't be processed: The VALUE of an INSERT must be a "
              "map");
    EXPECT_EQ(run("INSERT INTO things VALUE {'id': other}", std::nullopt).error,
              "Statement wasn't well formed, can't be processed: Expected a value");
}

TEST(PlanWrite, UpdatesInEveryWay) {
    const Item stored{{"id", "a"},
                      {"n", 5},
                      {"l", List{Value(1), Value(2)}},
                      {"m", Map{{"k", "v"}}},
                      {"ns", Value::number_set({Number(1), Number(2)})}};

    struct Case {
        const char* changes;
        const char* attribute;
        std::optional<Value> want;
    };

    const Case cases[] = {
        {"SET n = 6", "n", 6},
        {"SET n = n + 1", "n", 6},
        {"SET n = n - 1", "n", 4},
        {"SET n = 10 - n", "n", 5},
        {"SET n = 2 + 2", "n", 4},
        {"SET new = 'x'", "new", "x"},
        {"SET new = n", "new", 5},
        {"SET m.k = 'w'", "m", Map{{"k", "w"}}},
        {"SET m.j = {'deep': [1]}", "m", Map{{"j", Map{{"deep", List{Value(1)}}}}, {"k", "v"}}},
        {"SET m['j'] = 1", "m", Map{{"j", 1}, {"k", "v"}}},
        {"SET l[0] = 9", "l", List{Value(9), Value(2)}},
        {"SET l = list_append(l, [3])", "l", List{Value(1), Value(2), Value(3)}},
        {"SET l = LIST_APPEND([0], l)", "l", List{Value(0), Value(1), Value(2)}},
        {"SET ns = set_add(ns, <<3>>)", "ns", Value::number_set({Number(1), Number(2), Number(3)})},
        {"SET ns = SET_DELETE(ns, <<1>>)", "ns", Value::number_set({Number(2)})},
        {"SET other = set_add(other, <<'x'>>)", "other", Value::string_set({"x"})},
        {"SET c = if_not_exists(c, 0) + 1", "c", 1},
        {"REMOVE n", "n", std::nullopt},
        {"REMOVE l[0]", "l", List{Value(2)}},
        {"REMOVE m.k", "m", Map{}},
        {"SET a = 1 SET b = 2 REMOVE n", "b", 2},
        {"SET a = 1, b = 2 REMOVE n", "n", std::nullopt},
        {"SET \"or\" = 1", "or", 1},
    };
    for (const Case& c : cases) {
        const Outcome outcome =
            run(std::string("UPDATE things ") + c.changes + " WHERE id = 'a'", stored);
        ASSERT_EQ(outcome.error, "") << c.changes;
        const Value* value = outcome.item->find(c.attribute);
        EXPECT_EQ(value != nullptr ? std::optional(*value) : std::nullopt, c.want) << c.changes;
    }
}

TEST(PlanWrite, UpdatesOnlyWhatIsThereAndMatches) {
    const Item stored{{"id", "a"}, {"n", 5}};
    EXPECT_EQ(run("UPDATE things SET n = 1 WHERE id = 'a' AND n = 5", stored).error, "");
    EXPECT_EQ(run("UPDATE things SET n = 1 WHERE id = 'a' AND n = 6", stored).error, "condition");
    EXPECT_EQ(run("UPDATE things SET n = 1 WHERE n = 5 AND id = 'a'", stored).error, "");
    EXPECT_EQ(run("UPDATE things SET n = 1 WHERE id = 'a' AND (n = 6 OR n = 5)", stored).error, "");
    EXPECT_EQ(run("UPDATE things SET n = 1 WHERE id = 'a'", std::nullopt).error, "condition");
}

TEST(PlanWrite, RefusesUpdatesThatCannotBe) {
    struct Case {
        const char* text;
        const char* error;
    };

    const Case cases[] = {
        {"UPDATE things SET n = set_add(m, <<1>>) WHERE id = 'a'",
         "The first argument to SET_ADD must equal the assignment value at 1:23:7"},
        {"UPDATE things SET n = set_add(n, 1) WHERE id = 'a'",
         "The second argument to SET_ADD must be a value with type SET at 1:31:1"},
        {"UPDATE things SET n = contains(n, 1) WHERE id = 'a'",
         "Statement wasn't well formed, can't be processed: Unexpected condition"},
        {"UPDATE things SET n = size(n) WHERE id = 'a'",
         "Statement wasn't well formed, can't be processed: Unsupported value of an assignment"},
        {"UPDATE things SET n = [m] WHERE id = 'a'",
         "Statement wasn't well formed, can't be processed: Unsupported value of an assignment"},
        {"UPDATE things SET n = 1, n = 2 WHERE id = 'a'",
         "Two document paths overlap with each other; must remove or rewrite one of these paths; "
         "path one: [n], path two: [n]"},
    };
    for (const Case& c : cases) EXPECT_EQ(run(c.text, Item{{"id", "a"}}).error, c.error) << c.text;
}

TEST(PlanWrite, DeletesWhatMatches) {
    const Item stored{{"id", "a"}, {"n", 5}};
    EXPECT_EQ(run("DELETE FROM things WHERE id = 'a'", stored).error, "");
    EXPECT_EQ(run("DELETE FROM things WHERE id = 'a' AND n = 5", stored).error, "");
    EXPECT_EQ(run("DELETE FROM things WHERE id = 'a' AND n = 6", stored).error, "condition");
    EXPECT_EQ(run("DELETE FROM things WHERE id = 'a' AND (n = 6 OR n = 7)", stored).error,
              "condition");
    EXPECT_EQ(run("DELETE FROM things WHERE id = 'a' AND n = 5 AND n > 4", stored).error, "");
    // What is not there is deleted already.
    EXPECT_EQ(run("DELETE FROM things WHERE id = 'a'", std::nullopt).error, "");
    EXPECT_EQ(run("DELETE FROM things WHERE id = 'a' AND n = 6", std::nullopt).error, "");
}

TEST(PlanWrite, NeedsTheWholeKey) {
    const char* const wants =
        "Where clause does not contain a mandatory equality on all key attributes";
    const auto parsed = [](const char* text) { return parse(text).value(); };
    for (const char* text : {"DELETE FROM \"rows\" WHERE pk = 'a'",
                             "DELETE FROM \"rows\"",
                             "DELETE FROM \"rows\" WHERE pk = 'a' AND sk > 1",
                             "DELETE FROM \"rows\" WHERE pk = 'a' OR sk = 1",
                             "DELETE FROM \"rows\" WHERE pk IN ['a'] AND sk = 1",
                             "UPDATE \"rows\" SET a = 1 WHERE sk = 1",
                             "UPDATE \"rows\" SET a = 1",
                             "EXISTS(SELECT * FROM \"rows\" WHERE pk = 'a')"}) {
        const auto write = plan_write(parsed(text), {}, rows_schema());
        ASSERT_FALSE(write) << text;
        EXPECT_EQ(write.error().message, wants) << text;
    }
    EXPECT_TRUE(
        plan_write(parsed("DELETE FROM \"rows\" WHERE sk = 1 AND pk = 'a'"), {}, rows_schema()));
}

TEST(PlanWrite, ChecksThatSomethingExists) {
    const Item stored{{"id", "a"}, {"n", 5}};
    EXPECT_EQ(run("EXISTS(SELECT * FROM things WHERE id = 'a' AND n = 5)", stored).error, "");
    EXPECT_EQ(run("EXISTS(SELECT * FROM things WHERE id = 'a' AND m IS MISSING)", stored).error,
              "");
    EXPECT_EQ(run("EXISTS(SELECT * FROM things WHERE id = 'a' AND n = 6)", stored).error,
              "condition");
    EXPECT_EQ(run("EXISTS(SELECT * FROM things WHERE id = 'a' AND n = 5)", std::nullopt).error,
              "condition");
    EXPECT_EQ(run("EXISTS(SELECT * FROM things WHERE id = 'a')", stored).error,
              "EXISTS() must contain a single item read with additional condition");
}

TEST(PlanWrite, AsksForWhatIsReturned) {
    const auto returning = [](const char* values) {
        const std::string text =
            std::string("UPDATE things SET n = 1 WHERE id = 'a' RETURNING ") + values;
        return std::get<UpdateRequest>(plan_write(parse(text).value(), {}, things_schema()).value())
            .return_values;
    };
    EXPECT_EQ(returning("ALL OLD *"), ReturnValues::all_old);
    EXPECT_EQ(returning("ALL NEW *"), ReturnValues::all_new);
    EXPECT_EQ(returning("MODIFIED OLD *"), ReturnValues::updated_old);
    EXPECT_EQ(returning("modified new *"), ReturnValues::updated_new);
}

TEST(CheckParameters, WantsAsManyAsThereAreMarks) {
    const auto statement = parse("SELECT * FROM t WHERE a = ?").value();
    EXPECT_TRUE(check_parameters(statement, {Value(1)}));
    for (const Parameters& wrong : {Parameters{}, Parameters{Value(1), Value(2)}}) {
        EXPECT_EQ(check_parameters(statement, wrong).error().message,
                  "Number of parameters in request and statement don't match.");
    }
}

}  // namespace

}  // namespace carillon::dynamo::partiql
