// What may be registered, and the webhook that it becomes.
//
// Apart from the service because it is pure: service.hpp's registration_from_json judges the JSON,
// the functions here judge the values, whoever made them (REST, the command line, an embedder).

#pragma once

#include "webhooks/service.hpp"
#include "webhooks/webhook.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace carillon::webhooks {

inline constexpr std::size_t name_bytes_max = 256;
/// What an item must leave free for outcomes: a response, its headers, errors, bookkeeping.
inline constexpr std::size_t outcome_bytes_max = 64 * 1'024;

/// Namespaces and ids: 1 to 256 bytes of UTF-8 without control characters.
[[nodiscard]] Result<> check_name(std::string_view field, std::string_view name);

/// A registration that can be stored and sent: only check_registration makes one, so whoever has it
/// need not ask again.
class CheckedRegistration {
public:
    [[nodiscard]] const Registration& operator*() const { return registration_; }

    [[nodiscard]] const Registration* operator->() const { return &registration_; }

private:
    friend Result<CheckedRegistration> check_registration(Registration, const ServiceOptions&);
    friend struct NewWebhook;

    CheckedRegistration(Registration registration, dynamo::Value body)
        : registration_(std::move(registration)), body_(std::move(body)) {}

    Registration registration_;
    dynamo::Value body_;  ///< As the item holds it.
};

/// Everything that can be known before the first attempt. `denied` (field `url`) for an address
/// that the guard refuses, `too_large`, or `invalid` with the field.
[[nodiscard]] Result<CheckedRegistration> check_registration(Registration registration,
                                                             const ServiceOptions& options);

/// The webhook that a registration becomes.
struct NewWebhook {
    NewWebhook(CheckedRegistration registration, std::string id, TimePoint now);

    Webhook webhook;
    dynamo::Value body;  ///< Of the webhook, as the item holds it: converted once.
    bool schedule_given = true;
};

/// Whether `stored` is what the same registration made earlier: the caller asks a second time,
/// perhaps because the answer was lost.
[[nodiscard]] bool is_same_registration(const Webhook& stored, const NewWebhook& asked);

}  // namespace carillon::webhooks
