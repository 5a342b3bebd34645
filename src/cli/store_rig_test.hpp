// For this module's tests: stores in memory, and a console that remembers.

#pragma once

#include "cli/console.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace carillon::cli::testing {

class StoreRig {
public:
    std::unique_ptr<dynamo::EmbeddedDatabase> open() {
        dynamo::EmbeddedOptions options;
        options.memory = true;
        options.inline_writer = true;
        return dynamo::open_embedded(options, clock_).value();
    }

    template <class T>
    T run(Task<T> task) {
        std::optional<T> result;
        group_.spawn(keep(std::move(task), result));
        loop_.run_simulated(
            clock_, clock_.now() + std::chrono::hours{1}, [&] { return result.has_value(); });
        if (!result) std::abort();
        return *std::move(result);
    }

    /// `things` with a string key `id`, and an index `by_kind`.
    static dynamo::TableSchema things() {
        dynamo::TableSchema schema;
        schema.name = "things";
        schema.key.hash = {"id", dynamo::Type::string};
        dynamo::IndexSchema index;
        index.name = "by_kind";
        index.key.hash = {"kind", dynamo::Type::string};
        schema.indexes.push_back(index);
        return schema;
    }

    /// Makes `things` and puts `count` items with `id` 0000 ... in it.
    void fill(dynamo::Database& database, int count) {
        ASSERT_TRUE(run(database.create_table(things())));
        std::vector<dynamo::Write> writes;
        for (int i = 0; i < count; ++i) {
            std::string id = std::to_string(10'000 + i).substr(1);
            writes.emplace_back(dynamo::PutRequest{
                "things", {{"id", id}, {"kind", i % 2 == 0 ? "even" : "odd"}, {"n", i}}});
        }
        ASSERT_TRUE(run(database.batch_write(std::move(writes))));
    }

    runtime::Loop& loop() { return loop_; }

    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    Console console{in, out, err};

private:
    template <class T>
    static Task<> keep(Task<T> task, std::optional<T>& result) {
        result.emplace(co_await std::move(task));
    }

    runtime::SimulatedClock clock_{TimePoint{std::chrono::days{20'000}}};
    runtime::Loop loop_{clock_};
    runtime::TaskGroup group_{loop_};
};

}  // namespace carillon::cli::testing
