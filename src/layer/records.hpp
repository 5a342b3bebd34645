// What a layer stores of its items: records, in blocks that are compressed as a whole.
//
// The log's rows and the snapshot's segments are both blocks. A block is decoded into one buffer
// with views into it; items stay encoded until somebody reads them, so that merging and compacting
// cost no more than copying bytes.

#pragma once

#include "core/check.hpp"
#include "core/result.hpp"
#include "dynamo/item/value.hpp"
#include "layer/change.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::layer {

/// A view of one record. In segments, `put` and `update` mean the same.
struct Record {
    std::string_view id{};
    std::uint64_t sequence = 0;  ///< The store's order of changes within a partition, from 1.
    ChangeType type = ChangeType::put;
    std::string_view item{};  ///< Encoded; of removals the last known item, which may be empty.

    [[nodiscard]] bool removed() const { return type == ChangeType::remove; }

    [[nodiscard]] std::size_t bytes() const { return id.size() + item.size() + 12; }
};

/// Records behind one another, uncompressed: what a block is made of.
class RecordWriter {
public:
    void add(const Record& record);

    [[nodiscard]] std::uint64_t count() const { return count_; }

    /// Before compression.
    [[nodiscard]] std::size_t bytes() const { return raw_.size(); }

    /// The block, and an empty writer again.
    [[nodiscard]] std::string take();
    /// The same without compression, for RecordBlock::of_raw().
    [[nodiscard]] std::string take_raw();

private:
    std::string raw_;
    std::uint64_t count_ = 0;
};

/// A decoded block. Immutable; records point into it.
class RecordBlock {
public:
    /// `corrupt` when these are not the bytes of RecordWriter::take().
    [[nodiscard]] static Result<std::shared_ptr<const RecordBlock>> decode(std::string_view block);

    /// Of RecordWriter::take_raw().
    [[nodiscard]] static Result<std::shared_ptr<const RecordBlock>> of_raw(std::string raw);

    RecordBlock(const RecordBlock&) = delete;
    RecordBlock& operator=(const RecordBlock&) = delete;

    [[nodiscard]] const std::vector<Record>& records() const CARILLON_LIFETIMEBOUND {
        return records_;
    }

    [[nodiscard]] std::size_t raw_bytes() const { return raw_.size(); }

    /// What it takes in memory, about.
    [[nodiscard]] std::size_t bytes() const {
        return raw_.size() + records_.size() * sizeof(Record);
    }

private:
    RecordBlock() = default;
    std::string raw_;
    std::vector<Record> records_;
};

// Shared, because a cache, readers and compactions use the same block.
using BlockPtr = std::shared_ptr<const RecordBlock>;

/// The item of a record that is no removal, or of one that kept it.
[[nodiscard]] Result<dynamo::Item> item_of(const Record& record);

/// Sorts by id, and keeps of equal ids the one with the highest sequence.
void keep_latest(std::vector<Record>& records);

}  // namespace carillon::layer
