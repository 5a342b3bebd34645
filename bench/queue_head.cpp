// Scan time at the head of a queue over a million claims, and again after a restart.
//
//   carillon_bench_queue_head [CLAIMS] [DIRECTORY]
//
// A claim reads the 100 entries that are due first and deletes them, as a queue does. RocksDB keeps
// a tombstone for each; without low-water marks the scans get slower and slower.

#include "dynamo/embedded/embedded.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace carillon::bench {
namespace {

using namespace dynamo;  // NOLINT(google-build-using-namespace)

constexpr std::int64_t claim = 100;

void require(const auto& result) {
    if (result) return;
    std::fprintf(stderr, "bench: %s\n", describe(result.error()).c_str());
    std::exit(1);
}

TableSchema table() {
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

Task<> fill(EmbeddedDatabase& db, std::int64_t count) {
    require(co_await db.create_table(table()));
    for (std::int64_t first = 0; first < count; first += 1'000) {
        std::vector<WriteUnit> units;
        for (std::int64_t i = first; i < std::min(first + 1'000, count); ++i) {
            PutRequest request;
            request.table = "things";
            request.item = {{"body", std::string(200, 'x')},
                            {"due", i},
                            {"id", std::to_string(i)},
                            {"state", "ready"}};
            units.emplace_back();
            units.back().emplace_back(std::move(request));
        }
        for (const auto& answer : co_await db.update_batch(std::move(units), false)) {
            require(answer);
        }
    }
}

Task<> take(EmbeddedDatabase& db,
            runtime::Clock& clock,
            std::int64_t claims,
            std::vector<std::int64_t>& times) {
    for (std::int64_t i = 0; i < claims; ++i) {
        QueryRequest due;
        due.table = "things";
        due.index = "due";
        due.key.hash = "ready";
        due.limit = claim;
        const std::int64_t start = clock.ticks();
        const auto page = co_await db.query(std::move(due));
        times.push_back(clock.ticks() - start);
        require(page);
        if (page->items.empty()) co_return;
        std::vector<WriteUnit> units;
        for (const Item& item : page->items) {
            DeleteRequest request;
            request.table = "things";
            request.key = {{"id", *item.find("id")}};
            units.emplace_back();
            units.back().emplace_back(std::move(request));
        }
        for (const auto& answer : co_await db.update_batch(std::move(units), false)) {
            require(answer);
        }
    }
}

Task<> stop_after(Task<> task, runtime::Loop& loop) {
    co_await std::move(task);
    loop.stop();
}

void run(runtime::Loop& loop, Task<> task) {
    runtime::TaskGroup group(loop);
    group.spawn(stop_after(std::move(task), loop));
    loop.context().restart();
    loop.run();
    loop.context().restart();
    loop.context().poll();
}

void print(const char* what, std::vector<std::int64_t> times) {
    if (times.empty()) return;
    std::ranges::sort(times);
    auto at = [&times](double share) {
        const auto index = static_cast<std::size_t>(share * static_cast<double>(times.size() - 1));
        return static_cast<double>(times[index]) / 1e6;
    };
    std::printf("%-14s %6zu scans   p50 %7.3f ms   p99 %7.3f ms   max %7.3f ms\n",
                what,
                times.size(),
                at(0.5),
                at(0.99),
                at(1));
    std::fflush(stdout);
}

}  // namespace

int measure(int argc, char** argv) {
    const std::int64_t claims = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
    const std::filesystem::path directory =
        argc > 2 ? argv[2] : std::filesystem::temp_directory_path() / "carillon-bench-queue-head";
    std::filesystem::remove_all(directory);
    dynamo::EmbeddedOptions options;
    options.directory = directory.string();
    runtime::SystemClock clock;
    runtime::Loop loop(clock);
    auto opened = dynamo::open_embedded(options, clock);
    require(opened);
    auto db = *std::move(opened);
    // Some are left for the scan after the restart.
    run(loop, fill(*db, claims + claims / 10));
    std::vector<std::int64_t> times;
    for (int tenth = 1; tenth <= 10; ++tenth) {
        times.clear();
        run(loop, take(*db, clock, claims / 10 / claim, times));
        print((std::to_string(tenth * 10) + " % claimed").c_str(), times);
    }
    db.reset();
    const std::int64_t start = clock.ticks();
    opened = dynamo::open_embedded(options, clock);
    require(opened);
    db = *std::move(opened);
    std::printf("restart: open %.1f ms\n", static_cast<double>(clock.ticks() - start) / 1e6);
    times.clear();
    run(loop, take(*db, clock, 1, times));
    print("first scan", times);
    times.clear();
    run(loop, take(*db, clock, 100, times));
    print("next scans", times);
    db.reset();
    std::filesystem::remove_all(directory);
    return 0;
}

}  // namespace carillon::bench

int main(int argc, char** argv) {
    return carillon::bench::measure(argc, argv);
}
