// What must hold of one schedule after the simulation, said without the code that decided it.

#pragma once

#include "schedules/rows.hpp"

#include <map>
#include <string>
#include <vector>

namespace carillon::schedules::sim {

/// What receivers have seen, whichever server called them.
struct Seen {
    std::map<std::string, int, std::less<>> deliveries{};  ///< Good ones, by `webhook-id`.
    std::size_t sent = 0;
    TimePoint latest{};  ///< Ever shown by the clock: what was due then may be sent after it went
                         ///< back.
};

/// All that is stored about a schedule, when the servers have stopped.
struct Facts {
    const Schedule& schedule;
    std::vector<LedgerRow> rows{};  ///< In the order of their instants.
    std::map<std::string, Run> runs{};
    std::optional<TimePoint> cursor{};
    TimePoint now{};
    bool clock_jumped = false;  ///< Then wall times do not tell what came first.
};

/// Test failures for each promise that is broken.
void check(Facts facts, const Seen& seen);

}  // namespace carillon::schedules::sim
