// Who handles which events: exactly one handler per pattern, the most exact pattern first.

#pragma once

#include "outbox/event.hpp"
#include "runtime/task.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::bus {
class Publisher;
}

namespace carillon::outbox {

/// Works on one event. An error is a failed attempt, whatever its code; an exception likewise. Must
/// not be a capturing lambda that is itself a coroutine.
using EventHandler = std::function<Task<Result<>>(Event event)>;

/// Hands each event to the publisher and waits for the broker's word. The publisher must outlive
/// the handler. `destination` as in bus::Message.
[[nodiscard]] EventHandler publish_to(bus::Publisher& publisher, std::string destination = {});

struct Subscription {
    EventHandler handler;
    bool once = false;  ///< Ends with the first event that was handled well.
};

class Subscriptions {
public:
    /// A type, `user.*`, or `*`. `already_exists` when the pattern has a handler, `invalid` for a
    /// star anywhere else.
    [[nodiscard]] Result<> add(std::string pattern, EventHandler handler, bool once);
    /// Whether there was one.
    bool remove(std::string_view pattern);

    void clear() { by_pattern_.clear(); }

    struct Match {
        std::string pattern{};
        /// Shared: it may be removed while it runs.
        std::shared_ptr<const Subscription> subscription{};
    };

    /// That of the type itself, or else of the longest pattern that matches; empty without one.
    [[nodiscard]] Match find(std::string_view type) const;

    [[nodiscard]] bool has(std::string_view pattern) const { return by_pattern_.contains(pattern); }

    [[nodiscard]] std::vector<std::string> patterns() const;

private:
    std::map<std::string, std::shared_ptr<const Subscription>, std::less<>> by_pattern_;
};

}  // namespace carillon::outbox
