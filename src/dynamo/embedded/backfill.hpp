// How far the indexes that are being filled have come.
//
// An index that is added to a table with items is filled in the order of their keys, a bounded part
// with each commit, while writes go on: they enter what they change themselves, so only what lies
// behind the cursor is missing. In the meta column family: `b` + index id -> cursor, the key of the
// last item that was entered (empty at first). Applied by the writer; the store goes on with it
// after a restart.

#pragma once

#include "dynamo/embedded/applier.hpp"
#include "dynamo/embedded/rocks.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace carillon::dynamo::embedded {

/// Thread-safe: commits that fail set cursors back.
class Backfills {
public:
    /// A cursor found at start.
    void load(std::uint32_t index, std::string cursor);
    [[nodiscard]] std::string cursor(std::uint32_t index) const;
    /// Writes the cursor with the group. If the group fails, it goes back.
    void advance(Applier& applier, Rocks& rocks, std::uint32_t index, const std::string& cursor);
    /// The index is filled, or dropped.
    void forget(Applier& applier, Rocks& rocks, std::uint32_t index);

private:
    mutable std::mutex mutex_;
    std::map<std::uint32_t, std::string> cursors_;
};

}  // namespace carillon::dynamo::embedded
