// What every target has: its entry, and a way to take typed pieces off its input.
//
// A finding is a crash, a sanitizer's report, or a CARILLON_CHECK that fails.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace carillon::fuzz {

/// The input, taken from its front. What is missing is zero or empty.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size)
        : left_(size == 0 ? std::string_view()
                          : std::string_view(reinterpret_cast<const char*>(data), size)) {}

    [[nodiscard]] bool empty() const { return left_.empty(); }

    std::uint8_t byte() {
        if (left_.empty()) return 0;
        const auto value = static_cast<std::uint8_t>(left_.front());
        left_.remove_prefix(1);
        return value;
    }

    template <class Integer>
    Integer integer() {
        Integer value{};
        const std::size_t count = std::min(sizeof value, left_.size());
        std::memcpy(&value, left_.data(), count);
        left_.remove_prefix(count);
        return value;
    }

    /// Up to the next newline, which is dropped.
    std::string_view line() {
        const std::size_t end = std::min(left_.find('\n'), left_.size());
        const std::string_view text = left_.substr(0, end);
        left_.remove_prefix(std::min(end + 1, left_.size()));
        return text;
    }

    /// As many bytes as the next byte says.
    std::string_view piece() {
        const std::size_t count = std::min<std::size_t>(byte(), left_.size());
        const std::string_view text = left_.substr(0, count);
        left_.remove_prefix(count);
        return text;
    }

    std::string_view rest() {
        const std::string_view text = left_;
        left_ = {};
        return text;
    }

private:
    std::string_view left_;
};

}  // namespace carillon::fuzz
