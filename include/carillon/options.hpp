// What a scheduler may be told when it is opened.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon {

struct SchedulerOptions {
    /// `embedded:DIRECTORY` (one process at a time) or `memory:`.
    std::string store = "embedded:./var/carillon";
    /// Whether every write is on disk before a call returns. Without it, writes survive the death
    /// of the process, but not of the machine.
    bool sync = true;
    /// Private and loopback addresses are refused as targets, except these:
    /// `127.0.0.0/8,10.1.0.0/16`.
    std::string allow_targets{};
    std::size_t concurrency = 25;          ///< Deliveries at a time.
    std::size_t concurrency_per_host = 0;  ///< To one endpoint; 0: no limit of its own.
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds timeout{30'000};  ///< For the whole exchange.
    /// Pause before the second attempt; it doubles up to `retry_cap`.
    std::chrono::milliseconds retry_base{1'000};
    std::chrono::milliseconds retry_cap{3'600'000};
    /// Standard Webhooks secrets (`whsec_…`); all of them sign.
    std::vector<std::string> signing_secrets{};
    std::string id_prefix{};
    std::string table = "webhooks";
    /// PEM file of trusted authorities; empty: the system's.
    std::string ca_file{};
    /// Gets lines worth reading (warnings and errors), one at a time, from threads of the
    /// scheduler. It must not call the scheduler.
    std::function<void(std::string_view line)> log{};
};

}  // namespace carillon
