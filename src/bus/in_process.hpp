// The bus inside one process: for programs that embed the library, and for tests.
//
// Handlers are called on the publisher's own loop, one message after the other, and their answer is
// the message's result: nothing is buffered, so nothing can be lost.

#pragma once

#include "bus/publisher.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace carillon::bus {

/// Whether `type` is one that `pattern` means: the type itself, `order.*` for everything below
/// `order.`, or `*` for all.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view type);

class InProcessBus final : public Publisher {
public:
    using Handler = std::function<Task<Result<>>(Message message)>;

    /// Calls `handler` for every message whose type matches. Returns a number for unsubscribe().
    std::uint64_t subscribe(std::string pattern, Handler handler);
    void unsubscribe(std::uint64_t subscription);

    /// A message that several handlers take has the first error as its result. One that no handler
    /// takes is `not_found`. A handler that throws is an `internal` error.
    [[nodiscard]] Task<std::vector<Result<>>> publish(std::vector<Message> batch) override;
    [[nodiscard]] Task<> close() override;

private:
    struct Subscription {
        std::string pattern;
        Handler handler;
    };

    Task<Result<>> deliver(Message message);

    std::map<std::uint64_t, Subscription> subscriptions_;  // In the order of subscribing.
    std::uint64_t last_ = 0;
    bool closed_ = false;
};

}  // namespace carillon::bus
