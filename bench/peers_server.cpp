// The peers' scenarios against `carillon serve`: this program is the producer (and, where arrival
// is measured, the receiver), the server is a process of its own on a fresh store with durable
// commits.
//
//   carillon_bench_peers_server CARILLON SINK SCENARIO N     prints one JSON line
//
// Scenarios and fields: bench/README.md. `drain` has no counterpart over REST (a webhook's work is
// a call); carillon_bench_peers_library measures it.

#include "bench/support.hpp"

#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <thread>
#include <unistd.h>
#include <utility>

namespace carillon::bench {
namespace {

constexpr std::int64_t day_us = 86'400'000'000;

std::string iso(std::int64_t us) {
    const std::time_t seconds = us / 1'000'000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(
        text + length, sizeof text - length, ".%03dZ", static_cast<int>(us / 1'000 % 1'000));
    return text;
}

/// One webhook as JSON; `body` is what the receiver gets.
std::string webhook(const std::string& url, std::int64_t due_us, const std::string& body) {
    return R"({"namespace":"bench","url":")" + url + R"(","method":"POST","schedule":")" +
           iso(due_us) + R"(","body":)" + body + "}";
}

std::string post_one(const std::string& json) {
    return http_request("POST", "/webhooks", json);
}

template <class Make>
std::string post_batch(std::size_t first, std::size_t count, const Make& make) {
    std::string json = R"({"webhooks":[)";
    for (std::size_t i = first; i < first + count; ++i) {
        if (i != first) json += ',';
        json += make(i);
    }
    return http_request("POST", "/webhooks", json + "]}");
}

/// Registers items 0..n-1 in batches of 1000, four in flight; latencies are of the batches.
template <class Make>
LoadResult fill(std::uint16_t port, std::size_t n, const Make& make) {
    constexpr std::size_t batch = 1'000;
    return run_load(port, 4, (n + batch - 1) / batch, [&](std::size_t b) {
        return post_batch(b * batch, std::min(batch, n - b * batch), make);
    });
}

/// What the scenarios share: the server, its cost, and the line that is printed.
class Run {
public:
    Run(const std::string& program, std::string scenario, std::size_t n, int concurrency)
        : directory_("/tmp/carillon-bench-" + std::to_string(getpid())),
          server_({program,
                   "serve",
                   "--store",
                   "embedded:" + directory_ + "/store",
                   "--port",
                   "0",
                   "--allow-targets",
                   "127.0.0.0/8",
                   "--concurrency",
                   std::to_string(concurrency),
                   "--log-level",
                   "warn"},
                  "listening on http://127.0.0.1:") {
        line_.add("peer", std::string("carillon"));
        line_.add("scenario", scenario);
        line_.add("variant", std::string("server"));
        line_.add_integer("n", static_cast<std::int64_t>(n));
        port_ = static_cast<std::uint16_t>(std::atoi(server_.announced().c_str()));
    }

    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    ~Run() {
        server_.stop();
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }

    JsonLine& line() { return line_; }

    void start_meter() {
        server_cpu_ = cpu_seconds(server_.pid());
        client_cpu_ = cpu_seconds(getpid());
        busy_ = machine_busy_seconds();
        began_ = ticks_ns();
    }

    /// Ends the measured part: `sink_cpu` is what the receiver used meanwhile (it is nobody's
    /// cost).
    void stop_meter(double sink_cpu = 0) {
        const double seconds = static_cast<double>(ticks_ns() - began_) / 1e9;
        const double server = cpu_seconds(server_.pid()) - server_cpu_;
        const double client = cpu_seconds(getpid()) - client_cpu_;
        const double other = machine_busy_seconds() - busy_ - server - client - sink_cpu;
        const double server_mb = pss_mb(server_.pid());
        const double client_mb = peak_rss_mb(getpid());
        line_.add("cpu_s", server + client);
        line_.add("rss_mb", server_mb + client_mb);
        line_.add("cpu_server_s", server);
        line_.add("cpu_client_s", client);
        line_.add("rss_server_mb", server_mb);
        line_.add("rss_client_mb", client_mb);
        line_.add("wall_s", seconds);
        line_.add("other_cpu_pct",
                  100 * other / seconds / static_cast<double>(std::thread::hardware_concurrency()));
    }

    void add(double ops_per_s, std::vector<std::int64_t>& latencies_ns) {
        const Percentiles p = percentiles(latencies_ns);
        line_.add("ops_per_s", ops_per_s);
        line_.add("p50_ms", p.p50_ms);
        line_.add("p99_ms", p.p99_ms);
        line_.add("max_ms", p.max_ms);
        line_.add("p90_ms", p.p90_ms);
        line_.add("p999_ms", p.p999_ms);
    }

