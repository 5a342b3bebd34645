// Identifiers: UUID version 4 (RFC 9562 section 5.4) where the seeds' tables expect one, ULID where
// ids should sort by creation time.

#pragma once

#include "core/random.hpp"
#include "core/time.hpp"

#include <string>

namespace carillon {

/// 36 lower-case characters, for instance `f47ac10b-58cc-4372-a567-0e02b2c3d479`.
[[nodiscard]] std::string uuid4(Random& random);

/// 26 characters of Crockford base 32: 48 bits of milliseconds, then 80 random bits.
[[nodiscard]] std::string ulid(TimePoint now, Random& random);

/// The 10 characters that all ULIDs of that millisecond begin with; they sort as their times do.
/// Times that no ULID can have are the nearest that one can.
[[nodiscard]] std::string ulid_time(TimePoint at);

}  // namespace carillon
