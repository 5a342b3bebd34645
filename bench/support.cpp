#include "bench/support.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <signal.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace carillon::bench {

namespace {

std::int64_t read_clock(clockid_t clock) {
    timespec at{};
    clock_gettime(clock, &at);
    return static_cast<std::int64_t>(at.tv_sec) * 1'000'000'000 + at.tv_nsec;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

double megabytes_of(const std::string& text, const std::string& label) {
    const auto at = text.find(label);
    return at == std::string::npos ? 0
                                   : std::strtod(text.c_str() + at + label.size(), nullptr) / 1024;
}

}  // namespace

std::int64_t ticks_ns() {
    return read_clock(CLOCK_MONOTONIC);
}

std::int64_t wall_us() {
    return read_clock(CLOCK_REALTIME) / 1'000;
}

Percentiles percentiles(std::vector<std::int64_t>& values_ns) {
    Percentiles result;
    if (values_ns.empty()) return result;
    std::sort(values_ns.begin(), values_ns.end());
    const auto at = [&values_ns](double share) {
        const auto count = static_cast<double>(values_ns.size());
        const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(share * count)));
        return static_cast<double>(values_ns[rank - 1]) / 1e6;
    };
    result.p50_ms = at(0.5);
    result.p90_ms = at(0.9);
    result.p99_ms = at(0.99);
    result.p999_ms = at(0.999);
    result.max_ms = static_cast<double>(values_ns.back()) / 1e6;
    return result;
}

double cpu_seconds(pid_t process) {
    const std::string stat = read_file("/proc/" + std::to_string(process) + "/stat");
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos) return 0;
    std::istringstream fields(stat.substr(name_end + 2));
    std::string field;
    double total = 0;
    for (int i = 0; i < 13 && fields >> field; ++i) {
        if (i >= 11) total += std::strtod(field.c_str(), nullptr);
    }
    return total / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double machine_busy_seconds() {
    std::istringstream fields(read_file("/proc/stat"));
    std::string field;
    fields >> field;
    double total = 0;
    // user nice system idle iowait irq softirq steal
    for (int i = 0; i < 8 && fields >> field; ++i) {
        if (i != 3 && i != 4) total += std::strtod(field.c_str(), nullptr);
    }
    return total / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double pss_mb(pid_t process) {
    return megabytes_of(read_file("/proc/" + std::to_string(process) + "/smaps_rollup"), "\nPss:");
}

double peak_rss_mb(pid_t process) {
    return megabytes_of(read_file("/proc/" + std::to_string(process) + "/status"), "VmHWM:");
}

void JsonLine::begin(const std::string& name) {
    if (!members_.empty()) members_ += ',';
    members_ += '"' + name + "\":";
}

void JsonLine::add(const std::string& name, const std::string& text) {
    begin(name);
    members_ += '"' + text + '"';
}

void JsonLine::add(const std::string& name, double number) {
    begin(name);
    char text[64];
    std::snprintf(text, sizeof text, "%.2f", number);
    members_ += text;
}

void JsonLine::add_integer(const std::string& name, std::int64_t number) {
    begin(name);
    members_ += std::to_string(number);
}

void JsonLine::add_null(const std::string& name) {
    begin(name);
    members_ += "null";
}

Child::Child(const std::vector<std::string>& command, const std::string& marker) {
    int ends[2];
    if (pipe(ends) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
        // A benchmark that gives up leaves nothing running.
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        std::vector<char*> arguments;
        for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        execv(arguments[0], arguments.data());
        std::perror(arguments[0]);
        _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
    std::string seen;
    char byte = 0;
    while (read(output_, &byte, 1) == 1) {
        if (byte != '\n') {
            seen += byte;
            continue;
        }
        if (const auto at = seen.find(marker); at != std::string::npos) {
            announced_ = seen.substr(at + marker.size());
            return;
        }
        seen.clear();
    }
    std::fprintf(stderr, "%s ended before it was ready\n", command[0].c_str());
    std::exit(1);
}

Child::~Child() {
    stop();
    if (output_ >= 0) close(output_);
}

void Child::stop() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

}  // namespace carillon::bench
