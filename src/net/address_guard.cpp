#include "net/address_guard.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <optional>

namespace carillon::net {

namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// Four decimal numbers and nothing else: no octal, no hex, no short forms, which other readers
/// understand in other ways.
std::optional<IpAddress> parse_v4(std::string_view text) {
    IpAddress address;
    for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t end = i < 3 ? text.find('.') : text.size();
        if (end == std::string_view::npos || end == 0 || end > 3) return std::nullopt;
        const std::string_view part = text.substr(0, end);
        if (part.size() > 1 && part.front() == '0') return std::nullopt;
        unsigned value = 0;
        const auto [stop, error] = std::from_chars(part.data(), part.data() + end, value);
        if (error != std::errc{} || stop != part.data() + end || value > 255) return std::nullopt;
        address.bytes[i] = static_cast<std::uint8_t>(value);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return address;
}

IpAddress v4_from(const std::uint8_t* bytes, std::uint8_t mask = 0) {
    IpAddress address;
    for (std::size_t i = 0; i < 4; ++i) {
        address.bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ mask);
    }
    return address;
}

IpAddress fold(const IpAddress& address) {
    if (!address.v6) return address;
    if (!std::equal(mapped_prefix.begin(), mapped_prefix.end(), address.bytes.begin())) {
        return address;
    }
    return v4_from(address.bytes.data() + 12);
}

struct Special {
    std::string_view range;
    std::string_view kind;
};

// The IANA special-purpose registries, and what else is no public unicast address. Narrow ranges
// come before the wide ones that hold them: the first match names the address.
constexpr Special special_v4[] = {
    {"0.0.0.0/8", "an unspecified address"},
    {"10.0.0.0/8", "a private address"},
    {"100.64.0.0/10", "a shared (carrier-grade NAT) address"},
    {"127.0.0.0/8", "a loopback address"},
    {"168.63.129.16/32", "a cloud platform's internal address"},
    {"169.254.169.254/32", "a link-local metadata address"},
    {"169.254.0.0/16", "a link-local address"},
    {"172.16.0.0/12", "a private address"},
    {"192.0.0.0/24", "a reserved protocol address"},
    {"192.0.2.0/24", "a documentation address"},
    {"192.88.99.0/24", "a reserved relay address"},
    {"192.168.0.0/16", "a private address"},
    {"198.18.0.0/15", "a benchmarking address"},
    {"198.51.100.0/24", "a documentation address"},
    {"203.0.113.0/24", "a documentation address"},
    {"224.0.0.0/4", "a multicast address"},
    {"255.255.255.255/32", "the broadcast address"},
    {"240.0.0.0/4", "a reserved address"},
};

constexpr Special special_v6[] = {
    {"::/128", "an unspecified address"},
    {"::1/128", "a loopback address"},
    {"::/96", "an IPv4-compatible address"},
    {"64:ff9b:1::/48", "a local translation address"},
    {"100::/64", "a discard-only address"},
    {"2001:2::/48", "a benchmarking address"},
    {"2001::/23", "a reserved protocol address"},
    {"2001:db8::/32", "a documentation address"},
    {"3fff::/20", "a documentation address"},
    {"fc00::/7", "a unique local (private) address"},
    {"fe80::/10", "a link-local address"},
    {"fec0::/10", "a site-local address"},
    {"ff00::/8", "a multicast address"},
};

struct Entry {
    IpRange range;
    Special special;
};

template <std::size_t N>
std::vector<Entry> parse_table(const Special (&table)[N]) {
    std::vector<Entry> entries;
    for (const Special& special : table) {
        entries.push_back(Entry{*IpRange::parse(special.range), special});
    }
    return entries;
}

/// Which special range holds the address, if any. IPv6 forms that embed IPv4 are not seen through.
std::optional<Special> special_of(const IpAddress& address) {
    static const std::vector<Entry> v4 = parse_table(special_v4);
    static const std::vector<Entry> v6 = parse_table(special_v6);
    for (const Entry& entry : address.v6 ? v6 : v4) {
        if (entry.range.contains(address)) return entry.special;
    }
    static const IpRange global = *IpRange::parse("2000::/3");
    if (address.v6 && !global.contains(address)) return Special{"::/0", "a reserved address"};
    return std::nullopt;
}

