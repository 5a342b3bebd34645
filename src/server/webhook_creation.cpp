#include "server/webhook_creation.hpp"

#include "server/idempotency.hpp"
#include "server/problem.hpp"

#include <utility>
#include <vector>

namespace carillon::server {
namespace {

bool has_schedule(const json::value& body) {
    const json::object* object = body.if_object();
    const json::value* schedule = object == nullptr ? nullptr : object->if_contains("schedule");
    return schedule != nullptr && !schedule->is_null();
}

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

bool is_taken(const Error& error) {
    return error.code == Errc::already_exists || error.code == Errc::condition_failed;
}

}  // namespace

/// One entry of a batch on its way.
struct WebhookCreation::Entry {
    Result<std::size_t> place;  ///< Among the registrations that are sound, or what is wrong.
    /// Kept where the id is given: what was asked, to recognise a repetition.
    std::optional<webhooks::Registration> repeatable{};
    bool with_schedule = false;
};

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
    auto asked = webhooks::registration_from_json(body, loop_.now());
    if (!asked) co_return std::unexpected(std::move(asked).error());
    if (key && !asked->id) asked->id = id_of_key(asked->name_space, *key);
    std::optional<webhooks::Registration> repeatable;
    if (asked->id) repeatable = *asked;

    auto made = co_await service_.register_webhook(*std::move(asked));
    if (made) co_return webhook_response(201, *made);
    if (!repeatable || !is_taken(made.error())) {
        co_return std::unexpected(std::move(made).error());
    }
    auto found =
        co_await earlier(*std::move(repeatable), has_schedule(body), std::move(made).error());
    if (!found) co_return std::unexpected(std::move(found).error());
    co_return webhook_response(200, *found);
}

Task<Result<webhooks::Webhook>> WebhookCreation::earlier(webhooks::Registration asked,
                                                         bool with_schedule,
                                                         Error error) {
    auto stored = co_await service_.get(asked.name_space, *asked.id);
    if (stored && is_repetition(asked, *stored, with_schedule)) co_return stored;
    error.code = Errc::already_exists;
    error.field = "id";
    error.message = "another webhook has this id, given or made from the Idempotency-Key";
    co_return std::unexpected(std::move(error));
}

Task<Result<net::ServerResponse>> WebhookCreation::create_many(const json::array& list,
                                                               std::optional<std::string> key) {
    const TimePoint now = loop_.now();
    std::vector<Entry> entries;
    std::vector<webhooks::Registration> sound;
    entries.reserve(list.size());
    sound.reserve(list.size());
    for (const json::value& each : list) {
        auto asked = webhooks::registration_from_json(each, now);
        if (!asked) {
            entries.push_back({.place = std::unexpected(std::move(asked).error())});
            continue;
        }
        if (key && !asked->id) {
            // Each entry needs an id of its own, the same at every repetition.
            asked->id = id_of_key(asked->name_space, *key + "#" + std::to_string(entries.size()));
        }
        Entry entry{.place = sound.size(), .with_schedule = has_schedule(each)};
        if (asked->id) entry.repeatable = *asked;
        entries.push_back(std::move(entry));
        sound.push_back(*std::move(asked));
    }

    std::vector<Result<webhooks::Webhook>> made;
    if (!sound.empty()) made = co_await service_.register_many(std::move(sound));

    json::array items;
    items.reserve(entries.size());
    std::int64_t count = 0;
    for (Entry& entry : entries) {
        Result<webhooks::Webhook> webhook =
            entry.place ? std::move(made[*entry.place])
                        : Result<webhooks::Webhook>(std::unexpected(entry.place.error()));
        int status = 201;
        if (!webhook && entry.repeatable && is_taken(webhook.error())) {
            status = 200;
            webhook = co_await earlier(
                *std::move(entry.repeatable), entry.with_schedule, std::move(webhook).error());
        }
        if (webhook) {
            ++count;
            items.push_back(
                json::object{{"status", status}, {"webhook", webhooks::to_json(*webhook)}});
            continue;
        }
        Error error = std::move(webhook).error();
        status = status_of(error);
        error.field = "webhooks[" + std::to_string(items.size()) + "]" +
                      (error.field.empty() ? "" : "." + error.field);
        // The list of all mistakes has the entry's own paths: one mistake is enough here.
        error.detail.reset();
        json::object failure{{"status", status}};
        json::object document = problem(error, {});
        document["status"] = status;
        failure["problem"] = std::move(document);
        items.push_back(std::move(failure));
    }
    const auto errors = static_cast<std::int64_t>(items.size()) - count;
    co_return json_response(
        200, json::object{{"count", count}, {"errors", errors}, {"items", std::move(items)}});
}

}  // namespace carillon::server
