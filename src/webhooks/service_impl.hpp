// The service's parts, for the two files that implement it: service.cpp (one webhook) and
// service_many.cpp (selections of them).

#pragma once

#include "core/check.hpp"
#include "webhooks/reader.hpp"
#include "webhooks/registration.hpp"
#include "webhooks/ringer.hpp"
#include "webhooks/rows.hpp"
#include "webhooks/service.hpp"

namespace carillon::webhooks {

struct Service::Impl {
    Impl(runtime::Loop& on_loop,
         dynamo::Database& in_database,
         delivery::Sender& sender,
         Random& given_random,
         Log& given_log,
         Registry& metrics,
         ServiceOptions given)
        : loop(on_loop),
          database(in_database),
          random(given_random),
          log(given_log),
          options(std::move(given)),
          rows(options.table, loop.clock()),
          ringer(rows, sender, loop.clock(), random, log, metrics, options.backoff),
          queue(loop, database, rows, ringer, random, log, metrics, options.queue),
          reader(database, rows, queue, log),
          absent{parsed("attribute_not_exists(id)")} {}

    static dynamo::Condition parsed(std::string_view text) {
        auto condition = dynamo::Condition::parse(text);
        CARILLON_CHECK(condition.has_value());
        return *std::move(condition);
    }

    /// Stores a new webhook, and sets its version.
    [[nodiscard]] dynamo::PutRequest put_request(NewWebhook& made) const;
    [[nodiscard]] Task<Result<NewWebhook>> prepare(Registration registration);
    [[nodiscard]] Task<Result<Webhook>> existing(NewWebhook asked);
    [[nodiscard]] Task<Result<std::string>> free_series(std::string name_space, std::string id);

    /// Reads the webhook, checks that it is in state `from`, and stores it as `to`, unless somebody
    /// changed it in between.
    [[nodiscard]] Task<Result<Webhook>> change(std::string name_space,
                                               std::string id,
                                               Status from,
                                               queue::State to,
                                               std::string_view verb);
    /// The row's state after a person's change of it.
    [[nodiscard]] queue::RowState changed_row(const queue::RowState& row, queue::State to) const;

    [[nodiscard]] Task<Result<>> remove_chunk(const Selection& selection,
                                              std::vector<Found> found,
                                              BatchReport& report);
    [[nodiscard]] Task<Result<>> suspend_chunk(std::vector<Found> found, BatchReport& report);
    void count(const std::vector<Found>& found,
               const std::vector<std::size_t>& tried,
               const std::vector<Result<>>& answers,
               BatchReport& report);

    runtime::Loop& loop;
    dynamo::Database& database;
    Random& random;
    Log& log;
    ServiceOptions options;
    WebhookRows rows;
    Ringer ringer;
    queue::Queue queue;
    Reader reader;
    dynamo::BoundCondition absent;  ///< There is no such webhook yet.
    bool stopping = false;          ///< Long operations end at their next step.
};

[[nodiscard]] Result<> check_selection(const Selection& selection);

}  // namespace carillon::webhooks