/// Where a packet to an address of a transition mechanism ends up. Empty: it is none of those.
std::vector<IpAddress> translated_to(const IpAddress& address) {
    static const IpRange nat64 = *IpRange::parse("64:ff9b::/96");
    static const IpRange six_to_four = *IpRange::parse("2002::/16");
    static const IpRange teredo = *IpRange::parse("2001::/32");
    const std::uint8_t* bytes = address.bytes.data();
    if (!address.v6) return {};
    if (nat64.contains(address)) return {v4_from(bytes + 12)};
    if (six_to_four.contains(address)) return {v4_from(bytes + 2)};
    // Teredo names its server, and its client with all bits inverted.
    if (teredo.contains(address)) return {v4_from(bytes + 4), v4_from(bytes + 12, 0xff)};
    return {};
}

/// ISATAP: any prefix, and an interface identifier that holds the IPv4 address of a tunnel's end.
std::optional<IpAddress> tunnel_end(const IpAddress& address) {
    const std::uint8_t* bytes = address.bytes.data();
    const bool isatap = address.v6 && (bytes[8] & 0xfdU) == 0 && bytes[9] == 0 &&
                        bytes[10] == 0x5e && bytes[11] == 0xfe;
    if (!isatap) return std::nullopt;
    return v4_from(bytes + 12);
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
    if (const auto v4 = parse_v4(text)) return *v4;
    IpAddress address;
    address.v6 = true;
    const std::string terminated(text);
    const bool has_nul = text.find('\0') != std::string_view::npos;
    if (has_nul || inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) != 1) {
        return fail(Errc::invalid, "not an IP address");
    }
    return fold(address);
}

std::string IpAddress::to_string() const {
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), text, sizeof text);
    return text;
}

Result<IpRange> IpRange::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view base = text.substr(0, slash);
    const auto address = IpAddress::parse(base);
    if (!address) {
        return fail(Errc::invalid,
                    "'" + std::string(text) + "' is not an address or address/prefix");
    }
    // A mapped base (::ffff:10.0.0.0/104) counts its prefix in IPv6 bits.
    const bool mapped = !address->v6 && base.find(':') != std::string_view::npos;
    const int bits = address->v6 || mapped ? 128 : 32;
    int prefix = bits;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const char* end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, prefix);
        const bool number = error == std::errc{} && stop == end && digits.front() != '-';
        if (!number || prefix > bits || (mapped && prefix < 96)) {
            return fail(Errc::invalid, "'" + std::string(text) + "' has a bad prefix length");
        }
    }
    return IpRange{*address, mapped ? prefix - 96 : prefix};
}

bool IpRange::contains(const IpAddress& address) const {
    const IpAddress folded = fold(address);
    if (folded.v6 != base.v6) return false;
    const auto whole = static_cast<std::size_t>(prefix / 8);
    if (std::memcmp(folded.bytes.data(), base.bytes.data(), whole) != 0) return false;
    const int rest = prefix % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff00U >> static_cast<unsigned>(rest));
    return ((folded.bytes[whole] ^ base.bytes[whole]) & mask) == 0;
}

Result<AddressGuard> AddressGuard::parse(std::string_view list) {
    std::vector<IpRange> allowed;
    list = trim(list);
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        CARILLON_TRY(IpRange range, IpRange::parse(trim(list.substr(0, comma))));
        allowed.push_back(range);
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
        if (list.empty()) return fail(Errc::invalid, "the list of ranges ends with a comma");
    }
    return AddressGuard(std::move(allowed));
}

bool AddressGuard::allows(const IpAddress& address) const {
    return check(address).has_value();
}

Result<> AddressGuard::check(const IpAddress& given) const {
    const IpAddress address = fold(given);
    for (const IpRange& range : allowed_) {
        if (range.contains(address)) return {};
    }
    std::vector<IpAddress> embedded = translated_to(address);
    const bool translated = !embedded.empty();
    if (const auto end = tunnel_end(address)) embedded.push_back(*end);
    for (const IpAddress& inner : embedded) {
        if (const auto checked = check(inner); !checked) {
            return fail(Errc::denied, address.to_string() + " leads to " + checked.error().message);
        }
    }
    // Translated addresses are public exactly when those that they lead to are.
    const auto special = special_of(address);
    if (!special || translated) return {};
    return fail(Errc::denied,
                address.to_string() + " is " + std::string(special->kind) +
                    ", which may not be called; allow it with --allow-targets " +
                    std::string(special->range));
}

}  // namespace carillon::net
