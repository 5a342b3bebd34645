// Carillon's DynamoDB endpoint beside others, in one run: run.sh names the programs.
//
//   carillon_bench_dynamodb [--seconds S] [--connections 1,32] [--items N] [--where memory|disk]
//                           [--only NAME] --server "NAME MARKER COMMAND..." ...
//
// In commands, {port} is replaced by a free port. The first server is the one that others are
// compared with. All rows of one workload are measured one after the other, so that what the
// machine does otherwise hits them alike.

#include "bench/dynamodb/load.hpp"
#include "bench/dynamodb/requests.hpp"
#include "bench/support.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <netinet/in.h>
#include <sstream>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace carillon::bench;

struct Options {
    double seconds = 5;
    std::vector<std::size_t> connections{1, 32};
    std::size_t items = 4'000;
    std::string where = "memory";
    std::string only{};
    std::vector<std::string> servers{};
};

struct Candidate {
    std::string name;
    std::unique_ptr<Child> process;
    std::uint16_t port = 0;
    double start_ms = 0;
    double idle_mb = 0;
    std::vector<Workload> work{};
};

std::uint16_t free_port() {
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(probe, reinterpret_cast<sockaddr*>(&address), length);
    getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length);
    close(probe);
    return ntohs(address.sin_port);
}

double rss_mb(pid_t process) {
    std::FILE* file = std::fopen(("/proc/" + std::to_string(process) + "/statm").c_str(), "r");
    if (file == nullptr) return 0;
    long total = 0;
    long resident = 0;
    const int read = std::fscanf(file, "%ld %ld", &total, &resident);
    std::fclose(file);
    return read == 2 ? static_cast<double>(resident) * 4'096 / 1'048'576 : 0;
}

