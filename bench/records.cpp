// Records processed a second with a function that does nothing: on the embedded store, and with 1,
// 2 and 4 processes over the remote engine (a `carillon dynamodb` beside, durable on disk).
//
//   carillon_bench_records [--quick] [--records N] [--workers N]
//
// What is measured is what users of the library have: their function on threads of its own, claims,
// outcomes recorded durably. Both layouts: the seed's hot index, and ours over four shards.

#include "carillon/records.hpp"

#include "bench/support.hpp"
#include "carillon/record_processor.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace carillon::bench {

struct Flagged {
    std::string account{};
    std::string time{};
    int processed = 0;
    std::string document{};
};

struct Sharded {
    std::string account{};
    std::string time{};
    std::string document{};
};

}  // namespace carillon::bench

template <>
inline constexpr auto carillon::model_of<carillon::bench::Flagged> =
    carillon::model::table<carillon::bench::Flagged>(
        "Flagged",
        carillon::model::hash_key<&carillon::bench::Flagged::account>("AccountId"),
        carillon::model::sort_key<&carillon::bench::Flagged::time>("RunTime"),
        carillon::model::processed<&carillon::bench::Flagged::processed>("Processed", "Processed"),
        carillon::model::field<&carillon::bench::Flagged::document>("DocumentId"));

template <>
inline constexpr auto carillon::model_of<carillon::bench::Sharded> =
    carillon::model::table<carillon::bench::Sharded>(
        "Sharded",
        carillon::model::hash_key<&carillon::bench::Sharded::account>("AccountId"),
        carillon::model::sort_key<&carillon::bench::Sharded::time>("RunTime"),
        carillon::model::field<&carillon::bench::Sharded::document>("DocumentId"),
        carillon::model::work_queue(4));

namespace carillon::bench {
namespace {

constexpr int writers = 32;

template <class T>
T must(Expected<T> answer) {
    if (!answer) {
        std::fprintf(stderr, "%s\n", answer.error().message.c_str());
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return *std::move(answer);
}

template <class T>
void fill(const Store& store, int count) {
    Records<T> table(store);
    must(table.create_table());
    std::vector<std::thread> threads;
    for (int w = 0; w < writers; ++w) {
        threads.emplace_back([&table, count, w] {
            for (int i = w; i < count; i += writers) {
                T record;
                record.account = "ACC" + std::to_string(i % 100);
                record.time = "r" + std::to_string(1'000'000 + i);
                record.document = "DOC" + std::to_string(i);
                (void)must(table.put(record));
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
}

template <class T>
ProcessingReport process(const Store& store, std::size_t workers) {
    ProcessorOptions options;
    options.max_workers = workers;
    options.claim_ahead = workers * 8;
    options.outcomes_max = 0;
    RecordProcessor<T> processor(store, options);
    return must(processor.process_all([](const T&) {}));
}

struct Figure {
    std::string store;
    std::string layout;
    int processes = 1;
    int records = 0;
    std::size_t workers = 0;
    double seconds = 0;
    std::int64_t attempts = 0;
};

void print(const Figure& figure) {
    JsonLine line;
    line.add("bench", "records");
    line.add("store", figure.store);
    line.add("layout", figure.layout);
    line.add_integer("processes", figure.processes);
    line.add_integer("workers", static_cast<std::int64_t>(figure.workers));
    line.add_integer("records", figure.records);
    line.add("seconds", figure.seconds);
    line.add("per_second", figure.records / figure.seconds);
    line.add_integer("attempts", figure.attempts);
    std::printf("%s\n", line.text().c_str());
    std::fflush(stdout);
}

std::string scratch_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "carillon-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::exit(1);
    return pattern;
}

template <class T>
void embedded(const char* layout, int records, std::size_t workers) {
    const std::string directory = scratch_directory();
    {
        const Store store = must(Store::open({.url = "embedded:" + directory}));
        fill<T>(store, records);
        const std::int64_t began = ticks_ns();
        const ProcessingReport report = process<T>(store, workers);
        const double seconds = static_cast<double>(ticks_ns() - began) * 1e-9;
        if (report.processed != records) std::exit(1);
        print({"embedded", layout, 1, records, workers, seconds, report.attempts});
    }
    std::filesystem::remove_all(directory);
}

/// The attempts of a process of its own.
std::int64_t run_process(const std::string& self, const std::string& arguments) {
    std::FILE* pipe = popen((self + " " + arguments).c_str(), "r");
    if (pipe == nullptr) std::exit(1);
    long long attempts = 0;
    if (std::fscanf(pipe, "%lld", &attempts) != 1 || pclose(pipe) != 0) std::exit(1);
    return attempts;
}

template <class T>
void remote(
    const char* layout, int processes, int records, std::size_t workers, const std::string& self) {
    const std::string directory = scratch_directory();
    {
        const auto program = std::filesystem::path(self).parent_path().parent_path() / "carillon";
        const Child server(
            {program.string(), "dynamodb", "--port", "0", "--store", "embedded:" + directory},
            "listening on ");
        const std::string url = "dynamodb://local?endpoint=" + server.announced();
        fill<T>(must(Store::open({.url = url})), records);
        const std::string arguments =
            std::string("--process ") + layout + " '" + url + "' " + std::to_string(workers);
        std::vector<std::int64_t> attempts(static_cast<std::size_t>(processes));
        std::vector<std::thread> threads;
        const std::int64_t began = ticks_ns();
        for (std::int64_t& each : attempts) {
            threads.emplace_back([&] { each = run_process(self, arguments); });
        }
        for (std::thread& thread : threads) thread.join();
        const double seconds = static_cast<double>(ticks_ns() - began) * 1e-9;
        std::int64_t all = 0;
        for (const std::int64_t each : attempts) all += each;
        print({"remote", layout, processes, records, workers, seconds, all});
    }
    std::filesystem::remove_all(directory);
}

int main_of(int argc, char** argv) {
    const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
    int records = 20'000;
    std::size_t workers = 16;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--quick") {
            records = 500;
        } else if (argument == "--records" && i + 1 < argc) {
            records = std::max(1, std::atoi(argv[++i]));
        } else if (argument == "--workers" && i + 1 < argc) {
            workers = static_cast<std::size_t>(std::max(1, std::atoi(argv[++i])));
        } else if (argument == "--process" && i + 3 < argc) {
            // One of several processes; prints how many attempts it made.
            const Store store = must(Store::open({.url = argv[i + 2]}));
            const auto threads = static_cast<std::size_t>(std::atoi(argv[i + 3]));
            const auto report = std::string(argv[i + 1]) == "flag"
                                    ? process<Flagged>(store, threads)
                                    : process<Sharded>(store, threads);
            std::printf("%lld\n", static_cast<long long>(report.attempts));
            return 0;
        } else {
            std::fprintf(stderr,
                         "usage: carillon_bench_records [--quick] [--records N] [--workers N]\n"
                         "  records of each run (20000; 500 with --quick), and workers of each "
                         "process (16)\n");
            return argument == "--help" ? 0 : 2;
        }
    }
    embedded<Flagged>("flag", records, workers);
    embedded<Sharded>("sharded", records, workers);
    for (const int processes : {1, 2, 4}) {
        remote<Flagged>("flag", processes, records, workers, self);
        remote<Sharded>("sharded", processes, records, workers, self);
    }
    return 0;
}

}  // namespace
}  // namespace carillon::bench

int main(int argc, char** argv) {
    return carillon::bench::main_of(argc, argv);
}
