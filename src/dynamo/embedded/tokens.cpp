#include "dynamo/embedded/tokens.hpp"

#include "dynamo/embedded/keys.hpp"

#include <algorithm>

namespace carillon::dynamo::embedded {

namespace {
constexpr Duration remembered_for{10 * 60 * 1'000};
constexpr std::size_t taken_at_once = 64;
}  // namespace

Result<bool> Tokens::seen(const std::string& token,
                          const std::string& fingerprint,
                          TimePoint now) const {
    const std::scoped_lock lock(mutex_);
    const auto found = used_.find(token);
    if (found == used_.end() || found->second.at + remembered_for <= now) return false;
    if (found->second.fingerprint != fingerprint) {
        return fail(Errc::invalid,
                    "Provided idempotency token was used with different request parameters");
    }
    return true;
}

void Tokens::remember(const std::string& token, const std::string& fingerprint, TimePoint now) {
    const std::scoped_lock lock(mutex_);
    used_[token] = Used{now, fingerprint};
    order_.emplace_back(now, token);
}

void Tokens::forget(const std::string& token) {
    const std::scoped_lock lock(mutex_);
    used_.erase(token);
}

std::vector<std::string> Tokens::take_expired(TimePoint now) {
    std::vector<std::string> expired;
    const std::scoped_lock lock(mutex_);
    while (!order_.empty() && order_.front().first + remembered_for <= now &&
           expired.size() < taken_at_once) {
        auto [at, token] = std::move(order_.front());
        order_.pop_front();
        const auto found = used_.find(token);
        // Used again since, or forgotten.
        if (found == used_.end() || found->second.at != at) continue;
        used_.erase(found);
        expired.push_back(std::move(token));
    }
    return expired;
}

std::string Tokens::encode(const std::string& fingerprint, TimePoint now) {
    std::string record;
    append_u64(static_cast<std::uint64_t>(to_epoch_ms(now)), record);
    record += fingerprint;
    return record;
}

Result<> Tokens::load(std::string token, std::string_view record) {
    if (record.size() < sizeof(std::uint64_t)) {
        return fail(Errc::corrupt, "The store's record of a transaction token cannot be read");
    }
    const TimePoint at = from_epoch_ms(static_cast<std::int64_t>(read_u64(record)));
    const std::scoped_lock lock(mutex_);
    used_[token] = Used{at, std::string(record.substr(sizeof(std::uint64_t)))};
    order_.emplace_back(at, std::move(token));
    return {};
}

void Tokens::sort() {
    const std::scoped_lock lock(mutex_);
    std::ranges::sort(order_);
}

}  // namespace carillon::dynamo::embedded
