// What an attempt leaves behind: the row's new content, when it is due again, the next occurrence.
//
// Pure decisions; ringer.hpp carries them out.

#pragma once

#include "core/backoff.hpp"
#include "core/random.hpp"
#include "delivery/delivery.hpp"
#include "queue/handler.hpp"
#include "webhooks/webhook.hpp"

#include <string>
#include <vector>

namespace carillon::webhooks {

inline constexpr std::size_t errors_kept = 20;
inline constexpr std::size_t error_bytes_max = 500;

/// Appends, cuts the text, and lets go of the oldest.
void add_error(std::vector<std::string>& errors, std::string_view text);

/// The number of the attempt that `claim` begins (`webhook-attempt`): the first is 1, and over one
/// occurrence it only grows. An attempt that a crash cut short is no failure, yet it is counted
/// here, as the receiver may have seen it.
[[nodiscard]] int attempt_number(const Webhook& webhook, const queue::Claim& claim);

/// The settlement of an attempt that this process cut short, which is not the receiver's failure.
[[nodiscard]] queue::Settlement settle_released(const queue::Claim& claim, const Webhook& webhook);

/// The settlement of one attempt. With an outcome that ends the occurrence (delivered, rejected, or
/// failed for the last time) the series' next occurrence is committed along with it.
[[nodiscard]] queue::Settlement settle(const queue::Claim& claim,
                                       Webhook webhook,
                                       const delivery::Verdict& verdict,
                                       const queue::RowMap& rows,
                                       const Backoff& backoff,
                                       TimePoint now,
                                       Random& random);

/// The settlement of a webhook that was under way too often when the process died.
[[nodiscard]] queue::Settlement settle_poisoned(const queue::Claim& claim,
                                                Webhook webhook,
                                                const queue::RowMap& rows,
                                                TimePoint now);

}  // namespace carillon::webhooks
