#include "server/webhook_creation.hpp"

#include "server/idempotency.hpp"
#include "server/prefer.hpp"
#include "server/problem.hpp"

#include <algorithm>
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

json::object shown(const webhooks::Webhook& webhook, std::optional<Return> preference) {
    if (preference != Return::minimal) return webhooks::to_json(webhook);
    return {{"namespace", webhook.name_space},
            {"id", webhook.id},
            {"status", webhooks::to_string(webhook.status)}};
}

net::ServerResponse webhook_response(int status,
                                     const webhooks::Webhook& webhook,
                                     std::optional<Return> preference) {
    net::ServerResponse response = json_response(status, shown(webhook, preference));
    add_preference_applied(preference, response.headers);
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
int status_of_made(const webhooks::Webhook& webhook) {
    return webhook.made_before ? 200 : 201;
}

/// What stands for a batch of which nothing was registered: what all share, or the gravest, so that
/// a caller who looks at nothing else does the right thing (a 5xx may be repeated).
int status_of_refused(const json::array& results) {
    const auto status_at = [&](std::size_t at) {
        return static_cast<int>(results[at].at("status").as_int64());
    };
    const int first = status_at(0);
    bool same = true;
    int gravest = 400;
    for (std::size_t at = 0; at < results.size(); ++at) {
        same = same && status_at(at) == first;
        if (status_at(at) >= 500) gravest = std::max(gravest, status_at(at));
    }
    return same ? first : gravest;
}

/// A problem document that says so, and the report beside it.
net::ServerResponse refused_batch(json::array results, std::string_view request_id) {
    const int status = status_of_refused(results);
    const auto text_of = [](const json::value& result, std::string_view member) {
        const json::value* text = result.at("problem").as_object().if_contains(member);
        return text == nullptr ? std::string() : std::string(std::string_view(text->as_string()));
    };
    const std::string detail =
        "none of the " + std::to_string(results.size()) +
        " webhooks was registered; the first: " + text_of(results[0], "detail");
    json::object document = problem(status, detail, text_of(results[0], "field"), request_id);
    json::array errors;
    errors.reserve(results.size());
    for (const json::value& result : results) {
        errors.push_back(json::object{{"field", text_of(result, "field")},
                                      {"detail", text_of(result, "detail")}});
    }
    document["errors"] = std::move(errors);
    document["count"] = 0;
    document["results"] = std::move(results);
    return problem_response(document);
}

}  // namespace

Task<Result<net::ServerResponse>> WebhookCreation::create(Call& call) {
    auto key = idempotency_key(call.request.headers);
    if (!key) co_return std::unexpected(std::move(key).error());
    const auto list = batch_list(call.body);
    if (!list) co_return std::unexpected(list.error());
    if (*list != nullptr) co_return co_await create_many(call, **list, *std::move(key));
    co_return co_await create_one(call, *std::move(key));
}

Task<Result<net::ServerResponse>> WebhookCreation::create_one(Call& call,
                                                              std::optional<std::string> key) {
    const TimePoint now = loop_.now();
    auto asked = webhooks::registration_from_json(call.body, now);
    if (!asked) co_return std::unexpected(std::move(asked).error());
    if (key && !asked->id) asked->id = id_of_key(asked->name_space, *key);
    auto made = co_await service_.register_webhook(*std::move(asked));
    if (!made) co_return std::unexpected(std::move(made).error());
    co_return webhook_response(
        status_of_made(*made), *made, preferred_return(call.request.headers));
}

Task<Result<net::ServerResponse>> WebhookCreation::create_many(Call& call,
                                                               const json::array& list,
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

    const std::optional<Return> preference = preferred_return(call.request.headers);
    json::array results;
    results.reserve(places.size());
    std::int64_t count = 0;
    for (const Result<std::size_t>& place : places) {
        if (place && made[*place]) {
            ++count;
            const webhooks::Webhook& webhook = *made[*place];
            results.push_back(json::object{{"status", status_of_made(webhook)},
                                           {"webhook", shown(webhook, preference)}});
        } else {
            results.push_back(
                failure(place ? made[*place].error() : place.error(), results.size()));
        }
    }
    if (count == 0) co_return refused_batch(std::move(results), call.request_id);
    const auto errors = static_cast<std::int64_t>(results.size()) - count;
    net::ServerResponse response = json_response(
        200, json::object{{"count", count}, {"errors", errors}, {"results", std::move(results)}});
    add_preference_applied(preference, response.headers);
    co_return response;
}

}  // namespace carillon::server
