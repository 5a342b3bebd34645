// The outbox by itself: events from emit to handled and settled, as fast as they go, and at a
// steady rate; and how many claims several workers of one table lose to each other.
//
//     carillon_bench_outbox [--quick] [--json drain|pickup N] [STORE | PUBLISHER]...
//
// STORE: a directory (the embedded engine; the default) or the http:// URL of a DynamoDB endpoint,
// which is measured with one and with four workers. PUBLISHER: the URL of a broker (nats://,
// redis://, amqp://) that the events of a directory go to; an event counts as handled when the
// broker has said that it has it. --json: one line as the peers' programs print it (bench/peers).

#include "bench/support.hpp"
#include "bus/publishers.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "dynamo/remote/remote.hpp"
#include "outbox/event_bus.hpp"
#include "runtime/blocking.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace carillon {
namespace {

using namespace outbox;

struct Sizes {
    std::size_t flood = 100'000;
    std::size_t flood_remote = 20'000;
    std::size_t per_second = 200;
    std::size_t seconds = 10;
};

constexpr std::size_t emitters = 4;
constexpr const char* directory = "carillon-bench-outbox";

struct Figures {
    std::size_t events = 0;
    std::size_t handled = 0;  ///< Different ones.
    std::size_t doubled = 0;
    double seconds = 0;
    double cpu = 0;
    double lost_percent = 0;  ///< Claims that others were faster with.
    bench::Percentiles latency{};
};

class Bench {
public:
    explicit Bench(Sizes given) : sizes_(given) {}

    /// The bus over what `where` names, with so many workers.
    bool open(const std::string& where, std::size_t workers) {
        const bool broker = where.contains("://") && !where.starts_with("http");
        if (broker) {
            auto publisher = publishers_.at(where);
            if (!publisher) return complain(publisher.error());
            forward_ = publish_to(**publisher, "events.bench");
        }
        if (where.starts_with("http")) {
            auto url = net::parse_url(where);
            if (!url) return complain(url.error());
            dynamo::RemoteOptions options;
            options.region = "eu-central-1";
            options.endpoint = *url;
            options.credentials = aws::Credentials{"bench", "bench"};
            auto opened =
                dynamo::open_remote(std::move(options), loop_, pool_, random_, Log::null());
            if (!opened) return complain(opened.error());
            remote_ = *std::move(opened);
        } else {
            std::filesystem::remove_all(directory);
            auto opened = dynamo::open_embedded({.directory = broker ? directory : where}, clock_);
            if (!opened) return complain(opened.error());
            embedded_ = *std::move(opened);
        }
        make_buses(workers);
        return true;
    }

    /// All are emitted before the first is handled, and only the handling is timed.
    void emit_first() { emit_first_ = true; }

    /// Emits `count` events; at once, or so many a second.
    Figures run(std::size_t count, std::size_t per_second) {
        group_.spawn(measure(count, per_second));
        loop_.context().restart();
        loop_.run();
        return figures_;
    }

    ~Bench() {
        buses_.clear();
        embedded_.reset();
        remote_.reset();
        std::filesystem::remove_all(directory);
    }

    bool failed = false;

private:
    static bool complain(const Error& error) {
        std::fprintf(stderr, "%s\n", describe(error).c_str());
        return false;
    }

    [[nodiscard]] dynamo::Database& database() const {
        if (remote_) return *remote_;
        return *embedded_;
    }

    void make_buses(std::size_t workers) {
        // An endpoint keeps the tables of other runs.
        const std::string table = fmt::format("events-{}-{}", getpid(), clock_.ticks());
        for (std::size_t i = 0; i < workers; ++i) {
            BusOptions options;
            options.layout.generation = Generation::sharded;
            options.layout.index = "due";
            options.layout.table = table;
            options.batch_size = 200;
            options.concurrency = 256;
            options.owner = "worker-" + std::to_string(i);
            buses_.push_back(std::make_unique<EventBus>(
                loop_, database(), random_, Log::null(), metrics_, std::move(options)));
            (void)buses_.back()->on("*", [this](Event event) { return handle(std::move(event)); });
        }
    }

    Task<Result<>> handle(Event event) {
        std::size_t number = 0;
        std::from_chars(event.id.data() + 1, event.id.data() + event.id.size(), number);
        if (forward_) CARILLON_CO_TRY_VOID(co_await forward_(std::move(event)));
        if (handled_[number] != 0) {
            ++figures_.doubled;
        } else {
            ++figures_.handled;
            handled_[number] = clock_.ticks();
        }
        co_return Result<>{};
    }

