// `carillon listen`: a receiver to point webhooks at.

#pragma once

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/receiver.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <string>

namespace carillon::app {

struct ListenOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    cli::ReceiverOptions receiver{};
    bool json = false;
    std::uint64_t count_max = 0;  ///< Ends after so many calls; 0: at a signal.
};

[[nodiscard]] cli::ExitCode listen(const ListenOptions& options,
                                   cli::Console& console,
                                   runtime::Clock& clock);

/// `30%`, or a share such as `0.3`.
[[nodiscard]] Result<double> parse_share(std::string_view text);

}  // namespace carillon::app
