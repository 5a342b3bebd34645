// One publisher in front of several: each message goes to the one that its destination names.
//
// Stands between those who know only topics (EVENT and QUEUE targets of schedules, events of the
// outbox) and the publishers that the server was configured with.

#pragma once

#include "bus/publishers.hpp"

#include <string>
#include <vector>

namespace carillon::bus {

/// Lives on one loop.
class Router final : public Publisher {
public:
    /// `urls` are those that may be named, as they are in the configuration; the first takes what
    /// names none. Any other URL is refused: callers could otherwise reach brokers that only this
    /// machine reaches. `publishers` must outlive the router, and closes what it opened itself.
    Router(Publishers& publishers, std::vector<std::string> urls);

    /// `invalid` for a URL that cannot be opened.
    [[nodiscard]] Result<> open_all();

    /// A destination is a topic, or one of the URLs, or `URL#TOPIC`; URLs with or without their
    /// password and options. A message whose type is the same as such a destination (a target names
    /// both at once) gets the topic as its type.
    [[nodiscard]] Task<std::vector<Result<>>> publish(std::vector<Message> batch) override;
    /// Says which publishers there are, without their secrets, where the message names another.
    [[nodiscard]] Result<> check(const Message& message) override;
    [[nodiscard]] Task<> close() override;

private:
    /// Takes the URL out of the message; where it goes.
    Result<Publisher*> route(Message& message);
    /// The configured URL that somebody means.
    [[nodiscard]] Result<std::string> configured(const std::string& named) const;
    [[nodiscard]] Error unknown(std::string_view named) const;

    Publishers& publishers_;
    std::vector<std::string> urls_;
};

}  // namespace carillon::bus
