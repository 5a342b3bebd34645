#include "bus/router.hpp"

#include <algorithm>
#include <utility>

namespace carillon::bus {

namespace {

/// What one publisher gets of a batch, and where its answers belong.
struct Share {
    Publisher* publisher = nullptr;
    std::vector<Message> messages{};
    std::vector<std::size_t> places{};
};

}  // namespace

Router::Router(Publishers& publishers, std::vector<std::string> urls)
    : publishers_(publishers), urls_(std::move(urls)) {}

Result<> Router::open_all() {
    for (const std::string& url : urls_) {
        if (auto opened = publishers_.at(url); !opened) {
            return std::unexpected(std::move(opened).error());
        }
    }
    return {};
}

Result<Publisher*> Router::route(Message& message) {
    if (urls_.empty()) {
        return fail(Errc::invalid, "no publisher is configured (--nats-url, --publisher)");
    }
    if (!message.destination.contains("://")) return publishers_.at(urls_.front());
    const std::size_t mark = std::min(message.destination.find('#'), message.destination.size());
    const std::string url = message.destination.substr(0, mark);
    if (std::ranges::find(urls_, url) == urls_.end()) {
        return invalid("destination", "this is none of the server's publishers");
    }
    std::string topic = message.destination.substr(std::min(mark + 1, message.destination.size()));
    if (message.type == message.destination) {
        if (topic.empty()) return invalid("destination", "a topic must follow, as in URL#TOPIC");
        message.type = topic;
    }
    message.destination = std::move(topic);
    return publishers_.at(url);
}

Task<std::vector<Result<>>> Router::publish(std::vector<Message> batch) {
    std::vector<Result<>> results(batch.size());
    std::vector<Share> shares;
    for (std::size_t at = 0; at < batch.size(); ++at) {
        auto publisher = route(batch[at]);
        if (!publisher) {
            results[at] = std::unexpected(std::move(publisher).error());
            continue;
        }
        auto share = std::ranges::find(shares, *publisher, &Share::publisher);
        if (share == shares.end()) {
            shares.push_back(Share{*publisher});
            share = std::prev(shares.end());
        }
        share->messages.push_back(std::move(batch[at]));
        share->places.push_back(at);
    }
    for (Share& share : shares) {
        auto answers = co_await share.publisher->publish(std::move(share.messages));
        for (std::size_t at = 0; at < answers.size(); ++at) {
            results[share.places[at]] = std::move(answers[at]);
        }
    }
    co_return results;
}

Task<> Router::close() {
    co_return;
}

}  // namespace carillon::bus
