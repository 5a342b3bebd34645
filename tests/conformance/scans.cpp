#include "conformance/conformance.hpp"

#include <set>

namespace carillon::conformance {

using dynamo::Value;

namespace {

Task<> scan_segment(dynamo::Database& db,
                    dynamo::ScanRequest request,
                    std::multiset<std::string>& seen) {
    for (;;) {
        const auto page = co_await db.scan(request);
        CARILLON_CO_ASSERT(page);
        for (const Value& id : column(*page, "id")) seen.insert(*id.string());
        if (!page->last_key) co_return;
        request.start_key = page->last_key;
    }
}

}  // namespace

TEST_P(DatabaseConformance, SegmentsOfAScanShareAllItems) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(queue_table()));
        std::vector<dynamo::Write> writes;
        for (int i = 0; i < 300; ++i) {
            writes.emplace_back(put("things",
                                    {{"id", "item-" + std::to_string(i)},
                                     {"state", i % 2 == 0 ? "ready" : "done"},
                                     {"due", i}}));
        }
        EXPECT_TRUE(co_await db.batch_write(std::move(writes)));
        for (const char* index : {"", "by-due"}) {
            for (const std::int64_t segments : {1, 3, 7}) {
                std::multiset<std::string> seen;
                for (std::int64_t segment = 0; segment < segments; ++segment) {
                    dynamo::ScanRequest request;
                    request.table = "things";
                    if (*index != '\0') request.index = index;
                    request.limit = 17;
                    request.segment = segment;
                    request.total_segments = segments;
                    const std::size_t before = seen.size();
                    co_await scan_segment(db, request, seen);
                    // An index of two partitions has them in two segments at most.
                    if (*index != '\0') continue;
                    EXPECT_GT(seen.size(), before) << "an empty segment of " << segments;
                }
                EXPECT_EQ(seen.size(), 300U);
                EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 300U);
            }
        }
    }(db()));
}

TEST_P(DatabaseConformance, ScansFilterAndCount) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        std::vector<dynamo::Write> writes;
        for (int i = 0; i < 20; ++i) {
            writes.emplace_back(put("things", {{"id", std::to_string(i)}, {"x", i}}));
        }
        EXPECT_TRUE(co_await db.batch_write(std::move(writes)));
        dynamo::ScanRequest request;
        request.table = "things";
        request.filter = when("x >= :ten", {{":ten", 10}});
        request.select = dynamo::Select::count;
        const auto page = co_await db.scan(request);
        CARILLON_CO_ASSERT(page);
        EXPECT_EQ(page->count, 10);
        EXPECT_EQ(page->scanned_count, 20);
        EXPECT_TRUE(page->items.empty());
        const auto described = co_await db.describe_table("things");
        CARILLON_CO_ASSERT(described);
    }(db()));
}

TEST_P(DatabaseConformance, BadScansAreRefused) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        dynamo::ScanRequest request;
        request.table = "things";
        request.total_segments = 0;
        EXPECT_EQ(code_of(co_await db.scan(request)), Errc::invalid);
        request.total_segments = 4;
        request.segment = 4;
        EXPECT_EQ(outcome(co_await db.scan(request)),
                  "invalid: segment: The Segment parameter is zero-based and must be less than "
                  "parameter TotalSegments: Segment: 4 is not less than TotalSegments: 4");
        request = {};
        request.table = "things";
        request.limit = -1;
        EXPECT_EQ(code_of(co_await db.scan(request)), Errc::invalid);
    }(db()));
}

}  // namespace carillon::conformance
