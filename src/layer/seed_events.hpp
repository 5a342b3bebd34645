// Takes over what seed 003's layer had pending: its rows become changes of ours, once.
//
// The seed's rows (`TABLE#PARTITION#CURSOR`, item id; attributes cursor, item, type, __ts) are left
// as they are, to end by their own time to live. All of them are read, also those of cursors that
// were synced: among these are the ones that a sync of the seed has lost. Of each item the row with
// the latest `__ts` counts, and of equal ones that of the later cursor. Partition and id are worked
// out from the stored item, since the seed's keys spoil partitions that look like cursors.

#pragma once

#include "layer/layer.hpp"

#include <cstdint>
#include <string>

namespace carillon::layer {

struct SeedEvents {
    std::string table;  ///< The seed's events table.
    std::string name;   ///< Its option `table`, which its rows' keys begin with.
};

/// How many changes were taken over; 0 when that was done before. `not_found` without the table.
[[nodiscard]] Task<Result<std::uint64_t>> adopt_seed_events(Layer& layer,
                                                            dynamo::Database& database,
                                                            SeedEvents seed);

}  // namespace carillon::layer
