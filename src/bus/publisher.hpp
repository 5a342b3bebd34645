// The port through which messages leave, whatever broker stands behind it.
//
// A result is good only once the broker itself has said that it has the message; a message whose
// result is an error may be given again, with the same id. factory.hpp makes publishers from URLs.

#pragma once

#include "bus/message.hpp"
#include "runtime/task.hpp"

#include <vector>

namespace carillon::bus {

/// Lives on one loop.
class Publisher {
public:
    Publisher() = default;
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;
    virtual ~Publisher() = default;

    /// One result per message, in their order. Several calls may be under way at once; when too
    /// much is waiting already, the call waits until there is room. Errors: `invalid` and
    /// `too_large` (this message can never be sent), `denied`, `not_found` (no such destination),
    /// `unavailable` and `throttled` (was not taken; give it again later), `timeout` (may have been
    /// taken), `cancelled` (the publisher was closed).
    [[nodiscard]] virtual Task<std::vector<Result<>>> publish(std::vector<Message> batch) = 0;

    /// Whether publish() could ever take this message, without sending it: `invalid` (`destination`
    /// where it is the place that is wrong) or `too_large`. What only the broker knows is not
    /// asked.
    [[nodiscard]] virtual Result<> check(const Message& message) {
        static_cast<void>(message);
        return {};
    }

    /// Takes nothing more, waits for what is under way, and ends the connections. Once, before the
    /// publisher goes.
    [[nodiscard]] virtual Task<> close() = 0;
};

}  // namespace carillon::bus
