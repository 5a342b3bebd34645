#include "records/ledger.hpp"

#include <utility>

namespace carillon::records {
namespace {

std::int64_t& count_of(Report& report, Fate fate) {
    switch (fate) {
        case Fate::processed:
            return report.processed;
        case Fate::quarantined:
            return report.quarantined;
        case Fate::unfinished:
            return report.unfinished;
        case Fate::elsewhere:
            return report.elsewhere;
    }
    return report.unfinished;
}

}  // namespace

void Ledger::attempted(const std::string& id, int attempt, std::optional<Error> error) {
    ++report_.attempts;
    Entry& entry = open_[id];
    entry.attempts = attempt;
    entry.error = std::move(error);
}

std::optional<RecordOutcome> Ledger::ended(std::string_view id, queue::RowEnd end) {
    const auto found = open_.find(id);
    if (end == queue::RowEnd::retried) {
        ++report_.retried;
        return std::nullopt;
    }
    // Given back, let go before it ran, or not recorded: no last word.
    if (end == queue::RowEnd::released || end == queue::RowEnd::let_go) return std::nullopt;
    Entry entry = found == open_.end() ? Entry{} : std::move(found->second);
    if (found != open_.end()) open_.erase(found);
    if (end == queue::RowEnd::done) return finish(id, Fate::processed, std::move(entry));
    if (end == queue::RowEnd::failed) return finish(id, Fate::quarantined, std::move(entry));
    return finish(id, Fate::elsewhere, std::move(entry));
}

/// A record that comes again (it was requeued, or lost and won back) has the outcome of the last
/// time.
void Ledger::uncount(std::string_view id) {
    const auto before = outcomes_.find(id);
    if (before == outcomes_.end()) return;
    --count_of(report_, before->second.fate);
    outcomes_.erase(before);
}

RecordOutcome Ledger::finish(std::string_view id, Fate fate, Entry entry) {
    RecordOutcome outcome{
        .key = key_(id), .fate = fate, .attempts = entry.attempts, .error = std::move(entry.error)};
    if (fate == Fate::processed) outcome.error.reset();
    uncount(id);
    ++count_of(report_, fate);
    keep(id, outcome);
    return outcome;
}

void Ledger::keep(std::string_view id, const RecordOutcome& outcome) {
    if (outcomes_.size() >= outcomes_max_ && outcome.fate == Fate::processed) return;
    outcomes_.emplace(id, outcome);
}

Report Ledger::close(bool complete, Duration duration) {
    for (auto& [id, entry] : std::exchange(open_, {})) {
        // Where nothing is left, whoever took it over has finished it.
        finish(id, complete ? Fate::elsewhere : Fate::unfinished, std::move(entry));
    }
    report_.complete = complete;
    report_.duration = duration;
    report_.outcomes.reserve(outcomes_.size());
    for (auto& [id, outcome] : std::exchange(outcomes_, {})) {
        report_.outcomes.push_back(std::move(outcome));
    }
    return std::exchange(report_, {});
}

}  // namespace carillon::records
