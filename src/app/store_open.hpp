// Opening stores for tools: nothing is created that was not there, and nothing is swept meanwhile.

#pragma once

#include "app/store.hpp"
#include "app/store_tool.hpp"
#include "cli/console.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"

#include <functional>
#include <string>

namespace carillon::app {

enum class Purpose : std::uint8_t {
    look,   ///< The directory must hold a store.
    write,  ///< Made when it is not there.
};

/// A store's URL of what people write: a directory, or the URL of a running server.
[[nodiscard]] std::string store_url_of(const std::string& text);

/// What a directory of a store's URL holds; `not_found` when it is no store.
[[nodiscard]] Result<> check_store_directory(const std::string& directory);

/// Everything given must outlive the store.
[[nodiscard]] Result<Store> open_tool_store(const std::string& url,
                                            Purpose purpose,
                                            const ToolEnvironment& environment,
                                            runtime::Loop& loop,
                                            runtime::BlockingPool& pool,
                                            Random& random);

/// Prints the error and what to do about it.
[[nodiscard]] cli::ExitCode report_store_error(const Error& error, cli::Console& console);

/// Runs `work` on the loop, and gives its answer.
[[nodiscard]] cli::ExitCode run_on_loop(runtime::Loop& loop,
                                        const std::function<Task<cli::ExitCode>()>& work);

}  // namespace carillon::app
