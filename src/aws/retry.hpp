// When a call is made again: the standard retry mode of AWS's SDKs.
//
// Source: "Retry behavior" of the AWS SDKs and Tools reference guide. Pure, apart from the client
// that acts on it, so that each rule is one line of a test.

#pragma once

#include "core/random.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace carillon::aws {

/// What an attempt came to, as far as repeating it goes.
enum class Attempt : std::uint8_t {
    ok,
    throttled,  ///< Refused for the rate; nothing was done.
    transient,  ///< Nothing was done: no connection, 503, another request has the item.
    unclear,    ///< May have been done: the answer was lost or damaged, or a 500.
    skewed,     ///< Refused because of this machine's clock.
    expired,    ///< Refused because the credentials have expired.
    refused,    ///< An answer that another attempt would not change.
};

/// `type` is the error's name without prefix (`ThrottlingException`), empty when the answer has
/// none.
[[nodiscard]] Attempt judge(int status, std::string_view type, std::string_view message);

/// Full jitter: uniform between nothing and `base` doubled per failure, at most `cap`.
[[nodiscard]] Duration retry_pause(Duration base, Duration cap, int failures, Random& random);

/// A bucket of tokens that retries are paid from, so that a service in trouble is not asked ever
/// more: when most calls fail, most are not repeated.
class RetryBudget {
public:
    static constexpr int capacity = 500;
    static constexpr int retry_cost = 5;
    static constexpr int timeout_cost = 10;

    /// Whether there was enough.
    [[nodiscard]] bool take(int cost);
    /// After a success: gives back what its last retry had cost, or one token.
    void give_back(int last_cost);

    [[nodiscard]] int left() const { return left_; }

private:
    int left_ = capacity;
};

/// `Sat, 24 Dec 2026 17:00:00 GMT`, as the Date header has it; nothing when it is otherwise.
[[nodiscard]] std::optional<TimePoint> parse_http_date(std::string_view text);

}  // namespace carillon::aws
