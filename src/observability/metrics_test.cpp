#include "observability/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace carillon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Registry, WritesCountersAndGauges) {
    Registry registry;
    registry.counter("carillon_deliveries_total", "Deliveries.", {{"outcome", "ok"}}).add(3);
    registry.counter("carillon_deliveries_total", "Deliveries.", {{"outcome", "failed"}}).add();
    registry.gauge("carillon_queue_depth", "Items due.").set(1.5);
    EXPECT_EQ(registry.expose(),
              "# HELP carillon_deliveries_total Deliveries.\n"
              "# TYPE carillon_deliveries_total counter\n"
              "carillon_deliveries_total{outcome=\"failed\"} 1\n"
              "carillon_deliveries_total{outcome=\"ok\"} 3\n"
              "# HELP carillon_queue_depth Items due.\n"
              "# TYPE carillon_queue_depth gauge\n"
              "carillon_queue_depth 1.5\n");
}

TEST(Registry, WritesHistogramsCumulatively) {
    Registry registry;
    const double bounds[] = {0.1, 1, 10};
    Histogram& histogram = registry.histogram("h_seconds", "H.", bounds, {{"a", "b"}});
    for (const double value : {0.05, 0.1, 0.5, 5.0, 50.0}) histogram.observe(value);
    EXPECT_EQ(registry.expose(),
              "# HELP h_seconds H.\n"
              "# TYPE h_seconds histogram\n"
              "h_seconds_bucket{a=\"b\",le=\"0.1\"} 2\n"
              "h_seconds_bucket{a=\"b\",le=\"1\"} 3\n"
              "h_seconds_bucket{a=\"b\",le=\"10\"} 4\n"
              "h_seconds_bucket{a=\"b\",le=\"+Inf\"} 5\n"
              "h_seconds_sum{a=\"b\"} 55.65\n"
              "h_seconds_count{a=\"b\"} 5\n");
}

TEST(Registry, EscapesLabelsAndHelp) {
    Registry registry;
    registry.gauge("g", "a \"b\" \\ c\nd", {{"path", "a\"b\\c\nd"}});
    EXPECT_EQ(registry.expose(),
              "# HELP g a \"b\" \\\\ c\\nd\n"
              "# TYPE g gauge\n"
              "g{path=\"a\\\"b\\\\c\\nd\"} 0\n");
}

TEST(Registry, IsEmptyAtFirst) {
    EXPECT_EQ(Registry().expose(), "");
}

TEST(Registry, GivesTheSameMetricForTheSameLabelsInAnyOrder) {
    Registry registry;
    Counter& one = registry.counter("c_total", "C.", {{"a", "1"}, {"b", "2"}});
    Counter& same = registry.counter("c_total", "ignored", {{"b", "2"}, {"a", "1"}});
    Counter& other = registry.counter("c_total", "C.", {{"a", "2"}, {"b", "1"}});
    EXPECT_EQ(&one, &same);
    EXPECT_NE(&one, &other);
}

TEST(Registry, KeepsReferencesValidWhileItGrows) {
    Registry registry;
    Counter& first = registry.counter("c_total", "C.", {{"n", "first"}});
    for (int i = 0; i < 1'000; ++i) {
        registry.counter("c_total", "C.", {{"n", std::to_string(i)}}).add();
        registry.gauge("g" + std::to_string(i), "G.");
    }
    first.add(7);
    EXPECT_THAT(registry.expose(), HasSubstr("c_total{n=\"first\"} 7\n"));
}

TEST(Registry, WritesTheNamesOfSpecialNumbers) {
    Registry registry;
    registry.gauge("a", "A.").set(std::nan(""));
    registry.gauge("b", "B.").set(std::numeric_limits<double>::infinity());
    registry.gauge("c", "C.").set(-std::numeric_limits<double>::infinity());
    const std::string text = registry.expose();
    EXPECT_THAT(text, HasSubstr("\na NaN\n"));
    EXPECT_THAT(text, HasSubstr("\nb +Inf\n"));
    EXPECT_THAT(text, HasSubstr("\nc -Inf\n"));
}

TEST(RegistryDeathTest, MisuseIsABug) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    Registry registry;
    registry.counter("used_total", "C.");
    registry.histogram("h", "H.");
    EXPECT_DEATH(registry.gauge("used_total", "G."), "check failed");
    EXPECT_DEATH(registry.gauge("", "G."), "check failed");
    EXPECT_DEATH(registry.gauge("1st", "G."), "check failed");
    EXPECT_DEATH(registry.gauge("a-b", "G."), "check failed");
    EXPECT_DEATH(registry.gauge("g", "G.", {{"a b", "x"}}), "check failed");
    EXPECT_DEATH(registry.gauge("g", "G.", {{"__a", "x"}}), "check failed");
    EXPECT_DEATH(registry.gauge("g", "G.", {{"a", "x"}, {"a", "y"}}), "check failed");
    EXPECT_DEATH(registry.histogram("i", "H.", latency_buckets, {{"le", "x"}}), "check failed");
    const double other[] = {1};
    EXPECT_DEATH(registry.histogram("h", "H.", other), "check failed");
    const double falling[] = {2, 1};
    EXPECT_DEATH(registry.histogram("j", "H.", falling), "check failed");
}

TEST(Histogram, PutsAValueOnABoundBelowIt) {
    const double bounds[] = {1, 2};
    Histogram histogram(bounds);
    for (const double value : {-1.0, 1.0, 1.5, 2.0, 2.5}) histogram.observe(value);
    histogram.observe(std::numeric_limits<double>::infinity());
    histogram.observe(std::nan(""));
    EXPECT_THAT(histogram.snapshot().counts, ElementsAre(2, 2, 2));
    EXPECT_EQ(histogram.snapshot().count, 6U);
}

TEST(Gauge, GoesUpAndDown) {
    Gauge gauge;
    gauge.add(2);
    gauge.add(-5);
    EXPECT_EQ(gauge.value(), -3);
    gauge.set(1);
    EXPECT_EQ(gauge.value(), 1);
}

TEST(Metrics, CountEverythingFromManyThreads) {
    Registry registry;
    constexpr int each = 10'000;
    {
        std::vector<std::jthread> threads;
        threads.reserve(4);
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&registry] {
                Counter& counter = registry.counter("c_total", "C.");
                Gauge& gauge = registry.gauge("g", "G.");
                Histogram& histogram = registry.histogram("h", "H.");
                for (int i = 0; i < each; ++i) {
                    counter.add();
                    gauge.add(1);
                    histogram.observe(1);
                    if (i % 1'000 == 0) EXPECT_FALSE(registry.expose().empty());
                }
            });
        }
    }
    EXPECT_EQ(registry.counter("c_total", "C.").value(), 4U * each);
    EXPECT_EQ(registry.gauge("g", "G.").value(), 4.0 * each);
    const Histogram::Snapshot snapshot = registry.histogram("h", "H.").snapshot();
    EXPECT_EQ(snapshot.count, 4U * each);
    EXPECT_EQ(snapshot.sum, 4.0 * each);
}

}  // namespace
}  // namespace carillon
