#include "server/query.hpp"

#include <gtest/gtest.h>

namespace carillon::server {
namespace {

const std::vector<QueryParameter> declared = {
    {.name = "namespace", .required = true, .max = 8},
    {.name = "status", .kind = ParameterKind::choice, .choices = {"PENDING", "FAILED"}},
    {.name = "from", .kind = ParameterKind::instant},
    {.name = "desc", .kind = ParameterKind::boolean},
    {.name = "limit", .kind = ParameterKind::integer, .min = 1, .max = 1'000},
};

TEST(Query, ReadsEveryKind) {
    const auto query =
        read_query(declared,
                   "namespace=a%2Fb+c&status=FAILED&desc=true&limit=7&from=2026-12-24T"
                   "18:00:00%2B01:00");
    ASSERT_TRUE(query) << describe(query.error());
    EXPECT_EQ(query->text("namespace"), "a/b c");
    EXPECT_EQ(query->text("status"), "FAILED");
    EXPECT_EQ(query->boolean("desc"), true);
    EXPECT_EQ(query->integer("limit"), 7);
    EXPECT_EQ(format_instant(query->instant("from").value()), "2026-12-24T17:00:00.000Z");
}

TEST(Query, LeavesOutWhatWasNotGiven) {
    const auto query = read_query(declared, "namespace=a");
    ASSERT_TRUE(query);
    EXPECT_EQ(query->text("status"), std::nullopt);
    EXPECT_EQ(query->boolean("desc"), std::nullopt);
    EXPECT_EQ(query->integer("limit"), std::nullopt);
    EXPECT_EQ(query->instant("from"), std::nullopt);
}

TEST(Query, TakesAnOffsetWhosePlusWasNotEncoded) {
    const auto query = read_query(declared, "namespace=a&from=2026-12-24T18:00:00+01:00");
    ASSERT_TRUE(query) << describe(query.error());
    EXPECT_EQ(format_instant(query->instant("from").value()), "2026-12-24T17:00:00.000Z");
}

TEST(Query, NamesTheParameterThatIsWrong) {
    struct Case {
        const char* query;
        const char* field;
    };

    const Case cases[] = {
        {"", "namespace"},
        {"limit=5", "namespace"},
        {"namespace=", "namespace"},
        {"namespace=123456789", "namespace"},
        {"namespace=a&namespace=b", "namespace"},
        {"namespace=a&nope=1", "nope"},
        {"namespace=a&Limit=1", "Limit"},
        {"namespace=a&status=pending", "status"},
        {"namespace=a&status=", "status"},
        {"namespace=a&limit=0", "limit"},
        {"namespace=a&limit=1001", "limit"},
        {"namespace=a&limit=1.5", "limit"},
        {"namespace=a&limit=99999999999999999999", "limit"},
        {"namespace=a&limit=+5", "limit"},
        {"namespace=a&limit=5x", "limit"},
        {"namespace=a&limit=", "limit"},
        {"namespace=a&desc=yes", "desc"},
        {"namespace=a&desc", "desc"},
        {"namespace=a&from=tomorrow", "from"},
        {"namespace=a&from=2026-02-30T00:00:00Z", "from"},
        {"namespace=%zz", "query"},
        {"namespace=%ff", "query"},
    };
    for (const Case& c : cases) {
        const auto query = read_query(declared, c.query);
        ASSERT_FALSE(query) << c.query;
        EXPECT_EQ(query.error().code, Errc::invalid) << c.query;
        EXPECT_EQ(query.error().field, c.field) << c.query;
        EXPECT_FALSE(query.error().message.empty()) << c.query;
    }
}

}  // namespace
}  // namespace carillon::server
