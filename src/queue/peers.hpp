// Shared stores: which of the processes that work on one table takes which rows.
//
// Several that read the same head of the same index would all claim the same rows, and all but one
// lose each. So every process writes a heartbeat for its queue into a small table, and a row
// belongs to the one that ranks highest for it (rendezvous hashing): all agree without a word, and
// when one comes or goes only its rows move. That is a matter of manners, not of safety: claims
// stay conditional, others may take a row that is not theirs (see Claimer), and without the table
// every process believes that it is alone.

#pragma once

#include "queue/context.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::queue {

/// Where all agree: the highest rank takes the row. Equal in every program and for ever.
[[nodiscard]] std::uint64_t rendezvous_rank(std::string_view owner, std::string_view row_id);

/// The table of the heartbeats.
[[nodiscard]] dynamo::TableSchema workers_schema(std::string table);

class Peers {
public:
    explicit Peers(Context& context) : context_(context), owners_{context.options.owner} {}

    /// Makes the table if it may, and says for the first time that this process is there. Errors
    /// are for the log.
    Task<> begin();
    /// Says it again, and looks who else is there, until the queue stops.
    Task<> beat_until_stopped();
    /// Says good-bye, so that the others need not wait.
    Task<> leave();

    [[nodiscard]] bool mine(std::string_view row_id) const;

    /// Of this process and all others that live, in order.
    [[nodiscard]] const std::vector<std::string>& owners() const { return owners_; }

private:
    [[nodiscard]] Task<Result<>> beat();
    [[nodiscard]] Task<Result<>> look_around();
    void tell(const Error& error);

    Context& context_;
    std::vector<std::string> owners_;
    bool known_ = false;  // A row of ours is in the table.
    RateLimit log_limit_;
};

}  // namespace carillon::queue
