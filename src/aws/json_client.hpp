// Calls of AWS's JSON protocol (DynamoDB, and others of its kind): signed, kept within time,
// repeated where that helps, and never repeated where it could do harm.
//
// `unclear` is the heart of it. An attempt whose answer was lost may have been carried out; so a
// call says whether it may be repeated then, and an answer says whether an earlier attempt may have
// had its effect already.

#pragma once

#include "aws/credentials.hpp"
#include "aws/retry.hpp"
#include "aws/transport.hpp"
#include "observability/log.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace carillon::aws {

struct JsonClientOptions {
    net::Url endpoint;
    Scope scope;
    /// Empty for services of the Query protocol, whose body names the operation.
    std::string target_prefix = "DynamoDB_20120810";
    std::string content_type = "application/x-amz-json-1.0";
    std::string user_agent = "carillon";
    int attempts_max = 6;
    Duration retry_base{50};
    Duration retry_cap{20'000};
    Duration connect_timeout{3'000};
    Duration attempt_timeout{15'000};
    std::size_t response_max = std::size_t{32} << 20U;
    bool check_crc32 = true;
};

enum class Repeat : std::uint8_t {
    always,        ///< Doing it twice is doing it once.
    while_certain  ///< Not once it may have been done: the error is then `timeout`.
};

struct JsonAnswer {
    std::string body;
    bool repeated_unclear = false;  ///< An attempt before this one may have been carried out.
    /// By the service's clock, to the second, where the answer tells it.
    std::optional<TimePoint> at{};
};

/// Detail of every error that a service answered with.
struct JsonFailure final : ErrorDetail {
    std::string type;  ///< `ConditionalCheckFailedException`, without prefix; empty if unknown.
    int status = 0;
    std::string body;
    std::string request_id;
    bool repeated_unclear = false;
};

struct JsonClientCounts {
    std::uint64_t calls = 0;
    std::uint64_t attempts = 0;
    std::uint64_t throttled = 0;
    std::uint64_t unclear = 0;
};

/// Lives on one loop.
class JsonClient {
public:
    /// Everything given must outlive the client.
    JsonClient(runtime::Loop& loop,
               Transport& transport,
               CredentialSource& credentials,
               Random& random,
               Log& log,
               JsonClientOptions options);

    /// Errors: throttled, unavailable, timeout (the effect is unknown), denied (credentials,
    /// rights, signature), corrupt, and `invalid` for what the service refused; see JsonFailure.
    [[nodiscard]] Task<Result<JsonAnswer>> call(std::string operation,
                                                std::string body,
                                                Repeat repeat = Repeat::always);

    [[nodiscard]] const JsonClientCounts& counts() const { return counts_; }

    /// What the service's clock shows beyond ours.
    [[nodiscard]] Duration skew() const { return skew_; }

private:
    struct Call;
    Task<Result<JsonAnswer>> attempt(Call& call);
    Result<net::ClientRequest> sign_request(const Call& call, const Credentials& credentials) const;
    Result<JsonAnswer> lost(Call& call, const Error& error);
    Result<JsonAnswer> judge_answer(Call& call, net::ClientResponse answer);
    [[nodiscard]] bool correct_skew(const net::ClientResponse& answer);
    [[nodiscard]] bool intact(const net::ClientResponse& answer) const;
    [[nodiscard]] bool may_repeat(Call& call);
    [[nodiscard]] Duration pause(const Call& call);

    runtime::Loop& loop_;
    Transport& transport_;
    CredentialSource& credentials_;
    Random& random_;
    Log& log_;
    JsonClientOptions options_;
    RetryBudget budget_;
    JsonClientCounts counts_;
    Duration skew_{0};
};

}  // namespace carillon::aws
