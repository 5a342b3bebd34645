#include "carillon/scheduler.hpp"
#include "carillon/version.hpp"
#include "net/server.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace carillon {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Answers on a loop of its own with a status that the test sets.
class Receiver final : public net::HttpHandler {
public:
    Receiver() : server_(loop_, *this, {}) {
        EXPECT_TRUE(server_.start());
        url_ = server_.url();
        thread_ = std::thread([this] { loop_.run(); });
    }

    ~Receiver() override {
        loop_.post([this] { group_.spawn(end()); });
        thread_.join();
    }

    Task<net::ServerResponse> handle(net::ServerRequest& request) override {
        {
            const std::scoped_lock lock(mutex_);
            requests_.push_back(request);
        }
        changed_.notify_all();
        net::ServerResponse response;
        response.status = status;
        response.body = "ok";
        co_return response;
    }

    [[nodiscard]] net::ServerResponse refuse(int code, const std::string& why) const override {
        return {.status = code, .body = why};
    }

    std::vector<net::ServerRequest> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return requests_.size() >= count; }));
        return requests_;
    }

    std::size_t count() {
        const std::scoped_lock lock(mutex_);
        return requests_.size();
    }

    [[nodiscard]] const std::string& url() const { return url_; }

    std::atomic<int> status = 200;

private:
    Task<> end() {
        co_await server_.stop(Duration{1'000});
        // After this task has ended, and with it the group.
        loop_.post([this] { loop_.post([this] { loop_.stop(); }); });
    }

    runtime::SystemClock clock_;
    runtime::Loop loop_{clock_};
    runtime::TaskGroup group_{loop_};
    net::HttpServer server_;
    std::string url_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<net::ServerRequest> requests_;
    std::thread thread_;
};

Instant now() {
    return runtime::SystemClock().now();
}

SchedulerOptions in_memory() {
    return {.store = "memory:", .allow_targets = "127.0.0.0/8", .retry_base = 20ms};
}

Scheduler opened(SchedulerOptions options = in_memory()) {
    auto scheduler = Scheduler::open(std::move(options));
    EXPECT_TRUE(scheduler) << scheduler.error().message;
    return *std::move(scheduler);
}

/// Looks until the webhook has that status.
Webhook settled(Scheduler& scheduler, const std::string& id, WebhookStatus status) {
    runtime::SystemClock clock;
    const Instant until = clock.now() + 20s;
    for (;;) {
        auto webhook = scheduler.get("shop", id);
        EXPECT_TRUE(webhook) << webhook.error().message;
        if (!webhook || webhook->status == status) return webhook.value_or(Webhook{});
        if (clock.now() > until) {
            ADD_FAILURE() << id << " stayed " << to_string(webhook->status);
            return *webhook;
        }
    }
}

class Directory {
public:
    Directory()
        : path_(std::filesystem::temp_directory_path() /
                ("carillon-library-" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(path_);
    }

    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    ~Directory() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string store() const { return "embedded:" + path_.string(); }

private:
    std::filesystem::path path_;
};

TEST(Scheduler, DeliversWhatIsScheduled) {
    Receiver receiver;
    Scheduler scheduler = opened();
    ASSERT_TRUE(scheduler.start());
    EXPECT_TRUE(scheduler.running());
    const auto made = scheduler.schedule({.name_space = "shop",
                                          .url = receiver.url() + "/hook?x=1",
                                          .headers = {{"X-A", "b"}},
                                          .body = R"({"order":5})"});
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->status, WebhookStatus::pending);
    EXPECT_EQ(made->body, R"({"order":5})");
    const auto requests = receiver.wait_for(1);
    EXPECT_EQ(requests[0].method, "POST");
    EXPECT_EQ(requests[0].target, "/hook?x=1");
    EXPECT_EQ(requests[0].body, R"({"order":5})");
    EXPECT_EQ(requests[0].headers.get("webhook-id"), made->webhook_id);
    EXPECT_EQ(requests[0].headers.get("Idempotency-Key"), made->webhook_id);
    EXPECT_EQ(requests[0].headers.get("X-A"), "b");
    const Webhook rung = settled(scheduler, made->id, WebhookStatus::completed);
    EXPECT_EQ(rung.response_status, 200);
    EXPECT_EQ(rung.response_body, "ok");
    EXPECT_EQ(rung.next_attempt, std::nullopt);
}

TEST(Scheduler, RetriesAndTellsWhy) {
    Receiver receiver;
    receiver.status = 503;
    Scheduler scheduler = opened();
    ASSERT_TRUE(scheduler.start());
    ASSERT_TRUE(scheduler.schedule(
        {.name_space = "shop", .url = receiver.url(), .retries_max = 2, .id = "w"}));
    const Webhook failed = settled(scheduler, "w", WebhookStatus::failed);
    EXPECT_EQ(failed.errors.size(), 3U);
    EXPECT_THAT(failed.errors.front(), HasSubstr("503"));
    EXPECT_EQ(receiver.count(), 3U);
    EXPECT_TRUE(failed.last_failure);
    receiver.status = 200;
    ASSERT_TRUE(scheduler.retry("shop", "w"));
    (void)settled(scheduler, "w", WebhookStatus::completed);
}

TEST(Scheduler, ChangesWhatWaits) {
    Scheduler scheduler = opened();
    const auto made = scheduler.schedule({.name_space = "shop",
                                          .url = "https://example.com/",
                                          .schedule = now() + 1h,
                                          .repeat = Repetition{.interval = 90s, .max = 4},
                                          .id = "w"});
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->repeat, (Repetition{.interval = 90s, .max = 4}));
    EXPECT_EQ(scheduler.suspend("shop", "w")->status, WebhookStatus::suspended);
    EXPECT_EQ(scheduler.suspend("shop", "w").error().kind, FailureKind::conflict);
    EXPECT_EQ(scheduler.unsuspend("shop", "w")->status, WebhookStatus::pending);
    EXPECT_EQ(scheduler.retry("shop", "w").error().kind, FailureKind::conflict);
    EXPECT_EQ(scheduler.cancel("shop", "w")->id, "w");
    EXPECT_EQ(scheduler.get("shop", "w").error().kind, FailureKind::not_found);
}

