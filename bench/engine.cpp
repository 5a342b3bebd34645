// The embedded engine by itself, in this process: what the storage allows, before queues and HTTP.
//
//   carillon_bench_engine [DIRECTORY] [SECONDS] [ITEM_BUFFER_MB]
//
// Prints, beside each figure, the number of commits and syncs that it took, since the disk decides.

#include "dynamo/embedded/embedded.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace carillon::bench {
namespace {

using namespace dynamo;  // NOLINT(google-build-using-namespace)

constexpr int callers = 32;
constexpr int batch = 1'000;
constexpr int claim = 500;

TableSchema lean_table() {
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

Item thing(std::uint64_t number) {
    return {{"attempts", 0},
            {"body", std::string(300, 'x')},
            {"due", static_cast<std::int64_t>(number)},
            {"id", "item-" + std::to_string(number)},
            {"state", "ready"}};
}

struct Run {
    runtime::SystemClock clock{};
    runtime::Loop loop{clock};
    std::unique_ptr<EmbeddedDatabase> db{};
    std::uint64_t next = 0;
    std::uint64_t done = 0;
    std::int64_t until = 0;
};

void require(const auto& result) {
    if (result) return;
    std::fprintf(stderr, "bench: %s\n", describe(result.error()).c_str());
    std::exit(1);
}

Task<> put_singles(Run& run) {
    while (run.clock.ticks() < run.until) {
        PutRequest request;
        request.table = "things";
        request.item = thing(run.next++);
        require(co_await run.db->put_item(std::move(request)));
        ++run.done;
    }
}

Task<> put_batches(Run& run) {
    while (run.clock.ticks() < run.until) {
        std::vector<WriteUnit> units;
        units.reserve(batch);
        for (int i = 0; i < batch; ++i) {
            PutRequest request;
            request.table = "things";
            request.item = thing(run.next++);
            units.emplace_back();
            units.back().emplace_back(std::move(request));
        }
        const auto answers = co_await run.db->update_batch(std::move(units));
        for (const auto& answer : answers) require(answer);
        run.done += batch;
    }
}

/// Finds what is due, ends half of it and puts the other half off.
Task<> claim_and_settle(Run& run, const Condition& unchanged) {
    while (run.clock.ticks() < run.until) {
        QueryRequest due;
        due.table = "things";
        due.index = "due";
        due.key.hash = "ready";
        due.limit = claim;
        auto page = co_await run.db->query(std::move(due));
        require(page);
        if (page->items.empty()) co_return;
        std::vector<WriteUnit> units;
        units.reserve(page->items.size());
        for (Item& item : page->items) {
            units.emplace_back();
            PutRequest request;
            request.table = "things";
            request.condition = BoundCondition{unchanged, {{":due", *item.find("due")}}};
            request.item = std::move(item);
            request.item.set("state", "done");
            units.back().emplace_back(std::move(request));
        }
        const auto answers = co_await run.db->update_batch(std::move(units));
        for (const auto& answer : answers) require(answer);
        run.done += answers.size();
    }
}

Task<> create(Run& run) {
    require(co_await run.db->create_table(lean_table()));
}

Task<> record_changes(Run& run) {
    TableChange change;
    change.settings = TableSettings{};
    change.settings->stream = StreamView::new_and_old_images;
    require(co_await run.db->update_table("things", std::move(change)));
}

Task<> join_and_stop(runtime::TaskGroup& group, runtime::Loop& loop) {
    co_await group.join();
    loop.stop();
}

void measure(Run& run, const char* name, double seconds, std::vector<Task<>> tasks) {
    run.done = 0;
    const EmbeddedStats before = run.db->stats();
    const std::int64_t start = run.clock.ticks();
    const std::clock_t cpu = std::clock();
    run.until = start + static_cast<std::int64_t>(seconds * 1e9);
    runtime::TaskGroup group(run.loop);
    for (Task<>& task : tasks) group.spawn(std::move(task));
    runtime::TaskGroup stopper(run.loop);
    stopper.spawn(join_and_stop(group, run.loop));
    run.loop.context().restart();
    run.loop.run();
    run.loop.context().restart();
    run.loop.context().poll();
    const double took = static_cast<double>(run.clock.ticks() - start) / 1e9;
    const double used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
    const EmbeddedStats after = run.db->stats();
    const auto count = static_cast<double>(std::max<std::uint64_t>(run.done, 1));
    const auto groups =
        static_cast<double>(std::max<std::uint64_t>(after.groups - before.groups, 1));
    std::printf("%-34s %9.0f/s   %7.0f syncs/s   %6.1f per commit   %5.2f us CPU each\n",
                name,
                count / took,
                static_cast<double>(after.syncs - before.syncs) / took,
                count / groups,
                used * 1e6 / count);
    std::fflush(stdout);
}

template <class Make>
std::vector<Task<>> several(int count, Make make) {
    std::vector<Task<>> tasks;
    for (int i = 0; i < count; ++i) tasks.push_back(make());
    return tasks;
}

void all(const char* what, EmbeddedOptions options, double seconds) {
    std::printf("%s\n", what);
    Run run;
    auto opened = open_embedded(options, run.clock);
    require(opened);
    run.db = *std::move(opened);
    const auto unchanged = Condition::parse("due = :due");
    require(unchanged);
    std::vector<Task<>> first;
    first.push_back(create(run));
    measure(run, "  create a table", seconds, std::move(first));
    measure(run, "  1 caller, single puts", seconds, several(1, [&] { return put_singles(run); }));
    measure(run, "  32 callers, single puts", seconds, several(callers, [&] {
                return put_singles(run);
            }));
    measure(run, "  batches of 1000", seconds, several(1, [&] { return put_batches(run); }));
    measure(run, "  2 x batches of 1000", seconds, several(2, [&] { return put_batches(run); }));
    measure(run, "  claim and settle 500", seconds, several(1, [&] {
                return claim_and_settle(run, *unchanged);
            }));
    // The same writes with a record of each change beside them.
    std::vector<Task<>> stream;
    stream.push_back(record_changes(run));
    measure(run, "  begin a change stream", seconds, std::move(stream));
    measure(run, "  32 callers, with a stream", seconds, several(callers, [&] {
                return put_singles(run);
            }));
    measure(run, "  batches of 1000, with a stream", seconds, several(1, [&] {
                return put_batches(run);
            }));
    measure(run, "  claim and settle 500, with a stream", seconds, several(1, [&] {
                return claim_and_settle(run, *unchanged);
            }));
}

}  // namespace
}  // namespace carillon::bench

