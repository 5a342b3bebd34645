// The change streams of a store: who has one, and how its records lie in RocksDB.
//
//   changes  stream id, sequence number (8 bytes)  -> change record (see encode in streams.cpp)
//   meta     `x` + stream id                       -> the stream as an encoded item
//
// One shard a stream: the writer is one anyway, and readers get the order of the whole table. A
// stream object never changes once published, except for its counters; ending one publishes a copy
// that says so. Applier records, ChangeReader reads, Engine::trim_streams (sweep.cpp) reclaims.

#pragma once

#include "dynamo/database.hpp"
#include "dynamo/embedded/rocks.hpp"
#include "dynamo/embedded/row_cache.hpp"

#include <rocksdb/write_batch.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::dynamo::embedded {

struct Stream {
    std::uint32_t id = 0;
    StreamName name{};
    StreamView view = StreamView::keys_only;
    KeySchema key{};
    TimePoint created_at{};
    /// The first sequence number that it gave, or would have given, out.
    std::uint64_t first = 0;
    /// When it has ended: when, and the last number given out (`first - 1` if none was).
    std::optional<TimePoint> ended_at{};
    std::uint64_t last = 0;

    /// Shared between the copies of a stream.
    struct Counters {
        std::uint64_t next = 0;                  ///< To be given out. Of the writer.
        std::atomic<std::uint64_t> trimmed = 0;  ///< This one and those before it are gone.
        TimePoint trim_at{};                     ///< When to look again. Of the writer.
    };

    std::shared_ptr<Counters> counters = std::make_shared<Counters>();

    [[nodiscard]] std::string shard_id() const;
};

using StreamPtr = std::shared_ptr<const Stream>;
using Streams = std::map<std::uint32_t, StreamPtr>;

/// Whether nobody may read it any more.
[[nodiscard]] bool is_forgotten(const Stream& stream, TimePoint now);

[[nodiscard]] std::string encode_stream(const Stream& stream);
/// Without the counters' `next`, which the newest record tells (ChangeReader::newest).
[[nodiscard]] Result<std::shared_ptr<Stream>> decode_stream(std::string_view bytes);

/// Sequence numbers as the port shows them: 21 digits, as DynamoDB has at least.
[[nodiscard]] std::string sequence_text(std::uint64_t sequence);
/// Of any decimal number; what was never given out becomes 0 or the highest number.
[[nodiscard]] Result<std::uint64_t> parse_sequence(std::string_view text);

[[nodiscard]] std::string change_key(std::uint32_t stream, std::uint64_t sequence);

/// One change as the writer knows it: views of encoded rows. An absent row is a nullptr.
struct Change {
    ChangeKind kind = ChangeKind::insert;
    bool expired = false;
    TimePoint at{};
    std::string_view primary{};  ///< Of the item's key, as in keys.hpp.
    const std::string* old_row = nullptr;
    const std::string* new_row = nullptr;
};

/// Adds the record to the batch, under the stream's next number, with what its view wants.
void put_change(const Stream& stream,
                const Change& change,
                Rocks& rocks,
                rocksdb::WriteBatch& batch);

/// Reads one stream, as it is at the call. Thread-safe.
class ChangeReader {
public:
    ChangeReader(const Rocks& rocks, const Stream& stream);

    /// The number of the newest committed change, or of the one before the first.
    [[nodiscard]] Result<std::uint64_t> newest() const;
    /// The number of the oldest change that is not older than the retention, or of the next one.
    [[nodiscard]] Result<std::uint64_t> oldest(TimePoint now) const;
    /// When the oldest change happened that still lies there, whatever its age.
    [[nodiscard]] Result<std::optional<TimePoint>> oldest_at() const;
    [[nodiscard]] Result<ChangePage> read(const ChangesRequest& request, TimePoint now) const;
    [[nodiscard]] Result<StreamDescription> describe(TimePoint now) const;

private:
    [[nodiscard]] std::unique_ptr<rocksdb::Iterator> iterator() const;
    /// Where the untrimmed part begins. To be asked after the iterator is made: numbers are marked
    /// as trimmed before they vanish.
    [[nodiscard]] std::uint64_t start() const;
    [[nodiscard]] Result<std::uint64_t> newest(rocksdb::Iterator& at) const;
    [[nodiscard]] Result<std::uint64_t> oldest(rocksdb::Iterator& at, TimePoint now) const;

    const Rocks& rocks_;
    const Stream& stream_;
    std::string upper_;
    rocksdb::Slice bound_;
};

}  // namespace carillon::dynamo::embedded
