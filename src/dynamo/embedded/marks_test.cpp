#include "dynamo/embedded/marks.hpp"

#include "core/random.hpp"
#include "runtime/system_random.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace carillon::dynamo::embedded {
namespace {

PartitionChanges insert_of(const std::string& key) {
    PartitionChanges changes;
    changes["p"].lowest_insert = key;
    return changes;
}

void commit(Marks& marks, const PartitionChanges& changes) {
    const auto records = marks.before_commit(changes);
    marks.after_commit(changes, records, true);
}

TEST(Marks, StartAtThePartitionAndRiseToTheFirstLiveKey) {
    Marks marks;
    Marks::Scan scan = marks.begin_scan("p");
    EXPECT_EQ(scan.mark(), "p");
    scan.finish("p5");
    EXPECT_EQ(marks.begin_scan("p").mark(), "p5");
    EXPECT_EQ(marks.mark_of("other"), "other");
}

TEST(Marks, AScanThatIsGivenUpTeachesNothing) {
    Marks marks;
    {
        const Marks::Scan scan = marks.begin_scan("p");
    }
    EXPECT_EQ(marks.mark_of("p"), "p");
}

TEST(Marks, AnInsertBelowLowersTheMarkBeforeItIsCommitted) {
    Marks marks;
    marks.begin_scan("p").finish("p5");
    const PartitionChanges changes = insert_of("p3");
    const auto records = marks.before_commit(changes);
    EXPECT_EQ(marks.mark_of("p"), "p3");
    marks.after_commit(changes, records, true);
    EXPECT_EQ(marks.mark_of("p"), "p3");
    commit(marks, insert_of("p9"));
    EXPECT_EQ(marks.mark_of("p"), "p3");
}

TEST(Marks, AScanCannotRaiseTheMarkOverAnInsertThatItDidNotSee) {
    // The scan's snapshot is older than the commit; its end falls before, within and after it.
    {
        Marks marks;
        Marks::Scan scan = marks.begin_scan("p");
        scan.finish("p5");
        commit(marks, insert_of("p3"));
        EXPECT_EQ(marks.mark_of("p"), "p3");
    }
    {
        Marks marks;
        Marks::Scan scan = marks.begin_scan("p");
        const PartitionChanges changes = insert_of("p3");
        const auto records = marks.before_commit(changes);
        scan.finish("p5");
        EXPECT_EQ(marks.mark_of("p"), "p3");
        marks.after_commit(changes, records, true);
        EXPECT_EQ(marks.mark_of("p"), "p3");
    }
    {
        Marks marks;
        const PartitionChanges changes = insert_of("p3");
        const auto records = marks.before_commit(changes);
        Marks::Scan scan = marks.begin_scan("p");
        marks.after_commit(changes, records, true);
        scan.finish("p5");
        EXPECT_EQ(marks.mark_of("p"), "p3");
    }
}

TEST(Marks, AreWrittenAfterManyDeletesAndRewrittenWhenAnInsertComesBelow) {
    Marks marks;
    marks.begin_scan("p").finish("p5");
    PartitionChanges deletes;
    deletes["p"].deletes = 5'000;
    auto records = marks.before_commit(deletes);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0], (Marks::Record{"p", "p5"}));
    marks.after_commit(deletes, records, true);

    const PartitionChanges above = insert_of("p7");
    records = marks.before_commit(above);
    EXPECT_TRUE(records.empty());
    marks.after_commit(above, records, true);

    const PartitionChanges below = insert_of("p2");
    records = marks.before_commit(below);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0], (Marks::Record{"p", "p2"}));
    // The write failed, so what the store holds is not known: the next change writes it again.
    marks.after_commit(below, records, false);
    const PartitionChanges later = insert_of("p4");
    records = marks.before_commit(later);
    EXPECT_EQ(records.size(), 1U);
    marks.after_commit(later, records, true);
}

TEST(Marks, ThoseThatMovedAreWrittenAtTheEnd) {
    Marks marks;
    marks.load("q", "q3");
    EXPECT_EQ(marks.begin_scan("q").mark(), "q3");
    EXPECT_TRUE(marks.unwritten().empty());
    marks.begin_scan("p").finish("p5");
    EXPECT_EQ(marks.unwritten().size(), 1U);
    EXPECT_TRUE(marks.unwritten().empty());
}

TEST(Marks, AreBoundedButKeepWhatIsWritten) {
    Marks marks(16);
    marks.load("kept", "kept5");
    for (int i = 0; i < 100; ++i) marks.begin_scan("p" + std::to_string(i)).finish("z");
    EXPECT_EQ(marks.mark_of("kept"), "kept5");
    EXPECT_EQ(marks.begin_scan("p99").mark(), "z");
}

TEST(Marks, ForgetADroppedIndexWhileItIsScanned) {
    Marks marks;
    Marks::Scan scan = marks.begin_scan("p1");
    marks.forget_index("p");
    scan.finish("p15");
    EXPECT_EQ(marks.mark_of("p1"), "p1");
}

/// Every interleaving that chance finds: no live key may ever lie below the mark, in memory or as
/// it is written. The store is a set; a snapshot is a copy of it.
TEST(Marks, NeverHideALiveKey) {
    const auto seed = runtime::SystemRandom().next();
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    Marks marks;
    std::set<std::string> live;
    std::string written = "p";

    struct Running {
        Marks::Scan scan;
        std::set<std::string> snapshot;
    };

    std::vector<Running> scans;
    auto key = [&random] { return "p" + std::to_string(100 + random.below(900)); };
    auto end_one = [&] {
        if (scans.empty()) return;
        const std::size_t at = random.next() % scans.size();
        const auto first = scans[at].snapshot.lower_bound(scans[at].scan.mark());
        scans[at].scan.finish(first == scans[at].snapshot.end() ? "p~" : *first);
        std::vector<Running> rest;
        for (std::size_t i = 0; i < scans.size(); ++i) {
            if (i != at) rest.push_back(Running{std::move(scans[i].scan), scans[i].snapshot});
        }
        scans.swap(rest);
    };
    for (int step = 0; step < 20'000; ++step) {
        if (random.next() % 3 == 0) {
            Marks::Scan scan = marks.begin_scan("p");
            scans.push_back(Running{std::move(scan), live});
        }
        if (random.next() % 3 == 0) end_one();
        PartitionChanges changes;
        std::set<std::string> after = live;
        PartitionChange& change = changes["p"];
        for (std::size_t i = random.next() % 3; i > 0 && !after.empty(); --i) {
            after.erase(after.begin());
            change.deletes += 2'000;
        }
        for (std::size_t i = random.next() % 3; i > 0; --i) {
            const std::string inserted = key();
            after.insert(inserted);
            if (change.lowest_insert.empty() || inserted < change.lowest_insert) {
                change.lowest_insert = inserted;
            }
        }
        const auto records = marks.before_commit(changes);
        if (random.next() % 2 == 0) end_one();
        const bool committed = random.next() % 10 != 0;
        if (committed) {
            live = after;
            for (const auto& [partition, mark] : records) written = mark;
        }
        if (random.next() % 2 == 0) end_one();
        marks.after_commit(changes, records, committed);
        if (live.empty()) continue;
        ASSERT_LE(marks.mark_of("p"), *live.begin()) << "step " << step;
        ASSERT_LE(written, *live.begin()) << "step " << step;
    }
}

}  // namespace
}  // namespace carillon::dynamo::embedded
