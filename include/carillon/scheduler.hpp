// A durable webhook scheduler inside your program.
//
//     auto scheduler = carillon::Scheduler::open({.store = "embedded:./bells"});
//     if (!scheduler) return report(scheduler.error());
//     scheduler->start();
//     scheduler->schedule({.name_space = "shop", .url = "https://example.com/ring"});
//
// What schedule() has answered is on disk: it rings at its time, or after the next start if the
// program is not running then. A delivery may happen twice when the program dies in the middle of
// it; both carry the same `webhook-id`.

#pragma once

#include "carillon/failure.hpp"
#include "carillon/options.hpp"
#include "carillon/webhook.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon {

/// Every call may come from any thread, and blocks until it is done. The work is done on a thread
/// of the scheduler's own. Do not call it from the log callback.
class Scheduler {
public:
    /// Opens (and creates) the store. Delivers nothing until start().
    [[nodiscard]] static Expected<Scheduler> open(const SchedulerOptions& options);

    Scheduler(Scheduler&& other) noexcept;
    Scheduler& operator=(Scheduler&& other) noexcept;
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;
    /// stop(), with no grace, and closes the store.
    ~Scheduler();

    /// Begins to deliver. No effect when it does already.
    Expected<> start();
    /// Ends delivering: what is under way gets `grace` to end and is released otherwise. Everything
    /// else goes on working, and start() may be called again.
    void stop(std::chrono::milliseconds grace = std::chrono::seconds{10});
    [[nodiscard]] bool running() const;

    [[nodiscard]] Expected<Webhook> schedule(const WebhookRequest& request);
    /// Each for itself, an answer for each in order, one commit for all.
    [[nodiscard]] std::vector<Expected<Webhook>> schedule_many(
        const std::vector<WebhookRequest>& requests);

    [[nodiscard]] Expected<Webhook> get(const std::string& name_space, const std::string& id);
    /// By schedule, or by id with an id prefix. `limit`: 1 to 1000. `next`: of the last page.
    [[nodiscard]] Expected<WebhookPage> list(const WebhookFilter& filter,
                                             int limit = 100,
                                             const std::optional<std::string>& next = std::nullopt,
                                             bool descending = false);

    /// PENDING to SUSPENDED and back; `conflict` in any other state.
    Expected<Webhook> suspend(const std::string& name_space, const std::string& id);
    Expected<Webhook> unsuspend(const std::string& name_space, const std::string& id);
    /// FAILED to PENDING, due now, with all its attempts again.
    Expected<Webhook> retry(const std::string& name_space, const std::string& id);
    /// Deletes it; ends its series, if it repeats. The webhook as it was.
    Expected<Webhook> cancel(const std::string& name_space, const std::string& id);
    /// Deletes all that match; how many.
    Expected<std::int64_t> cancel_many(const WebhookFilter& filter);

    struct RunResult {
        std::int64_t delivered = 0;
        std::int64_t errors = 0;  ///< Attempts that failed.
    };

    /// Delivers what is due now and returns when all of it is settled; start() is not needed.
    Expected<RunResult> run_due();

private:
    struct Impl;
    explicit Scheduler(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon
