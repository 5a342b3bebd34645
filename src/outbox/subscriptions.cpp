#include "outbox/subscriptions.hpp"

#include "bus/in_process.hpp"
#include "bus/publisher.hpp"

#include <utility>

namespace carillon::outbox {
namespace {

bus::Message message_of(Event event, std::string destination) {
    bus::Message message;
    message.id = std::move(event.id);
    message.type = std::move(event.type);
    message.time = event.occurred_at.value_or(TimePoint{});
    message.destination = std::move(destination);
    message.key = std::move(event.key);
    message.data = to_text(event.payload);
    if (!event.metadata.empty()) message.metadata = to_text(event.metadata);
    return message;
}

Task<Result<>> publish(bus::Publisher& publisher, bus::Message message) {
    std::vector<bus::Message> batch;
    batch.push_back(std::move(message));
    auto results = co_await publisher.publish(std::move(batch));
    if (results.empty()) co_return fail(Errc::internal, "the publisher gave no result");
    co_return std::move(results.front());
}

}  // namespace

EventHandler publish_to(bus::Publisher& publisher, std::string destination) {
    return [&publisher, destination = std::move(destination)](Event event) {
        return publish(publisher, message_of(std::move(event), destination));
    };
}

Result<> Subscriptions::add(std::string pattern, EventHandler handler, bool once) {
    if (pattern.empty()) return invalid("type", "must not be empty");
    const std::size_t star = pattern.find('*');
    const bool prefix = pattern.ends_with(".*") && star == pattern.size() - 1 && star > 1;
    if (star != std::string::npos && pattern != "*" && !prefix) {
        return invalid("type", "a star stands alone or behind the last dot: user.*");
    }
    if (by_pattern_.contains(pattern)) {
        return fail(Errc::already_exists, "there is a handler for " + pattern + " already");
    }
    auto made = std::make_shared<const Subscription>(Subscription{std::move(handler), once});
    by_pattern_.emplace(std::move(pattern), std::move(made));
    return {};
}

bool Subscriptions::remove(std::string_view pattern) {
    const auto found = by_pattern_.find(pattern);
    if (found == by_pattern_.end()) return false;
    by_pattern_.erase(found);
    return true;
}

Subscriptions::Match Subscriptions::find(std::string_view type) const {
    if (const auto exact = by_pattern_.find(type); exact != by_pattern_.end()) {
        return {exact->first, exact->second};
    }
    Match best;
    for (const auto& [pattern, subscription] : by_pattern_) {
        if (!bus::matches(pattern, type) || pattern.size() < best.pattern.size()) continue;
        best = {pattern, subscription};
    }
    return best;
}

std::vector<std::string> Subscriptions::patterns() const {
    std::vector<std::string> names;
    for (const auto& entry : by_pattern_) names.push_back(entry.first);
    return names;
}

}  // namespace carillon::outbox
