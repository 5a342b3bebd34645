// Whether a request may be answered: its signature, in the words of AWS services.

#pragma once

#include "aws/sigv4.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

#include <span>

namespace carillon::dynamo::endpoint {

/// Without keys every request is accepted, signed or not. With keys the signature must be of one of
/// them; the errors are AWS's own.
[[nodiscard]] Result<> authenticate(const net::ServerRequest& request,
                                    std::span<const aws::Credentials> keys,
                                    TimePoint now);

}  // namespace carillon::dynamo::endpoint
