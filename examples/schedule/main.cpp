// Schedules webhooks against a receiver of its own and watches them ring.

#include "receiver.hpp"

#include <carillon/scheduler.hpp>
#include <carillon/version.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string>

using namespace std::chrono_literals;

namespace {

int report(const char* what, const carillon::Failure& failure) {
    std::fprintf(stderr,
                 "%s: %s %s\n",
                 what,
                 failure.message.c_str(),
                 failure.field.empty() ? "" : ("(" + failure.field + ")").c_str());
    return 1;
}

/// Counts the rings and waits for them.
class Bell {
public:
    void ring(const Ring& ring) {
        std::printf("rang: %s  webhook-id %s  %s\n",
                    ring.request_line.c_str(),
                    ring.id.c_str(),
                    ring.body.c_str());
        const std::scoped_lock lock(mutex_);
        ++rings_;
        changed_.notify_all();
    }

    bool wait_for(int rings) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 20s, [&] { return rings_ >= rings; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int rings_ = 0;
};

carillon::Instant now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
}

int run(const std::string& directory) {
    Bell bell;
    const Receiver receiver([&](const Ring& ring) { bell.ring(ring); });
    if (!receiver.listening()) {
        std::fprintf(stderr, "no port to listen on\n");
        return 1;
    }

    // Programs of your own leave out allow_targets: private addresses are refused by default.
    auto scheduler = carillon::Scheduler::open(
        {.store = "embedded:" + directory, .allow_targets = "127.0.0.0/8"});
    if (!scheduler) return report("open", scheduler.error());
    if (auto started = scheduler->start(); !started) return report("start", started.error());

    const auto once = scheduler->schedule({.name_space = "example",
                                           .url = receiver.url() + "/hello",
                                           .schedule = now() + 300ms,
                                           .body = R"({"hello":"bell"})",
                                           .id = "hello"});
    if (!once) return report("schedule", once.error());
    const auto series =
        scheduler->schedule({.name_space = "example",
                             .url = receiver.url() + "/tick",
                             .repeat = carillon::Repetition{.interval = 1s, .max = 1},
                             .id = "tick"});
    if (!series) return report("schedule", series.error());

    if (!bell.wait_for(3)) {
        std::fprintf(stderr, "the bell did not ring three times\n");
        return 1;
    }
    scheduler->stop();  // Records what has been delivered.

    const auto page = scheduler->list({.name_space = "example"});
    if (!page) return report("list", page.error());
    for (const carillon::Webhook& webhook : page->webhooks) {
        std::printf("%-10s %s, answered %d\n",
                    webhook.id.c_str(),
                    std::string(to_string(webhook.status)).c_str(),
                    webhook.response_status);
        if (webhook.status != carillon::WebhookStatus::completed) return 1;
    }
    return page->webhooks.size() == 3 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::printf("carillon %s\n", std::string(carillon::library_version()).c_str());
    if (argc > 1) return run(argv[1]);
    const auto directory = std::filesystem::temp_directory_path() / "carillon-example";
    std::filesystem::remove_all(directory);
    return run(directory.string());
}
