// What the program says about itself while it runs.
//
// A line is a level, a sentence that never varies, and fields that do: so lines can be searched and
// counted. Modules take a Log& and never know where lines go; app opens the real one, tests pass
// Log::null() or one that writes to a stream. Metrics are next door (metrics.hpp): what happens
// thousands of times a second is counted, not logged.
//
//     log.warn("delivery failed", {{"id", id}, {"attempt", 3}, {"error", describe(error)}});

#pragma once

#include "core/check.hpp"
#include "core/time.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace carillon {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

[[nodiscard]] std::string_view to_string(LogLevel level);
/// `trace`, `debug`, `info`, `warn` (or `warning`), `error`, `off`; case does not matter.
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view text);

/// One value of a line. Refers to text that must outlive the call, which temporaries do.
class LogValue {
public:
    using Any = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

    // Implicit, because a list of fields is written at every call.
    // NOLINTBEGIN(google-explicit-constructor)
    template <std::convertible_to<std::string_view> Text>
    LogValue(const Text& text CARILLON_LIFETIMEBOUND) : any_(std::string_view(text)) {}

    template <std::signed_integral Number>
    LogValue(Number number) : any_(static_cast<std::int64_t>(number)) {}

    template <std::unsigned_integral Number>
        requires(!std::same_as<Number, bool>)
    LogValue(Number number) : any_(static_cast<std::uint64_t>(number)) {}

    template <std::floating_point Number>
    LogValue(Number number) : any_(static_cast<double>(number)) {}

    LogValue(std::same_as<bool> auto truth) : any_(truth) {}

    // NOLINTEND(google-explicit-constructor)

    [[nodiscard]] const Any& any() const { return any_; }

private:
    Any any_;
};

struct LogField {
    std::string_view key;  ///< camelCase, as in the REST interface; never a secret's name.
    LogValue value;
};

/// Takes lines. May be used from any thread, never throws, never fails visibly: a line that cannot
/// be written is lost.
class Log {
public:
    Log() = default;
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;
    virtual ~Log() = default;

    /// Whether a line of this level would be written. Ask before building costly fields.
    [[nodiscard]] virtual bool enabled(LogLevel level) const noexcept = 0;
    virtual void write(LogLevel level,
                       std::string_view message,
                       std::span<const LogField> fields) noexcept = 0;

    using Fields = std::initializer_list<LogField>;

    void trace(std::string_view message, Fields fields = {}) noexcept {
        say(LogLevel::trace, message, fields);
    }

    void debug(std::string_view message, Fields fields = {}) noexcept {
        say(LogLevel::debug, message, fields);
    }

    /// Normal life: started, stopped, recovered 3 leases.
    void info(std::string_view message, Fields fields = {}) noexcept {
        say(LogLevel::info, message, fields);
    }

    /// Somebody should look when it repeats; the program copes.
    void warn(std::string_view message, Fields fields = {}) noexcept {
        say(LogLevel::warn, message, fields);
    }

    /// Somebody should look now: something promised was not done.
    void error(std::string_view message, Fields fields = {}) noexcept {
        say(LogLevel::error, message, fields);
    }

    /// Drops every line. Has no state, so one serves all.
    [[nodiscard]] static Log& null() noexcept;

private:
    void say(LogLevel level, std::string_view message, Fields fields) noexcept {
        if (enabled(level)) write(level, message, {fields.begin(), fields.size()});
    }
};

enum class LogFormat : std::uint8_t {
    text,  ///< `2026-12-24T17:00:00.000Z warn  delivery failed id=a attempt=3`
    json,  ///< `{"time":"2026-12-24T17:00:00.000Z","level":"warn","message":…,"id":"a",…}`
};

struct LogOptions {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
    /// The time of a line; called from any thread. app passes its Clock. Required.
    std::function<TimePoint()> now;
};

/// Writes lines to standard error, each flushed.
[[nodiscard]] std::unique_ptr<Log> open_log(LogOptions options);
/// The same to a stream that outlives it.
[[nodiscard]] std::unique_ptr<Log> open_log(LogOptions options, std::ostream& out);

}  // namespace carillon
