#include "bus/router.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace carillon::bus {

namespace {

/// What one publisher gets of a batch, and where its answers belong.
struct Share {
    Publisher* publisher = nullptr;
    std::vector<Message> messages{};
    std::vector<std::size_t> places{};
};

/// What may be told of a URL. A webhook's path may be its secret.
std::string shown_url(const std::string& url) {
    const auto parsed = parse_broker_url(url);
    if (!parsed) return url.substr(0, url.find("://")) + "://...";
    if (!parsed->scheme.starts_with("http")) return parsed->shown();
    const std::string all = parsed->shown();
    const std::size_t path = all.find('/', all.find("://") + 3);
    return all.substr(0, path);
}

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

Error Router::unknown(std::string_view named) const {
    std::string known;
    for (const std::string& url : urls_) {
        known += known.empty() ? "" : ", ";
        known += shown_url(url);
    }
    return {Errc::invalid,
            fmt::format("{} is none of this server's publishers, which are {}; others are added by "
                        "--publishers (CARILLON_PUBLISHERS, publishers in carillon.toml)",
                        named,
                        known),
            "destination"};
}

Result<std::string> Router::configured(const std::string& named) const {
    if (std::ranges::find(urls_, named) != urls_.end()) return named;
    const auto shown = shown_url(named);
    // Only who gave neither password nor options means the URL that is shown.
    if (shown != named) return std::unexpected(unknown(shown));
    const auto means = [&](const std::string& url) { return shown_url(url) == named; };
    const auto first = std::ranges::find_if(urls_, means);
    if (first == urls_.end()) return std::unexpected(unknown(shown));
    if (std::find_if(std::next(first), urls_.end(), means) != urls_.end()) {
        return invalid(
            "destination",
            named + " is several of this server's publishers: name one with its options");
    }
    return *first;
}

Result<Publisher*> Router::route(Message& message) {
    if (urls_.empty()) {
        return fail(Errc::invalid, "no publisher is configured (--nats-url, --publishers)");
    }
    if (!message.destination.contains("://")) return publishers_.at(urls_.front());
    const std::size_t mark = std::min(message.destination.find('#'), message.destination.size());
    CARILLON_TRY(const std::string url, configured(message.destination.substr(0, mark)));
    std::string topic = message.destination.substr(std::min(mark + 1, message.destination.size()));
    if (message.type == message.destination) {
        if (topic.empty()) return invalid("destination", "a topic must follow, as in URL#TOPIC");
        message.type = topic;
    }
    message.destination = std::move(topic);
    return publishers_.at(url);
}

Result<> Router::check(const Message& message) {
    Message copy = message;
    CARILLON_TRY(Publisher * publisher, route(copy));
    return publisher->check(copy);
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
