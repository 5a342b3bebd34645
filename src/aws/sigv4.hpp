// AWS Signature Version 4: signing what the remote engine and the publishers send, and checking
// what the DynamoDB endpoint receives. Pure functions of request, credentials and time.
//
// Source: "AWS Signature Version 4 for API requests" (IAM user guide), "Create a signed AWS API
// request".

#pragma once

#include "core/result.hpp"
#include "core/time.hpp"
#include "net/http.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::aws {

/// The secret parts are never logged; there is no way to print them.
struct Credentials {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token{};            ///< Empty for long-term keys.
    std::optional<TimePoint> expires_at{};  ///< Temporary ones are refreshed before this.
};

struct Scope {
    std::string region;
    std::string service;
};

/// The parts of a request that a signature covers. Header names in any case; `host` must be there.
struct Signable {
    std::string_view method;
    std::string_view path;   ///< Percent-encoded as sent.
    std::string_view query;  ///< As sent, without the question mark.
    const net::Headers* headers = nullptr;
    std::string_view payload_hash;  ///< Lower-case hex SHA-256 of the body, or `UNSIGNED-PAYLOAD`.
};

struct SigningOptions {
    /// S3 signs the path as sent and wants x-amz-content-sha256; all others encode the path twice.
    bool s3 = false;
};

[[nodiscard]] std::string sha256_hex(std::string_view bytes);

/// Adds X-Amz-Date, X-Amz-Security-Token (with temporary credentials), x-amz-content-sha256 (S3)
/// and Authorization to `headers`, which must hold Host. All headers present are signed, but those
/// that proxies may change (User-Agent, Expect, X-Amzn-Trace-Id, Connection ...).
void sign(std::string_view method,
          std::string_view path,
          std::string_view query,
          net::Headers& headers,
          std::string_view body,
          const Credentials& credentials,
          const Scope& scope,
          TimePoint now,
          const SigningOptions& options = {});

/// Why a received request is not accepted, by the names that AWS services answer with.
enum class Refusal : std::uint8_t {
    missing_token,  ///< MissingAuthenticationTokenException: no signature at all.
    incomplete,     ///< IncompleteSignatureException: parts are missing or malformed.
    unknown_key,    ///< UnrecognizedClientException: no such access key.
    mismatch,       ///< InvalidSignatureException: the signature is not that of the request.
    skewed,         ///< InvalidSignatureException "Signature expired": over 15 minutes off.
};

/// Checks the Authorization header, or the X-Amz-* query parameters of a presigned request.
/// `secret_of` answers the secret of an access key, or nothing. Signatures compare in constant
/// time.
[[nodiscard]] std::expected<std::string, Refusal> verify(
    const net::ServerRequest& request,
    const std::function<std::optional<std::string>(std::string_view access_key)>& secret_of,
    TimePoint now);

// The steps, apart for tests and diagnosis.
[[nodiscard]] std::string canonical_request(const Signable& request,
                                            const std::vector<std::string>& signed_headers,
                                            bool encode_path_again);
[[nodiscard]] std::string signature(std::string_view secret,
                                    std::string_view date,  ///< `20150830`
                                    const Scope& scope,
                                    std::string_view timestamp,  ///< `20150830T123600Z`
                                    std::string_view canonical);

}  // namespace carillon::aws
