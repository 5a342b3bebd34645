#include "net/resolver.hpp"

#include <algorithm>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <utility>

namespace carillon::net {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
/// Younger answers are used as they are;
constexpr std::int64_t fresh_ns = 5 * second_ns;
/// younger ones than this are used once more while a new lookup runs.
constexpr std::int64_t usable_ns = 30 * second_ns;
constexpr std::size_t entries_max = 4'096;

Result<std::vector<IpAddress>> ask_system(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
        return fail(Errc::unavailable, "cannot resolve " + host + ": " + gai_strerror(error));
    }
    std::vector<IpAddress> addresses;
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        IpAddress address;
        if (at->ai_family == AF_INET) {
            sockaddr_in v4{};
            std::memcpy(&v4, at->ai_addr, sizeof v4);
            std::memcpy(address.bytes.data(), &v4.sin_addr, 4);
        } else if (at->ai_family == AF_INET6) {
            sockaddr_in6 v6{};
            std::memcpy(&v6, at->ai_addr, sizeof v6);
            std::memcpy(address.bytes.data(), &v6.sin6_addr, 16);
            address.v6 = true;
        } else {
            continue;
        }
        if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
    }
    freeaddrinfo(found);
    if (addresses.empty()) return fail(Errc::unavailable, host + " has no address");
    return addresses;
}

}  // namespace

std::optional<Addresses> Resolver::known(const std::string& host) {
    const auto found = entries_.find(host);
    if (found == entries_.end() || !found->second.addresses) return std::nullopt;
    Entry& entry = found->second;
    if (entry.literal) return entry.addresses;
    const std::int64_t age = loop_.clock().ticks() - entry.learned_at;
    if (age >= usable_ns) return std::nullopt;
    if (age >= fresh_ns) start_lookup(host, entry);
    return entry.addresses;
}

Task<Result<Addresses>> Resolver::resolve(std::string host, Operation& operation) {
    if (auto addresses = known(host)) co_return *std::move(addresses);
    forget_old();
    if (const auto literal = IpAddress::parse(host)) co_return take_literal(host, *literal);
    start_lookup(host, entries_[host]);
    Waiting waiting(loop_);
    waiting_.emplace(host, &waiting);
    operation.waiter = &waiting.waiter;
    const bool served = co_await waiting.waiter.wait();
    operation.waiter = nullptr;
    if (served) co_return *std::move(waiting.answer);
    if (!waiting.answer) leave(host, waiting);
    if (operation.stopped()) co_return fail(Errc::cancelled, "stopped");
    co_return fail(Errc::timeout, "resolving " + host + " took too long");
}

void Resolver::leave(const std::string& host, const Waiting& waiting) {
    const auto [first, last] = waiting_.equal_range(host);
    const auto place =
        std::find_if(first, last, [&waiting](const auto& item) { return item.second == &waiting; });
    if (place != last) waiting_.erase(place);
}

Result<Addresses> Resolver::take_literal(const std::string& host, const IpAddress& literal) {
    CARILLON_TRY(Addresses addresses, check({literal}));
    Entry& entry = entries_[host];
    entry.addresses = addresses;
    entry.learned_at = loop_.clock().ticks();
    entry.literal = true;
    return addresses;
}

void Resolver::start_lookup(const std::string& host, Entry& entry) {
    if (entry.looking_up) return;
    entry.looking_up = true;
    lookups_.spawn(look_up(host));
}

Task<> Resolver::look_up(std::string host) {
    auto call = [host] { return ask_system(host); };
    Result<std::vector<IpAddress>> found = co_await pool_.run(loop_, std::move(call));
    Result<Addresses> answer = found ? check(*found) : std::unexpected(std::move(found).error());
    Entry& entry = entries_[host];
    entry.looking_up = false;
    if (answer) {
        entry.addresses = *answer;
        entry.learned_at = loop_.clock().ticks();
    } else if (!entry.addresses || answer.error().code == Errc::denied) {
        entries_.erase(host);
    }
    const auto [first, last] = waiting_.equal_range(host);
    for (auto at = first; at != last; ++at) {
        at->second->answer = answer;
        at->second->waiter.serve();
    }
    waiting_.erase(first, last);
}

Result<Addresses> Resolver::check(const std::vector<IpAddress>& found) const {
    std::vector<IpAddress> allowed;
    std::optional<Error> denied;
    for (const IpAddress& address : found) {
        auto checked = guard_.check(address);
        if (checked) {
            allowed.push_back(address);
        } else if (!denied) {
            denied = std::move(checked).error();
        }
    }
    if (allowed.empty()) return std::unexpected(*std::move(denied));
    return std::make_shared<const std::vector<IpAddress>>(std::move(allowed));
}

void Resolver::forget_old() {
    if (entries_.size() < entries_max) return;
    const std::int64_t now = loop_.clock().ticks();
    std::erase_if(entries_, [now](const auto& item) {
        return !item.second.looking_up && now - item.second.learned_at >= fresh_ns;
    });
    // Still full: more names than that within seconds. Start over rather than grow without end.
    if (entries_.size() < entries_max) return;
    std::erase_if(entries_, [](const auto& item) { return !item.second.looking_up; });
}

}  // namespace carillon::net
