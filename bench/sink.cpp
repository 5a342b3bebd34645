// A receiver for webhook benchmarks as a program of its own: answers 200 to everything.
//
//   carillon_bench_sink [PORT]     prints "listening on http://127.0.0.1:PORT", ends with SIGTERM.

#include "bench/support.hpp"

#include <cstdio>
#include <cstdlib>
#include <signal.h>

int main(int argc, char** argv) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
    carillon::bench::Sink sink([](std::string_view) {}, port);
    std::printf("listening on http://127.0.0.1:%d\n", sink.port());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&ends, &signal);
    return 0;
}