TEST(Scheduler, ListsInPages) {
    Scheduler scheduler = opened();
    std::vector<WebhookRequest> requests;
    for (int i = 0; i < 25; ++i) {
        requests.push_back({.name_space = "shop",
                            .url = "https://example.com/",
                            .schedule = now() + 1h + std::chrono::seconds{i},
                            .id = "w" + std::to_string(i)});
    }
    requests.push_back({.name_space = "shop", .url = "https://example.com/", .body = "{"});
    requests.push_back({.name_space = "shop", .url = "http://10.0.0.1/"});
    const auto answers = scheduler.schedule_many(requests);
    ASSERT_EQ(answers.size(), 27U);
    EXPECT_EQ(answers[3]->id, "w3");
    EXPECT_EQ(answers[25].error().field, "body");
    EXPECT_EQ(answers[26].error().kind, FailureKind::denied);

    std::vector<std::string> seen;
    std::optional<std::string> next;
    do {
        const auto page = scheduler.list({.name_space = "shop"}, 10, next);
        ASSERT_TRUE(page) << page.error().message;
        for (const Webhook& webhook : page->webhooks) seen.push_back(webhook.id);
        next = page->next;
    } while (next);
    ASSERT_EQ(seen.size(), 25U);
    EXPECT_EQ(seen.front(), "w0");
    EXPECT_EQ(seen.back(), "w24");
    EXPECT_EQ(scheduler.list({.name_space = "shop"}, 10, "nonsense").error().field, "next");
    EXPECT_EQ(scheduler.cancel_many({.name_space = "shop", .id_prefix = "w1"}), 11);
}

TEST(Scheduler, RunsWhatIsDueOnRequest) {
    Receiver receiver;
    Scheduler scheduler = opened();
    ASSERT_TRUE(scheduler.schedule({.name_space = "shop", .url = receiver.url()}));
    ASSERT_TRUE(
        scheduler.schedule({.name_space = "shop", .url = receiver.url(), .schedule = now() + 1h}));
    const auto run = scheduler.run_due();
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_EQ(run->delivered, 1);
    EXPECT_EQ(run->errors, 0);
    EXPECT_EQ(receiver.count(), 1U);
}

