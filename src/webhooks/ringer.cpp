#include "webhooks/ringer.hpp"

#include "webhooks/outcome.hpp"
#include "webhooks/webhook.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::webhooks {
namespace {

constexpr std::string_view deliveries_help = "Attempts to deliver a webhook, by outcome.";

Counter& deliveries(Registry& metrics, const char* outcome) {
    return metrics.counter(
        "carillon_webhook_attempts_total", deliveries_help, {{"outcome", outcome}});
}

}  // namespace

Ringer::Ringer(const WebhookRows& rows,
               delivery::Sender& sender,
               const runtime::Clock& clock,
               Random& random,
               Log& log,
               Registry& metrics,
               Backoff backoff)
    : rows_(rows),
      sender_(sender),
      clock_(clock),
      random_(random),
      log_(log),
      backoff_(backoff),
      delivered_(deliveries(metrics, "delivered")),
      failed_(deliveries(metrics, "failed")),
      rejected_(deliveries(metrics, "rejected")),
      duration_(metrics.histogram("carillon_webhook_attempt_seconds",
                                  "How long attempts that were answered took.")) {}

Task<queue::Settlement> Ringer::handle(queue::Claim claim) {
    auto webhook = from_item(claim.item);
    if (!webhook) co_return unreadable(claim, webhook.error());

    delivery::Target target{.url = webhook->url,
                            .method = webhook->method,
                            .headers = webhook->headers,
                            .body = webhook->body};
    delivery::Attempt attempt{.occurrence_id = occurrence_id(*webhook),
                              .number = attempt_number(*webhook, claim),
                              .scheduled_at = webhook->schedule};
    const delivery::Verdict verdict =
        co_await sender_.send(std::move(target), std::move(attempt), claim.stop);

    const bool unanswered =
        verdict.outcome == delivery::Outcome::failed && verdict.response.status == 0;
    if (unanswered && claim.stop.stop_requested()) co_return settle_released(claim, *webhook);
    count(verdict);
    if (verdict.outcome != delivery::Outcome::delivered && log_.enabled(LogLevel::debug)) {
        log_.debug("delivery failed",
                   {{"namespace", webhook->name_space},
                    {"id", webhook->id},
                    {"attempt", claim.attempt},
                    {"error", verdict.error}});
    }
    co_return settle(claim, *std::move(webhook), verdict, rows_, backoff_, clock_.now(), random_);
}

queue::Settlement Ringer::threw(queue::Claim claim, std::string_view what) {
    auto webhook = from_item(claim.item);
    if (!webhook) return unreadable(claim, webhook.error());
    delivery::Verdict verdict;
    verdict.error = fmt::format("internal error: {}", what);
    count(verdict);
    return settle(claim, *std::move(webhook), verdict, rows_, backoff_, clock_.now(), random_);
}

queue::Settlement Ringer::poisoned(queue::Claim claim) {
    auto webhook = from_item(claim.item);
    if (!webhook) return unreadable(claim, webhook.error());
    log_.error("webhook given up: the server died again and again while delivering it",
               {{"namespace", webhook->name_space}, {"id", webhook->id}});
    return settle_poisoned(claim, *std::move(webhook), rows_, clock_.now());
}

queue::Settlement Ringer::unreadable(const queue::Claim& claim, const Error& error) {
    log_.error("webhook cannot be read and was set aside", {{"error", error.message}});
    queue::Settlement aside;
    aside.verdict = queue::Verdict::failed;
    aside.item = claim.item;
    rows_.set_aside(aside.item, error);
    return aside;
}

void Ringer::count(const delivery::Verdict& verdict) {
    constexpr double seconds_per_ns = 1e-9;
    switch (verdict.outcome) {
        case delivery::Outcome::delivered:
            delivered_.add();
            break;
        case delivery::Outcome::failed:
            failed_.add();
            break;
        case delivery::Outcome::rejected:
            rejected_.add();
            break;
    }
    if (verdict.response.status != 0) {
        duration_.observe(static_cast<double>(verdict.duration_ns) * seconds_per_ns);
    }
}

}  // namespace carillon::webhooks
