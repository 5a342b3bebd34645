#include "schedules/runner.hpp"

#include <utility>

namespace carillon::schedules {
namespace {

Counter& attempts(Registry& metrics, const char* outcome) {
    return metrics.counter("carillon_run_attempts_total",
                           "Attempts of schedules' runs, by outcome.",
                           {{"outcome", outcome}});
}

}  // namespace

Runner::Runner(Dispatcher& dispatcher,
               WakeSchedule wake,
               const runtime::Clock& clock,
               Random& random,
               Log& log,
               Registry& metrics)
    : dispatcher_(dispatcher),
      wake_(std::move(wake)),
      clock_(clock),
      random_(random),
      log_(log),
      succeeded_(attempts(metrics, "succeeded")),
      failed_(attempts(metrics, "failed")),
      missed_(metrics.counter("carillon_runs_missed_total",
                              "Runs that nobody attempted within their catch-up window.")),
      lateness_(metrics.histogram("carillon_run_lateness_seconds",
                                  "How much later than due runs were first attempted.")) {}

Task<queue::Settlement> Runner::handle(queue::Claim claim) {
    auto run = run_from_item(claim.item);
    if (!run) co_return unreadable(std::move(claim), run.error());
    std::string tenant = run->tenant;
    std::string schedule = run->schedule_id;
    const bool awaited = run->awaited;
    queue::Settlement out = co_await attempt(std::move(claim), *std::move(run));
    const bool ended = out.verdict == queue::Verdict::done || out.verdict == queue::Verdict::failed;
    // The outcome is on its way to the store: what is woken looks in a moment.
    if (awaited && ended) co_await wake_(std::move(tenant), std::move(schedule));
    co_return out;
}

Task<queue::Settlement> Runner::attempt(queue::Claim claim, Run run) {
    const TimePoint now = clock_.now();
    // Decided in time, but nobody was there to attempt it.
    const bool waited_too_long = run.due_at + run.policy.catch_up_window < now;
    if (!run.started_at && run.cause == RunCause::schedule && waited_too_long) {
        co_return missed(std::move(claim), std::move(run));
    }
    if (!run.started_at) {
        run.started_at = now;
        run.latency_ms = (now - run.due_at).count();
        lateness_.observe(static_cast<double>(run.latency_ms) / 1'000);
    }
    ++run.attempts;
    const delivery::Verdict verdict = co_await dispatcher_.dispatch(run, claim.attempt, claim.stop);
    const bool unanswered =
        verdict.outcome == delivery::Outcome::failed && verdict.response.status == 0;
    if (unanswered && claim.stop.stop_requested()) {
        queue::Settlement released;
        released.verdict = queue::Verdict::release;
        released.item = std::move(claim.item);
        co_return released;
    }
    co_return settle(std::move(claim), std::move(run), verdict);
}

queue::Settlement Runner::missed(queue::Claim claim, Run run) {
    missed_.add();
    run.status = RunStatus::missed;
    run.error = "missed: it was not attempted within the policy's catchUpWindowSec";
    run.finished_at = clock_.now();
    queue::Settlement out;
    out.verdict = queue::Verdict::done;
    out.item = std::move(claim.item);
    write(out.item, run);
    return out;
}

queue::Settlement Runner::settle(queue::Claim claim, Run run, const delivery::Verdict& verdict) {
    const TimePoint now = clock_.now();
    run.duration_ms = verdict.duration_ns / 1'000'000;
    run.response_status = verdict.response.status;
    queue::Settlement out;
    if (verdict.outcome == delivery::Outcome::delivered) {
        succeeded_.add();
        run.status = RunStatus::succeeded;
        run.error.clear();
        out.verdict = queue::Verdict::done;
    } else {
        failed_.add();
        run.error = verdict.error;
        const auto next = queue::after_failure(claim.attempt,
                                               static_cast<int>(run.policy.attempts_max),
                                               run.policy.backoff,
                                               now,
                                               verdict.retry_after,
                                               random_);
        const bool for_good = verdict.outcome == delivery::Outcome::rejected;
        out.verdict = for_good ? queue::Verdict::failed : next.verdict;
        out.ready_at = next.ready_at;
        run.status = out.verdict == queue::Verdict::retry ? RunStatus::pending : RunStatus::failed;
    }
    if (has_ended(run.status)) run.finished_at = now;
    out.item = std::move(claim.item);
    write(out.item, run);
    return out;
}

queue::Settlement Runner::threw(queue::Claim claim, std::string_view what) {
    auto run = run_from_item(claim.item);
    if (!run) return unreadable(std::move(claim), run.error());
    delivery::Verdict verdict;
    verdict.error = "internal error: " + std::string(what);
    return settle(std::move(claim), *std::move(run), verdict);
}

queue::Settlement Runner::poisoned(queue::Claim claim) {
    auto run = run_from_item(claim.item);
    if (!run) return unreadable(std::move(claim), run.error());
    log_.error("run given up: the server died again and again while attempting it",
               {{"run", run->id}});
    run->status = RunStatus::dead;
    run->error = "the server died again and again while attempting it";
    run->finished_at = clock_.now();
    queue::Settlement out;
    out.verdict = queue::Verdict::failed;
    out.item = std::move(claim.item);
    write(out.item, *run);
    return out;
}

queue::Settlement Runner::unreadable(queue::Claim claim, const Error& error) const {
    log_.error("a run cannot be read and was set aside", {{"error", error.message}});
    queue::Settlement aside;
    aside.verdict = queue::Verdict::failed;
    aside.item = std::move(claim.item);
    return aside;
}

}  // namespace carillon::schedules
