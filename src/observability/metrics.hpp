// Numbers about the running program, read by Prometheus at /metrics.
//
// Counting must cost nothing worth thinking about: a caller asks the Registry for its Counter,
// Gauge or Histogram once, keeps the reference, and each use is one or two relaxed atomic
// operations. There is no global registry; app owns one and passes it down. Labels must come from
// small fixed sets (a status, a route): never a tenant, an id or a URL, as every combination is
// kept for ever.

#pragma once

#include "core/check.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace carillon {

/// Only grows; its name ends in `_total`. Any thread.
class Counter {
public:
    Counter() = default;
    Counter(const Counter&) = delete;
    Counter& operator=(const Counter&) = delete;

    void add(std::uint64_t amount = 1) noexcept {
        value_.fetch_add(amount, std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint64_t value() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    alignas(64) std::atomic<std::uint64_t> value_{0};  // A cache line each: no false sharing.
};

/// Goes up and down. Any thread.
class Gauge {
public:
    Gauge() = default;
    Gauge(const Gauge&) = delete;
    Gauge& operator=(const Gauge&) = delete;

    void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }

    void add(double amount) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }

    [[nodiscard]] double value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    alignas(64) std::atomic<double> value_{0};
};

/// Counts observations by size, in buckets fixed at creation. Any thread.
class Histogram {
public:
    /// `bounds`: the upper ends of the buckets, finite and rising; the last bucket, up to infinity,
    /// is added.
    explicit Histogram(std::span<const double> bounds);
    Histogram(const Histogram&) = delete;
    Histogram& operator=(const Histogram&) = delete;

    /// A value on a bound belongs to the bucket below it. NaN is ignored.
    void observe(double value) noexcept;

    struct Snapshot {
        std::vector<std::uint64_t> counts;  ///< Per bucket, not cumulative; one more than bounds.
        std::uint64_t count = 0;            ///< The sum of counts.
        double sum = 0;
    };

    [[nodiscard]] Snapshot snapshot() const;

    [[nodiscard]] std::span<const double> bounds() const CARILLON_LIFETIMEBOUND { return bounds_; }

private:
    std::vector<double> bounds_;
    std::vector<std::atomic<std::uint64_t>> counts_;
    alignas(64) std::atomic<double> sum_{0};
};

/// From half a millisecond to a minute, in seconds.
inline constexpr std::array<double, 16> latency_buckets{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

/// Names and values; the order does not matter.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// Owns all metrics and writes them out. Any thread may ask for metrics or expose them at any time;
/// references stay valid as long as the registry.
///
/// Asking again for the same name and labels gives the same object. A malformed name, or one that
/// was used for another type or other buckets, is a bug and aborts.
class Registry {
public:
    Registry() = default;
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    Counter& counter(std::string_view name,
                     std::string_view help,
                     Labels labels = {}) CARILLON_LIFETIMEBOUND;
    Gauge& gauge(std::string_view name,
                 std::string_view help,
                 Labels labels = {}) CARILLON_LIFETIMEBOUND;
    Histogram& histogram(std::string_view name,
                         std::string_view help,
                         std::span<const double> bounds = latency_buckets,
                         Labels labels = {}) CARILLON_LIFETIMEBOUND;

    /// Everything in the Prometheus text format 0.0.4, families and series in the order of names.
    [[nodiscard]] std::string expose() const;

    /// The Content-Type of expose().
    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

private:
    // Pointers, because metrics do not move while the map grows.
    using Metric =
        std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>, std::unique_ptr<Histogram>>;

    struct Family {
        std::string help;
        std::size_t type = 0;  ///< The index in Metric.
        std::map<Labels, Metric> series;
    };

    template <class T, class... Arguments>
    T& find_or_add(std::string_view name,
                   std::string_view help,
                   Labels labels,
                   Arguments... arguments);
    static void append_series(std::string& out,
                              std::string_view name,
                              const Labels& labels,
                              const Metric& metric);

    mutable std::mutex mutex_;
    std::map<std::string, Family, std::less<>> families_;
};

}  // namespace carillon
