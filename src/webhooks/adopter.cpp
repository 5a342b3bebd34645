#include "webhooks/adopter.hpp"

#include "core/check.hpp"
#include "webhooks/webhook.hpp"

#include <utility>

namespace carillon::webhooks {
namespace {

constexpr const char* status_index = "status__schedule";

template <class Expression>
Expression parsed(std::string_view text, const dynamo::ExpressionNames& names) {
    auto expression = Expression::parse(text, names);
    CARILLON_CHECK(expression.has_value());
    return *std::move(expression);
}

}  // namespace

Adopter::Adopter(runtime::Loop& loop, dynamo::Database& database, Log& log, AdopterOptions options)
    : loop_(loop),
      database_(database),
      log_(log),
      options_(std::move(options)),
      rows_(options_.table, loop.clock()),
      homeless_(parsed<dynamo::Condition>("attribute_not_exists(#due)", {{"#due", "__due"}})),
      still_pending_(parsed<dynamo::Condition>("#status = :pending AND attribute_not_exists(#due)",
                                               {{"#status", "status"}, {"#due", "__due"}})),
      place_(parsed<dynamo::Update>("SET #due = :due, #at = :at",
                                    {{"#due", "__due"}, {"#at", "__dueAt"}})),
      group_(loop) {}

void Adopter::start() {
    group_.spawn(run());
}

Task<> Adopter::stop() {
    group_.request_stop();
    co_await group_.join();
}

Task<> Adopter::run() {
    const runtime::StopToken stop = group_.stop_token();
    while (!stop.stop_requested()) {
        const auto adopted = co_await adopt();
        if (!adopted && !failed_) {
            log_.warn("webhooks of other programs cannot be looked for",
                      {{"table", options_.table}, {"error", describe(adopted.error())}});
        }
        failed_ = !adopted;
        (void)co_await loop_.sleep_for(options_.interval, stop);
    }
}

dynamo::Write Adopter::placing(const dynamo::Item& item) const {
    dynamo::Item placed = item;
    const auto row = rows_.read(item);
    CARILLON_CHECK(row.has_value());
    rows_.write(placed, *row);
    dynamo::UpdateRequest update;
    update.table = options_.table;
    update.key = *dynamo::extract_key(item, rows_.key());
    update.update = place_;
    update.values = {{":due", *placed.find("__due")}, {":at", *placed.find("__dueAt")}};
    update.condition =
        dynamo::BoundCondition{still_pending_, {{":pending", to_string(Status::pending)}}};
    return update;
}

Task<Result<std::uint64_t>> Adopter::adopt() {
    std::uint64_t adopted = 0;
    dynamo::QueryRequest request;
    request.table = options_.table;
    request.index = status_index;
    request.consistent = false;
    request.key.hash = to_string(Status::pending);
    request.key.sort = dynamo::SortCondition{dynamo::SortOperator::less_equal,
                                             format_instant(loop_.now() + options_.ahead)};
    request.filter = dynamo::BoundCondition{homeless_, {}};
    do {
        CARILLON_CO_TRY(dynamo::Page page, co_await database_.query(request));
        std::vector<dynamo::WriteUnit> units;
        for (const dynamo::Item& item : page.items) {
            // What is no webhook is not ours to touch.
            if (rows_.read(item)) units.push_back({placing(item)});
        }
        const auto answers = co_await database_.update_batch(std::move(units));
        for (const Result<>& answer : answers) {
            // Somebody else had it first, or the other program has claimed it: as good.
            if (!answer && answer.error().code != Errc::condition_failed) {
                co_return std::unexpected(answer.error());
            }
            adopted += answer ? 1 : 0;
        }
        request.start_key = std::move(page.last_key);
    } while (request.start_key && !group_.stop_token().stop_requested());
    co_return adopted;
}

}  // namespace carillon::webhooks
