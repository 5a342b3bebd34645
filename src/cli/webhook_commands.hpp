// `carillon webhook ...`: what each command asks of the server and how it shows the answer.

#pragma once

#include "cli/api.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/webhook_input.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace carillon::cli {

enum class Action : std::uint8_t { get, remove, suspend, unsuspend, retry };

/// Ids, or a selection, or everything of the namespace.
struct ActOptions {
    std::vector<std::string> ids{};
    SelectionOptions selection{};
    bool all = false;
};

struct TriggerOptions {
    bool dry_run = false;
    std::optional<std::string> at{};
    std::optional<std::string> name_space{};
    std::optional<std::string> id_prefix{};
    std::optional<std::int64_t> limit{};
};

/// Lives on the loop of its Api; all references must outlive it.
class WebhookCommands {
public:
    WebhookCommands(Api& api, Console& console, const runtime::Clock& clock, bool json)
        : api_(api), console_(console), clock_(clock), json_(json) {}

    /// With `quiet` prints the id alone.
    [[nodiscard]] Task<ExitCode> add(AddOptions options, bool quiet);
    /// With `all` goes on to the last page.
    [[nodiscard]] Task<ExitCode> list(ListOptions options, bool all);
    [[nodiscard]] Task<ExitCode> act(Action action, ActOptions options);
    [[nodiscard]] Task<ExitCode> trigger(TriggerOptions options);

private:
    [[nodiscard]] Task<ExitCode> act_on_ids(Action action, ActOptions options);
    [[nodiscard]] Task<ExitCode> act_on_many(Action action, ActOptions options);
    /// The message of an error and what to do next, on the error stream.
    ExitCode report(const Error& error);
    ExitCode usage(const std::string& message);

    Api& api_;
    Console& console_;
    const runtime::Clock& clock_;
    bool json_;
};

/// What to do next about `error`; empty when there is nothing to say.
[[nodiscard]] std::string advice(const Error& error, const std::string& server);

/// Runs `work` with a connection to `server` on a loop of its own.
[[nodiscard]] ExitCode with_api(const std::string& server,
                                Console& console,
                                runtime::Clock& clock,
                                const std::function<Task<ExitCode>(Api& api)>& work);

}  // namespace carillon::cli
