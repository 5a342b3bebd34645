#include "conformance/conformance.hpp"

#include <algorithm>
#include <ostream>

namespace carillon::conformance {

using dynamo::IndexSchema;
using dynamo::Item;
using dynamo::TableSchema;
using dynamo::Type;
using dynamo::Value;

std::int64_t TestClock::wall_us() const {
    return system_.wall_us() + ahead_us_.load();
}

std::int64_t TestClock::ticks() const {
    return system_.ticks() + ahead_us_.load() * 1'000;
}

void TestClock::advance(Duration by) {
    ahead_us_ += std::chrono::microseconds{by}.count();
}

void PrintTo(const EngineUnderTest& engine, std::ostream* out) {
    *out << engine.name;
}

DatabaseConformance::DatabaseConformance() : database_(GetParam().make(clock_)) {}

DatabaseConformance::~DatabaseConformance() = default;

void DatabaseConformance::SetUp() {
    std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    name.resize(std::min(name.find('/'), name.size()));
    const auto fault = GetParam().faults.find(name);
    if (fault != GetParam().faults.end()) GTEST_SKIP() << GetParam().name << ": " << fault->second;
}

namespace {

Task<> stop_when_done(runtime::TaskGroup& group, runtime::Loop& loop) {
    co_await group.join();
    loop.stop();
}

}  // namespace

void DatabaseConformance::run(Task<> task) {
    std::vector<Task<>> tasks;
    tasks.push_back(std::move(task));
    run_all(std::move(tasks));
}

void DatabaseConformance::run_all(std::vector<Task<>> tasks) {
    ASSERT_NE(database_, nullptr);
    runtime::TaskGroup group(loop_);
    for (Task<>& task : tasks) group.spawn(std::move(task));
    runtime::TaskGroup stopper(loop_);
    stopper.spawn(stop_when_done(group, loop_));
    loop_.context().restart();
    loop_.run();
    // The turn in which the stopper's own end is seen.
    loop_.context().restart();
    loop_.context().poll();
}

TableSchema hash_table(std::string name) {
    TableSchema schema;
    schema.name = std::move(name);
    schema.key.hash = {"id", Type::string};
    return schema;
}

TableSchema sorted_table(std::string name) {
    TableSchema schema = hash_table(std::move(name));
    schema.key.sort = {"n", Type::number};
    return schema;
}

TableSchema queue_table(dynamo::ProjectionType projection, std::vector<std::string> included) {
    TableSchema schema = hash_table();
    IndexSchema index;
    index.name = "by-due";
    index.key.hash = {"state", Type::string};
    index.key.sort = {"due", Type::number};
    index.projection = projection;
    index.non_key_attributes = std::move(included);
    schema.indexes.push_back(std::move(index));
    return schema;
}

dynamo::BoundCondition when(std::string_view text, dynamo::ExpressionValues values) {
    auto condition = dynamo::Condition::parse(text);
    EXPECT_TRUE(condition) << text << ": " << outcome(condition);
    return {condition.value(), std::move(values)};
}

dynamo::PutRequest put(std::string table, Item item) {
    dynamo::PutRequest request;
    request.table = std::move(table);
    request.item = std::move(item);
    return request;
}

dynamo::GetRequest get(std::string table, Item key) {
    dynamo::GetRequest request;
    request.table = std::move(table);
    request.key = std::move(key);
    return request;
}

dynamo::DeleteRequest erase(std::string table, Item key) {
    dynamo::DeleteRequest request;
    request.table = std::move(table);
    request.key = std::move(key);
    return request;
}

dynamo::UpdateRequest update(std::string table,
                             Item key,
                             std::string_view text,
                             dynamo::ExpressionValues values) {
    auto parsed = dynamo::Update::parse(text);
    EXPECT_TRUE(parsed) << text << ": " << outcome(parsed);
    dynamo::UpdateRequest request;
    request.table = std::move(table);
    request.key = std::move(key);
    request.update = parsed.value();
    request.values = std::move(values);
    return request;
}

dynamo::QueryRequest query(std::string table, Value hash) {
    dynamo::QueryRequest request;
    request.table = std::move(table);
    request.key.hash = std::move(hash);
    return request;
}

std::vector<Value> column(const dynamo::Page& page, std::string_view name) {
    std::vector<Value> values;
    for (const Item& item : page.items) {
        const Value* value = item.find(name);
        values.push_back(value != nullptr ? *value : Value());
    }
    return values;
}

}  // namespace carillon::conformance
