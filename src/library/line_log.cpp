#include "library/line_log.hpp"

#include <fmt/format.h>

#include <exception>
#include <iterator>
#include <string>
#include <variant>

namespace carillon::library {

bool LineLog::enabled(LogLevel level) const noexcept {
    return sink_ != nullptr && level >= LogLevel::warn && level != LogLevel::off;
}

void LineLog::write(LogLevel level,
                    std::string_view message,
                    std::span<const LogField> fields) noexcept {
    if (!enabled(level)) return;
    try {
        std::string line = fmt::format("{}: {}", to_string(level), message);
        for (const LogField& field : fields) {
            fmt::format_to(std::back_inserter(line), " {}=", field.key);
            std::visit(
                [&](const auto& value) { fmt::format_to(std::back_inserter(line), "{}", value); },
                field.value.any());
        }
        const std::scoped_lock lock(mutex_);
        sink_(line);
    } catch (const std::exception&) {
        // The embedder's callback threw: the line is lost, the engine goes on.
        return;
    }
}

}  // namespace carillon::library
