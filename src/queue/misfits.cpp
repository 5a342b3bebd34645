#include "queue/misfits.hpp"

#include "core/check.hpp"
#include "dynamo/item/json.hpp"
#include "queue/guarded.hpp"
#include "queue/row_key.hpp"

#include <utility>

namespace carillon::queue {

namespace {

constexpr std::size_t told_max = 10'000;

/// Holds while the row has its place in the index. Its state need not be one that is known.
dynamo::BoundCondition still_there(const dynamo::Item& item, const dynamo::KeySchema& due_key) {
    std::string text = "#partition = :partition";
    dynamo::ExpressionNames names{{"#partition", due_key.hash.name}};
    dynamo::ExpressionValues values{{":partition", *item.find(due_key.hash.name)}};
    if (due_key.sort) {
        text += " AND #due = :due";
        names.emplace_back("#due", due_key.sort->name);
        values.emplace_back(":due", *item.find(due_key.sort->name));
    }
    auto parsed = dynamo::Condition::parse(text, names);
    CARILLON_CHECK(parsed.has_value());
    return {*std::move(parsed), std::move(values)};
}

}  // namespace

void Misfits::met(const dynamo::Item& item, Result<RowState> state) {
    // The store's own promise about an index entry; a projection that left the key out is not ours.
    const dynamo::KeySchema& key = context_.due_key;
    if (item.find(key.hash.name) == nullptr) return;
    if (key.sort && item.find(key.sort->name) == nullptr) return;
    met_.push_back({item, std::move(state)});
}

void Misfits::set_right() {
    if (met_.empty()) return;
    context_.group.spawn(write(std::exchange(met_, {})));
}

dynamo::WriteUnit Misfits::correction(const Misfit& misfit) const {
    dynamo::PutRequest put;
    put.table = context_.rows.table();
    put.condition = still_there(misfit.item, context_.due_key);
    put.item = misfit.item;
    if (misfit.state) {
        RowState state = *misfit.state;
        // Nobody looks for leases in a store that this process owns: its holder is dead.
        if (state.state == State::leased && context_.exclusive) {
            state.state = State::ready;
            state.lease_token.clear();
            state.lease_owner.clear();
            ++state.interruptions;
        }
        context_.rows.write(put.item, state);
    } else {
        context_.rows.set_aside(put.item, misfit.state.error());
    }
    dynamo::WriteUnit unit;
    unit.push_back(std::move(put));
    return unit;
}

Task<> Misfits::write(std::vector<Misfit> misfits) {
    std::vector<dynamo::WriteUnit> units;
    std::vector<const Misfit*> written;
    for (const Misfit& misfit : misfits) {
        tell(misfit);
        auto unit = guarded([&] { return correction(misfit); });
        if (!unit) continue;  // Left alone: there is nothing that could be written.
        units.push_back(*std::move(unit));
        written.push_back(&misfit);
    }
    if (units.empty()) co_return;
    const auto answers = co_await context_.database.update_batch(std::move(units), true);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (answers[i]) {
            if (written[i]->state) {
                // It may be due, and no other entry need have come into the index.
                context_.reread(context_.rows.due_value(written[i]->state->due_at));
                continue;
            }
            ++context_.counts.failed;
            context_.metrics.failed.add();
        } else if (answers[i].error().code != Errc::condition_failed) {
            context_.metrics.store_errors.add();  // Met again by the next scan from the head.
        }
    }
}

void Misfits::tell(const Misfit& misfit) {
    const auto id = row_id(misfit.item, context_.rows.key());
    if (!id || told_.size() >= told_max || !told_.insert(*id).second) return;
    std::string key;
    if (const auto item = key_of_row_id(*id, context_.rows.key())) {
        dynamo::append_typed_json(*item, key);
    }
    const std::string why =
        misfit.state ? "its state does not belong there" : describe(misfit.state.error());
    context_.log.error(misfit.state ? "row put right: it was in the wrong place of the due index"
                                    : "row set aside as a dead letter: it cannot be read",
                       {{"queue", context_.options.name},
                        {"table", context_.rows.table()},
                        {"key", key},
                        {"error", why}});
}

}  // namespace carillon::queue
