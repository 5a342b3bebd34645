// Where a run's target is reached: HTTP by delivery, EVENT and QUEUE by a publisher.

#pragma once

#include "bus/publisher.hpp"
#include "delivery/delivery.hpp"
#include "schedules/run.hpp"

namespace carillon::schedules {

/// Lives on one loop.
class Dispatcher {
public:
    /// `publisher` may be absent: EVENT and QUEUE targets are then refused for good. Everything
    /// given must outlive it.
    Dispatcher(delivery::Sender& sender, bus::Publisher* publisher, const runtime::Clock& clock)
        : sender_(sender), publisher_(publisher), clock_(clock) {}

    /// Whether runs of this schedule could ever reach their target, as far as it can be known
    /// without trying: `invalid` with a field of the schedule, `too_large` with `payload`.
    [[nodiscard]] Result<> check(const Schedule& schedule,
                                 const delivery::DeliveryOptions& options) const;

    /// One attempt.
    [[nodiscard]] Task<delivery::Verdict> dispatch(const Run& run,
                                                   int attempt,
                                                   runtime::StopToken stop);

private:
    [[nodiscard]] Result<> check_message(const Schedule& schedule) const;
    [[nodiscard]] Task<delivery::Verdict> publish(bus::Message message);

    delivery::Sender& sender_;
    bus::Publisher* publisher_;
    const runtime::Clock& clock_;
};

/// The message of an EVENT or QUEUE target: type and destination are the topic; the data says which
/// schedule fired when, and holds its payload.
[[nodiscard]] bus::Message message_of(const Run& run);
/// Without body and timeout, which are the run's.
[[nodiscard]] delivery::Target http_target(const Target& target);

/// The body of an HTTP target: the payload, or what message_of says without one.
[[nodiscard]] boost::json::value body_of(const Run& run);

}  // namespace carillon::schedules
