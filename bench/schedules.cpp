// Schedules by themselves, in this process, on a directory: how late their runs start at a steady
// rate while very many more are stored, how long a start takes with those, and the memory.
//
//     carillon_bench_schedules [--quick] [DIRECTORY] [STORED] [FIRES_PER_SECOND] [SECONDS]
//
// Usual: 1 000 000 stored, 1 000 a second for 30 s. Every fire is what it is in a server: the
// schedule is claimed, its next instant, ledger row and run are one durable transaction, and the
// run is attempted (by a sender that answers at once) and settled. The store is filled by a process
// of its own, so that the memory told is that of a server that has just started.

#include "bench/support.hpp"
#include "core/id.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"
#include "schedules/service.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace carillon {
namespace {

using namespace schedules;

struct Sizes {
    std::string directory = "carillon-bench-schedules";
    std::size_t stored = 1'000'000;
    std::size_t per_second = 1'000;
    std::size_t seconds = 30;
};

/// Each of the frequent schedules fires once in this time.
constexpr std::int64_t period_s = 10;
constexpr std::size_t batch = 1'000;

class InstantSender final : public delivery::Sender {
public:
    std::vector<std::int64_t> late_ns{};

    Task<delivery::Verdict> send(delivery::Target /*target*/,
                                 delivery::Attempt attempt,
                                 runtime::StopToken /*stop*/) override {
        late_ns.push_back((bench::wall_us() - to_epoch_ms(attempt.scheduled_at) * 1'000) * 1'000);
        delivery::Verdict verdict;
        verdict.outcome = delivery::Outcome::delivered;
        verdict.response.status = 200;
        co_return verdict;
    }
};

struct Bench {
    explicit Bench(Sizes given) : sizes(std::move(given)) {}

    Sizes sizes;
    runtime::SystemClock clock;
    runtime::Loop loop{clock};
    runtime::TaskGroup group{loop};
    runtime::SystemRandom random;
    Registry metrics;
    InstantSender sender{};
    Tables tables{TableNames{}};
    std::unique_ptr<dynamo::EmbeddedDatabase> store{};
    std::unique_ptr<Service> service{};
    bool failed = false;

    bool open() {
        auto opened = dynamo::open_embedded({.directory = sizes.directory}, clock);
        if (!opened) {
            std::fprintf(stderr, "%s\n", describe(opened.error()).c_str());
            return false;
        }
        store = *std::move(opened);
        return true;
    }

    void make_service() {
        ServiceOptions options;
        options.queue.concurrency = 100;
        service = std::make_unique<Service>(
            loop, *store, sender, nullptr, random, Log::null(), metrics, std::move(options));
    }