int main(int argc, char** argv) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    const bool quick = std::erase(arguments, "--quick") > 0;
    if (!arguments.empty() && arguments[0].starts_with('-')) {
        std::fputs("usage: carillon_bench_engine [--quick] [DIRECTORY [SECONDS [BUFFER_MB]]]\n",
                   stderr);
        return 2;
    }
    const std::filesystem::path directory =
        arguments.empty() ? std::filesystem::temp_directory_path() /
                                ("carillon-bench-engine-" + std::to_string(getpid()))
                          : std::filesystem::path(arguments[0]);
    // It is removed between the measurements.
    if (std::filesystem::exists(directory)) {
        std::fprintf(stderr, "%s exists already: name a new directory\n", directory.c_str());
        return 2;
    }
    const double usual_seconds = quick ? 0.1 : 3;
    const double seconds = arguments.size() > 1 ? std::stod(arguments[1]) : usual_seconds;
    carillon::dynamo::EmbeddedOptions options;
    options.directory = directory.string();
    if (arguments.size() > 2) options.item_buffer_bytes = std::stoul(arguments[2]) << 20U;
    carillon::bench::all("directory, synced", options, seconds);
    std::filesystem::remove_all(directory);
    options.sync = false;
    carillon::bench::all("directory, not synced", options, seconds);
    std::filesystem::remove_all(directory);
    options.memory = true;
    carillon::bench::all("memory", options, seconds);
}
