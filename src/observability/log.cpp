#include "observability/log.hpp"

#include "core/json.hpp"
#include "core/text.hpp"

#include <array>
#include <charconv>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <string>
#include <utility>

namespace carillon {
namespace {

class NullLog final : public Log {
public:
    [[nodiscard]] bool enabled(LogLevel) const noexcept override { return false; }

    void write(LogLevel, std::string_view, std::span<const LogField>) noexcept override {}
};

constexpr std::array<std::string_view, 6> level_names{
    "trace", "debug", "info", "warn", "error", "off"};

/// Appends `text` with every byte that is not part of a well-formed character as U+FFFD, so that
/// one hostile header cannot make a line unreadable for whoever parses it.
void append_repaired(std::string& out, std::string_view text) {
    while (!text.empty()) {
        std::size_t length = 1;
        const auto lead = static_cast<unsigned char>(text.front());
        if (lead >= 0xf0) {
            length = 4;
        } else if (lead >= 0xe0) {
            length = 3;
        } else if (lead >= 0xc0) {
            length = 2;
        }
        const std::string_view character = text.substr(0, length);
        if (character.size() == length && is_utf8(character)) {
            out += character;
        } else {
            out += "\xef\xbf\xbd";
            length = 1;
        }
        text.remove_prefix(length);
    }
}

void append_quoted(std::string& out, std::string_view text) {
    if (is_utf8(text)) return append_json_string(out, text);
    std::string repaired;
    append_repaired(repaired, text);
    append_json_string(out, repaired);
}

/// Whether a text can stand in a plain line without quotes.
bool is_plain(std::string_view text) {
    if (text.empty()) return false;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\\' || c == '=' ||
            static_cast<unsigned char>(c) >= 0x7f) {
            return false;
        }
    }
    return true;
}

struct ValueWriter {
    std::string& out;
    bool plain_text;

    void operator()(std::string_view text) const {
        if (plain_text && is_plain(text)) {
            out += text;
        } else {
            append_quoted(out, text);
        }
    }

    void operator()(bool truth) const { out += truth ? "true" : "false"; }

    void operator()(double number) const { append_text(out, number); }

    void operator()(std::integral auto number) const {
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        out.append(digits.data(), end);
    }
};

std::string json_line(TimePoint now,
                      LogLevel level,
                      std::string_view message,
                      std::span<const LogField> fields) {
    std::string line = R"({"time":")";
    line += format_instant(now);
    line += R"(","level":")";
    line += to_string(level);
    line += R"(","message":)";
    append_quoted(line, message);
    for (const LogField& field : fields) {
        line += ',';
        append_quoted(line, field.key);
        line += ':';
        std::visit(ValueWriter{line, false}, field.value.any());
    }
    line += '}';
    return line;
}

std::string text_line(TimePoint now,
                      LogLevel level,
                      std::string_view message,
                      std::span<const LogField> fields) {
    std::string line = format_instant(now);
    line += ' ';
    line += to_string(level);
    line.append(6 - to_string(level).size(), ' ');
    // The escapes of JSON without its quotes: a message must not end its line.
    std::string quoted;
    append_quoted(quoted, message);
    line.append(quoted, 1, quoted.size() - 2);
    for (const LogField& field : fields) {
        line += ' ';
        line += field.key;
        line += '=';
        std::visit(ValueWriter{line, true}, field.value.any());
    }
    return line;
}

class SpdlogLog final : public Log {
public:
    SpdlogLog(LogOptions options, spdlog::sink_ptr sink)
        : options_(std::move(options)), logger_("carillon", std::move(sink)) {
        CARILLON_CHECK(options_.now != nullptr);
        // Levels are decided here, lines are made here; spdlog writes them, one at a time.
        logger_.set_level(spdlog::level::trace);
        logger_.set_pattern("%v");
        logger_.flush_on(spdlog::level::trace);
        logger_.set_error_handler([](const std::string&) {});
    }

    [[nodiscard]] bool enabled(LogLevel level) const noexcept override {
        return level >= options_.level && level != LogLevel::off;
    }

    void write(LogLevel level,
               std::string_view message,
               std::span<const LogField> fields) noexcept override {
        if (!enabled(level)) return;
        try {
            const TimePoint now = options_.now();
            const std::string line = options_.format == LogFormat::json
                                         ? json_line(now, level, message, fields)
                                         : text_line(now, level, message, fields);
            logger_.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
        } catch (...) {  // NOLINT(bugprone-empty-catch): a line is lost, as the contract says.
        }
    }

private:
    LogOptions options_;
    spdlog::logger logger_;
};

}  // namespace

std::string_view to_string(LogLevel level) {
    return level_names[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
    if (equals_ignoring_case(text, "warning")) return LogLevel::warn;
    for (std::size_t at = 0; at < level_names.size(); ++at) {
        if (equals_ignoring_case(text, level_names[at])) return static_cast<LogLevel>(at);
    }
    return std::nullopt;
}

Log& Log::null() noexcept {
    static NullLog log;
    return log;
}

std::unique_ptr<Log> open_log(LogOptions options) {
    return std::make_unique<SpdlogLog>(std::move(options),
                                       std::make_shared<spdlog::sinks::stderr_sink_mt>());
}

std::unique_ptr<Log> open_log(LogOptions options, std::ostream& out) {
    return std::make_unique<SpdlogLog>(std::move(options),
                                       std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
}

}  // namespace carillon
