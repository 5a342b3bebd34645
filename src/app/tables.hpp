// `carillon tables`: the tables that Carillon uses, made, shown, or written as templates.

#pragma once

#include "app/config.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "dynamo/schema.hpp"
#include "runtime/clock.hpp"

#include <optional>
#include <string>
#include <vector>

namespace carillon::app {

enum class TablesAction : std::uint8_t { create, describe, export_template };

/// As the command line has them.
struct TablesOptions {
    TablesAction action = TablesAction::describe;
    std::string format = "cloudformation";  ///< Of templates; or `terraform`.
    std::string billing = "on-demand";      ///< Or `READ/WRITE`: provisioned units.
    std::string stream{};                   ///< A view type, or empty.
    std::string ttl{};                      ///< The attribute with an item's expiry, or empty.
    std::vector<std::string> tags{};        ///< `KEY=VALUE`.
    bool protect = false;                   ///< Deletion protection.
};

/// Everything of the options that a table can have. `invalid` names the flag.
[[nodiscard]] Result<> apply_options(dynamo::TableSchema& schema, const TablesOptions& options);

/// The tables of the store that `config` names, under the names that its server knows.
[[nodiscard]] Result<std::vector<dynamo::TableSchema>> tables_of(const Config& config,
                                                                 bool with_prefix);

[[nodiscard]] cli::ExitCode tables(const TablesOptions& options,
                                   const Config& config,
                                   cli::Console& console,
                                   runtime::Clock& clock);

}  // namespace carillon::app
