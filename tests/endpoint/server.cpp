// The endpoint over a store in memory, on any free port: what run.sh starts.

#include "dynamo/embedded/embedded.hpp"
#include "dynamo/endpoint/service.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/system_random.hpp"

#include <cstdio>

int main() {
    namespace runtime = carillon::runtime;
    namespace dynamo = carillon::dynamo;

    runtime::SystemClock clock;
    runtime::Loop loop(clock);
    runtime::SystemRandom random;
    dynamo::EmbeddedOptions store;
    store.memory = true;
    const auto database = dynamo::open_embedded(store, clock);
    if (!database) {
        std::fprintf(stderr, "%s\n", describe(database.error()).c_str());
        return 1;
    }
    dynamo::endpoint::ServiceOptions options;
    options.port = 0;
    dynamo::endpoint::Service service(loop, **database, random, carillon::Log::null(), options);
    if (const auto started = service.start(); !started) {
        std::fprintf(stderr, "%s\n", describe(started.error()).c_str());
        return 1;
    }
    std::printf("listening on %s\n", service.url().c_str());
    std::fflush(stdout);
    loop.run();
    return 0;
}
