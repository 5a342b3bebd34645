// `carillon records`: opens the store that the line names, and does it.

#pragma once

#include "app/store_tool.hpp"
#include "cli/records_commands.hpp"

#include <string>
#include <variant>

namespace carillon::app {

struct RecordsCommand {
    std::string store{};               ///< A store's URL, or a directory.
    std::optional<std::string> url{};  ///< Of a running server, instead.
    cli::RecordsOptions options{};
    std::variant<cli::RecordsCreate,
                 cli::RecordsPut,
                 cli::RecordsList,
                 cli::RecordsRequeue,
                 cli::RecordsProcess>
        what{};
};

[[nodiscard]] cli::ExitCode run_records(const RecordsCommand& command,
                                        const ToolEnvironment& environment,
                                        cli::Console& console,
                                        runtime::Clock& clock);

}  // namespace carillon::app
