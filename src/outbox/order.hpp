// Events of one key, in the order of their emission, for tables that ask for it (Layout::ordered).
//
// Every event with a key that has not been handled stands in a second index, by key and in order of
// emission; there the first of a key is the only one that may be handled. Whoever completes it
// makes the next one due with the same commit, and so does who gives one up: then those behind it
// are parked, one after the other, until it is retried and completes, or is purged. Looking again
// after a while (and a sweep for the parked) is the fallback where such a commit met somebody
// else's.

#pragma once

#include "dynamo/database.hpp"
#include "outbox/rows.hpp"
#include "runtime/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::outbox {

/// Where an event stands in its key's line: `<milliseconds>-<number>-<id>`, which sorts by
/// emission. Of one emitter strictly; of several as well as their clocks agree.
class EmissionStamps {
public:
    [[nodiscard]] std::string next(TimePoint now, std::string_view id);

private:
    std::int64_t last_ms_ = 0;
    int number_ = 0;
};

/// Lives on one loop.
class KeyOrder {
public:
    /// Everything given must outlive it.
    KeyOrder(dynamo::Database& database, const EventRows& rows, const runtime::Clock& clock);

    struct Turn {
        enum class Kind : std::uint8_t {
            first,    ///< It may be handled now.
            waits,    ///< Those before it are to be handled first.
            blocked,  ///< One before it was given up.
            changed,  ///< The stored event is not the one that was claimed any more.
        };

        Kind kind = Kind::first;
        std::size_t ahead = 0;    ///< How many are before it; at most ahead_max.
        std::string head_id{};    ///< Of waits and blocked: the first of the line.
        TimePoint head_due_at{};  ///< When that is due.
    };

    static constexpr std::size_t ahead_max = 25;

    /// `claimed` must outlive the call.
    [[nodiscard]] Task<Result<Turn>> turn_of(const dynamo::Item& claimed);

    /// What makes the one behind `event` due now, to be committed with the event's outcome; nothing
    /// where none waits. Parked ones come back only if `event` was handled.
    [[nodiscard]] Task<Result<std::optional<dynamo::Write>>> next_after(const dynamo::Item& event,
                                                                        bool handled);

    /// Makes the first of a key's line due now if it waits for one that is gone.
    [[nodiscard]] Task<Result<>> bring_back_first(std::string key);
    /// Does that for the keys of some parked events, others at every call.
    [[nodiscard]] Task<Result<>> sweep();

private:
    struct Head {
        std::optional<dynamo::Item> item{};
        std::size_t ahead = 0;
    };

    /// The first live event of the key that stands before `place` (empty: at all).
    [[nodiscard]] Task<Result<Head>> head(std::string key, std::string place);
    [[nodiscard]] Task<Result<std::optional<dynamo::Item>>> live(const dynamo::Item& entry);
    [[nodiscard]] Task<Result<>> leave_line(const dynamo::Item& event);
    /// Whether it waits for its turn, and nobody is about to look at it by himself.
    [[nodiscard]] bool sleeps(const dynamo::Item& event, bool parked_too) const;
    [[nodiscard]] dynamo::PutRequest made_due(dynamo::Item event) const;
    [[nodiscard]] dynamo::QueryRequest line(std::string key, std::string behind) const;

    dynamo::Database& database_;
    const EventRows& rows_;
    const runtime::Clock& clock_;
    dynamo::Condition completed_;
    dynamo::Update leave_;
    std::size_t sweep_partition_ = 0;
    std::optional<dynamo::Item> sweep_from_{};
};

}  // namespace carillon::outbox
