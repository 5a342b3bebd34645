#include "webhooks/service.hpp"

#include "core/check.hpp"
#include "core/id.hpp"
#include "delivery/signature.hpp"
#include "dynamo/ensure_table.hpp"
#include "webhooks/registration.hpp"
#include "webhooks/service_impl.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::webhooks {
namespace {

std::unexpected<Error> not_found(std::string_view name_space, std::string_view id) {
    return fail(Errc::not_found, fmt::format("no webhook {} in namespace {}", id, name_space));
}

std::unexpected<Error> changed_meanwhile() {
    return fail(Errc::condition_failed, "the webhook was changed at the same time; try again");
}

}  // namespace

Service::Service(runtime::Loop& loop,
                 dynamo::Database& database,
                 delivery::Sender& sender,
                 Random& random,
                 Log& log,
                 Registry& metrics,
                 ServiceOptions options)
    : impl_(std::make_unique<Impl>(
          loop, database, sender, random, log, metrics, std::move(options))) {}

Service::~Service() = default;

Task<Result<>> Service::start(bool work) {
    for (const std::string& secret : impl_->options.delivery.signing_secrets) {
        if (const auto key = delivery::decode_secret(secret); !key) {
            co_return invalid("signing_secrets", key.error().message);
        }
    }
    auto schema = table_schema(impl_->options.table, impl_->options.layout);
    CARILLON_CO_TRY(const auto table,
                    co_await dynamo::ensure_table(impl_->database, std::move(schema)));
    if (work) CARILLON_CO_TRY_VOID(co_await impl_->queue.start());
    co_return Result<>{};
}

Task<> Service::stop(Duration grace) {
    impl_->stopping = true;
    // Also when it was never started: trigger() may be under way.
    co_await impl_->queue.stop(grace);
}

dynamo::PutRequest Service::Impl::put_request(NewWebhook& made) const {
    Webhook& webhook = made.webhook;
    dynamo::PutRequest put;
    put.table = options.table;
    put.item = to_item(webhook, made.body);
    rows.write(put.item, {.state = queue::State::ready, .due_at = webhook.schedule});
    put.condition = absent;
    // What write() has set, by a clock that may have moved on; all else is as it was put in. The
    // answer must be what the row says: a repetition of the request is answered from the row.
    if (const dynamo::Value* updated = put.item.find("__updatedAt"); updated != nullptr) {
        if (const auto at = parse_instant(*updated->string())) webhook.updated_at = *at;
    }
    webhook.version = to_epoch_ms(webhook.updated_at);
    if (const dynamo::Value* version = put.item.find("__ts"); version != nullptr) {
        webhook.version = version->number()->to_int64().value_or(webhook.version);
    }
    return put;
}

/// A series' stem must be one under which nothing is stored: occurrences of an older series with
/// the same first id may still be there.
Task<Result<std::string>> Service::Impl::free_series(std::string name_space, std::string id) {
    dynamo::QueryRequest request;
    request.table = options.table;
    request.key.hash = std::move(name_space);
    request.key.sort = dynamo::SortCondition{dynamo::SortOperator::begins_with, id + "__"};
    request.limit = 1;
    CARILLON_CO_TRY(const dynamo::Page page, co_await database.query(std::move(request)));
    if (page.items.empty()) co_return std::string();
    co_return fmt::format("{}__{:x}", id, to_epoch_ms(loop.now()));
}

Task<Result<NewWebhook>> Service::Impl::prepare(Registration registration) {
    CARILLON_CO_TRY(CheckedRegistration checked,
                    check_registration(std::move(registration), options));
    std::string id;
    std::string series;
    if (checked->id) {
        id = *checked->id;
        if (checked->repeat) {
            CARILLON_CO_TRY(series, co_await free_series(checked->name_space, id));
        }
    } else {
        id = uuid4(random);
        if (!options.id_prefix.empty()) id = options.id_prefix + "#" + id;
    }
    NewWebhook made(std::move(checked), std::move(id), loop.now());
    made.webhook.series = std::move(series);
    co_return made;
}

/// The id is taken: by the same registration, whose answer may have been lost, or by another.
Task<Result<Webhook>> Service::Impl::existing(NewWebhook asked) {
    const Webhook& webhook = asked.webhook;
    CARILLON_CO_TRY(auto found, co_await reader.find(webhook.name_space, webhook.id));
    if (!found) co_return changed_meanwhile();
    if (!is_same_registration(found->webhook, asked)) {
        Error error{
            Errc::already_exists,
            fmt::format(
                "another webhook has the id {} in namespace {}", webhook.id, webhook.name_space),
            "id"};
        co_return std::unexpected(std::move(error));
    }
    found->webhook.made_before = true;
    co_return std::move(found->webhook);
}

Task<Result<Webhook>> Service::register_webhook(Registration registration) {
    CARILLON_CO_TRY(NewWebhook made, co_await impl_->prepare(std::move(registration)));
    dynamo::PutRequest put = impl_->put_request(made);
    const auto stored = co_await impl_->database.put_item(std::move(put));
    if (stored) {
        impl_->queue.inserted(made.webhook.schedule);
        co_return std::move(made.webhook);
    }
    if (stored.error().code != Errc::condition_failed) {
        co_return std::unexpected(stored.error());
    }
    co_return co_await impl_->existing(std::move(made));
}

