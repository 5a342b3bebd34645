// The requests that are replayed: bytes as an AWS SDK sends them, signed beforehand.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace carillon::bench {

struct Workload {
    std::string name;
    std::vector<std::string> requests{};
    bool writes = false;
    bool transaction = false;  ///< What dynalite lacks.
};

/// One signed request to 127.0.0.1:`port`.
[[nodiscard]] std::string signed_request(std::uint16_t port,
                                         const std::string& operation,
                                         const std::string& body);

/// CreateTable of the table that all workloads use: one global index.
[[nodiscard]] std::string create_table_body();

/// Pools of requests for a server on that port. `items` is the number of different items.
[[nodiscard]] std::vector<Workload> workloads(std::uint16_t port, std::size_t items);

}  // namespace carillon::bench
