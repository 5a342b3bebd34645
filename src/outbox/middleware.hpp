// Steps around an event, like the skins of an onion: the first that was added begins and ends.
//
// They run when an event is emitted and when it is handled. Each calls next() exactly once, or
// next.drop() to end the event there: a dropped event is not stored, or counts as handled.

#pragma once

#include "outbox/event.hpp"
#include "runtime/task.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace carillon::outbox {

enum class Phase : std::uint8_t { emit, handler };

struct MiddlewareContext {
    Phase phase = Phase::emit;
    Event event;  ///< May be changed or replaced; its type decides who handles it.
    bool in_transaction = false;
};

struct MiddlewareRun;

class Next {
public:
    Next(MiddlewareRun& run, std::size_t index) : run_(&run), index_(index) {}

    [[nodiscard]] Task<Result<>> operator()() const;
    /// Goes no further in. Those outside go on as after next().
    [[nodiscard]] Result<> drop() const;

private:
    [[nodiscard]] Result<> enter() const;

    MiddlewareRun* run_;
    std::size_t index_;
};

/// Must not be a capturing lambda that is itself a coroutine. The context lives until the run ends.
using Middleware = std::function<Task<Result<>>(MiddlewareContext& context, Next next)>;

/// What is inside the innermost skin.
using MiddlewareEnd = std::function<Task<Result<>>(MiddlewareContext& context)>;

/// One passage. True when the event was dropped. `internal` when one of them breaks the rule above.
[[nodiscard]] Task<Result<bool>> run_middleware(std::shared_ptr<const std::vector<Middleware>> list,
                                                MiddlewareContext& context,
                                                MiddlewareEnd end);

}  // namespace carillon::outbox