Task<std::vector<Result<Webhook>>> Service::register_many(std::vector<Registration> registrations) {
    std::vector<Result<NewWebhook>> asked;
    asked.reserve(registrations.size());
    std::vector<dynamo::WriteUnit> units;
    for (Registration& registration : registrations) {
        auto made = co_await impl_->prepare(std::move(registration));
        if (made) {
            units.emplace_back();
            units.back().emplace_back(impl_->put_request(*made));
        }
        asked.push_back(std::move(made));
    }
    const auto results = co_await impl_->database.update_batch(std::move(units));
    std::vector<Result<Webhook>> answers;
    answers.reserve(asked.size());
    auto result = results.begin();
    for (Result<NewWebhook>& made : asked) {
        if (!made) {
            answers.emplace_back(std::unexpected(std::move(made).error()));
            continue;
        }
        const Result<>& stored = *result++;
        if (stored) {
            impl_->queue.inserted(made->webhook.schedule);
            answers.emplace_back(std::move(made->webhook));
        } else if (stored.error().code == Errc::condition_failed) {
            answers.push_back(co_await impl_->existing(*std::move(made)));
        } else {
            answers.emplace_back(std::unexpected(stored.error()));
        }
    }
    co_return answers;
}

Task<Result<Webhook>> Service::get(std::string name_space, std::string id) {
    CARILLON_CO_TRY_VOID(check_name("namespace", name_space));
    if (id.empty()) co_return invalid("id", "must not be empty");
    CARILLON_CO_TRY(auto found, co_await impl_->reader.find(name_space, id));
    if (!found) co_return not_found(name_space, id);
    co_return std::move(found->webhook);
}

Task<Result<Webhook>> Service::remove(std::string name_space, std::string id) {
    CARILLON_CO_TRY_VOID(check_name("namespace", name_space));
    if (id.empty()) co_return invalid("id", "must not be empty");
    // Held, so that a row that waits in memory for its millisecond does not start after all.
    const dynamo::Item key = key_of(name_space, id);
    const auto hold = impl_->queue.hold(key);
    dynamo::DeleteRequest request{.table = impl_->options.table, .key = key, .return_old = true};
    CARILLON_CO_TRY(auto old, co_await impl_->database.delete_item(std::move(request)));
    if (!old) co_return not_found(name_space, id);
    CARILLON_CO_TRY(Webhook webhook, from_item(*old));
    if (hold.running() && webhook.status == Status::pending) webhook.status = Status::processing;
    co_return webhook;
}

queue::RowState Service::Impl::changed_row(const queue::RowState& row, queue::State to) const {
    queue::RowState next = row;
    next.state = to;
    next.lease_token.clear();
    next.lease_owner.clear();
    if (row.state == queue::State::failed) {
        // By hand, and so at once and with everything that a new webhook has.
        next.due_at = loop.now();
        next.attempts = 0;
        next.interruptions = 0;
    }
    return next;
}

Task<Result<Webhook>> Service::Impl::change(
    std::string name_space, std::string id, Status from, queue::State to, std::string_view verb) {
    CARILLON_CO_TRY_VOID(check_name("namespace", name_space));
    if (id.empty()) co_return invalid("id", "must not be empty");
    const dynamo::Item key = key_of(name_space, id);
    const auto hold = queue.hold(key);
    CARILLON_CO_TRY(auto found, co_await reader.find(name_space, id));
    if (!found) co_return not_found(name_space, id);
    if (found->webhook.status != from) {
        co_return fail(Errc::condition_failed,
                       fmt::format("only {} webhooks can be {}, this one is {}",
                                   to_string(from),
                                   verb,
                                   to_string(found->webhook.status)));
    }
    CARILLON_CO_TRY(const queue::RowState row, rows.read(found->item));
    dynamo::PutRequest put;
    put.table = options.table;
    put.condition = rows.unchanged(found->item);
    put.item = std::move(found->item);
    rows.write(put.item, changed_row(row, to));
    CARILLON_CO_TRY(Webhook changed, from_item(put.item));
    const auto stored = co_await database.put_item(std::move(put));
    if (stored) co_return changed;
    if (stored.error().code == Errc::condition_failed) co_return changed_meanwhile();
    co_return std::unexpected(stored.error());
}

Task<Result<Webhook>> Service::suspend(std::string name_space, std::string id) {
    co_return co_await impl_->change(std::move(name_space),
                                     std::move(id),
                                     Status::pending,
                                     queue::State::suspended,
                                     "suspended");
}

Task<Result<Webhook>> Service::unsuspend(std::string name_space, std::string id) {
    co_return co_await impl_->change(std::move(name_space),
                                     std::move(id),
                                     Status::suspended,
                                     queue::State::ready,
                                     "unsuspended");
}

Task<Result<Webhook>> Service::retry(std::string name_space, std::string id) {
    co_return co_await impl_->change(
        std::move(name_space), std::move(id), Status::failed, queue::State::ready, "retried");
}

Task<Result<queue::Queue::RunReport>> Service::trigger() {
    co_return co_await impl_->queue.run_due();
}

queue::QueueStats Service::stats() const {
    return impl_->queue.stats();
}

}  // namespace carillon::webhooks
