#include "bus/in_process.hpp"

#include <exception>
#include <utility>

namespace carillon::bus {

namespace {

Task<Result<>> call(InProcessBus::Handler handler, Message message) {
    try {
        co_return co_await handler(std::move(message));
    } catch (const std::exception& thrown) {
        co_return fail(Errc::internal, std::string("the handler threw: ") + thrown.what());
    } catch (...) {
        co_return fail(Errc::internal, "the handler threw");
    }
}

}  // namespace

bool matches(std::string_view pattern, std::string_view type) {
    if (pattern == "*") return true;
    if (!pattern.ends_with(".*")) return pattern == type;
    pattern.remove_suffix(1);
    return type.size() > pattern.size() && type.starts_with(pattern);
}

std::uint64_t InProcessBus::subscribe(std::string pattern, Handler handler) {
    subscriptions_.emplace(++last_, Subscription{std::move(pattern), std::move(handler)});
    return last_;
}

void InProcessBus::unsubscribe(std::uint64_t subscription) {
    subscriptions_.erase(subscription);
}

Task<Result<>> InProcessBus::deliver(Message message) {
    // Handlers may subscribe and unsubscribe: they are called from a copy.
    std::vector<Handler> handlers;
    for (const auto& [number, subscription] : subscriptions_) {
        if (matches(subscription.pattern, message.type)) handlers.push_back(subscription.handler);
    }
    if (handlers.empty()) co_return fail(Errc::not_found, "nobody handles " + message.type);
    Result<> answer;
    for (const Handler& handler : handlers) {
        Result<> one = co_await call(handler, message);
        if (!one && answer) answer = std::move(one);
    }
    co_return answer;
}

Task<std::vector<Result<>>> InProcessBus::publish(std::vector<Message> batch) {
    std::vector<Result<>> results;
    results.reserve(batch.size());
    for (Message& message : batch) {
        if (closed_) {
            results.emplace_back(fail(Errc::cancelled, "the bus is closed"));
        } else {
            results.push_back(co_await deliver(std::move(message)));
        }
    }
    co_return results;
}

Task<> InProcessBus::close() {
    closed_ = true;
    co_return;
}

}  // namespace carillon::bus