    void print() {
        line_.add("load1", std::atof([] {
                      static char text[64];
                      if (FILE* file = std::fopen("/proc/loadavg", "r")) {
                          if (!std::fgets(text, sizeof text, file)) text[0] = 0;
                          std::fclose(file);
                      }
                      return text;
                  }()));
        line_.add("at", iso(wall_us()));
        std::printf("%s\n", line_.text().c_str());
    }

private:
    std::string directory_;
    Child server_;
    std::uint16_t port_ = 0;
    JsonLine line_;
    double server_cpu_ = 0, client_cpu_ = 0, busy_ = 0;
    std::int64_t began_ = 0;
};

/// Counts every item once and keeps when (or how late) it came.
class Arrivals {
public:
    explicit Arrivals(std::size_t n) : due_(n), seen_(n), late_ns_(n) {}

    void expect(std::size_t i, std::int64_t at_ns) {
        due_[i].store(at_ns, std::memory_order_release);
    }

    void arrive(std::string_view body, std::int64_t now_ns) {
        const auto at = body.find("\"i\":");
        if (at == std::string_view::npos) return;
        long i = -1;
        std::from_chars(body.data() + at + 4, body.data() + body.size(), i);
        if (i < 0 || static_cast<std::size_t>(i) >= seen_.size()) return;
        if (std::exchange(seen_[static_cast<std::size_t>(i)], 1)) {
            ++doubles;
            return;
        }
        late_ns_[static_cast<std::size_t>(i)] =
            now_ns - due_[static_cast<std::size_t>(i)].load(std::memory_order_acquire);
        count.fetch_add(1, std::memory_order_release);
    }

    std::vector<std::int64_t>& late_ns() { return late_ns_; }

    std::atomic<std::size_t> count = 0;
    std::atomic<std::size_t> doubles = 0;

private:
    std::vector<std::atomic<std::int64_t>> due_;
    std::vector<char> seen_;
    std::vector<std::int64_t> late_ns_;
};

