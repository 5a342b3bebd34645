// librdkafka's producer, wrapped: handles that end themselves, errors as ours, and reports by
// value. Its headers are seen by producer.cpp alone.

#pragma once

#include "bus/broker.hpp"
#include "bus/session.hpp"
#include "runtime/event.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace carillon::bus::kafka {

/// What a batch waits for. Stays until every answer is there.
struct Reports {
    Reports(runtime::Loop& loop, std::size_t count) : answers(count), changed(loop) {}

    Answers answers;
    runtime::Event changed;
};

/// Used on one loop. Nothing may be outstanding when it is destroyed, which may block for a while.
class Producer {
public:
    /// Writes eight bytes to `fd` when there are reports to take. `invalid` for a setting that
    /// librdkafka does not know; the text does not hold its value.
    [[nodiscard]] static Result<std::unique_ptr<Producer>> open(
        const std::map<std::string, std::string>& settings, int fd);
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;
    ~Producer();

    /// The packet and `reports` must stay until the answer at `index` is there.
    void produce(const Packet& packet, Reports& reports, std::size_t index);
    void take_reports();

    /// Of no more use: the cluster has forgotten this producer's sequence.
    [[nodiscard]] bool broken() const;

private:
    struct Impl;
    explicit Producer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::bus::kafka
