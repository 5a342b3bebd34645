#include "aws/retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace carillon::aws {

namespace {

constexpr std::array<std::string_view, 13> throttling{"Throttling",
                                                      "ThrottlingException",
                                                      "ThrottledException",
                                                      "RequestThrottledException",
                                                      "TooManyRequestsException",
                                                      "ProvisionedThroughputExceededException",
                                                      "RequestLimitExceeded",
                                                      "BandwidthLimitExceeded",
                                                      "LimitExceededException",
                                                      "RequestThrottled",
                                                      "SlowDown",
                                                      "PriorRequestNotComplete",
                                                      "EC2ThrottledException"};

/// Another request has the item, or the same transaction is still under way.
constexpr std::array<std::string_view, 4> in_the_way{"TransactionInProgressException",
                                                     "TransactionConflictException",
                                                     "ReplicatedWriteConflictException",
                                                     "ItemCollectionBusyException"};

constexpr std::array<std::string_view, 3> skew{
    "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"};

constexpr std::array<std::string_view, 3> expiry{
    "ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

/// Both texts of an InvalidSignatureException that is about the time.
bool tells_of_time(std::string_view message) {
    return message.find("Signature expired") != std::string_view::npos ||
           message.find("Signature not yet current") != std::string_view::npos;
}

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

Attempt judge(int status, std::string_view type, std::string_view message) {
    if (status >= 200 && status < 300) return Attempt::ok;
    // A limit of the control plane (tables being made at a time) is no rate of requests.
    const bool limit = type == "LimitExceededException";
    if ((is_one_of(throttling, type) && !limit) || status == 429) return Attempt::throttled;
    if (is_one_of(in_the_way, type)) return Attempt::transient;
    if (is_one_of(skew, type)) return Attempt::skewed;
    if (type == "InvalidSignatureException" && tells_of_time(message)) return Attempt::skewed;
    if (is_one_of(expiry, type)) return Attempt::expired;
    if (status == 503) return Attempt::transient;
    if (status >= 500) return Attempt::unclear;
    return Attempt::refused;
}

Duration retry_pause(Duration base, Duration cap, int failures, Random& random) {
    const int doublings = std::clamp(failures - 1, 0, 20);
    const Duration most = std::min(cap, base * (std::int64_t{1} << doublings));
    if (most <= Duration::zero()) return Duration::zero();
    return Duration{
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most.count()) + 1))};
}

bool RetryBudget::take(int cost) {
    if (left_ < cost) return false;
    left_ -= cost;
    return true;
}

void RetryBudget::give_back(int last_cost) {
    left_ = std::min(capacity, left_ + std::max(1, last_cost));
}

std::optional<TimePoint> parse_http_date(std::string_view text) {
    // Fixed places: `Thu, 24 Dec 2026 17:00:00 GMT`.
    if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT") ||
        text[19] != ':' || text[22] != ':') {
        return std::nullopt;
    }
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const std::size_t month = months.find(text.substr(8, 3));
    const auto day = number(text.substr(5, 2));
    const auto year = number(text.substr(12, 4));
    const auto hour = number(text.substr(17, 2));
    const auto minute = number(text.substr(20, 2));
    const auto second = number(text.substr(23, 2));
    if (month == std::string_view::npos || month % 3 != 0 || !day || !year || !hour || !minute ||
        !second) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(month / 3 + 1)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return TimePoint{std::chrono::sys_days{date} + std::chrono::hours{*hour} +
                     std::chrono::minutes{*minute} + std::chrono::seconds{*second}};
}

}  // namespace carillon::aws
