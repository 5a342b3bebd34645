// `carillon run ...` and `carillon calendar ...`: runs of schedules, and the calendars that they
// know.

#pragma once

#include "cli/api.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace carillon::cli {

enum class RunAction : std::uint8_t { list, get, retry, cancel };

struct RunOptions {
    RunAction action = RunAction::list;
    std::vector<std::string> ids{};
    std::optional<std::string> tenant{};
    std::optional<std::string> schedule{};
    std::optional<std::string> status{};
    std::optional<std::string> from{};
    std::optional<std::string> to{};
    std::optional<std::string> reason{};
    std::int64_t limit = 100;
    bool all = false;
    bool json = false;
};

/// Lives on the loop of its Api; all references must outlive it.
class RunCommands {
public:
    RunCommands(Api& api, Console& console, const runtime::Clock& clock)
        : api_(api), console_(console), clock_(clock) {}

    [[nodiscard]] Task<ExitCode> run(RunOptions options);

private:
    [[nodiscard]] Task<ExitCode> list(RunOptions options);
    [[nodiscard]] Task<ExitCode> get(RunOptions options);
    /// retry and cancel, one after the other.
    [[nodiscard]] Task<ExitCode> change(RunOptions options);
    [[nodiscard]] Result<std::string> list_path(const RunOptions& options) const;
    ExitCode report(const Error& error);

    Api& api_;
    Console& console_;
    const runtime::Clock& clock_;
};

enum class CalendarAction : std::uint8_t { list, get, add, remove };

struct CalendarOptions {
    CalendarAction action = CalendarAction::list;
    std::string key{};
    std::optional<std::string> tenant{};
    std::optional<std::string> name{};
    std::vector<std::string> holidays{};
    std::optional<std::string> code{};
    std::optional<std::string> ics{};  ///< A file's name, or `-`.
    std::optional<std::int64_t> year{};
    bool force = false;
    bool json = false;
};

/// Lives on the loop of its Api; all references must outlive it.
class CalendarCommands {
public:
    CalendarCommands(Api& api, Console& console) : api_(api), console_(console) {}

    [[nodiscard]] Task<ExitCode> run(CalendarOptions options);

private:
    [[nodiscard]] Task<ExitCode> list(CalendarOptions options);
    [[nodiscard]] Task<ExitCode> get(CalendarOptions options);
    [[nodiscard]] Task<ExitCode> add(CalendarOptions options);
    [[nodiscard]] Task<ExitCode> remove(CalendarOptions options);
    ExitCode report(const Error& error);

    Api& api_;
    Console& console_;
};

}  // namespace carillon::cli
