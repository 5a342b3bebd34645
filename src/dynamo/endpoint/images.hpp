// Items as they are stored beside a batch or a transaction, for its consumed capacity.
//
// What a write costs depends on what was there before: a larger item, an index entry that goes
// away. Single writes get that from the engine; batches and transactions read it around themselves,
// and only when capacity is asked for. A concurrent writer can shift what they report, nothing
// else.

#pragma once

#include "dynamo/database.hpp"
#include "runtime/task.hpp"

#include <optional>
#include <string>
#include <vector>

namespace carillon::dynamo::endpoint {

struct ImageKey {
    std::string table;
    Item key;
};

/// In the order of the keys; nothing where there is no item.
[[nodiscard]] Task<Result<std::vector<std::optional<Item>>>> read_images(
    Database& database, std::vector<ImageKey> keys);

}  // namespace carillon::dynamo::endpoint
