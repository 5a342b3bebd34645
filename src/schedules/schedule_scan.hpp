// All schedules of a store, one after the other, whoever owns them: for tools that look at the
// whole.

#pragma once

#include "schedules/calendars.hpp"
#include "schedules/rows.hpp"

#include <functional>
#include <optional>
#include <string>

namespace carillon::schedules {

/// Called with a schedule and the calendars of its tenant that it names. An error ends the scan.
using EachSchedule = std::function<Result<>(const Schedule&, const recurrence::OwnCalendars&)>;

struct ScanOptions {
    TableNames tables{};
    std::optional<std::string> tenant{};  ///< Only this one's.
    /// Told of items that cannot be read, which are passed over.
    std::function<void(const Error&)> unreadable{};
};

/// Reads page by page; what changes meanwhile may be seen or not. not_found when there is no table.
/// Everything given must outlive it.
[[nodiscard]] Task<Result<>> scan_schedules(dynamo::Database& database,
                                            ScanOptions options,
                                            EachSchedule each);

}  // namespace carillon::schedules
