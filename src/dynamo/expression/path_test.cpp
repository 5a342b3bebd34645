#include "dynamo/expression/path.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo {
namespace {

Path path(std::initializer_list<PathStep> steps) {
    return steps;
}

PathStep at(std::int64_t index) {
    return {{}, index};
}

TEST(Resolve, FollowsNamesAndIndexes) {
    const Item item{{"a", Map{{"b", List{Value(1), Map{{"c", "deep"}}}}}}, {"s", "text"}};

    const struct {
        Path path;
        const char* want;
    } cases[] = {
        {path({{"a"}, {"b"}, at(1), {"c"}}), "deep"},
        {path({{"s"}}), "text"},
        {path({{"x"}}), nullptr},
        {path({{"a"}, {"x"}}), nullptr},
        {path({{"a"}, at(0)}), nullptr},
        {path({{"a"}, {"b"}, {"c"}}), nullptr},
        {path({{"a"}, {"b"}, at(2)}), nullptr},
        {path({{"s"}, {"x"}}), nullptr},
        {path({at(0)}), nullptr},
        {path({}), nullptr},
    };

    for (const auto& c : cases) {
        const Value* found = resolve(item, c.path);
        ASSERT_EQ(found != nullptr, c.want != nullptr) << path_text(c.path);
        if (found != nullptr) EXPECT_EQ(*found, Value(c.want)) << path_text(c.path);
    }
}

TEST(PathText, IsAListOfSteps) {
    EXPECT_EQ(path_text(path({{"a"}, at(0), {"b.c"}})), "[a, [0], b.c]");
    EXPECT_EQ(path_text(path({{"a"}})), "[a]");
}

TEST(Clash, TellsOverlapsFromConflicts) {
    EXPECT_EQ(clash(path({{"a"}}), path({{"a"}})), PathClash::overlap);
    EXPECT_EQ(clash(path({{"a"}, {"b"}}), path({{"a"}})), PathClash::overlap);
    EXPECT_EQ(clash(path({{"a"}, at(0)}), path({{"a"}, at(0), {"x"}})), PathClash::overlap);
    EXPECT_EQ(clash(path({{"a"}, at(0)}), path({{"a"}, {"x"}})), PathClash::conflict);
    EXPECT_EQ(clash(path({{"a"}, {"b"}}), path({{"a"}, {"c"}})), PathClash::none);
    EXPECT_EQ(clash(path({{"a"}, at(0)}), path({{"a"}, at(1), {"b"}})), PathClash::none);
    EXPECT_EQ(clash(path({{"a"}}), path({{"b"}})), PathClash::none);
}

TEST(FirstClash, PrefersTheFirstOverlap) {
    const Path one = path({{"a"}, at(0)});
    const Path two = path({{"a"}, {"b"}});
    const Path three = path({{"a"}, {"b"}, {"c"}});
    EXPECT_EQ(first_clash({&one, &two}),
              "Two document paths conflict with each other; must remove or rewrite one of these "
              "paths; path one: [a, [0]], path two: [a, b]");
    EXPECT_EQ(first_clash({&one, &two, &three}),
              "Two document paths overlap with each other; must remove or rewrite one of these "
              "paths; path one: [a, b], path two: [a, b, c]");
    EXPECT_EQ(first_clash({&one}), "");
    EXPECT_EQ(first_clash({}), "");
}

TEST(FirstClash, AgreesWithComparingAllPairs) {
    constexpr std::uint64_t seed = 11;
    SeededRandom random(seed);
    for (int round = 0; round < 5'000; ++round) {
        std::vector<Path> paths(1 + random.below(8));
        std::vector<const Path*> pointers;
        for (Path& path : paths) {
            path.push_back({random.below(2) == 0 ? "a" : "b"});
            for (auto more = random.below(3); more > 0; --more) {
                path.push_back(random.below(3) == 0 ? at(static_cast<std::int64_t>(random.below(3)))
                                                    : PathStep{random.below(2) == 0 ? "a" : "b"});
            }
            pointers.push_back(&path);
        }
        std::string overlap;
        std::string conflict;
        for (std::size_t second = 1; second < paths.size(); ++second) {
            for (std::size_t first = 0; first < second; ++first) {
                const PathClash kind = clash(paths[first], paths[second]);
                if (kind == PathClash::none) continue;
                std::string& text = kind == PathClash::overlap ? overlap : conflict;
                if (text.empty()) text = clash_text(kind, paths[first], paths[second]);
            }
        }
        EXPECT_EQ(first_clash(pointers), overlap.empty() ? conflict : overlap)
            << "seed " << seed << " round " << round;
    }
}

}  // namespace
}  // namespace carillon::dynamo
