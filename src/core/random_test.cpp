#include "core/random.hpp"

#include "core/backoff.hpp"
#include "core/id.hpp"
#include "core/text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace carillon {
namespace {

using namespace std::chrono_literals;

/// Answers with the same 64 bits for ever.
class FixedRandom final : public Random {
public:
    explicit FixedRandom(std::uint64_t bits) : bits_(bits) {}

    std::uint64_t next() override { return bits_; }

private:
    std::uint64_t bits_;
};

TEST(SeededRandom, RepeatsFromItsSeed) {
    SeededRandom one(42);
    SeededRandom again(42);
    SeededRandom other(43);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t drawn = one.next();
        EXPECT_EQ(drawn, again.next());
        differs |= drawn != other.next();
    }
    EXPECT_TRUE(differs);
}

TEST(Random, BelowReachesEveryValueEvenly) {
    SeededRandom random(1);
    std::vector<int> counts(7, 0);
    for (int i = 0; i < 70'000; ++i) ++counts[random.below(7)];
    for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
    EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, UnitStaysBelowOne) {
    EXPECT_LT(FixedRandom(~0ULL).unit(), 1.0);
    EXPECT_EQ(FixedRandom(0).unit(), 0.0);
}

TEST(Uuid4, HasVersionAndVariant) {
    EXPECT_EQ(FixedRandom(0).next(), 0U);
    FixedRandom zeros(0);
    FixedRandom ones(~0ULL);
    EXPECT_EQ(uuid4(zeros), "00000000-0000-4000-8000-000000000000");
    EXPECT_EQ(uuid4(ones), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(Uuid4, DoesNotRepeat) {
    SeededRandom random(3);
    std::set<std::string> seen;
    for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(seen.insert(uuid4(random)).second);
}

TEST(Ulid, BeginsWithTheTime) {
    FixedRandom zeros(0);
    // The example of the specification: 1469918176385 ms is 01ARYZ6S41.
    EXPECT_EQ(ulid(from_epoch_ms(1'469'918'176'385), zeros), "01ARYZ6S410000000000000000");
    EXPECT_EQ(ulid(from_epoch_ms(0), zeros), std::string(26, '0'));
    FixedRandom ones(~0ULL);
    EXPECT_EQ(ulid(from_epoch_ms((1LL << 48) - 1), ones), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

TEST(Ulid, SortsByTime) {
    SeededRandom random(5);
    std::string earlier = ulid(from_epoch_ms(1'700'000'000'000), random);
    for (int i = 1; i < 1'000; ++i) {
        const std::string later =
            ulid(from_epoch_ms(1'700'000'000'000 + std::int64_t{i} * 37), random);
        EXPECT_LT(earlier, later);
        earlier = later;
    }
}

TEST(BackoffDelay, DoublesUpToItsCap) {
    const Backoff backoff{.base = 1s, .cap = 10s, .multiplier = 2.0, .jitter = 0};
    SeededRandom random(1);
    const Duration want[] = {1s, 2s, 4s, 8s, 10s, 10s};
    int failures = 0;
    for (const Duration delay : want) EXPECT_EQ(backoff_delay(backoff, ++failures, random), delay);
    EXPECT_EQ(backoff_delay(backoff, 1'000'000, random), 10s);
}

TEST(BackoffDelay, JitterStaysWithinItsShareAndTheCap) {
    const Backoff backoff{.base = 1s, .cap = 10s, .multiplier = 2.0, .jitter = 0.5};
    SeededRandom random(1);
    Duration least = 1h;
    Duration most = 0s;
    for (int i = 0; i < 1'000; ++i) {
        const Duration delay = backoff_delay(backoff, 2, random);
        least = std::min(least, delay);
        most = std::max(most, delay);
        EXPECT_LE(backoff_delay(backoff, 9, random), 10s);
    }
    EXPECT_GE(least, 1s);
    EXPECT_LT(least, 1'100ms);
    EXPECT_LE(most, 3s);
    EXPECT_GT(most, 2'900ms);
}

TEST(BackoffDelay, IsNeverZero) {
    const Backoff backoff{.base = 0ms, .cap = 10s, .multiplier = 1.0, .jitter = 1.0};
    FixedRandom zeros(0);
    EXPECT_EQ(backoff_delay(backoff, 1, zeros), 1ms);
}

}  // namespace
}  // namespace carillon
