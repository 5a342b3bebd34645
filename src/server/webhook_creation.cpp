#include "server/webhook_creation.hpp"

#include "server/idempotency.hpp"
#include "server/problem.hpp"

#include <utility>
#include <vector>

namespace carillon::server {
namespace {

/// The list of a batch, or nullptr when `body` is one registration.
Result<const json::array*> batch_list(const json::value& body) {
    const json::value* list = body.is_array() ? &body : nullptr;
    std::string field = "body";
    const json::object* object = body.if_object();
    if (object != nullptr && object->contains("webhooks")) {
        list = object->if_contains("webhooks");
        field = "webhooks";
        for (const auto& member : *object) {
            if (member.key() != "webhooks") {
                return invalid(std::string(member.key()), "is not a known field of a batch");
            }
        }
        if (!list->is_array()) return invalid(field, "must be an array");
    }
    if (list == nullptr) return nullptr;
    const std::size_t count = list->get_array().size();
    if (count == 0 || count > WebhookCreation::batch_max) {
        return invalid(field,
                       "must have 1 to " + std::to_string(WebhookCreation::batch_max) + " entries");
    }
    return &list->get_array();
}

net::ServerResponse webhook_response(int status, const webhooks::Webhook& webhook) {
    net::ServerResponse response = json_response(status, webhooks::to_json(webhook));
    response.headers.add("Location",
                         "/webhooks/" + net::percent_encode(webhook.name_space) + "/" +
                             net::percent_encode(webhook.id));
    return response;
}

/// What became of the entry at `index`.
json::object failure(Error error, std::size_t index) {
    const int status = status_of(error);
    error.field =
        "webhooks[" + std::to_string(index) + "]" + (error.field.empty() ? "" : "." + error.field);
    // The list of all mistakes has the entry's own paths: the first is enough here.
    error.detail.reset();
    json::object document = problem(error, {});
    return {{"status", status}, {"problem", std::move(document)}};
}

/// 201 for a new webhook, 200 for the one that an earlier request with the same id made.
int status_of_made(const webhooks::Webhook& webhook, TimePoint asked_at) {
    return webhook.created_at < asked_at ? 200 : 201;
}

}  // namespace

Task<Result<net::ServerResponse>> WebhookCreation::create(Call& call) {
    auto key = idempotency_key(call.request.headers);
    if (!key) co_return std::unexpected(std::move(key).error());
    const auto list = batch_list(call.body);
    if (!list) co_return std::unexpected(list.error());
    if (*list != nullptr) co_return co_await create_many(**list, *std::move(key));
    co_return co_await create_one(call.body, *std::move(key));
}

Task<Result<net::ServerResponse>> WebhookCreation::create_one(const json::value& body,
                                                              std::optional<std::string> key) {
    const TimePoint now = loop_.now();
    auto asked = webhooks::registration_from_json(body, now);
    if (!asked) co_return std::unexpected(std::move(asked).error());
    if (key && !asked->id) asked->id = id_of_key(asked->name_space, *key);
    auto made = co_await service_.register_webhook(*std::move(asked));
    if (!made) co_return std::unexpected(std::move(made).error());
    co_return webhook_response(status_of_made(*made, now), *made);
}

Task<Result<net::ServerResponse>> WebhookCreation::create_many(const json::array& list,
                                                               std::optional<std::string> key) {
    const TimePoint now = loop_.now();
    // For each entry its place among those that are sound, or what is wrong with it.
    std::vector<Result<std::size_t>> places;
    std::vector<webhooks::Registration> sound;
    places.reserve(list.size());
    sound.reserve(list.size());
    for (const json::value& each : list) {
        auto asked = webhooks::registration_from_json(each, now);
        if (!asked) {
            places.emplace_back(std::unexpected(std::move(asked).error()));
            continue;
        }
        if (key && !asked->id) {
            // Each entry needs an id of its own, the same at every repetition.
            asked->id = id_of_key(asked->name_space, *key + "#" + std::to_string(places.size()));
        }
        places.emplace_back(sound.size());
        sound.push_back(*std::move(asked));
    }

    std::vector<Result<webhooks::Webhook>> made;
    if (!sound.empty()) made = co_await service_.register_many(std::move(sound));

    json::array results;
    results.reserve(places.size());
    std::int64_t count = 0;
    for (const Result<std::size_t>& place : places) {
        if (place && made[*place]) {
            ++count;
            const webhooks::Webhook& webhook = *made[*place];
            results.push_back(json::object{{"status", status_of_made(webhook, now)},
                                           {"webhook", webhooks::to_json(webhook)}});
        } else {
            results.push_back(
                failure(place ? made[*place].error() : place.error(), results.size()));
        }
    }
    const auto errors = static_cast<std::int64_t>(results.size()) - count;
    co_return json_response(
        200, json::object{{"count", count}, {"errors", errors}, {"results", std::move(results)}});
}

}  // namespace carillon::server
