// Schedules as people read them: a table of many, a sheet of one, and why one fires when it does.

#pragma once

#include "cli/answer.hpp"
#include "cli/console.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

#include <string>

namespace carillon::cli {

[[nodiscard]] std::string schedule_table(const json::array& schedules,
                                         TimePoint now,
                                         const Console& console);
[[nodiscard]] std::string schedule_sheet(const json::object& schedule,
                                         TimePoint now,
                                         const Console& console);
/// `fires` of a preview: local time, UTC, when it runs with jitter, what the clocks do.
[[nodiscard]] std::string fire_table(const json::array& fires,
                                     TimePoint now,
                                     const Console& console);
/// What is called or published: `POST https://...`, `event shop.night`.
[[nodiscard]] std::string target_text(const json::object& schedule);

/// The answers that an explanation is made of.
struct Explained {
    const json::object& schedule;
    const json::object& next;      ///< Of /next.
    const json::object& ledger;    ///< Of /ledger, newest first.
    const json::object& runs;      ///< Of /runs of this schedule.
    const json::object& catch_up;  ///< Of /catch-up; empty when there is none.
};

[[nodiscard]] std::string explanation(const Explained& facts,
                                      TimePoint now,
                                      const Console& console);

/// Sentences about a schedule's policy.
[[nodiscard]] std::string misfire_sentence(const json::object& policy);
[[nodiscard]] std::string overlap_sentence(const json::object& policy);
[[nodiscard]] std::string retry_sentence(const json::object& policy);

}  // namespace carillon::cli
