// Between the public types of include/carillon and the engine's own.

#pragma once

#include "carillon/failure.hpp"
#include "carillon/webhook.hpp"
#include "core/result.hpp"
#include "webhooks/service.hpp"

#include <string_view>
#include <utility>

namespace carillon::library {

[[nodiscard]] Failure to_public(const Error& error);
[[nodiscard]] Webhook to_public(const webhooks::Webhook& webhook);

/// `invalid` when the body is no JSON, or a header is given twice.
[[nodiscard]] Result<webhooks::Registration> to_registration(const WebhookRequest& request,
                                                             TimePoint now);
[[nodiscard]] webhooks::Selection to_selection(const WebhookFilter& filter);

template <class T>
[[nodiscard]] std::unexpected<Failure> failed(const Result<T>& result) {
    return std::unexpected(to_public(result.error()));
}

}  // namespace carillon::library
