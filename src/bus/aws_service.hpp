// What differs between AWS's three services: pure functions between packets and documents, and the
// rules about names that they share. aws_brokers.cpp does the calling.

#pragma once

#include "bus/broker.hpp"
#include "bus/broker_url.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::bus {

class AwsService {
public:
    AwsService() = default;
    AwsService(const AwsService&) = delete;
    AwsService& operator=(const AwsService&) = delete;
    virtual ~AwsService() = default;

    [[nodiscard]] virtual std::string operation() const = 0;
    /// Chooses the lane, counts the bytes as the service does, refuses what it never takes.
    [[nodiscard]] virtual Result<> prepare(Packet& packet) const = 0;
    /// The body of the call for packets of one lane.
    [[nodiscard]] virtual std::string request(const Batch& batch) const = 0;
    /// What the answer says of each; `corrupt` when it says nothing understandable.
    [[nodiscard]] virtual Result<Results> answers(std::string_view body,
                                                  const Batch& batch) const = 0;
};

[[nodiscard]] std::unique_ptr<AwsService> make_sqs(const std::string& endpoint,
                                                   const std::string& account);
[[nodiscard]] std::unique_ptr<AwsService> make_sns(const std::string& region,
                                                   const std::string& account);
[[nodiscard]] std::unique_ptr<AwsService> make_eventbridge();

/// Entry ids of a batch: the message's own where AWS allows it (80 letters, digits, `-`, `_`, each
/// once), else its place.
[[nodiscard]] std::vector<std::string> entry_ids(const Batch& batch);

/// What a FIFO queue or topic takes as group and deduplication id: the text, or its SHA-256 when it
/// has over 128 characters or others than AWS allows.
[[nodiscard]] std::string fifo_id(std::string_view text);

/// The error of an entry that was not taken.
[[nodiscard]] Error entry_error(std::string_view code, std::string_view message, bool ours);

/// The results by entry id; what the answer does not mention is `unavailable`.
class EntryResults {
public:
    explicit EntryResults(std::vector<std::string> ids);

    void set(std::string_view id, Result<> result);
    [[nodiscard]] Results take();

private:
    std::vector<std::string> ids_;
    Results results_;
};

}  // namespace carillon::bus
