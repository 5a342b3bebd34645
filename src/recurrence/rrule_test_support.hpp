// Recurrence sets as tests write them.

#pragma once

#include "recurrence/rrule_set.hpp"
#include "recurrence/test_support.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace carillon::recurrence {

/// In UTC, created at the start of 2026.
inline Result<RruleSet> parse(std::string_view text) {
    const RruleDefaults defaults{.zone = Zone::utc(), .created = instant("2026-01-01T00:00:00Z")};
    return RruleSet::parse(text, defaults);
}

/// The first readings of a set.
inline std::vector<Local> all(const RruleSet& set, std::size_t most) {
    std::vector<Local> found;
    Budget budget(1'000'000);
    Local at = local_min;
    while (found.size() < most) {
        const auto next = set.next(at, budget);
        if (!next) break;
        EXPECT_GT(*next, at);
        found.push_back(*next);
        at = *next;
    }
    return found;
}

}  // namespace carillon::recurrence
