#include "queue/queue.hpp"

#include <algorithm>

namespace carillon::queue {

NextAttempt after_failure(int attempt,
                          int attempts_max,
                          const Backoff& backoff,
                          TimePoint now,
                          std::optional<TimePoint> not_before,
                          Random& random) {
    if (attempt >= attempts_max) return {.verdict = Verdict::failed, .ready_at = now};
    TimePoint ready_at = now + backoff_delay(backoff, std::max(attempt, 1), random);
    // A receiver that asks for a year must not take the row out of the world.
    if (not_before) ready_at = std::max(ready_at, std::min(*not_before, now + backoff.cap));
    return {.verdict = Verdict::retry, .ready_at = ready_at};
}

}  // namespace carillon::queue