TEST(Scheduler, StopsAndStartsAgain) {
    Receiver receiver;
    Scheduler scheduler = opened();
    ASSERT_TRUE(scheduler.start());
    ASSERT_TRUE(scheduler.start());
    scheduler.stop(1s);
    EXPECT_FALSE(scheduler.running());
    ASSERT_TRUE(scheduler.schedule({.name_space = "shop", .url = receiver.url(), .id = "w"}));
    EXPECT_EQ(scheduler.get("shop", "w")->status, WebhookStatus::pending);
    ASSERT_TRUE(scheduler.start());
    (void)settled(scheduler, "w", WebhookStatus::completed);
}

TEST(Scheduler, KeepsWhatItAnsweredOverARestart) {
    const Directory directory;
    Receiver receiver;
    SchedulerOptions options = in_memory();
    options.store = directory.store();
    {
        Scheduler scheduler = opened(options);
        ASSERT_TRUE(scheduler.schedule({.name_space = "shop", .url = receiver.url(), .id = "w"}));
        const auto second = Scheduler::open(options);
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().kind, FailureKind::unavailable);
    }
    Scheduler scheduler = opened(options);
    ASSERT_TRUE(scheduler.start());
    (void)settled(scheduler, "w", WebhookStatus::completed);
    EXPECT_EQ(receiver.count(), 1U);
}

TEST(Scheduler, ServesManyThreadsAtOnce) {
    Receiver receiver;
    Scheduler scheduler = opened();
    ASSERT_TRUE(scheduler.start());
    constexpr int threads = 8;
    constexpr int each = 25;
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> callers;
        for (int t = 0; t < threads; ++t) {
            callers.emplace_back([&, t] {
                for (int i = 0; i < each; ++i) {
                    const std::string id = std::to_string(t) + "-" + std::to_string(i);
                    const auto made =
                        scheduler.schedule({.name_space = "shop", .url = receiver.url(), .id = id});
                    if (!made || !scheduler.get("shop", id)) ++failures;
                }
            });
        }
    }
    EXPECT_EQ(failures, 0);
    (void)receiver.wait_for(threads * each);
    scheduler.stop();
    EXPECT_EQ(receiver.count(), static_cast<std::size_t>(threads * each));
}

TEST(Scheduler, RefusesBadOptions) {
    struct Case {
        const char* field;
        SchedulerOptions options;
    };

    SchedulerOptions no_store = in_memory();
    no_store.store = "sqlite:x";
    SchedulerOptions no_directory = in_memory();
    no_directory.store = "embedded:";
    SchedulerOptions bad_targets = in_memory();
    bad_targets.allow_targets = "everything";
    SchedulerOptions no_concurrency = in_memory();
    no_concurrency.concurrency = 0;
    SchedulerOptions no_time = in_memory();
    no_time.timeout = 0ms;
    SchedulerOptions bad_secret = in_memory();
    bad_secret.signing_secrets = {"hunter2"};
    const Case cases[] = {{"store", no_store},
                          {"store", no_directory},
                          {"allow_targets", bad_targets},
                          {"concurrency", no_concurrency},
                          {"timeout", no_time},
                          {"signing_secrets", bad_secret}};
    for (const Case& c : cases) {
        const auto scheduler = Scheduler::open(c.options);
        ASSERT_FALSE(scheduler) << c.field;
        EXPECT_EQ(scheduler.error().kind, FailureKind::invalid) << c.field;
        EXPECT_EQ(scheduler.error().field, c.field);
    }
}

TEST(Scheduler, NamesBadInput) {
    Scheduler scheduler = opened();
    EXPECT_EQ(scheduler.schedule({.name_space = "", .url = "https://e.com/"}).error().field,
              "name_space");
    EXPECT_EQ(scheduler.schedule({.name_space = "n", .url = "nonsense"}).error().field, "url");
    EXPECT_EQ(
        scheduler
            .schedule(
                {.name_space = "n", .url = "https://e.com/", .repeat = Repetition{.interval = 1ms}})
            .error()
            .field,
        "repeat.interval");
    EXPECT_EQ(scheduler.schedule({.name_space = "n", .url = "https://e.com/", .retries_max = -1})
                  .error()
                  .field,
              "retries_max");
    EXPECT_EQ(scheduler.list({.name_space = "n"}, 0).error().field, "limit");
}

TEST(Library, NamesItsVersion) {
    EXPECT_EQ(std::count(library_version().begin(), library_version().end(), '.'), 2);
}

TEST(Library, QuotesText) {
    EXPECT_EQ(json_string("a\"b\n"), R"("a\"b\n")");
}

}  // namespace
}  // namespace carillon
