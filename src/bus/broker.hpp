// What a broker must be able to do so that the Batcher can do the rest: say how large batches may
// be, turn a message into a packet, and send one batch once.
//
// Retries, packing, order, linger and bounds are the Batcher's (batcher.hpp) and written once.

#pragma once

#include "bus/envelope.hpp"
#include "bus/message.hpp"
#include "runtime/task.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace carillon::bus {

/// A message made ready for its broker.
struct Packet {
    std::string id{};
    std::string type{};
    std::string key{};
    std::string source{};
    TimePoint time{};
    std::string destination{};
    /// Batches hold packets of one lane only: brokers that send to one destination at a time put
    /// it here, the others leave it empty.
    std::string lane{};
    Wire wire{};
    std::size_t bytes = 0;  ///< What it counts for against `bytes_max`.
};

using Batch = std::vector<const Packet*>;
using Results = std::vector<Result<>>;

struct BatchLimits {
    std::size_t count_max = 256;
    std::size_t bytes_max = std::size_t{1} << 20U;
    std::size_t message_bytes_max = std::size_t{1} << 20U;
    std::size_t concurrency = 4;  ///< Batches at a time to one lane, unless the URL says otherwise.
};

/// Lives on one loop. send() is called again while earlier calls wait.
class Broker {
public:
    Broker() = default;
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;
    virtual ~Broker() = default;

    [[nodiscard]] virtual BatchLimits limits() const = 0;
    /// Pure. `invalid` for what this broker can never take.
    [[nodiscard]] virtual Result<Packet> pack(Message message) const = 0;
    /// Sends once, and waits for the broker's word on each, within a limit of time. The packets
    /// stay until it returns. Errors as Publisher::publish.
    [[nodiscard]] virtual Task<Results> send(Batch batch) = 0;
    /// Ends the connections, when nothing is under way any more.
    [[nodiscard]] virtual Task<> close() = 0;
};

/// The message's destination, or else `form` with `{type}` and `{tenant}` filled in, or else the
/// type.
[[nodiscard]] std::string destination_of(const Message& message, std::string_view form);

/// Encodes the message and fills everything but the lane; `bytes` is that of the wire and the
/// destination.
[[nodiscard]] Result<Packet> make_packet(Message message,
                                         const EnvelopeOptions& options,
                                         std::string_view destination_form);

/// The same error for every packet of a batch.
[[nodiscard]] Results all_failed(std::size_t count, const Error& error);

}  // namespace carillon::bus
