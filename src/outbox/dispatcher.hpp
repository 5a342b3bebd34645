// The queue's handler: one claimed event through the middleware to its subscriber, and what that
// leaves behind.

#pragma once

#include "outbox/event_bus.hpp"
#include "outbox/order.hpp"

namespace carillon::outbox {

class Dispatcher final : public queue::Handler {
public:
    /// Everything given must outlive it.
    Dispatcher(const EventRows& rows,
               KeyOrder& order,
               const BusOptions& options,
               const runtime::Clock& clock,
               Random& random,
               Log& log)
        : rows_(rows),
          order_(order),
          options_(options),
          clock_(clock),
          random_(random),
          log_(log) {}

    Subscriptions subscriptions;
    std::shared_ptr<const std::vector<Middleware>> middleware =
        std::make_shared<std::vector<Middleware>>();

    Task<queue::Settlement> handle(queue::Claim claim) override;
    queue::Settlement threw(queue::Claim claim, std::string_view what) override;
    queue::Settlement poisoned(queue::Claim claim) override;

private:
    struct Delivery;
    [[nodiscard]] Task<queue::Settlement> attempt(queue::Claim claim);
    [[nodiscard]] Task<std::optional<queue::Settlement>> unless_first(const dynamo::Item& item);
    Task<> tell_next(const dynamo::Item& place, queue::Settlement& settlement);
    [[nodiscard]] Task<Result<>> deliver(Delivery& delivery, MiddlewareContext& context);
    [[nodiscard]] queue::Settlement completed(queue::Claim claim) const;
    [[nodiscard]] queue::Settlement failed(queue::Claim claim, Event event, Error error);
    [[nodiscard]] queue::Settlement parked(queue::Claim claim, Event event) const;
    [[nodiscard]] queue::Settlement unreadable(queue::Claim claim, const Error& error);
    void tell(Mishap::Kind kind, Event event, Error error) const;

    const EventRows& rows_;
    KeyOrder& order_;
    const BusOptions& options_;
    const runtime::Clock& clock_;
    Random& random_;
    Log& log_;
};

}  // namespace carillon::outbox
