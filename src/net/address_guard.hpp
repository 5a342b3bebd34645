// Which network addresses may be called (protection against server-side request forgery).
//
// The client resolves a name once, asks the guard about every address, and connects to the very
// address that was checked, so a name cannot change its meaning in between.

#pragma once

#include "core/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::net {

/// An IPv4 or IPv6 address; IPv4-mapped IPv6 is folded to IPv4 by parse().
struct IpAddress {
    bool v6 = false;
    std::array<std::uint8_t, 16> bytes{};  ///< IPv4 in the first four.

    [[nodiscard]] static Result<IpAddress> parse(std::string_view text);
    [[nodiscard]] std::string to_string() const;
    bool operator==(const IpAddress&) const = default;
};

/// `10.0.0.0/8`, `fd00::/8`, or a single address.
struct IpRange {
    IpAddress base;
    int prefix = 0;

    [[nodiscard]] static Result<IpRange> parse(std::string_view text);
    [[nodiscard]] bool contains(const IpAddress& address) const;
};

/// A value; copy it. By default denies everything that is not a public unicast address: loopback,
/// private (RFC 1918, 4193), link-local and metadata, shared (100.64/10), multicast, documentation,
/// benchmarking, reserved, unspecified, and the IPv6 forms that embed an IPv4 address of those
/// (mapped, compatible, NAT64 64:ff9b::/96, 6to4, Teredo).
class AddressGuard {
public:
    AddressGuard() = default;

    explicit AddressGuard(std::vector<IpRange> allowed) : allowed_(std::move(allowed)) {}

    /// Reads `127.0.0.0/8,10.1.0.0/16`; empty text allows nothing extra.
    [[nodiscard]] static Result<AddressGuard> parse(std::string_view list);

    [[nodiscard]] bool allows(const IpAddress& address) const;
    /// `denied`, with a text that says which kind of address it is and how to allow it.
    [[nodiscard]] Result<> check(const IpAddress& address) const;

private:
    std::vector<IpRange> allowed_;
};

}  // namespace carillon::net
