// What became of the records that a processor worked on.

#pragma once

#include "core/result.hpp"
#include "core/time.hpp"
#include "dynamo/item/value.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace carillon::records {

enum class Fate : std::uint8_t {
    processed,    ///< And recorded so.
    quarantined,  ///< Failed for good, or too often.
    unfinished,   ///< Failed, and was to be tried again when the run ended.
    elsewhere,    ///< Changed, deleted or taken over by others before its outcome was recorded.
};

[[nodiscard]] std::string_view to_string(Fate fate);

/// The last word on one record.
struct RecordOutcome {
    dynamo::Item key{};
    Fate fate = Fate::processed;
    int attempts = 0;              ///< That were made, by whomever, the last one included.
    std::optional<Error> error{};  ///< Of the last attempt that failed, if the last one did.
};

struct Report {
    /// Nothing was left unprocessed when the run ended; otherwise it was stopped.
    bool complete = false;
    std::int64_t processed = 0;
    std::int64_t quarantined = 0;
    std::int64_t unfinished = 0;
    std::int64_t elsewhere = 0;
    std::int64_t attempts = 0;  ///< That this run made.
    std::int64_t retried = 0;   ///< Those of them that failed and were to be repeated.
    Duration duration{};
    /// One for each record, as far as they are kept; by key.
    std::vector<RecordOutcome> outcomes{};

    /// Processed ones among all that came to an end, 0 to 100; 100 when there was nothing to do.
    [[nodiscard]] double success_rate() const;
};

}  // namespace carillon::records
