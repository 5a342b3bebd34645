// `carillon cron`: what a rule means and when it fires, without a server.

#pragma once

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace carillon::cli {

struct CronOptions {
    std::string rule;  ///< A cron expression, an RRULE (FREQ=... or lines), or `every 15m`.
    std::string tz = "UTC";
    int count = 5;
    std::optional<std::string> from{};  ///< As for read_when; the default is now.
    std::optional<std::string> skipped{};
    std::optional<std::string> doubled{};
    std::vector<std::string> holidays{};
    bool business_days = false;
    std::optional<std::string> roll{};
    std::string seed{};  ///< What H is spread by.
    bool json = false;
};

/// Explains the rule and lists its next fires. `usage` for a rule that is refused; the error shows
/// where in the rule it is wrong.
[[nodiscard]] ExitCode explain_cron(const CronOptions& options, Console& console, TimePoint now);

}  // namespace carillon::cli
