// What the engine's own tests share: a store in a directory, opened and closed at will.

#pragma once

#include "dynamo/embedded/embedded.hpp"
#include "dynamo/embedded/temporary_directory.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace carillon::dynamo::embedded {

inline TableSchema things() {
    TableSchema schema;
    schema.name = "things";
    schema.key.hash = {"id", Type::string};
    IndexSchema due;
    due.name = "due";
    due.key.hash = {"state", Type::string};
    due.key.sort = KeyAttribute{"due", Type::number};
    schema.indexes.push_back(due);
    return schema;
}

inline PutRequest put_thing(std::string id, std::string state, std::int64_t due) {
    PutRequest request;
    request.table = "things";
    request.item = {{"due", due}, {"id", std::move(id)}, {"state", std::move(state)}};
    return request;
}

inline GetRequest get_thing(std::string id) {
    GetRequest request;
    request.table = "things";
    request.key = {{"id", std::move(id)}};
    return request;
}

inline QueryRequest due_things() {
    QueryRequest request;
    request.table = "things";
    request.index = "due";
    request.key.hash = "ready";
    return request;
}

class StoreRig {
public:
    explicit StoreRig(EmbeddedOptions options = {}) : options_(std::move(options)) {
        if (options_.directory.empty()) options_.directory = directory_.path() + "/store";
    }

    Result<> open() {
        CARILLON_TRY(db_, open_embedded(options_, clock_));
        return {};
    }

    void close() { db_.reset(); }

    void run(Task<> task) {
        runtime::TaskGroup group(loop_);
        group.spawn(stop_after(std::move(task), loop_));
        loop_.context().restart();
        loop_.run();
        loop_.context().restart();
        loop_.context().poll();
    }

    [[nodiscard]] EmbeddedDatabase& db() { return *db_; }

    [[nodiscard]] runtime::Clock& clock() { return clock_; }

    [[nodiscard]] EmbeddedOptions& options() { return options_; }

    /// No faults, whatever happened before.
    void expect_consistent() {
        const auto report = db_->check();
        ASSERT_TRUE(report) << describe(report.error());
        EXPECT_EQ(report->faults, 0U) << (report->examples.empty() ? "" : report->examples.front());
    }

private:
    static Task<> stop_after(Task<> task, runtime::Loop& loop) {
        co_await std::move(task);
        loop.stop();
    }

    TemporaryDirectory directory_;
    EmbeddedOptions options_;
    runtime::SystemClock clock_;
    runtime::Loop loop_{clock_};
    std::unique_ptr<EmbeddedDatabase> db_;
};

}  // namespace carillon::dynamo::embedded
