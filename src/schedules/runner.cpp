#include "schedules/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::schedules {
namespace {

Counter& attempts(Registry& metrics, const char* outcome) {
    return metrics.counter("carillon_run_attempts_total",
                           "Attempts of schedules' runs, by outcome.",
                           {{"outcome", outcome}});
}

/// Attempts that a server died in are known only now, by whoever has the run next.
void record_interruptions(Run& run, int times) {
    if (times < 1) return;
    Attempt attempt;
    attempt.number = run.attempts + 1;
    attempt.outcome = AttemptOutcome::interrupted;
    attempt.error = "the server that had it in hand died";
    if (times > 1) attempt.error += fmt::format(", {} times", times);
    record(run.log, std::move(attempt));
}

AttemptOutcome outcome_of(const delivery::Verdict& verdict) {
    switch (verdict.outcome) {
        case delivery::Outcome::delivered:
            return AttemptOutcome::succeeded;
        case delivery::Outcome::failed:
            return AttemptOutcome::failed;
        case delivery::Outcome::rejected:
            return AttemptOutcome::rejected;
    }
    return AttemptOutcome::failed;
}

/// Whether no attempt began since a person had the run tried again.
bool is_first_since_retry(const Run& run) {
    if (!run.retried_at) return false;
    return std::ranges::none_of(run.log, [&](const Attempt& attempt) {
        return attempt.started_at && *attempt.started_at >= *run.retried_at;
    });
}

}  // namespace

Runner::Runner(Dispatcher& dispatcher,
               WakeSchedule wake,
               std::string server,
               const runtime::Clock& clock,
               Random& random,
               Log& log,
               Registry& metrics)
    : dispatcher_(dispatcher),
      wake_(std::move(wake)),
      server_(std::move(server)),
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
    record_interruptions(run, claim.row.interruptions);
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
    co_return settle(std::move(claim), std::move(run), verdict, now);
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

queue::Settlement Runner::settle(queue::Claim claim,
                                 Run run,
                                 const delivery::Verdict& verdict,
                                 TimePoint began) {
    const TimePoint now = clock_.now();
    run.duration_ms = verdict.duration_ns / 1'000'000;
    run.response_status = verdict.response.status;
    Attempt attempt{.number = run.attempts, .started_at = began, .ended_at = now};
    attempt.outcome = outcome_of(verdict);
    attempt.status = verdict.response.status;
    attempt.error = verdict.error;
    attempt.by = server_;
    if (is_first_since_retry(run)) attempt.reason = run.retry_reason;
    record(run.log, std::move(attempt));
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
    ++run->attempts;
    return settle(std::move(claim), *std::move(run), verdict, clock_.now());
}

queue::Settlement Runner::poisoned(queue::Claim claim) {
    auto run = run_from_item(claim.item);
    if (!run) return unreadable(std::move(claim), run.error());
    log_.error("run given up: the server died again and again while attempting it",
               {{"run", run->id}});
    record_interruptions(*run, claim.row.interruptions);
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