    [[nodiscard]] dynamo::WriteUnit unit_of(recurrence::Trigger trigger, TimePoint due) {
        StoredSchedule stored;
        Schedule& schedule = stored.schedule;
        schedule.id = uuid4(random);
        // A thousand tenants: rows of one share the turns of the queue.
        schedule.tenant = "tenant-" + std::to_string(random.below(1'000));
        schedule.name = "schedule " + schedule.id;
        schedule.spec.trigger = std::move(trigger);
        schedule.target.url = "https://example.com/hook";
        schedule.created_at = schedule.updated_at = loop.now();
        schedule.next_fire_at = stored.cursor = due;
        dynamo::PutRequest put;
        put.table = tables.names().schedules;
        write(put.item, stored);
        tables.schedule_rows().write(put.item, {.state = queue::State::ready, .due_at = due});
        dynamo::WriteUnit unit;
        unit.emplace_back(std::move(put));
        return unit;
    }

    template <class Make>
    Task<> insert(std::size_t count, Make make) {
        std::vector<dynamo::WriteUnit> units;
        for (std::size_t i = 0; i < count; ++i) {
            units.push_back(make(i));
            if (units.size() < batch && i + 1 < count) continue;
            auto full = std::exchange(units, {});
            for (const auto& answer : co_await store->update_batch(std::move(full))) {
                failed = failed || !answer;
            }
        }
    }

    /// All of them fire once a day, some time after tomorrow.
    Task<> fill() {
        make_service();
        const auto made = co_await service->start(false);
        failed = !made;
        const TimePoint begin = loop.now() + Duration{86'400'000};
        auto make = [this, begin](std::size_t) {
            const auto at = static_cast<std::int64_t>(random.below(86'400));
            recurrence::CronTrigger trigger;
            trigger.cron =
                std::to_string(at / 60 % 60) + " " + std::to_string(at / 3'600) + " * * *";
            return unit_of(std::move(trigger), begin + Duration{at * 1'000});
        };
        const std::int64_t began = clock.ticks();
        co_await insert(sizes.stored, make);
        const double seconds = static_cast<double>(clock.ticks() - began) * 1e-9;
        std::printf("fill     %zu schedules in %.1f s\n", sizes.stored, seconds);
        std::fflush(stdout);
        loop.stop();
    }

    Task<> measure(std::int64_t began) {
        const std::int64_t opened = clock.ticks();
        make_service();
        const auto started = co_await service->start();
        failed = !started;
        const std::int64_t ready = clock.ticks();
        std::printf("start    %zu stored: store open in %.3f s, firing %.3f s later; %.0f MB\n",
                    sizes.stored,
                    static_cast<double>(opened - began) * 1e-9,
                    static_cast<double>(ready - opened) * 1e-9,
                    bench::pss_mb(getpid()));
        std::fflush(stdout);
        co_await fire();
        co_await service->stop(Duration{5'000});
        loop.stop();
    }

    Task<> fire() {
        const std::size_t count = sizes.per_second * period_s;
        // Written well before the first is due.
        const TimePoint begin = loop.now() + Duration{5'000};
        auto make = [this, begin](std::size_t i) {
            // Evenly over the period, each at its own millisecond.
            const auto offset = Duration{
                static_cast<std::int64_t>(i * 1'000 / std::max<std::size_t>(1, sizes.per_second))};
            const TimePoint first = begin + offset;
            recurrence::IntervalTrigger trigger;
            trigger.every = Duration{period_s * 1'000};
            trigger.phase = Duration{to_epoch_ms(first) % (period_s * 1'000)};
            return unit_of(trigger, first);
        };
        co_await insert(count, make);
        // The first period warms up.
        (void)co_await loop.sleep_for(begin - loop.now() + Duration{period_s * 1'000});
        sender.late_ns.clear();
        const double cpu = bench::cpu_seconds(getpid());
        const std::int64_t began = clock.ticks();
        (void)co_await loop.sleep_for(Duration{static_cast<std::int64_t>(sizes.seconds) * 1'000});
        const double seconds = static_cast<double>(clock.ticks() - began) * 1e-9;
        const auto fires = static_cast<double>(sender.late_ns.size());
        const double cpu_used = bench::cpu_seconds(getpid()) - cpu;
        const bench::Percentiles late = bench::percentiles(sender.late_ns);
        std::printf(
            "fires    %.0f/s wanted, %.0f/s came for %.0f s, %zu more stored: late p50 %.2f ms, "
            "p99 %.2f ms, p99.9 %.2f ms, max %.2f ms; CPU per fire %.0f us; %.0f MB\n",
            static_cast<double>(sizes.per_second),
            fires / seconds,
            seconds,
            sizes.stored,
            late.p50_ms,
            late.p99_ms,
            late.p999_ms,
            late.max_ms,
            fires > 0 ? cpu_used * 1e6 / fires : 0,
            bench::pss_mb(getpid()));
    }
};

/// In a process of its own.
int fill_store(const Sizes& sizes) {
    Bench bench(sizes);
    if (!bench.open()) return 1;
    bench.group.spawn(bench.fill());
    bench.loop.run();
    bench.service.reset();
    bench.store.reset();
    return bench.failed ? 1 : 0;
}

int measure(const Sizes& sizes) {
    Bench bench(sizes);
    const std::int64_t began = bench.clock.ticks();
    if (!bench.open()) return 1;
    bench.group.spawn(bench.measure(began));
    bench.loop.run();
    bench.service.reset();
    bench.store.reset();
    return bench.failed ? 1 : 0;
}

}  // namespace
}  // namespace carillon

int main(int argc, char** argv) {
    carillon::Sizes sizes;
    std::vector<std::string> words(argv + 1, argv + argc);
    const auto is_option = [](const std::string& word) { return word.starts_with('-'); };
    if (!words.empty() && words.front() == "--quick") {
        sizes.stored = 20'000;
        sizes.per_second = 200;
        sizes.seconds = 5;
        words.erase(words.begin());
    }
    if (words.size() > 4 || std::ranges::any_of(words, is_option)) {
        std::fputs(
            "usage: carillon_bench_schedules [--quick] [DIRECTORY [STORED [FIRES_PER_SECOND "
            "[SECONDS]]]]\n",
            stderr);
        return words[0] == "--help" ? 0 : 2;
    }
    if (!words.empty()) sizes.directory = words[0];
    if (words.size() > 1) sizes.stored = std::stoul(words[1]);
    if (words.size() > 2) sizes.per_second = std::stoul(words[2]);
    if (words.size() > 3) sizes.seconds = std::stoul(words[3]);
    if (std::filesystem::exists(sizes.directory)) {
        std::fprintf(
            stderr, "%s is there already: name a directory that is not\n", sizes.directory.c_str());
        return 2;
    }
    // Before there are any threads.
    const pid_t child = fork();
    if (child == 0) _exit(carillon::fill_store(sizes));
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        std::fprintf(stderr, "the store was not filled\n");
        return 1;
    }
    const int code = carillon::measure(sizes);
    std::filesystem::remove_all(sizes.directory);
    return code;
}
