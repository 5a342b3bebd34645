// The peers' scenarios through the library: producer, durable store and worker in one process.
//
//   carillon_bench_peers_library SINK SCENARIO N     prints one JSON line
//
// The jobs of enqueue, enqueue_batch, drain, pickup and delayed are rows of a lean table of the
// work queue (id, payload, due index); done jobs are removed, as the peers do. http25 and http100
// are webhooks of the real service. Callers are coroutines of one loop; the store has its writer
// thread.

#include "bench/support.hpp"
#include "core/id.hpp"
#include "delivery/delivery.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "net/client.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "queue/queue.hpp"
#include "queue/sharded_rows.hpp"
#include "runtime/blocking.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"
#include "webhooks/service.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>
#include <unistd.h>

namespace carillon::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration day = 24h;

template <class T>
T must(Result<T> result, const char* what) {
    if (!result) {
        std::fprintf(stderr, "%s: %s\n", what, describe(result.error()).c_str());
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// A directory that goes away with the run.
struct Scratch {
    std::string path = "/tmp/carillon-bench-" + std::to_string(getpid());
    Scratch() = default;
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

struct World {
    Scratch scratch;
    runtime::SystemClock clock;
    runtime::Loop loop{clock};
    runtime::SystemRandom random;
    std::unique_ptr<dynamo::Database> database;
    queue::ShardedRows rows{[] {
        queue::ShardedRowsOptions options;
        options.table = "jobs";
        options.shards = 1;
        return options;
    }()};
    Registry metrics;

    World() {
        dynamo::EmbeddedOptions options;
        options.directory = scratch.path;
        database = must(dynamo::open_embedded(options, clock), "open");
    }

    [[nodiscard]] dynamo::Item job(std::int64_t number, TimePoint due) {
        queue::RowState row;
        row.due_at = due;
        dynamo::Item payload;
        payload.set("i", dynamo::Value(number));
        dynamo::Item item;
        item.set("id", dynamo::Value(uuid4(random)));
        item.set("payload", dynamo::Value(std::move(payload)));
        item.set("t", dynamo::Value(ticks_ns()));
        return rows.make(std::move(item), row);
    }

    Task<> add(std::int64_t number, TimePoint due) {
        dynamo::PutRequest put;
        put.table = "jobs";
        put.item = job(number, due);
        must(co_await database->put_item(std::move(put)), "put");
    }

    Task<> add_batch(std::size_t first,
                     std::size_t count,
                     const std::function<TimePoint(std::size_t)>& due) {
        std::vector<dynamo::WriteUnit> units;
        units.reserve(count);
        for (std::size_t i = first; i < first + count; ++i) {
            dynamo::PutRequest put;
            put.table = "jobs";
            put.item = job(static_cast<std::int64_t>(i), due(i));
            units.emplace_back().emplace_back(std::move(put));
        }
        for (auto& result : co_await database->update_batch(std::move(units)))
            must(std::move(result), "batch");
    }
};

/// Takes the next number until all are taken: one of several concurrent callers.
Task<> add_lane(World& world,
                std::size_t& next,
                std::size_t n,
                TimePoint due,
                std::vector<std::int64_t>& latencies) {
    while (next < n) {
        const auto number = static_cast<std::int64_t>(next++);
        const std::int64_t began = ticks_ns();
        co_await world.add(number, due);
        latencies.push_back(ticks_ns() - began);
    }
}

constexpr std::size_t batch_size = 1'000;

Task<> batch_lane(World& world,
                  std::size_t& next,
                  std::size_t n,
                  const std::function<TimePoint(std::size_t)>& due,
                  std::vector<std::int64_t>& latencies) {
    while (next < n) {
        const std::size_t first = next;
        const std::size_t count = std::min(batch_size, n - first);
        next += count;
        const std::int64_t began = ticks_ns();
        co_await world.add_batch(first, count, due);
        latencies.push_back(ticks_ns() - began);
    }
}

Task<> fill(World& world,
            std::size_t n,
            const std::function<TimePoint(std::size_t)>& due,
            std::vector<std::int64_t>& latencies) {
    std::size_t next = 0;
    runtime::TaskGroup lanes(world.loop);
    for (int i = 0; i < 4; ++i) lanes.spawn(batch_lane(world, next, n, due, latencies));
    co_await lanes.join();
}

/// Counts jobs, and keeps how late each began.
class Jobs final : public queue::Handler {
public:
    explicit Jobs(std::function<void(const queue::Claim&)> on_start)
        : on_start_(std::move(on_start)) {}

    Task<queue::Settlement> handle(queue::Claim claim) override {
        on_start_(claim);
        queue::Settlement settlement;
        settlement.remove = true;
        settlement.item = std::move(claim.item);
        co_return settlement;
    }

    queue::Settlement poisoned(queue::Claim claim) override {
        queue::Settlement settlement;
        settlement.verdict = queue::Verdict::failed;
        settlement.item = std::move(claim.item);
        return settlement;
    }

private:
    std::function<void(const queue::Claim&)> on_start_;
};

struct Report {
    double ops_per_s = 0;
    std::vector<std::int64_t> latencies_ns;
    std::int64_t handled = -1;
    std::int64_t lost = 0;
    std::int64_t dups = 0;
    std::int64_t early = 0;
    double sink_cpu_s = 0;
};

queue::QueueOptions worker_options() {
    queue::QueueOptions options;
    options.name = "jobs";
    options.concurrency = 1'000;
    options.claim_batch = 1'000;
    options.held_max = 4'000;
    options.held_per_key_max = 4'000;
    return options;
}

double per_second(std::size_t n, std::int64_t began) {
    return static_cast<double>(n) * 1e9 / static_cast<double>(ticks_ns() - began);
}

Task<> enqueue(World& world, std::size_t n, Report& report) {
    std::size_t next = 0;
    const TimePoint due = world.loop.now() + day;
    const std::int64_t began = ticks_ns();
    runtime::TaskGroup lanes(world.loop);
    for (int i = 0; i < 32; ++i) lanes.spawn(add_lane(world, next, n, due, report.latencies_ns));
    co_await lanes.join();
    report.ops_per_s = per_second(n, began);
}

Task<> enqueue_batch(World& world, std::size_t n, Report& report) {
    const TimePoint due = world.loop.now() + day;
    const std::int64_t began = ticks_ns();
    const std::function<TimePoint(std::size_t)> when = [due](std::size_t) { return due; };
    co_await fill(world, n, when, report.latencies_ns);
    report.ops_per_s = per_second(n, began);
}

Task<> drain(World& world, std::size_t n, Report& report) {
    std::vector<std::int64_t> ignored;
    const TimePoint due = world.loop.now() - 1s;
    const std::function<TimePoint(std::size_t)> when = [due](std::size_t) { return due; };
    co_await fill(world, n, when, ignored);
    Jobs jobs([](const queue::Claim&) {});
    Log& log = Log::null();
    queue::Queue worker(world.loop,
                        *world.database,
                        world.rows,
                        jobs,
                        world.random,
                        log,
                        world.metrics,
                        worker_options());
    const std::int64_t began = ticks_ns();
    must(co_await worker.start(), "start");
    while (worker.stats().done < n) (void)co_await world.loop.sleep_for(1ms);
    report.ops_per_s = per_second(n, began);
    report.handled = static_cast<std::int64_t>(worker.stats().done);
    co_await worker.stop(1s);
}

/// Numbers of jobs seen, each at most once.
struct Seen {
    std::vector<char> seen;
    std::size_t count = 0;
    Report& report;

    bool first(const queue::Claim& claim) {
        const auto* payload = claim.item.find("payload");
        const auto number = payload->map()->find("i")->number()->to_int64().value_or(-1);
        if (number < 0) return false;
        if (std::exchange(seen[static_cast<std::size_t>(number)], 1)) {
            ++report.dups;
            return false;
        }
        ++count;
        return true;
    }
};

Task<> pickup(World& world, std::size_t n, Report& report) {
    Seen seen{.seen = std::vector<char>(n), .report = report};
    Jobs jobs([&](const queue::Claim& claim) {
        if (!seen.first(claim)) return;
        report.latencies_ns.push_back(ticks_ns() -
                                      claim.item.find("t")->number()->to_int64().value_or(0));
    });
    Log& log = Log::null();
    queue::Queue worker(world.loop,
                        *world.database,
                        world.rows,
                        jobs,
                        world.random,
                        log,
                        world.metrics,
                        worker_options());
    must(co_await worker.start(), "start");
    for (int i = 0; i < 100; ++i) co_await world.add(-1, world.loop.now());
    const std::int64_t began = ticks_ns();
    runtime::TaskGroup adds(world.loop);
    for (std::size_t i = 0; i < n; ++i) {
        adds.spawn(world.add(static_cast<std::int64_t>(i), world.loop.now()));
        (void)co_await world.loop.sleep_for(5ms);
    }
    co_await adds.join();
    report.ops_per_s = per_second(n, began);
    for (int i = 0; i < 10'000 && seen.count < n; ++i) (void)co_await world.loop.sleep_for(1ms);
    report.handled = static_cast<std::int64_t>(seen.count);
    co_await worker.stop(1s);
}

Task<> delayed(World& world, std::size_t n, Report& report) {
    const char* wanted = std::getenv("BACKLOG");
    const std::size_t backlog = wanted ? static_cast<std::size_t>(std::atoll(wanted)) : 5 * n;
    std::vector<std::int64_t> ignored;
    const TimePoint tomorrow = world.loop.now() + day;
    const std::function<TimePoint(std::size_t)> later = [tomorrow](std::size_t i) {
        return tomorrow + Duration{static_cast<std::int64_t>(i)};
    };
    co_await fill(world, backlog, later, ignored);
    Seen seen{.seen = std::vector<char>(n), .report = report};
    Jobs jobs([&](const queue::Claim& claim) {
        if (!seen.first(claim)) return;
        const std::int64_t late = wall_us() * 1'000 - to_epoch_ms(claim.due_at) * 1'000'000;
        report.early += late < 0 ? 1 : 0;
        report.latencies_ns.push_back(late);
    });
    Log& log = Log::null();
    queue::Queue worker(world.loop,
                        *world.database,
                        world.rows,
                        jobs,
                        world.random,
                        log,
                        world.metrics,
                        worker_options());
    must(co_await worker.start(), "start");
    const TimePoint begin = world.loop.now() + 10s;
    const std::function<TimePoint(std::size_t)> due = [begin, n](std::size_t i) {
        return begin + Duration{static_cast<std::int64_t>(20'000.0 * static_cast<double>(i) /
                                                          static_cast<double>(n))};
    };
    co_await fill(world, n, due, ignored);
    (void)co_await world.loop.sleep_until(begin);
    const std::int64_t began = ticks_ns();
    for (int i = 0; i < 80'000 && seen.count < n; ++i) (void)co_await world.loop.sleep_for(1ms);
    report.ops_per_s = per_second(seen.count, began);
    report.handled = static_cast<std::int64_t>(seen.count);
    co_await worker.stop(1s);
}

Task<> register_lane(World& world,
                     webhooks::Service& service,
                     const std::string& url,
                     std::size_t& next,
                     std::size_t n) {
    while (next < n) {
        const std::size_t first = next;
        const std::size_t count = std::min(batch_size, n - first);
        next += count;
        std::vector<webhooks::Registration> registrations(count);
        for (std::size_t i = 0; i < count; ++i) {
            auto& registration = registrations[i];
            registration.name_space = "bench";
            registration.url = url;
            registration.method = "POST";
            registration.schedule = world.loop.now();
            boost::json::object body;
            body["i"] = first + i;
            body["pad"] = std::string(1'006 - std::to_string(first + i).size(), 'x');
            registration.body = std::move(body);
        }
        for (auto& result : co_await service.register_many(std::move(registrations)))
            must(std::move(result), "register");
    }
}

Task<> register_all(World& world,
                    webhooks::Service& service,
                    const std::string& url,
                    std::size_t n) {
    std::size_t next = 0;
    runtime::TaskGroup lanes(world.loop);
    for (int i = 0; i < 4; ++i) lanes.spawn(register_lane(world, service, url, next, n));
    co_await lanes.join();
    while (service.stats().done < n) (void)co_await world.loop.sleep_for(1ms);
}

Task<> http(World& world,
            std::size_t n,
            std::size_t concurrency,
            const std::string& sink_program,
            Report& report) {
    Child sink({sink_program}, "listening on ");
    runtime::BlockingPool pool(2);
    net::ClientOptions client_options;
    client_options.guard = must(net::AddressGuard::parse("127.0.0.0/8"), "guard");
    net::HttpClient client(world.loop, pool, client_options);
    delivery::HttpSender sender(client, world.clock, {});
    webhooks::ServiceOptions options;
    options.queue.concurrency = concurrency;
    options.guard = client_options.guard;
    Log& log = Log::null();
    webhooks::Service service(
        world.loop, *world.database, sender, world.random, log, world.metrics, options);
    must(co_await service.start(), "start");
    const double sink_cpu = cpu_seconds(sink.pid());
    const std::int64_t began = ticks_ns();
    co_await register_all(world, service, sink.announced() + "/hook", n);
    report.ops_per_s = per_second(n, began);
    report.sink_cpu_s = cpu_seconds(sink.pid()) - sink_cpu;
    report.handled = static_cast<std::int64_t>(service.stats().done);
    co_await service.stop(1s);
    co_await client.close();
}

Task<> scenario(World& world, std::string name, std::size_t n, std::string sink, Report& report) {
    must(co_await world.database->create_table(world.rows.schema()), "create_table");
    if (name == "enqueue") {
        co_await enqueue(world, n, report);
    } else if (name == "enqueue_batch") {
        co_await enqueue_batch(world, n, report);
    } else if (name == "drain") {
        co_await drain(world, n, report);
    } else if (name == "pickup") {
        co_await pickup(world, n, report);
    } else if (name == "delayed") {
        co_await delayed(world, n, report);
    } else if (name == "http25" || name == "http100") {
        co_await http(world, n, name == "http25" ? 25 : 100, sink, report);
    } else {
        std::fprintf(stderr, "unknown scenario %s\n", name.c_str());
        std::exit(2);
    }
    world.loop.stop();
}

void print(const std::string& name,
           std::size_t n,
           Report& report,
           double seconds,
           double cpu,
           double busy) {
    JsonLine line;
    line.add("peer", std::string("carillon-library"));
    line.add("scenario", name);
    line.add("variant", std::string("library"));
    line.add_integer("n", static_cast<std::int64_t>(n));
    line.add("ops_per_s", report.ops_per_s);
    if (report.latencies_ns.empty()) {
        for (const char* field : {"p50_ms", "p99_ms", "max_ms"}) line.add_null(field);
    } else {
        const Percentiles p = percentiles(report.latencies_ns);
        line.add("p50_ms", p.p50_ms);
        line.add("p99_ms", p.p99_ms);
        line.add("max_ms", p.max_ms);
        line.add("p90_ms", p.p90_ms);
        line.add("p999_ms", p.p999_ms);
    }
    line.add("cpu_s", cpu);
    line.add("rss_mb", peak_rss_mb(getpid()));
    line.add("cpu_server_s", cpu);
    line.add("cpu_client_s", 0);
    line.add("rss_server_mb", peak_rss_mb(getpid()));
    line.add("rss_client_mb", 0);
    line.add("wall_s", seconds);
    line.add(
        "other_cpu_pct",
        100 * (busy - cpu - report.sink_cpu_s) / seconds / std::thread::hardware_concurrency());
    if (report.handled >= 0) {
        line.add_integer("handled", report.handled);
        line.add_integer("lost", static_cast<std::int64_t>(n) - report.handled);
        line.add_integer("dups", report.dups);
        line.add_integer("early", report.early);
    }
    double load = 0;
    (void)getloadavg(&load, 1);
    line.add("load1", load);
    std::printf("%s\n", line.text().c_str());
}

}  // namespace
}  // namespace carillon::bench

int main(int argc, char** argv) {
    using namespace carillon::bench;
    if (argc != 4) {
        std::fprintf(stderr, "usage: carillon_bench_peers_library SINK SCENARIO N\n");
        return 2;
    }
    const auto n = static_cast<std::size_t>(std::atoll(argv[3]));
    World world;
    Report report;
    const double cpu = cpu_seconds(getpid());
    const double busy = machine_busy_seconds();
    const std::int64_t began = ticks_ns();
    carillon::runtime::TaskGroup group(world.loop);
    group.spawn(scenario(world, argv[2], n, argv[1], report));
    world.loop.run();
    const double seconds = static_cast<double>(ticks_ns() - began) / 1e9;
    print(argv[2], n, report, seconds, cpu_seconds(getpid()) - cpu, machine_busy_seconds() - busy);
    return 0;
}
