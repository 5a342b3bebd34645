#include "webhooks/outcome.hpp"

#include "core/text.hpp"
#include "queue/queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace carillon::webhooks {
namespace {

constexpr std::string_view attempts_attribute = "__attempts";

/// Adds the next occurrence, if there is to be one, to what is committed with the outcome.
void continue_series(Webhook& webhook,
                     const queue::RowMap& rows,
                     TimePoint now,
                     queue::Settlement& out) {
    auto next = next_occurrence(webhook, now);
    if (!next) return;
    webhook.successor = next->id;
    out.item.set("__next", next->id);
    dynamo::Item item = to_item(*next);
    rows.write(item, {.state = queue::State::ready, .due_at = next->schedule});
    // Without a condition: nobody else makes ids of this form, and a put that could fail would take
    // the outcome of a delivery that has happened with it.
    out.also.emplace_back(dynamo::PutRequest{.table = rows.table(), .item = std::move(item)});
}

}  // namespace

int attempt_number(const Webhook& webhook, const queue::Claim& claim) {
    // The failures are in it already; those of a webhook that was retried by hand start at 0 again.
    const std::int64_t last = std::max<std::int64_t>(webhook.last_attempt, claim.attempt - 1);
    const std::int64_t number = last + 1 + claim.row.interruptions;
    return static_cast<int>(std::min<std::int64_t>(number, std::numeric_limits<int>::max()));
}

queue::Settlement settle_released(const queue::Claim& claim, const Webhook& webhook) {
    queue::Settlement out;
    out.verdict = queue::Verdict::release;
    out.item = claim.item;
    out.item.set(attempts_attribute, attempt_number(webhook, claim));
    return out;
}

void add_error(std::vector<std::string>& errors, std::string_view text) {
    std::string kept(utf8_prefix(text, error_bytes_max));
    if (kept.size() < text.size()) {
        constexpr std::string_view marker = "…";
        kept = utf8_prefix(text, error_bytes_max - marker.size());
        kept += marker;
    }
    errors.push_back(std::move(kept));
    if (errors.size() > errors_kept) {
        errors.erase(errors.begin(), errors.end() - static_cast<std::ptrdiff_t>(errors_kept));
    }
}

queue::Settlement settle(const queue::Claim& claim,
                         Webhook webhook,
                         const delivery::Verdict& verdict,
                         const queue::RowMap& rows,
                         const Backoff& backoff,
                         TimePoint now,
                         Random& random) {
    queue::Settlement out;
    out.item = claim.item;
    out.item.set("response",
                 response_value({.body = verdict.response.body,
                                 .headers = verdict.response.headers,
                                 .status = verdict.response.status}));
    // What is delivered at once needs no count: nothing follows.
    const int number = attempt_number(webhook, claim);
    if (number > 1 || verdict.outcome != delivery::Outcome::delivered) {
        out.item.set(attempts_attribute, number);
    }
    if (verdict.outcome == delivery::Outcome::delivered) {
        out.verdict = queue::Verdict::done;
        continue_series(webhook, rows, now, out);
        return out;
    }
    add_error(webhook.errors, verdict.error);
    out.item.set("errors", errors_value(webhook.errors));
    webhook.retries.last = now;
    out.item.set("retries", retries_value(webhook.retries));

    const auto retries = static_cast<int>(
        std::clamp<std::int64_t>(webhook.retries.max, 0, std::numeric_limits<int>::max() - 1));
    const queue::NextAttempt next =
        queue::after_failure(claim.attempt, retries + 1, backoff, now, verdict.retry_after, random);
    const bool again =
        verdict.outcome == delivery::Outcome::failed && next.verdict == queue::Verdict::retry;
    if (again) {
        out.verdict = queue::Verdict::retry;
        out.ready_at = next.ready_at;
        return out;
    }
    out.verdict = queue::Verdict::failed;
    continue_series(webhook, rows, now, out);
    return out;
}

queue::Settlement settle_poisoned(const queue::Claim& claim,
                                  Webhook webhook,
                                  const queue::RowMap& rows,
                                  TimePoint now) {
    queue::Settlement out;
    out.item = claim.item;
    out.verdict = queue::Verdict::failed;
    add_error(webhook.errors,
              fmt::format("given up: the server died {} times while this was being delivered",
                          claim.row.interruptions));
    out.item.set("errors", errors_value(webhook.errors));
    // The attempts that died count, although this is not one.
    out.item.set(attempts_attribute, attempt_number(webhook, claim) - 1);
    continue_series(webhook, rows, now, out);
    return out;
}

}  // namespace carillon::webhooks
