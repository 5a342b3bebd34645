// `carillon event ...`: what each command asks of the server and how it shows the answer.

#pragma once

#include "cli/api.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace carillon::cli {

enum class EventAction : std::uint8_t { emit, list, get, retry, purge, tail };

struct EventOptions {
    EventAction action = EventAction::list;
    std::string type{};                    ///< Of emit; of the others a pattern, may be empty.
    std::optional<std::string> payload{};  ///< JSON, or text that becomes a JSON string.
    std::optional<std::string> id{};
    std::optional<std::string> key{};
    std::optional<int> priority{};
    std::optional<std::string> due{};  ///< An instant, or `+5s`.
    std::vector<std::string> ids{};
    std::optional<std::string> status{};
    std::optional<std::string> before{};
    bool unindexed = false;  ///< Also failed ones that TypeScript workers took out of the index.
    std::int64_t limit = 100;
    bool all = false;        ///< All pages; for retry: all that match.
    std::int64_t count = 0;  ///< tail: ends after so many lines; 0: never.
    bool json = false;
};

/// Lives on the loop of its Api; all references must outlive it.
class EventCommands {
public:
    EventCommands(Api& api, Console& console, const runtime::Clock& clock)
        : api_(api), console_(console), clock_(clock) {}

    [[nodiscard]] Task<ExitCode> run(EventOptions options);

private:
    [[nodiscard]] Task<ExitCode> emit(EventOptions options);
    [[nodiscard]] Task<ExitCode> list(EventOptions options);
    [[nodiscard]] Task<ExitCode> get(EventOptions options);
    /// retry and purge.
    [[nodiscard]] Task<ExitCode> change(EventOptions options);
    /// Every change of status, looked for once a second.
    [[nodiscard]] Task<ExitCode> tail(EventOptions options);

    using Seen = std::map<std::string, std::string, std::less<>>;
    [[nodiscard]] Task<Result<>> look(const EventOptions& options, Seen& now, json::array& changed);
    void show(const json::array& events, bool json);
    ExitCode report(const Error& error);

    Api& api_;
    Console& console_;
    const runtime::Clock& clock_;
    Seen seen_{};
};

}  // namespace carillon::cli
