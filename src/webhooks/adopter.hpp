// Brings webhooks that other programs put into a shared table into our due index.
//
// Programs of seed 000 know nothing of that index: they write a row with its status and schedule,
// and look for work by the index `status__schedule`. Where a table is shared with them (layout
// `seed`), this looks there for pending rows that fall due soon and gives them a place in ours;
// from then on they are rows like any other. What such a program claims or finishes itself, the
// queue notices when it meets the row, and puts right.

#pragma once

#include "observability/log.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"
#include "webhooks/rows.hpp"

#include <cstdint>
#include <string>

namespace carillon::webhooks {

struct AdopterOptions {
    std::string table = "webhooks";
    Duration interval{5'000};  ///< Between looks.
    Duration ahead{15'000};    ///< Rows that fall due within this are brought in.
};

/// Lives on one loop.
class Adopter {
public:
    /// Everything given must outlive the adopter.
    Adopter(runtime::Loop& loop, dynamo::Database& database, Log& log, AdopterOptions options);
    Adopter(const Adopter&) = delete;
    Adopter& operator=(const Adopter&) = delete;

    /// Looks again and again, until stop().
    void start();
    [[nodiscard]] Task<> stop();

    /// Looks once; how many rows were brought in.
    [[nodiscard]] Task<Result<std::uint64_t>> adopt();

private:
    Task<> run();
    [[nodiscard]] dynamo::Write placing(const dynamo::Item& item) const;

    runtime::Loop& loop_;
    dynamo::Database& database_;
    Log& log_;
    AdopterOptions options_;
    WebhookRows rows_;
    dynamo::Condition homeless_;
    dynamo::Condition still_pending_;
    dynamo::Update place_;
    runtime::TaskGroup group_;
    bool failed_ = false;  ///< The last look; said once.
};

}  // namespace carillon::webhooks
