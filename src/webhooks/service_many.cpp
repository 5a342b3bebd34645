// Operations on selections of webhooks: read in pages, changed in chunks of a constant size, so
// that a namespace of any size takes the same memory.

#include "core/check.hpp"
#include "runtime/turn.hpp"
#include "webhooks/registration.hpp"
#include "webhooks/service_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace carillon::webhooks {
namespace {

constexpr std::int64_t limit_max = 1'000;
constexpr std::int64_t chunk = 100;
// Rows are read in slices, between which the deliveries have their turn. With a filter, after this
// many slices the answer says where to go on instead of keeping its caller waiting.
constexpr std::int64_t slice = 100;
constexpr int slices_max = 1'000;

BatchReport::Entry entry_of(const Webhook& webhook) {
    return {.name_space = webhook.name_space, .id = webhook.id, .schedule = webhook.schedule};
}

/// What is due, before it is known which are the first of all.
struct Due {
    TimePoint due_at{};
    BatchReport::Entry entry;
};

std::unexpected<Error> stopped() {
    return fail(Errc::cancelled, "the server is stopping; what was done so far stands");
}

Result<> check_limit(std::int64_t limit) {
    if (limit >= 1 && limit <= limit_max) return {};
    return invalid("limit", fmt::format("must be 1 to {}", limit_max));
}

dynamo::BoundCondition still_has_status(Status status) {
    auto parsed = dynamo::Condition::parse("#status = :status", {{"#status", "status"}});
    CARILLON_CHECK(parsed.has_value());
    return {*std::move(parsed), {{":status", to_string(status)}}};
}

dynamo::BoundCondition still_there() {
    auto parsed = dynamo::Condition::parse("attribute_exists(id)");
    CARILLON_CHECK(parsed.has_value());
    return {*std::move(parsed)};
}

}  // namespace

Result<> check_selection(const Selection& selection) {
    CARILLON_TRY_VOID(check_name("namespace", selection.name_space));
    if (selection.id_prefix && selection.id_prefix->size() > 2 * name_bytes_max) {
        return invalid("id", "is longer than any id");
    }
    if (selection.from && selection.to && *selection.from > *selection.to) {
        return invalid("to", "must not be before from");
    }
    return {};
}

Task<Result<FetchPage>> Service::fetch(Fetch fetch) {
    const Selection& selection = fetch.selection;
    CARILLON_CO_TRY_VOID(check_selection(selection));
    CARILLON_CO_TRY_VOID(check_limit(fetch.limit));
    std::optional<StartKey> from;
    if (fetch.start_key) {
        CARILLON_CO_TRY(from, decode_start_key(*fetch.start_key, selection.name_space));
    }
    const auto wanted = static_cast<std::size_t>(fetch.limit);
    FetchPage page;
    for (int slices = 0; slices < slices_max; ++slices) {
        if (slices > 0) co_await runtime::next_turn(impl_->loop);
        // One more than wanted, to know whether there is one.
        const auto missing = static_cast<std::int64_t>(wanted + 1 - page.items.size());
        const std::int64_t rows = selection.status ? slice : std::min(missing, slice);
        CARILLON_CO_TRY(
            Reader::Batch batch,
            co_await impl_->reader.read(selection, fetch.descending, rows, std::move(from)));
        for (Found& found : batch.found) {
            if (page.items.size() == wanted) {
                page.next_key = encode(start_key_of(page.items.back()));
                co_return page;
            }
            page.items.push_back(std::move(found.webhook));
        }
        if (!batch.next) co_return page;
        from = std::move(batch.next);
    }
    page.next_key = encode(*from);
    co_return page;
}

void Service::Impl::count(const std::vector<Found>& found,
                          const std::vector<std::size_t>& tried,
                          const std::vector<Result<>>& answers,
                          BatchReport& report) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const Webhook& webhook = found[tried[i]].webhook;
        if (answers[i]) {
            ++report.count;
            if (report.items.size() < BatchReport::report_max) {
                report.items.push_back(entry_of(webhook));
            }
        } else if (answers[i].error().code == Errc::condition_failed) {
            ++report.skipped;
        } else {
            ++report.errors;
            log.warn("one webhook of a batch could not be changed",
                     {{"namespace", webhook.name_space},
                      {"id", webhook.id},
                      {"error", answers[i].error().message}});
        }
    }
}

Task<Result<>> Service::Impl::remove_chunk(const Selection& selection,
                                           std::vector<Found> found,
                                           BatchReport& report) {
    std::vector<queue::Queue::Hold> holds;
    std::vector<dynamo::WriteUnit> units;
    std::vector<std::size_t> tried;
    const bool exclusive = database.capabilities().exclusive;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const Webhook& webhook = found[i].webhook;
        const dynamo::Item key = key_of(webhook.name_space, webhook.id);
        holds.push_back(queue.hold(key));
        if (exclusive && selection.status == Status::pending && holds.back().running()) {
            ++report.skipped;
            continue;
        }
        dynamo::DeleteRequest request{.table = options.table, .key = key};
        // What was selected by its status must still have it. A running row of an exclusive store
        // is stored as pending, and is deleted like any other.
        const bool by_status =
            selection.status && !(exclusive && *selection.status == Status::processing);
        request.condition = by_status ? still_has_status(*selection.status) : still_there();
        units.emplace_back();
        units.back().emplace_back(std::move(request));
        tried.push_back(i);
    }
    const auto answers = co_await database.update_batch(std::move(units));
    count(found, tried, answers, report);
    co_return Result<>{};
}

