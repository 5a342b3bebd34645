// Log lines as texts for an embedder's callback.

#pragma once

#include "observability/log.hpp"

#include <functional>
#include <mutex>
#include <string_view>

namespace carillon::library {

/// Warnings and errors: `warn: the sentence key=value key=value`. Calls `sink` from any thread, one
/// call at a time.
class LineLog final : public Log {
public:
    explicit LineLog(std::function<void(std::string_view line)> sink) : sink_(std::move(sink)) {}

    [[nodiscard]] bool enabled(LogLevel level) const noexcept override;
    void write(LogLevel level,
               std::string_view message,
               std::span<const LogField> fields) noexcept override;

private:
    std::function<void(std::string_view line)> sink_;
    std::mutex mutex_;
};

}  // namespace carillon::library
