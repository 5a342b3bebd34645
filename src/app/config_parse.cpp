#include "app/config_parse.hpp"

#include "core/text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace carillon::app {

std::unexpected<Error> wrong(std::string message) {
    return fail(Errc::invalid, std::move(message));
}

Result<std::uint64_t> read_number(std::string_view text, std::uint64_t min, std::uint64_t max) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, number);
    if (fault != std::errc{} || stop != end || number < min || number > max) {
        return wrong(fmt::format("must be a whole number from {} to {}, not '{}'", min, max, text));
    }
    return number;
}

Result<bool> read_switch(std::string_view text) {
    for (const std::string_view yes : {"true", "1", "yes", "on"}) {
        if (equals_ignoring_case(text, yes)) return true;
    }
    for (const std::string_view no : {"false", "0", "no", "off"}) {
        if (equals_ignoring_case(text, no)) return false;
    }
    return wrong(fmt::format("must be true or false, not '{}'", text));
}

Result<Duration> read_duration(std::string_view text, Duration min, Duration max) {
    CARILLON_TRY(const Duration duration, parse_duration(text));
    if (duration < min || duration > max) {
        return wrong(
            fmt::format("must be from {} to {}", format_duration(min), format_duration(max)));
    }
    return duration;
}

}  // namespace carillon::app
