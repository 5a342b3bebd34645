// The bytes that a connection has received and not yet understood: one piece of memory, reused from
// message to message. Connections on both sides read into it and parse out of it.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace carillon::net {

class ReadBuffer {
public:
    /// Starts at `first` bytes and grows up to `most` while a message needs it.
    ReadBuffer(std::size_t first, std::size_t most) : first_(first), most_(most) {}

    [[nodiscard]] std::string_view unread() const {
        return {memory_.get() + begin_, end_ - begin_};
    }

    void consume(std::size_t bytes) {
        begin_ += bytes;
        if (begin_ == end_) begin_ = end_ = 0;
    }

    /// Where to read to; empty when `most` bytes are waiting to be understood.
    [[nodiscard]] std::span<char> space() {
        if (end_ == capacity_ && begin_ > 0) {
            std::memmove(memory_.get(), memory_.get() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        if (end_ == capacity_ && capacity_ < most_) resize(std::max(first_, capacity_ * 2));
        return {memory_.get() + end_, capacity_ - end_};
    }

    void commit(std::size_t bytes) {
        end_ += bytes;
        // A full read means that more is waiting: larger reads cost fewer calls.
        if (bytes == capacity_ && capacity_ < most_) resize(capacity_ * 2);
    }

    /// Between messages: gives back what an unusually large one needed.
    void relax() {
        if (begin_ != end_ || capacity_ <= first_) return;
        memory_.reset();
        capacity_ = 0;
    }

private:
    void resize(std::size_t capacity) {
        capacity = std::min(capacity, most_);
        auto larger = std::make_unique_for_overwrite<char[]>(capacity);
        if (end_ > begin_) std::memcpy(larger.get(), memory_.get() + begin_, end_ - begin_);
        memory_ = std::move(larger);
        end_ -= begin_;
        begin_ = 0;
        capacity_ = capacity;
    }

    std::size_t first_;
    std::size_t most_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::unique_ptr<char[]> memory_;
};

}  // namespace carillon::net
