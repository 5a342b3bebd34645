// What several routes read out of requests alike: the tenant, versions, instants and durations in
// bodies.
//
// Apart from the routes so that one request is read in one way, whatever it is about.

#pragma once

#include "core/json_reader.hpp"
#include "core/time.hpp"
#include "server/route.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::server {

/// The parameter that every route of a tenant's things has.
[[nodiscard]] QueryParameter tenant_parameter();

/// Whose things a request is about: query `tenantId`, header X-Tenant-Id and, where `in_body`, the
/// body's `tenantId`, which must agree; `default` when there is none. Every key of every table
/// begins with it, so it holds no `#`. `invalid` with the field `tenantId` or `X-Tenant-Id`.
[[nodiscard]] Result<std::string> tenant_of(const Call& call, bool in_body = false);

/// The version in If-Match: `"3"` or `3`; nothing when there is no such header, or for `*`. Several
/// versions are refused: nobody can have read more than one.
[[nodiscard]] Result<std::optional<std::int64_t>> expected_version(const net::Headers& headers);

/// `"3"`.
[[nodiscard]] std::string entity_tag(std::int64_t version);

/// The body, or an object without members when none was sent.
[[nodiscard]] const json::value& body_or_empty(const Call& call);

/// Nothing when it is missing, or wrong, which is reported.
[[nodiscard]] std::optional<TimePoint> optional_instant(JsonFields& fields, std::string_view key);
/// The same; a missing one is a mistake.
[[nodiscard]] TimePoint instant(JsonFields& fields, std::string_view key);
/// `1h30m`, or as in ISO 8601: `PT1H30M`, `P1D`, `P2W`. Years and months have no length.
[[nodiscard]] std::optional<Duration> optional_duration(JsonFields& fields, std::string_view key);

}  // namespace carillon::server
