// One send to an HTTP target, and its verdict.
//
// Knows how requests are shaped and signed, what an answer means, and which endpoint is to be left
// alone for a while; knows nothing of tables and schedules.

#pragma once

#include "core/json.hpp"
#include "net/client.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::delivery {

struct Target {
    std::string url;
    std::string method = "GET";
    net::Headers headers{};
    boost::json::value body = nullptr;  ///< Null: no body.
    std::optional<Duration> timeout{};  ///< Of the whole call; default: the options'.
    std::string key_ref{};  ///< One of the options' `signing_keys`, instead of `signing_secrets`.
};

/// What every attempt of one occurrence shares, and what tells attempts apart.
struct Attempt {
    std::string occurrence_id;  ///< `webhook-id` and `Idempotency-Key`: the same for every attempt.
    int number = 1;             ///< `webhook-attempt`.
    TimePoint scheduled_at{};
};

struct ResponseLog {
    int status = 0;  ///< 0: no answer.
    net::Headers headers{};
    std::string body{};  ///< At most the cap, then the marker.
    bool truncated = false;
};

enum class Outcome : std::uint8_t {
    delivered,  ///< 2xx.
    failed,     ///< Try again by the retry policy.
    rejected,   ///< Will never succeed (410, a target that is refused or malformed): do not try
                ///< again.
};

struct Verdict {
    Outcome outcome = Outcome::failed;
    std::string error{};  ///< For people: `Request failed with status 503`, `timeout after 30s` ...
    std::optional<TimePoint>
        retry_after{};  ///< From Retry-After (seconds or date) of 429 and 503 (and others).
    ResponseLog response{};
    std::int64_t duration_ns = 0;
};

struct DeliveryOptions {
    Duration connect_timeout{5'000};
    Duration total_timeout{30'000};
    std::size_t response_body_max = 16 * 1'024;
    std::size_t response_headers_max = 8 * 1'024;
    std::size_t request_body_max = 256 * 1'024;
    std::string user_agent = "Carillon/0.1";
    /// Standard Webhooks secrets (`whsec_` + base64, or raw base64; 24 to 64 bytes): all of them
    /// sign, so that receivers can change over. Empty: no signature.
    std::vector<std::string> signing_secrets{};
    /// The same by name, for targets that choose (`key_ref`).
    std::map<std::string, std::vector<std::string>, std::less<>> signing_keys{};
};

/// What every attempt sends alike: all but our own headers. `invalid` names the field (`url`,
/// `method`, `headers.X`, `hmacKeyRef`, `body`) and the rule; so registration can refuse what could
/// never be sent.
[[nodiscard]] Result<net::ClientRequest> shape_request(const Target& target,
                                                       std::string_view occurrence_id,
                                                       const DeliveryOptions& options);

/// The request that `target` and `attempt` make, ready to send.
[[nodiscard]] Result<net::ClientRequest> build_request(const Target& target,
                                                       const Attempt& attempt,
                                                       const DeliveryOptions& options,
                                                       TimePoint now);

/// What the answer means. Pure.
[[nodiscard]] Verdict judge(const Result<net::ClientResponse>& answer,
                            const DeliveryOptions& options,
                            TimePoint now);

/// Lives on one loop.
class Sender {
public:
    Sender() = default;
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    virtual ~Sender() = default;
    virtual Task<Verdict> send(Target target, Attempt attempt, runtime::StopToken stop) = 0;
};

class HttpSender final : public Sender {
public:
    HttpSender(net::HttpClient& client, const runtime::Clock& clock, DeliveryOptions options)
        : client_(client), clock_(clock), options_(std::move(options)) {}

    Task<Verdict> send(Target target, Attempt attempt, runtime::StopToken stop) override;

    [[nodiscard]] const DeliveryOptions& options() const { return options_; }

private:
    net::HttpClient& client_;
    const runtime::Clock& clock_;
    DeliveryOptions options_;
};

}  // namespace carillon::delivery
