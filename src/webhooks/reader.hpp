// Reads the webhooks of a selection, page by page.
//
// A stored row does not always say that it is being delivered: on a store that only this process
// writes, the queue keeps that to itself (ARCHITECTURE, "exclusive stores are cheaper"). So whoever
// shows or changes webhooks reads them through here, where the queue is asked too.

#pragma once

#include "dynamo/database.hpp"
#include "queue/queue.hpp"
#include "webhooks/rows.hpp"
#include "webhooks/service.hpp"
#include "webhooks/start_key.hpp"

#include <optional>
#include <string>
#include <vector>

namespace carillon::webhooks {

/// A row as it is stored, and the webhook as people see it.
struct Found {
    dynamo::Item item;
    Webhook webhook;
};

class Reader {
public:
    Reader(dynamo::Database& database, const WebhookRows& rows, const queue::Queue& queue, Log& log)
        : database_(database), rows_(rows), queue_(queue), log_(log) {}

    /// Nothing when there is none. `corrupt` when the row is not a webhook.
    [[nodiscard]] Task<Result<std::optional<Found>>> find(std::string name_space, std::string id);

    /// Whether the queue has the row in a handler.
    [[nodiscard]] bool running(const Webhook& webhook) const;

    struct Batch {
        std::vector<Found> found;
        /// Where to go on; absent at the end.
        std::optional<StartKey> next{};
    };

    /// One page of rows that match, in the order of their schedule (of their id with an id prefix).
    /// May be empty before the end is reached.
    [[nodiscard]] Task<Result<Batch>> read(Selection selection,
                                           bool descending,
                                           std::int64_t rows_max,
                                           std::optional<StartKey> from);

private:
    [[nodiscard]] Task<Result<Batch>> read_running(Selection selection,
                                                   bool descending,
                                                   std::optional<StartKey> from);

    [[nodiscard]] bool exclusive() const { return database_.capabilities().exclusive; }

    [[nodiscard]] std::optional<Found> shown(dynamo::Item item) const;

    dynamo::Database& database_;
    const WebhookRows& rows_;
    const queue::Queue& queue_;
    Log& log_;
};

/// Whether the webhook is one of them.
[[nodiscard]] bool matches(const Selection& selection, const Webhook& webhook);

[[nodiscard]] StartKey start_key_of(const Webhook& webhook);

}  // namespace carillon::webhooks
