// Rings a webhook: the queue's handler.

#pragma once

#include "core/backoff.hpp"
#include "core/random.hpp"
#include "delivery/delivery.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "queue/handler.hpp"
#include "runtime/clock.hpp"
#include "webhooks/rows.hpp"

namespace carillon::webhooks {

class Ringer final : public queue::Handler {
public:
    /// Everything given must outlive it.
    Ringer(const WebhookRows& rows,
           delivery::Sender& sender,
           const runtime::Clock& clock,
           Random& random,
           Log& log,
           Registry& metrics,
           Backoff backoff);

    Task<queue::Settlement> handle(queue::Claim claim) override;
    queue::Settlement threw(queue::Claim claim, std::string_view what) override;
    queue::Settlement poisoned(queue::Claim claim) override;

private:
    [[nodiscard]] queue::Settlement unreadable(const queue::Claim& claim, const Error& error);
    void count(const delivery::Verdict& verdict);

    const WebhookRows& rows_;
    delivery::Sender& sender_;
    const runtime::Clock& clock_;
    Random& random_;
    Log& log_;
    Backoff backoff_;
    Counter& delivered_;
    Counter& failed_;
    Counter& rejected_;
    Histogram& duration_;
};

}  // namespace carillon::webhooks
