// Each record's outcome while a processor runs: what is known of it so far, and its last word.
//
// Pure. A record that fails and later succeeds is one that succeeded; a record is counted once
// however often it was tried; and nothing counts before it is recorded in the store.

#pragma once

#include "queue/handler.hpp"
#include "records/processor.hpp"
#include "records/report.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::records {

class Ledger {
public:
    /// `key` makes a record's key of its id.
    Ledger(std::size_t outcomes_max, std::function<dynamo::Item(std::string_view)> key)
        : outcomes_max_(outcomes_max), key_(std::move(key)) {}

    /// An attempt was made; how it ended is recorded next.
    void attempted(const std::string& id, int attempt, std::optional<Error> error);
    /// What attempted() told is recorded, or never will be. The outcome, if it is a last word.
    std::optional<RecordOutcome> ended(std::string_view id, queue::RowEnd end);
    /// Nothing comes any more.
    [[nodiscard]] Report close(bool complete, Duration duration);

    [[nodiscard]] const Report& counts() const { return report_; }

private:
    struct Entry {
        int attempts = 0;
        std::optional<Error> error{};
    };

    RecordOutcome finish(std::string_view id, Fate fate, Entry entry);
    void keep(std::string_view id, const RecordOutcome& outcome);
    void uncount(std::string_view id);

    std::size_t outcomes_max_;
    std::function<dynamo::Item(std::string_view)> key_;
    Report report_;
    std::map<std::string, Entry, std::less<>> open_;
    std::map<std::string, RecordOutcome, std::less<>> outcomes_;
};

}  // namespace carillon::records
