// Where a publisher's broker is, taken from a URL: `amqp://user:secret@a,b:5673/vhost?exchange=x`.
//
// Apart from net's URLs because brokers have schemes, lists of hosts and paths of their own.

#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::bus {

struct HostPort {
    std::string host;
    std::uint16_t port = 0;  ///< 0: the scheme's own.

    bool operator==(const HostPort&) const = default;
};

struct BrokerUrl {
    std::string scheme{};  ///< Lower case.
    bool has_user = false;
    std::string user{};
    std::string password{};         ///< Never shown and never logged.
    std::vector<HostPort> hosts{};  ///< At least one.
    std::string path{};             ///< Decoded, without the slash in front.
    std::map<std::string, std::string, std::less<>> options{};  ///< Of the query, decoded.

    /// As given, up to the question mark. May hold secrets.
    std::string base{};

    /// The option, or empty.
    [[nodiscard]] std::string_view option(std::string_view name) const;
    /// `on`, `true`, `1` or `off`, `false`, `0`; `invalid` otherwise.
    [[nodiscard]] Result<bool> truth(std::string_view name, bool otherwise) const;
    [[nodiscard]] Result<std::size_t> number(std::string_view name, std::size_t otherwise) const;
    /// The options that are the receiver's own: all but those of all publishers.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> foreign_options() const;
    /// `invalid` when there is an option that is neither one of `known` nor one of all publishers.
    [[nodiscard]] Result<> check_options(std::initializer_list<std::string_view> known) const;
    /// Scheme, hosts and path: what may stand in logs and messages.
    [[nodiscard]] std::string shown() const;
};

/// The hosts, with the port where none is given.
[[nodiscard]] std::vector<HostPort> with_default_port(std::vector<HostPort> hosts,
                                                      std::uint16_t port);

/// `invalid` without a field. The text of the error never holds the URL's secrets.
[[nodiscard]] Result<BrokerUrl> parse_broker_url(std::string_view text);

}  // namespace carillon::bus
