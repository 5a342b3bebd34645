// `carillon layer ...`: what each command asks of the server and how it shows the answer.

#pragma once

#include "cli/api.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace carillon::cli {

enum class LayerAction : std::uint8_t { list, get, meta, set, sync, compact, reset };

struct LayerOptions {
    LayerAction action = LayerAction::list;
    std::string name{};
    std::optional<std::string> partition{};
    std::optional<std::string> as_of{};  ///< An instant, `-1h`.
    bool all = false;                    ///< get: the items of all partitions.
    std::string type = "PUT";            ///< set: PUT, UPDATE or DELETE.
    std::string item{};                  ///< set: JSON; empty: one item a line from standard input.
    std::optional<std::string> table{};  ///< reset: the source.
    bool json = false;
};

/// Lives on the loop of its Api; all references must outlive it.
class LayerCommands {
public:
    LayerCommands(Api& api, Console& console, const runtime::Clock& clock)
        : api_(api), console_(console), clock_(clock) {}

    [[nodiscard]] Task<ExitCode> run(LayerOptions options);

private:
    [[nodiscard]] Task<ExitCode> list(LayerOptions options);
    [[nodiscard]] Task<ExitCode> get(LayerOptions options);
    [[nodiscard]] Task<ExitCode> meta(LayerOptions options);
    [[nodiscard]] Task<ExitCode> set(LayerOptions options);
    /// sync and compact.
    [[nodiscard]] Task<ExitCode> sync(LayerOptions options);
    [[nodiscard]] Task<ExitCode> reset(LayerOptions options);

    [[nodiscard]] Task<Result<>> send(const LayerOptions& options, json::array changes);
    ExitCode report(const Error& error);

    Api& api_;
    Console& console_;
    const runtime::Clock& clock_;
};

}  // namespace carillon::cli