void wait_for(const std::function<bool()>& done, double seconds) {
    const std::int64_t end = ticks_ns() + static_cast<std::int64_t>(seconds * 1e9);
    while (!done() && ticks_ns() < end) usleep(2'000);
}

/// The value of a metric, 0 when there is none.
double metric(std::uint16_t port, const std::string& name) {
    const std::string answer = call(port, http_request("GET", "/metrics", ""));
    const auto at = answer.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::atof(answer.c_str() + at + name.size() + 2);
}

void enqueue(Run& run, std::size_t n) {
    const std::int64_t tomorrow = wall_us() + day_us;
    const auto request = [&](std::size_t i) {
        return post_one(
            webhook("http://127.0.0.1:9/hook", tomorrow, R"({"i":)" + std::to_string(i) + "}"));
    };
    run_load(run.port(), 32, std::min<std::size_t>(n, 1'000), request);
    run.start_meter();
    LoadResult load = run_load(run.port(), 32, n, request);
    run.add(static_cast<double>(n) / load.seconds, load.latencies_ns);
    run.stop_meter();
    run.line().add_integer("refused", load.refused);
}

void enqueue_batch(Run& run, std::size_t n) {
    const std::int64_t tomorrow = wall_us() + day_us;
    const auto make = [&](std::size_t i) {
        return webhook("http://127.0.0.1:9/hook", tomorrow, R"({"i":)" + std::to_string(i) + "}");
    };
    fill(run.port(), std::min<std::size_t>(n, 8'000), make);
    run.start_meter();
    LoadResult load = fill(run.port(), n, make);
    run.add(static_cast<double>(n) / load.seconds, load.latencies_ns);
    run.stop_meter();
    run.line().add_integer("batch", 1'000);
    run.line().add_integer("refused", load.refused);
}

void tally(Run& run, const Arrivals& arrivals, std::size_t n) {
    run.line().add_integer("handled", static_cast<std::int64_t>(arrivals.count));
    run.line().add_integer("lost", static_cast<std::int64_t>(n - arrivals.count));
    run.line().add_integer("dups", static_cast<std::int64_t>(arrivals.doubles));
}

/// Add call to arrival at the receiver: one hop over HTTP more than a handler in the worker.
void pickup(Run& run, std::size_t n) {
    Arrivals arrivals(n);
    Sink sink([&](std::string_view body) { arrivals.arrive(body, ticks_ns()); });
    const std::string url = "http://127.0.0.1:" + std::to_string(sink.port()) + "/hook";
    const auto warm = [&](std::size_t) { return post_one(webhook(url, wall_us(), R"({"i":-1})")); };
    run_load(run.port(), 1, 100, warm);
    usleep(1'000'000);
    run.start_meter();
    const LoadResult load = run_paced(run.port(), 8, n, 5'000'000, [&](std::size_t i) {
        arrivals.expect(i, ticks_ns());
        return post_one(webhook(url, wall_us(), R"({"i":)" + std::to_string(i) + "}"));
    });
    wait_for([&] { return arrivals.count == n; }, 60);
    run.add(static_cast<double>(n) / load.seconds, arrivals.late_ns());
    run.stop_meter();
    tally(run, arrivals, n);
}

/// n webhooks due evenly over 20 s, 5n more due tomorrow; arrival at the receiver minus due time.
void delayed(Run& run, std::size_t n) {
    Arrivals arrivals(n);
    Sink sink([&](std::string_view body) { arrivals.arrive(body, wall_us() * 1'000); });
    const std::string url = "http://127.0.0.1:" + std::to_string(sink.port()) + "/hook";
    const char* wanted = std::getenv("BACKLOG");
    const std::size_t backlog = wanted ? static_cast<std::size_t>(std::atoll(wanted)) : 5 * n;
    const std::int64_t tomorrow = wall_us() + day_us;
    fill(run.port(), backlog, [&](std::size_t i) {
        return webhook(url, tomorrow + static_cast<std::int64_t>(i) * 1'000, R"({"i":-1})");
    });
    run.start_meter();
    const std::int64_t begin = (wall_us() / 1'000 + 10'000) * 1'000;
    fill(run.port(), n, [&](std::size_t i) {
        const std::int64_t due = (begin + static_cast<std::int64_t>(20e6 * static_cast<double>(i) /
                                                                    static_cast<double>(n))) /
                                 1'000 * 1'000;
        arrivals.expect(i, due * 1'000);
        return webhook(url, due, R"({"i":)" + std::to_string(i) + "}");
    });
    const double slack = static_cast<double>(begin - wall_us()) / 1e6;
    wait_for([&] { return arrivals.count == n; }, slack + 80);
    const double seconds = static_cast<double>(wall_us() - begin) / 1e6;
    std::int64_t early = 0;
    for (const std::int64_t late : arrivals.late_ns()) early += late < 0 ? 1 : 0;
    run.add(static_cast<double>(arrivals.count) / seconds, arrivals.late_ns());
    run.stop_meter();
    tally(run, arrivals, n);
    run.line().add_integer("early", early);
    run.line().add_integer("backlog", static_cast<std::int64_t>(backlog));
    run.line().add("insert_slack_s", slack);
}

void http(Run& run, std::size_t n, const std::string& sink_program) {
    Child sink({sink_program}, "listening on ");
    const std::string url = sink.announced() + "/hook";
    const auto make = [&](std::size_t i) {
        std::string body = R"({"i":)" + std::to_string(i) + R"(,"pad":")";
        body += std::string(1'024 - body.size() - 2, 'x') + "\"}";
        return webhook(url, wall_us(), body);
    };
    const std::string done = R"(carillon_queue_done_total{queue="queue"})";
    fill(run.port(), 100, make);
    wait_for([&] { return metric(run.port(), done) >= 100; }, 30);
    usleep(500'000);
    const double sink_cpu = cpu_seconds(sink.pid());
    run.start_meter();
    const std::int64_t began = ticks_ns();
    fill(run.port(), n, make);
    const double filled = static_cast<double>(ticks_ns() - began) / 1e9;
    wait_for([&] { return metric(run.port(), done) >= static_cast<double>(n + 100); }, 120);
    const double seconds = static_cast<double>(ticks_ns() - began) / 1e9;
    const double handled = metric(run.port(), done) - 100;
    run.line().add("ops_per_s", handled / seconds);
    // A webhook's own latency is in the server's histogram, not out here.
    for (const char* name : {"p50_ms", "p99_ms", "max_ms"}) run.line().add_null(name);
    const double used = cpu_seconds(sink.pid()) - sink_cpu;
    run.stop_meter(used);
    run.line().add("cpu_sink_s", used);
    run.line().add("enqueue_s", filled);
    run.line().add_integer("handled", static_cast<std::int64_t>(handled));
    run.line().add_integer("lost", static_cast<std::int64_t>(static_cast<double>(n) - handled));
}

int usage() {
    std::fprintf(stderr,
                 "usage: carillon_bench_peers_server CARILLON SINK "
                 "enqueue|enqueue_batch|pickup|delayed|http25|http100 N\n");
    return 2;
}

}  // namespace
}  // namespace carillon::bench

int main(int argc, char** argv) {
    using namespace carillon::bench;
    if (argc != 5) return usage();
    const std::string scenario = argv[3];
    const auto n = static_cast<std::size_t>(std::atoll(argv[4]));
    Run run(argv[1], scenario, n, scenario == "http100" ? 100 : 25);
    if (scenario == "enqueue") {
        enqueue(run, n);
    } else if (scenario == "enqueue_batch") {
        enqueue_batch(run, n);
    } else if (scenario == "pickup") {
        pickup(run, n);
    } else if (scenario == "delayed") {
        delayed(run, n);
    } else if (scenario == "http25" || scenario == "http100") {
        http(run, n, argv[2]);
    } else {
        return usage();
    }
    run.print();
    return 0;
}