Task<Result<>> Service::Impl::suspend_chunk(std::vector<Found> found, BatchReport& report) {
    std::vector<queue::Queue::Hold> holds;
    std::vector<dynamo::WriteUnit> units;
    std::vector<std::size_t> tried;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const Webhook& webhook = found[i].webhook;
        auto hold = queue.hold(key_of(webhook.name_space, webhook.id));
        const auto row = rows.read(found[i].item);
        if (webhook.status != Status::pending || hold.running() || !row) {
            ++report.skipped;
            continue;
        }
        holds.push_back(std::move(hold));
        dynamo::PutRequest put;
        put.table = options.table;
        put.condition = rows.unchanged(found[i].item);
        put.item = found[i].item;
        rows.write(put.item, changed_row(*row, queue::State::suspended));
        units.emplace_back();
        units.back().emplace_back(std::move(put));
        tried.push_back(i);
    }
    const auto answers = co_await database.update_batch(std::move(units));
    count(found, tried, answers, report);
    co_return Result<>{};
}

Task<Result<BatchReport>> Service::remove_many(Selection selection) {
    CARILLON_CO_TRY_VOID(check_selection(selection));
    BatchReport report;
    std::optional<StartKey> from;
    do {
        if (impl_->stopping) co_return stopped();
        CARILLON_CO_TRY(Reader::Batch batch,
                        co_await impl_->reader.read(selection, false, chunk, std::move(from)));
        from = std::move(batch.next);
        CARILLON_CO_TRY_VOID(
            co_await impl_->remove_chunk(selection, std::move(batch.found), report));
    } while (from);
    co_return report;
}

Task<Result<BatchReport>> Service::clear(std::string name_space) {
    Selection all;
    all.name_space = std::move(name_space);
    co_return co_await remove_many(std::move(all));
}

Task<Result<BatchReport>> Service::suspend_many(Selection selection) {
    CARILLON_CO_TRY_VOID(check_selection(selection));
    BatchReport report;
    std::optional<StartKey> from;
    do {
        if (impl_->stopping) co_return stopped();
        CARILLON_CO_TRY(Reader::Batch batch,
                        co_await impl_->reader.read(selection, false, chunk, std::move(from)));
        from = std::move(batch.next);
        CARILLON_CO_TRY_VOID(co_await impl_->suspend_chunk(std::move(batch.found), report));
    } while (from);
    co_return report;
}

Task<Result<BatchReport>> Service::trigger_dry_run(DryRun dry_run) {
    CARILLON_CO_TRY_VOID(check_limit(dry_run.limit));
    if (dry_run.name_space) {
        CARILLON_CO_TRY_VOID(check_name("namespace", *dry_run.name_space));
    }
    const auto limit = static_cast<std::size_t>(dry_run.limit);
    const TimePoint date = dry_run.date.value_or(impl_->loop.now());
    Selection wanted;
    wanted.id_prefix = dry_run.id_prefix;
    wanted.status = Status::pending;

    std::vector<Due> due;
    for (const dynamo::Value& partition : impl_->rows.partitions(queue::State::ready)) {
        // The first `limit` of each partition hold the first `limit` of all.
        std::size_t found_here = 0;
        std::optional<dynamo::Item> from;
        do {
            if (impl_->stopping) co_return stopped();
            if (from) co_await runtime::next_turn(impl_->loop);
            dynamo::QueryRequest request;
            request.table = impl_->options.table;
            request.index = impl_->rows.due_index();
            request.consistent = false;
            request.key.hash = partition;
            request.key.sort = dynamo::SortCondition{dynamo::SortOperator::less_equal,
                                                     impl_->rows.due_value(date)};
            request.limit = slice;
            request.start_key = std::move(from);
            CARILLON_CO_TRY(dynamo::Page page, co_await impl_->database.query(std::move(request)));
            from = std::move(page.last_key);
            for (const dynamo::Item& item : page.items) {
                const auto webhook = from_item(item);
                if (!webhook || impl_->reader.running(*webhook)) continue;
                wanted.name_space = dry_run.name_space.value_or(webhook->name_space);
                if (!matches(wanted, *webhook)) continue;
                due.push_back({webhook->next_attempt_at, entry_of(*webhook)});
                if (++found_here == limit) break;
            }
        } while (from && found_here < limit);
    }
    std::ranges::sort(due, [](const Due& a, const Due& b) {
        return std::tie(a.due_at, a.entry.name_space, a.entry.id) <
               std::tie(b.due_at, b.entry.name_space, b.entry.id);
    });
    BatchReport report;
    for (Due& one : due) {
        if (report.items.size() == limit) break;
        report.items.push_back(std::move(one.entry));
    }
    report.count = static_cast<std::int64_t>(report.items.size());
    co_return report;
}

}  // namespace carillon::webhooks