/// `NAME MARKER COMMAND...`
Candidate start(const std::string& text) {
    Candidate candidate;
    std::istringstream in(text);
    std::string marker;
    in >> candidate.name >> marker;
    candidate.port = free_port();
    std::vector<std::string> command;
    for (std::string word; in >> word;) {
        if (const auto at = word.find("{port}"); at != std::string::npos) {
            word.replace(at, 6, std::to_string(candidate.port));
        }
        command.push_back(word);
    }
    const std::int64_t begun = ticks_ns();
    candidate.process = std::make_unique<Child>(command, marker);
    candidate.start_ms = static_cast<double>(ticks_ns() - begun) / 1e6;
    usleep(300'000);
    candidate.idle_mb = rss_mb(candidate.process->pid());
    return candidate;
}

void expect_ok(const Candidate& candidate, const std::string& operation, const std::string& body) {
    const std::string request = signed_request(candidate.port, operation, body);
    const LoadOutcome outcome = replay(candidate.port, 1, 0, {request});
    if (outcome.refused == 0) return;
    std::fprintf(stderr,
                 "%s refused %s:\n%s\n",
                 candidate.name.c_str(),
                 operation.c_str(),
                 outcome.first_refusal.c_str());
    std::exit(1);
}

/// The table and its items, through BatchWriteItem.
void fill(Candidate& candidate, const Options& options) {
    expect_ok(candidate, "CreateTable", create_table_body());
    // Others make their tables in the background.
    usleep(500'000);
    candidate.work = workloads(candidate.port, options.items);
    const std::vector<std::string>& batches = candidate.work.back().requests;
    for (const std::string& batch : batches) {
        const LoadOutcome outcome = replay(candidate.port, 1, 0, {batch});
        if (outcome.refused > 0) {
            std::fprintf(stderr, "filling: %s\n", outcome.first_refusal.c_str());
            std::exit(1);
        }
    }
}

struct Row {
    double per_second = 0;
    double cpu_us = 0;
    Percentiles at{};
};

Row measure(Candidate& candidate, const Workload& work, std::size_t connections, double seconds) {
    const double cpu = cpu_seconds(candidate.process->pid());
    LoadOutcome outcome = replay(candidate.port, connections, seconds, work.requests);
    if (outcome.refused > 0) {
        std::fprintf(stderr,
                     "%s: %ld refusals of %s: %s\n",
                     candidate.name.c_str(),
                     static_cast<long>(outcome.refused),
                     work.name.c_str(),
                     outcome.first_refusal.c_str());
    }
    Row row;
    row.per_second = outcome.per_second();
    row.cpu_us = (cpu_seconds(candidate.process->pid()) - cpu) * 1e6 /
                 static_cast<double>(std::max<std::size_t>(outcome.latencies_ns.size(), 1));
    row.at = percentiles(outcome.latencies_ns);
    return row;
}

double ceiling(const Candidate& candidate,
               const Workload& work,
               std::size_t connections,
               double s) {
    const LoadOutcome one = replay(candidate.port, 1, 0, {work.requests.front()});
    const ConstantServer constant(one.first_answer);
    return replay(constant.port(), connections, s, work.requests).per_second();
}

void print_row(
    const std::string& what, const std::string& name, const Row& row, double top, double first) {
    std::printf("| %-26s | %-12s | %9.0f | %8.2f | %8.2f | %8.2f | %8.1f | %5.0f%% | %6.2f |\n",
                what.c_str(),
                name.c_str(),
                row.per_second,
                row.at.p50_ms,
                row.at.p99_ms,
                row.at.max_ms,
                row.cpu_us,
                top > 0 ? 100 * row.per_second / top : 0,
                row.per_second > 0 ? first / row.per_second : 0);
    std::fflush(stdout);
}

void run_all(std::vector<Candidate>& candidates, const Options& options) {
    std::printf(
        "\n%s\n\n| operation, connections     | server       |     ops/s |   p50 ms |   p99 ms "
        "|   max ms | cpu us/op | of ceiling | first/this |\n"
        "|---|---|---|---|---|---|---|---|---|\n",
        options.where.c_str());
    const std::vector<Workload>& names = candidates.front().work;
    for (std::size_t w = 0; w < names.size(); ++w) {
        if (!options.only.empty() && names[w].name.find(options.only) == std::string::npos)
            continue;
        for (const std::size_t connections : options.connections) {
            const std::string what = names[w].name + ", " + std::to_string(connections);
            const double top =
                ceiling(candidates.front(), names[w], connections, options.seconds / 2);
            double first = 0;
            for (Candidate& candidate : candidates) {
                if (names[w].transaction && candidate.name == "dynalite") continue;
                const Row row = measure(candidate, candidate.work[w], connections, options.seconds);
                if (first == 0) first = row.per_second;
                print_row(what, candidate.name, row, top, first);
            }
            std::printf(
                "| %-26s | %-12s | %9.0f |  |  |  |  |  |  |\n", what.c_str(), "(ceiling)", top);
        }
    }
}

Options read_options(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        const std::string value = argv[i + 1];
        if (name == "--seconds") options.seconds = std::stod(value);
        if (name == "--items") options.items = std::stoul(value);
        if (name == "--where") options.where = value;
        if (name == "--only") options.only = value;
        if (name == "--server") options.servers.push_back(value);
        if (name == "--connections") {
            options.connections.clear();
            std::istringstream in(value);
            for (std::string each; std::getline(in, each, ',');) {
                options.connections.push_back(std::stoul(each));
            }
        }
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    if (options.servers.empty()) {
        std::fputs("usage: carillon_bench_dynamodb --server \"NAME MARKER COMMAND...\" ...\n",
                   stderr);
        return 2;
    }
    std::vector<Candidate> candidates;
    for (const std::string& server : options.servers) candidates.push_back(start(server));
    for (Candidate& candidate : candidates) fill(candidate, options);
    run_all(candidates, options);
    std::printf(
        "\n| server | start ms | idle RSS MB | RSS MB at the end | peak RSS MB | start again ms | "
        "idle RSS MB |\n|---|---|---|---|---|---|---|\n");
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        Candidate& candidate = candidates[i];
        const pid_t pid = candidate.process->pid();
        const double resident = rss_mb(pid);
        const double peak = peak_rss_mb(pid);
        candidate.process->stop();
        // On disk: over what is there now.
        const Candidate again = start(options.servers[i]);
        std::printf("| %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |\n",
                    candidate.name.c_str(),
                    candidate.start_ms,
                    candidate.idle_mb,
                    resident,
                    peak,
                    again.start_ms,
                    again.idle_mb);
    }
    return 0;
}
