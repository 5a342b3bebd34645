// What a layer costs: changes a second, reading a partition, and syncing a thousand changes while
// more and more is stored.
//
//   carillon_bench_layer [--quick] [DIRECTORY]
//
// The store and the snapshots are on disk (DIRECTORY, or a temporary folder): every change is
// durable when it is answered. One JSON line a measurement.

#include "layer/layer.hpp"

#include "bench/support.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "layer/directory_store.hpp"
#include "runtime/blocking.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace carillon::bench {
namespace {

void require(const auto& result) {
    if (result) return;
    std::fprintf(stderr, "bench: %s\n", describe(result.error()).c_str());
    std::exit(1);
}

layer::Change change(std::int64_t id, std::int64_t version) {
    layer::Change made;
    made.item = {{"body", std::string(150, 'x') + std::to_string(id * 7'919 + version)},
                 {"id", std::to_string(10'000'000 + id)},
                 {"version", version}};
    return made;
}

class Bench {
public:
    Bench(std::filesystem::path folder, bool quick) : quick_(quick) {
        dynamo::EmbeddedOptions options;
        options.directory = (folder / "store").string();
        auto opened = dynamo::open_embedded(options, clock_);
        require(opened);
        database_ = *std::move(opened);
        auto objects = layer::DirectoryStore::open(loop_, pool_, random_, folder / "snapshots");
        require(objects);
        objects_ = *std::move(objects);
    }

    void run() {
        for (const int writers : {1, 32}) run(sets(writers));
        run(reads());
        for (const std::int64_t stored : {10'000, 100'000, 1'000'000}) {
            if (quick_ && stored > 100'000) break;
            run(syncs(stored));
        }
    }

private:
    void run(Task<> task) {
        group_.spawn(std::move(task));
        runtime::TaskGroup end(loop_);
        end.spawn(stop());
        loop_.context().restart();
        loop_.run();
    }

    Task<> stop() {
        co_await group_.join();
        loop_.stop();
    }

    Task<std::unique_ptr<layer::Layer>> make(std::string name) {
        layer::LayerOptions options;
        options.name = std::move(name);
        options.id_of = layer::by_attribute("id");
        options.cache_bytes = std::size_t{256} << 20U;
        options.keep = Duration{0};
        auto made = layer::Layer::make(
            loop_, *database_, objects_.get(), random_, Log::null(), metrics_, std::move(options));
        require(made);
        require(co_await (*made)->start());
        co_return *std::move(made);
    }

    Task<> write(layer::Layer& layer, int writer, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
            std::vector<layer::Change> one;
            one.push_back(change(writer * 1'000 + i % 1'000, i));
            require(co_await layer.set(std::move(one)));
        }
    }

    /// Each change by itself, from so many callers at once, all to one partition.
    Task<> sets(int writers) {
        auto layer = co_await make("sets-" + std::to_string(writers));
        const std::int64_t each = (quick_ ? 2'000 : 20'000) / (writers == 1 ? 4 : writers);
        const std::int64_t begun = clock_.ticks();
        runtime::TaskGroup all(loop_);
        for (int i = 0; i < writers; ++i) all.spawn(write(*layer, i, each));
        co_await all.join();
        const double seconds = static_cast<double>(clock_.ticks() - begun) / 1e9;
        JsonLine line;
        line.add("what", "set");
        line.add_integer("writers", writers);
        line.add("changes/s", static_cast<double>(each * writers) / seconds);
        std::puts(line.text().c_str());
        co_await layer->stop();
    }

    Task<> fill(layer::Layer& layer, std::int64_t from, std::int64_t to, std::int64_t version) {
        for (std::int64_t first = from; first < to; first += 1'000) {
            std::vector<layer::Change> changes;
            for (std::int64_t i = first; i < std::min(first + 1'000, to); ++i) {
                changes.push_back(change(i, version));
            }
            require(co_await layer.set(std::move(changes)));
        }
    }

    /// A partition of 10 000 items with 100 changes behind its snapshot.
    Task<> reads() {
        auto layer = co_await make("reads");
        co_await fill(*layer, 0, 10'000, 0);
        require(co_await layer->sync());
        co_await fill(*layer, 5'000, 5'100, 1);
        std::vector<std::int64_t> times;
        for (int i = 0; i < (quick_ ? 20 : 200); ++i) {
            const std::int64_t begun = clock_.ticks();
            const auto view = co_await layer->get();
            times.push_back(clock_.ticks() - begun);
            require(view);
            if (view->items.size() != 10'000) std::abort();
        }
        const Percentiles found = percentiles(times);
        JsonLine line;
        line.add("what", "get of 10 000 items with 100 pending");
        line.add("p50 ms", found.p50_ms);
        line.add("p99 ms", found.p99_ms);
        std::puts(line.text().c_str());
        co_await layer->stop();
    }

    /// A thousand changes spread over all that is stored, again and again.
    Task<> syncs(std::int64_t stored) {
        auto layer = co_await make("syncs-" + std::to_string(stored));
        for (std::int64_t first = 0; first < stored; first += 100'000) {
            co_await fill(*layer, first, std::min(stored, first + 100'000), 0);
            require(co_await layer->sync());
        }
        require(co_await layer->compact());
        std::vector<std::int64_t> times;
        for (int round = 1; round <= (quick_ ? 10 : 60); ++round) {
            std::vector<layer::Change> changes;
            for (std::int64_t i = 0; i < 1'000; ++i) {
                changes.push_back(change((i * stored / 1'000 + round * 37) % stored, round));
            }
            require(co_await layer->set(std::move(changes)));
            const std::int64_t begun = clock_.ticks();
            const auto report = co_await layer->sync();
            times.push_back(clock_.ticks() - begun);
            require(report);
            if (report->count != 1'000 || report->failed != 0) std::abort();
        }
        double sum = 0;
        for (const std::int64_t time : times) sum += static_cast<double>(time) / 1e6;
        const double mean = sum / static_cast<double>(times.size());
        const Percentiles found = percentiles(times);
        JsonLine line;
        line.add("what", "sync of 1 000 changes, merging included");
        line.add_integer("stored", stored);
        line.add("mean ms", mean);
        line.add("p50 ms", found.p50_ms);
        line.add("max ms", found.max_ms);
        std::puts(line.text().c_str());
        co_await layer->stop();
    }

    bool quick_;
    runtime::SystemClock clock_;
    runtime::Loop loop_{clock_};
    runtime::BlockingPool pool_{4};
    runtime::SystemRandom random_;
    Registry metrics_;
    std::unique_ptr<dynamo::EmbeddedDatabase> database_;
    std::unique_ptr<layer::DirectoryStore> objects_;
    runtime::TaskGroup group_{loop_};
};

}  // namespace
}  // namespace carillon::bench

int main(int count, char** arguments) {
    bool quick = false;
    std::optional<std::filesystem::path> folder;
    for (int i = 1; i < count; ++i) {
        const std::string argument = arguments[i];
        if (argument == "--quick") {
            quick = true;
        } else if (argument.starts_with("-") || folder) {
            std::fputs("usage: carillon_bench_layer [--quick] [DIRECTORY]\n", stderr);
            return argument == "--help" ? 0 : 2;
        } else {
            folder = argument;
        }
    }
    if (folder && std::filesystem::exists(*folder)) {
        std::fprintf(stderr, "%s exists already: name a new directory\n", folder->c_str());
        return 2;
    }
    const bool own = !folder;
    if (own) {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "carillon-bench-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) return 1;
        folder = pattern;
    }
    carillon::bench::Bench(*folder, quick).run();
    if (own) std::filesystem::remove_all(*folder);
    return 0;
}
