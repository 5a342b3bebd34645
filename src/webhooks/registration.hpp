// What may be registered, and the webhook that it becomes.
//
// Apart from the service because it is pure: service.hpp's registration_from_json judges the JSON,
// the functions here judge the values, whoever made them (REST, the command line, an embedder).

#pragma once

#include "webhooks/service.hpp"
#include "webhooks/webhook.hpp"

#include <string>
#include <string_view>

namespace carillon::webhooks {

inline constexpr std::size_t name_bytes_max = 256;
/// What an item must leave free for outcomes: a response, its headers, errors, bookkeeping.
inline constexpr std::size_t outcome_bytes_max = 64 * 1'024;

/// Namespaces and ids: 1 to 256 bytes of UTF-8 without control characters.
[[nodiscard]] Result<> check_name(std::string_view field, std::string_view name);

/// Everything that can be known before the first attempt. `denied` (field `url`) for an address
/// that the guard refuses, `too_large`, or `invalid` with the field.
[[nodiscard]] Result<> check_registration(const Registration& registration,
                                          const ServiceOptions& options,
                                          TimePoint now);

/// The new webhook. Requires that check_registration has passed.
[[nodiscard]] Webhook make_webhook(Registration registration, std::string id, TimePoint now);

/// Whether registering again would have made this webhook: the caller asks a second time, perhaps
/// because the answer was lost.
[[nodiscard]] bool is_same_registration(const Webhook& stored, const Registration& registration);

}  // namespace carillon::webhooks
