// Idempotency tokens of transactions: for ten minutes a repetition is answered without effect.
//
// In the meta column family: `t` + token -> when it was used (8 bytes, ms) and a fingerprint of the
// request, written in the transaction's own batch. Thread-safe.

#pragma once

#include "core/result.hpp"
#include "core/time.hpp"
#include "dynamo/embedded/bytes_map.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::dynamo::embedded {

class Tokens {
public:
    /// `invalid` when the token was used for another request.
    [[nodiscard]] Result<bool> seen(const std::string& token,
                                    const std::string& fingerprint,
                                    TimePoint now) const;
    void remember(const std::string& token, const std::string& fingerprint, TimePoint now);
    /// The group that used it was not written.
    void forget(const std::string& token);
    /// Takes out the tokens that have expired, for their records to be deleted.
    [[nodiscard]] std::vector<std::string> take_expired(TimePoint now);

    [[nodiscard]] static std::string encode(const std::string& fingerprint, TimePoint now);
    /// A record found at start.
    [[nodiscard]] Result<> load(std::string token, std::string_view record);
    /// All records are loaded.
    void sort();

private:
    struct Used {
        TimePoint at{};
        std::string fingerprint{};
    };

    mutable std::mutex mutex_;
    BytesMap<Used> used_;
    std::deque<std::pair<TimePoint, std::string>> order_;
};

}  // namespace carillon::dynamo::embedded
