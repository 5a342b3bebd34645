// A receiver of webhooks for trying things out: answers as it is told and tells what it was sent.
//
// `carillon listen` prints what it hears, the demonstration measures with it.

#pragma once

#include "core/random.hpp"
#include "net/server.hpp"
#include "runtime/loop.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace carillon::cli {

struct ReceiverOptions {
    double fail_share = 0;   ///< 0 to 1: of the calls that are answered with `status`.
    int status = 200;        ///< Of the failing calls, or of all when none is to fail.
    Duration delay{0};       ///< Before the answer.
    std::uint64_t seed = 1;  ///< Which calls fail repeats exactly.
};

/// One call, as it was answered.
struct Received {
    TimePoint at{};
    std::string method;
    std::string target;
    net::Headers headers;
    std::string body;
    int status = 200;
    std::uint64_t number = 0;  ///< From 1.

    [[nodiscard]] std::string id() const;  ///< `webhook-id`, or empty.
    [[nodiscard]] int attempt() const;     ///< `webhook-attempt`, or 0.
    /// Arrival after the time in `webhook-scheduled-at`. Retries are late by their backoff: none.
    [[nodiscard]] std::optional<Duration> lateness() const;
};

/// Lives on one loop.
class Receiver final : public net::HttpHandler {
public:
    /// `hear` is called for each call, after it was decided and before it is answered. `decide`, if
    /// given, replaces the share of failures: it answers the status.
    Receiver(runtime::Loop& loop,
             ReceiverOptions options,
             std::function<void(const Received&)> hear,
             std::function<int(const Received&)> decide = nullptr);

    Task<net::ServerResponse> handle(net::ServerRequest& request) override;
    [[nodiscard]] net::ServerResponse refuse(int status, const std::string& why) const override;

private:
    runtime::Loop& loop_;
    ReceiverOptions options_;
    std::function<void(const Received&)> hear_;
    std::function<int(const Received&)> decide_;
    SeededRandom random_;
    std::uint64_t count_ = 0;
};

/// One line for people: time, method, target, status, id, attempt, lateness, body.
[[nodiscard]] std::string describe_call(const Received& call, bool colours);
/// The same as one JSON object.
[[nodiscard]] std::string describe_call_json(const Received& call);

}  // namespace carillon::cli
