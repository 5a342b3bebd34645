// What became of the single attempts of a run: the latest of them, kept with the run itself.
//
// Apart from run.hpp because it is a list with rules of its own: it is bounded, and it rides in the
// writes that a run's outcome needs anyway.

#pragma once

#include "core/json.hpp"
#include "core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::schedules {

enum class AttemptOutcome : std::uint8_t {
    succeeded,
    failed,       ///< To be tried again, while attempts are left.
    rejected,     ///< Failed for good: no attempt would do better.
    interrupted,  ///< The server that had it in hand died. The next one has the same number.
};

struct Attempt {
    int number = 1;                         ///< Among all of the run, over retries by hand.
    std::optional<TimePoint> started_at{};  ///< Nobody knows it of those that were interrupted.
    std::optional<TimePoint> ended_at{};
    AttemptOutcome outcome = AttemptOutcome::failed;
    int status = 0;        ///< Of an HTTP answer; 0: none.
    std::string error{};   ///< Its first `attempt_error_max` bytes.
    std::string by{};      ///< Which server attempted it.
    std::string reason{};  ///< Why a person had it tried again, of the first attempt behind that.

    bool operator==(const Attempt&) const = default;
};

/// Earlier ones are forgotten; numbers tell how many.
inline constexpr std::size_t attempts_kept = 20;
inline constexpr std::size_t attempt_error_max = 256;

/// Appends, within the bounds.
void record(std::vector<Attempt>& log, Attempt attempt);

[[nodiscard]] std::string_view to_string(AttemptOutcome outcome);
/// As a run's item holds it: JSON. Empty for none.
[[nodiscard]] std::string attempts_text(const std::vector<Attempt>& log);
/// What cannot be read is left out: a log is no reason not to run.
[[nodiscard]] std::vector<Attempt> attempts_from_text(std::string_view text);
/// For people, the oldest first.
[[nodiscard]] boost::json::array to_json(const std::vector<Attempt>& log);

}  // namespace carillon::schedules
