// What the benchmark programs share: exact percentiles, processes and their cost, a JSON line, a
// raw HTTP client and a raw HTTP sink. Plain POSIX, apart from src/: what measures must not be what
// is measured, and must not be the limit.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace carillon::bench {

/// Nanoseconds of the monotonic clock; microseconds of wall time.
std::int64_t ticks_ns();
std::int64_t wall_us();

struct Percentiles {
    double p50_ms = 0, p90_ms = 0, p99_ms = 0, p999_ms = 0, max_ms = 0;
};

/// Exact (nearest rank); sorts the values, which are nanoseconds.
Percentiles percentiles(std::vector<std::int64_t>& values_ns);

/// CPU seconds (user and system) of a process; of the whole machine since boot.
double cpu_seconds(pid_t process);
double machine_busy_seconds();
/// Proportional set size and peak resident size in megabytes.
double pss_mb(pid_t process);
double peak_rss_mb(pid_t process);

/// One JSON object on one line, in the order of insertion. Numbers are printed with two decimals.
class JsonLine {
public:
    void add(const std::string& name, const std::string& text);
    void add(const std::string& name, double number);
    void add_integer(const std::string& name, std::int64_t number);
    void add_null(const std::string& name);

    [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

private:
    void begin(const std::string& name);
    std::string members_;
};

/// A child process whose first line of output with `marker` is awaited.
class Child {
public:
    Child(const std::vector<std::string>& command, const std::string& marker);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// What followed the marker on its line.
    [[nodiscard]] const std::string& announced() const { return announced_; }

    /// SIGTERM, and waits.
    void stop();

private:
    pid_t pid_ = -1;
    int output_ = -1;
    std::string announced_;
};

/// Sends request(0), request(1) ... over `connections` keep-alive connections, one at a time on
/// each.
struct LoadResult {
    std::vector<std::int64_t> latencies_ns;
    std::int64_t refused = 0;  ///< Answers other than 2xx.
    double seconds = 0;
};

LoadResult run_load(std::uint16_t port,
                    std::size_t connections,
                    std::size_t count,
                    const std::function<std::string(std::size_t)>& request);

/// The same at a fixed pace (open loop): request i goes out `every_ns` after request i - 1, on any
/// free connection.
LoadResult run_paced(std::uint16_t port,
                     std::size_t connections,
                     std::size_t count,
                     std::int64_t every_ns,
                     const std::function<std::string(std::size_t)>& request);

/// A POST or GET as bytes.
std::string http_request(const std::string& method,
                         const std::string& path,
                         const std::string& body);
/// One call over a connection of its own; the whole answer.
std::string call(std::uint16_t port, const std::string& request);

/// An HTTP server in a thread that answers 200 to everything and tells `on_request` the body of
/// each.
class Sink {
public:
    explicit Sink(std::function<void(std::string_view body)> on_request, std::uint16_t port = 0);
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    ~Sink();

    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    void run();
    std::function<void(std::string_view)> on_request_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> ending_ = false;
    std::thread thread_;
};

}  // namespace carillon::bench
