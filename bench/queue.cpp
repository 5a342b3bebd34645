// The queue by itself, in this process, on a directory: how fast rows are claimed, run as a no-op
// and recorded durably; how soon after an insert an idle queue starts; how late rows start that are
// due at a steady rate while many more are stored.
//
//     carillon_bench_queue [drain|pickup|delayed|all] [DIRECTORY] [ROWS]

#include "queue/queue.hpp"

#include "dynamo/embedded/embedded.hpp"
#include "queue/sharded_rows.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <time.h>
#include <unistd.h>
#include <vector>

namespace carillon {
namespace {

using namespace queue;

class Noop final : public Handler {
public:
    explicit Noop(runtime::Clock& clock) : clock_(clock) {}

    std::size_t expected = 0;
    std::size_t count = 0;
    std::vector<std::int64_t> late_us;
    bool from_item = false;  ///< Counted from the microseconds in the item, not from the due time.

    Task<Settlement> handle(Claim claim) override {
        const std::int64_t now_us = clock_.wall_us();
        const dynamo::Value* at = from_item ? claim.item.find("us") : nullptr;
        late_us.push_back(now_us - (at != nullptr ? at->number()->to_int64().value_or(0)
                                                  : to_epoch_ms(claim.due_at) * 1'000));
        ++count;
        Settlement settlement;
        settlement.item = std::move(claim.item);
        co_return settlement;
    }

    Settlement poisoned(Claim claim) override {
        Settlement settlement;
        settlement.verdict = Verdict::failed;
        settlement.item = std::move(claim.item);
        return settlement;
    }

private:
    runtime::Clock& clock_;
};

double cpu_seconds(clockid_t which) {
    timespec time{};
    clock_gettime(which, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

ShardedRowsOptions row_options() {
    ShardedRowsOptions options;
    options.table = "work";
    options.shards = 1;
    return options;
}

struct Bench {
    runtime::SystemClock clock;
    runtime::Loop loop{clock};
    runtime::TaskGroup group{loop};
    runtime::SystemRandom random;
    Registry metrics;
    ShardedRows rows{row_options()};
    Noop handler{clock};
    std::unique_ptr<dynamo::EmbeddedDatabase> store;
    std::unique_ptr<Queue> queue;
    std::size_t count = 0;

    Task<bool> insert(std::size_t first, std::size_t size, TimePoint due, Duration step) {
        std::vector<dynamo::WriteUnit> units;
        for (std::size_t i = first; i < first + size; ++i) {
            dynamo::PutRequest put;
            put.table = "work";
            const TimePoint at = due + step * static_cast<std::int64_t>(i);
            dynamo::Item item{
                {"id", "row-" + std::to_string(i) + "-" + std::to_string(to_epoch_ms(at))}};
            item.set("us", clock.wall_us());
            put.item = rows.make(std::move(item), RowState{.due_at = at});
            units.emplace_back();
            units.back().push_back(std::move(put));
            if (units.size() < 1'000 && i + 1 < first + size) continue;
            auto batch = std::exchange(units, {});
            const auto answers = co_await store->update_batch(std::move(batch));
            if (!std::ranges::all_of(answers, [](const auto& a) { return a.has_value(); })) {
                co_return false;
            }
        }
        co_return true;
    }

    void begin() {
        QueueOptions options;
        options.concurrency = 100;
        queue = std::make_unique<Queue>(
            loop, *store, rows, handler, random, Log::null(), metrics, options);
        handler.late_us.clear();
        handler.count = 0;
    }

    Task<> settled(std::uint64_t wanted) {
        while (queue->stats().done < wanted) (void)co_await loop.sleep_for(Duration{1});
    }

    void report(const char* what) {
        auto& late = handler.late_us;
        std::ranges::sort(late);
        if (late.empty()) return;
        const auto at = [&](double share) {
            return static_cast<double>(late[static_cast<std::size_t>(
                       share * static_cast<double>(late.size() - 1))]) /
                   1'000;
        };
        std::printf("%-8s %zu rows: p50 %.3f ms, p99 %.3f ms, max %.3f ms\n",
                    what,
                    late.size(),
                    at(0.5),
                    at(0.99),
                    at(1.0));
    }

    Task<> drain() {
        (void)co_await insert(0, count, loop.now() - Duration{60'000}, Duration{0});
        begin();
        const std::int64_t began = clock.ticks();
        const double cpu_began = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
        const double loop_began = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
        (void)co_await queue->start();
        co_await settled(count);
        const double seconds = static_cast<double>(clock.ticks() - began) * 1e-9;
        const double rows_done = static_cast<double>(count);
        // The processor's time says more than the clock's on a machine that others use, too.
        std::printf(
            "drain    %zu rows in %.3f s: %.0f/s; CPU per row %.1f us, of it the loop %.1f us\n",
            count,
            seconds,
            rows_done / seconds,
            (cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_began) * 1e6 / rows_done,
            (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - loop_began) * 1e6 / rows_done);
        co_await queue->stop(Duration{1'000});
    }

    Task<> pickup() {
        begin();
        handler.from_item = true;
        (void)co_await queue->start();
        for (int i = 0; i < 1'000; ++i) {
            (void)co_await loop.sleep_for(Duration{5});
            (void)co_await insert(static_cast<std::size_t>(i), 1, loop.now(), Duration{0});
        }
        co_await settled(1'000);
        report("pickup");
        handler.from_item = false;
        co_await queue->stop(Duration{1'000});
    }

    Task<> delayed() {
        (void)co_await insert(0, count, loop.now() + Duration{86'400'000}, Duration{1});
        (void)co_await insert(0, 10'000, loop.now() + Duration{1'000}, Duration{1});
        begin();
        (void)co_await queue->start();
        co_await settled(10'000);
        report("delayed");
        co_await queue->stop(Duration{1'000});
    }

    Task<> run(std::string what) {
        (void)co_await store->create_table(rows.schema());
        if (what == "drain" || what == "all") co_await drain();
        if (what == "pickup" || what == "all") co_await pickup();
        if (what == "delayed" || what == "all") co_await delayed();
        loop.stop();
    }
};

}  // namespace
}  // namespace carillon

int main(int argc, char** argv) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    const bool quick = std::erase(arguments, "--quick") > 0;
    if (!arguments.empty() && arguments[0].starts_with('-')) {
        std::fputs("usage: carillon_bench_queue [--quick] [SCENARIO|all [DIRECTORY [COUNT]]]\n",
                   stderr);
        return 2;
    }
    const std::string what = arguments.empty() ? "all" : arguments[0];
    const std::string directory =
        arguments.size() > 1 ? arguments[1] : "carillon-bench-queue-" + std::to_string(getpid());
    // It is removed in the end.
    if (std::filesystem::exists(directory)) {
        std::fprintf(stderr, "%s exists already: name a new directory\n", directory.c_str());
        return 2;
    }
    carillon::Bench bench;
    const std::size_t usual_count = quick ? 2'000 : 100'000;
    bench.count = arguments.size() > 2 ? std::stoul(arguments[2]) : usual_count;
    auto store = carillon::dynamo::open_embedded({.directory = directory}, bench.clock);
    if (!store) {
        std::fprintf(stderr, "%s\n", carillon::describe(store.error()).c_str());
        return 1;
    }
    bench.store = *std::move(store);
    bench.group.spawn(bench.run(what));
    bench.loop.run();
    bench.queue.reset();
    bench.store.reset();
    std::filesystem::remove_all(directory);
    return 0;
}
