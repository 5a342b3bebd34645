// What every dynamo::Database promises, as tests that any engine instantiates.
//
// An engine's own test program links carillon_conformance and says once:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, DatabaseConformance, ::testing::Values(EngineUnderTest{...}));
//
// Each test gets a fresh database and runs tasks on a real loop until they end.

#pragma once

#include "dynamo/database.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::conformance {

/// The time that the engine sees; tests move it. Thread-safe, since engines read it from threads.
class TestClock final : public runtime::Clock {
public:
    [[nodiscard]] std::int64_t wall_us() const override;
    [[nodiscard]] std::int64_t ticks() const override;
    void advance(Duration by);

private:
    runtime::SystemClock system_;
    std::atomic<std::int64_t> ahead_us_ = 0;
};

/// One engine to test: makes databases that share nothing with each other.
struct EngineUnderTest {
    std::string name;
    std::function<std::unique_ptr<dynamo::Database>(runtime::Clock&)> make;
    bool transactions = true;
    bool watches = true;
    /// Expired items are invisible at once, by the clock that `make` was given.
    bool expires_at_once = true;
    /// Tests that it fails by faults of its own, and which: of servers that are not ours.
    std::map<std::string, std::string> faults{};
};

/// For gtest's messages.
void PrintTo(const EngineUnderTest& engine, std::ostream* out);

class DatabaseConformance : public ::testing::TestWithParam<EngineUnderTest> {
protected:
    DatabaseConformance();
    ~DatabaseConformance() override;

    /// Skips what the engine is known to fail, and says why.
    void SetUp() override;

    /// Runs the task on the loop, to its end.
    void run(Task<> task);
    /// Runs them side by side.
    void run_all(std::vector<Task<>> tasks);

    [[nodiscard]] dynamo::Database& db() { return *database_; }

    TestClock clock_;
    runtime::Loop loop_{clock_};
    std::unique_ptr<dynamo::Database> database_;
};

// Shorthands for requests.

/// Table `name` with string hash key `id`.
[[nodiscard]] dynamo::TableSchema hash_table(std::string name = "things");
/// Table `name` with string hash key `id` and number sort key `n`.
[[nodiscard]] dynamo::TableSchema sorted_table(std::string name = "things");
/// As hash_table, with a global index `by-due`: hash `state` (string), sort `due` (number).
[[nodiscard]] dynamo::TableSchema queue_table(
    dynamo::ProjectionType projection = dynamo::ProjectionType::all,
    std::vector<std::string> included = {});

[[nodiscard]] dynamo::BoundCondition when(std::string_view text,
                                          dynamo::ExpressionValues values = {});
[[nodiscard]] dynamo::PutRequest put(std::string table, dynamo::Item item);
[[nodiscard]] dynamo::GetRequest get(std::string table, dynamo::Item key);
[[nodiscard]] dynamo::DeleteRequest erase(std::string table, dynamo::Item key);
[[nodiscard]] dynamo::UpdateRequest update(std::string table,
                                           dynamo::Item key,
                                           std::string_view text,
                                           dynamo::ExpressionValues values = {});
[[nodiscard]] dynamo::QueryRequest query(std::string table, dynamo::Value hash);

/// The values of attribute `name`, in order.
[[nodiscard]] std::vector<dynamo::Value> column(const dynamo::Page& page, std::string_view name);

/// "not found: text" or "ok".
template <class T>
[[nodiscard]] std::string outcome(const Result<T>& result) {
    return result ? "ok" : describe(result.error());
}

template <class T>
[[nodiscard]] std::optional<Errc> code_of(const Result<T>& result) {
    if (result) return std::nullopt;
    return result.error().code;
}

}  // namespace carillon::conformance

// Inside tasks, where ASSERT_* cannot return.
#define CARILLON_CO_ASSERT(condition)         \
    if (!(condition)) {                       \
        ADD_FAILURE() << "needs " #condition; \
        co_return;                            \
    }
