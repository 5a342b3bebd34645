// `carillon store` and `carillon migrate`: opens what the line names, and does it.
//
// A directory is opened here and now, by this process alone; a running server is asked through its
// DynamoDB port. Only a restoring needs a directory.

#pragma once

#include "app/config.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/migration.hpp"
#include "cli/store_commands.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace carillon::app {

struct StoreTables {};

struct StoreScan {
    cli::ReadOptions options{};
};

struct StoreQuery {
    cli::ReadOptions options{};
};

enum class FileWork : std::uint8_t { stats, check, backup, restore, compact };

/// What is done with the whole of a store.
struct StoreFiles {
    FileWork work = FileWork::stats;
    std::string other{};  ///< Where a backup goes, or comes from.
};

struct StoreCommand {
    std::string store{};               ///< A store's URL, or a directory.
    std::optional<std::string> url{};  ///< Of a running server, instead.
    bool json = false;
    bool plain = false;
    std::variant<StoreTables, StoreScan, StoreQuery, cli::GetOptions, cli::PutOptions, StoreFiles>
        what{};
};

struct MigrateCommand {
    std::string from{};
    std::string to{};
    cli::MigrationOptions options{};
    std::string state_file = "carillon-migrate.json";
    bool json = false;
};

/// How the process was started.
struct ToolEnvironment {
    Getenv getenv{};
    bool progress = false;  ///< Whether somebody watches standard error.
};

[[nodiscard]] cli::ExitCode run_store(const StoreCommand& command,
                                      const ToolEnvironment& environment,
                                      cli::Console& console,
                                      runtime::Clock& clock);

[[nodiscard]] cli::ExitCode run_migrate(const MigrateCommand& command,
                                        const ToolEnvironment& environment,
                                        cli::Console& console,
                                        runtime::Clock& clock);

}  // namespace carillon::app