    [[nodiscard]] Task<bool> emit(std::size_t first, std::size_t count) {
        std::vector<Event> events;
        for (std::size_t i = first; i < first + count; ++i) {
            events.push_back({.id = "e" + std::to_string(i),
                              .type = "order.placed",
                              .payload = {{"order", i}, {"note", std::string(100, 'x')}}});
            emitted_[i] = clock_.ticks();
        }
        const auto done = co_await buses_.front()->emit_many(std::move(events));
        if (!done) failed = !complain(done.error());
        co_return done.has_value();
    }

    Task<> flood(std::size_t from, std::size_t until) {
        for (; from < until; from += emit_max) {
            const bool good = co_await emit(from, std::min(emit_max, until - from));
            if (!good) co_return;
        }
    }

    Task<> pace(std::size_t count, std::size_t per_second) {
        const TimePoint began = loop_.now();
        for (std::size_t i = 0; i < count; ++i) {
            const auto at = Duration{static_cast<std::int64_t>(i * 1'000 / per_second)};
            (void)co_await loop_.sleep_for(began + at - loop_.now());
            const bool good = co_await emit(i, 1);
            if (!good) co_return;
        }
    }

    [[nodiscard]] std::uint64_t settled() const {
        std::uint64_t done = 0;
        for (const auto& bus : buses_) done += bus->stats().done;
        return done;
    }

    Task<> start(bool work) {
        for (auto& bus : buses_) {
            const auto started = co_await bus->start(work);
            if (!started) failed = !complain(started.error());
        }
    }

    Task<> measure(std::size_t count, std::size_t per_second) {
        figures_ = Figures{.events = count};
        emitted_.assign(count, 0);
        handled_.assign(count, 0);
        co_await start(!emit_first_);
        // Several have heard of each other.
        if (buses_.size() > 1) (void)co_await loop_.sleep_for(Duration{2'500});
        double cpu = bench::cpu_seconds(getpid());
        std::int64_t began = clock_.ticks();
        runtime::TaskGroup work(loop_);
        if (per_second > 0) {
            work.spawn(pace(count, per_second));
        } else {
            const std::size_t share = (count + emitters - 1) / emitters;
            for (std::size_t i = 0; i < count; i += share) {
                work.spawn(flood(i, std::min(count, i + share)));
            }
        }
        co_await work.join();
        if (emit_first_) {
            cpu = bench::cpu_seconds(getpid());
            began = clock_.ticks();
            co_await start(true);
        }
        while (!failed && settled() < count) (void)co_await loop_.sleep_for(Duration{1});
        figures_.seconds = static_cast<double>(clock_.ticks() - began) * 1e-9;
        figures_.cpu = bench::cpu_seconds(getpid()) - cpu;
        tell_claims();
        std::vector<std::int64_t> latencies;
        for (std::size_t i = 0; i < count; ++i) latencies.push_back(handled_[i] - emitted_[i]);
        figures_.latency = bench::percentiles(latencies);
        for (auto& bus : buses_) co_await bus->stop(Duration{5'000});
        co_await publishers_.close();
        if (remote_) co_await remote_->close();
        loop_.stop();
    }

    void tell_claims() {
        double claimed = 0;
        double lost = 0;
        for (const auto& bus : buses_) {
            claimed += static_cast<double>(bus->stats().claimed);
            lost += static_cast<double>(bus->stats().claims_lost);
        }
        figures_.lost_percent = claimed > 0 ? 100 * lost / claimed : 0;
    }

    Sizes sizes_;
    runtime::SystemClock clock_;
    runtime::Loop loop_{clock_};
    runtime::BlockingPool pool_;
    runtime::TaskGroup group_{loop_};
    runtime::SystemRandom random_;
    Registry metrics_;
    bus::Publishers publishers_{loop_, pool_, random_};
    EventHandler forward_;
    std::unique_ptr<dynamo::EmbeddedDatabase> embedded_;
    std::unique_ptr<dynamo::RemoteDatabase> remote_;
    std::vector<std::unique_ptr<EventBus>> buses_;
    std::vector<std::int64_t> emitted_;
    std::vector<std::int64_t> handled_;
    Figures figures_;
    bool emit_first_ = false;
};

/// Without a password that may be in it.
std::string shown(const std::string& where) {
    const std::size_t scheme = where.find("://");
    return scheme == std::string::npos ? "embedded" : where.substr(0, scheme);
}

bool measure(const std::string& where, std::size_t workers, const Sizes& sizes) {
    const bool remote = where.starts_with("http");
    for (const bool paced : {false, true}) {
        Bench bench(sizes);
        if (!bench.open(where, workers)) return false;
        const std::size_t flood = remote ? sizes.flood_remote : sizes.flood;
        const Figures figures = paced
                                    ? bench.run(sizes.per_second * sizes.seconds, sizes.per_second)
                                    : bench.run(flood, 0);
        std::printf(
            "%-9s %zu worker%s %-9s %8.0f events/s; emit to handled p50 %.2f ms, p99 %.2f ms, "
            "max %.1f ms; CPU per event %.0f us",
            shown(where).c_str(),
            workers,
            workers == 1 ? " " : "s",
            paced ? "steadily" : "at once",
            static_cast<double>(figures.events) / figures.seconds,
            figures.latency.p50_ms,
            figures.latency.p99_ms,
            figures.latency.max_ms,
            figures.cpu * 1e6 / static_cast<double>(figures.events));
        if (remote) std::printf("; claims lost %.1f %%", figures.lost_percent);
        std::printf("; %zu lost, %zu doubled\n", figures.events - figures.handled, figures.doubled);
        std::fflush(stdout);
        if (bench.failed) return false;
    }
    return true;
}

/// As a peer: `drain` is handling what waits, `pickup` 200 a second to an idle worker.
bool measure_as_peer(const std::string& scenario, std::size_t count) {
    const bool pickup = scenario == "pickup";
    if (!pickup && scenario != "drain") return false;
    Bench bench(Sizes{});
    if (!bench.open(directory, 1)) return false;
    if (!pickup) bench.emit_first();
    const Figures figures = bench.run(count, pickup ? 200 : 0);
    bench::JsonLine line;
    line.add("peer", std::string("carillon-outbox"));
    line.add("scenario", scenario);
    line.add("variant", std::string("library"));
    line.add_integer("n", static_cast<std::int64_t>(count));
    line.add("ops_per_s", static_cast<double>(count) / figures.seconds);
    if (pickup) {
        line.add("p50_ms", figures.latency.p50_ms);
        line.add("p99_ms", figures.latency.p99_ms);
        line.add("max_ms", figures.latency.max_ms);
    } else {
        for (const char* field : {"p50_ms", "p99_ms", "max_ms"}) line.add_null(field);
    }
    line.add("cpu_s", figures.cpu);
    line.add("rss_mb", bench::peak_rss_mb(getpid()));
    line.add("wall_s", figures.seconds);
    line.add_integer("handled", static_cast<std::int64_t>(figures.handled));
    line.add_integer("lost", static_cast<std::int64_t>(count - figures.handled));
    line.add_integer("dups", static_cast<std::int64_t>(figures.doubled));
    std::printf("%s\n", line.text().c_str());
    return !bench.failed;
}

}  // namespace
}  // namespace carillon

int main(int argc, char** argv) {
    carillon::Sizes sizes;
    std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 3 && words[0] == "--json") {
        return carillon::measure_as_peer(words[1], std::stoul(words[2])) ? 0 : 1;
    }
    if (!words.empty() && words.front() == "--quick") {
        sizes = {.flood = 5'000, .flood_remote = 1'000, .per_second = 100, .seconds = 2};
        words.erase(words.begin());
    }
    if (std::ranges::any_of(words, [](const std::string& word) { return word.starts_with('-'); })) {
        std::fputs(
            "usage: carillon_bench_outbox [--quick] [STORE | PUBLISHER]...\n"
            "       carillon_bench_outbox --json drain|pickup N\n"
            "  STORE: a directory, or the http:// URL of a DynamoDB endpoint; PUBLISHER: of a "
            "broker\n",
            stderr);
        return words[0] == "--help" ? 0 : 2;
    }
    if (words.empty()) words.emplace_back(carillon::directory);
    for (const std::string& where : words) {
        const bool remote = where.starts_with("http");
        for (const std::size_t workers : {1U, 4U}) {
            if (workers > 1 && !remote) continue;
            if (!carillon::measure(where, workers, sizes)) return 1;
        }
    }
    return 0;
}
