#include "dynamo/endpoint/authentication.hpp"

#include "dynamo/endpoint/fault.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::dynamo::endpoint {

namespace {

/// What is missing from an Authorization header or from the query of a presigned request.
std::string incomplete_text(const net::ServerRequest& request) {
    std::string text;
    if (const auto header = request.headers.get("Authorization")) {
        for (const std::string_view name : {"Credential", "Signature", "SignedHeaders"}) {
            if (header->find(std::string(name) + "=") != std::string_view::npos) continue;
            text.append("Authorization header requires '").append(name).append("' parameter. ");
        }
        if (!request.headers.has("X-Amz-Date") && !request.headers.has("Date")) {
            text +=
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
                "header. ";
        }
        if (text.empty()) text = "Authorization header is malformed. ";
        return text.append("Authorization=").append(*header);
    }
    for (const std::string_view name : {"X-Amz-Algorithm",
                                        "X-Amz-Credential",
                                        "X-Amz-Signature",
                                        "X-Amz-SignedHeaders",
                                        "X-Amz-Date"}) {
        if (request.query.find(std::string(name) + "=") != std::string::npos) continue;
        text.append("AWS query-string parameters must include '").append(name).append("'. ");
    }
    return text + "Re-examine the query-string parameters.";
}

std::unexpected<Error> refusal(aws::Refusal why, const net::ServerRequest& request) {
    switch (why) {
        case aws::Refusal::missing_token:
            return front_fault("MissingAuthenticationTokenException",
                               "Request is missing Authentication Token");
        case aws::Refusal::incomplete:
            return front_fault("IncompleteSignatureException", incomplete_text(request));
        case aws::Refusal::unknown_key:
            return front_fault("UnrecognizedClientException",
                               "The security token included in the request is invalid.");
        case aws::Refusal::mismatch:
            return front_fault(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. "
                "Check your AWS Secret Access Key and signing method. Consult the service "
                "documentation for details.");
        case aws::Refusal::skewed:
            return front_fault("InvalidSignatureException",
                               "Signature expired: the date of the request is more than 15 minutes "
                               "away from the server's.");
    }
    return front_fault("InvalidSignatureException", "");
}

}  // namespace

Result<> authenticate(const net::ServerRequest& request,
                      std::span<const aws::Credentials> keys,
                      TimePoint now) {
    if (keys.empty()) return {};
    if (request.headers.has("Authorization") &&
        request.query.find("X-Amz-Algorithm") != std::string::npos) {
        return front_fault("InvalidSignatureException",
                           "Found both 'X-Amz-Algorithm' as a query-string param and "
                           "'Authorization' as HTTP header.");
    }
    const auto secret_of = [keys](std::string_view access_key) -> std::optional<std::string> {
        const auto found = std::ranges::find(keys, access_key, &aws::Credentials::access_key_id);
        if (found == keys.end()) return std::nullopt;
        return found->secret_access_key;
    };
    const auto verified = aws::verify(request, secret_of, now);
    if (!verified) return refusal(verified.error(), request);
    return {};
}

}  // namespace carillon::dynamo::endpoint
