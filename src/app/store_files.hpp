// `carillon store stats|check|backup|restore|compact`: on a directory that nobody has open, or on
// the store of a running server.

#pragma once

#include "app/store_tool.hpp"

namespace carillon::app {

/// Requires a command whose `what` is StoreFiles.
[[nodiscard]] cli::ExitCode run_store_files(const StoreCommand& command,
                                            const ToolEnvironment& environment,
                                            cli::Console& console,
                                            runtime::Clock& clock);

}  // namespace carillon::app
