// The part of the command line that is about stores: `carillon store ...` and `carillon migrate`.

#pragma once

#include "app/store_tool.hpp"

#include <functional>

namespace CLI {
class App;
}  // namespace CLI

namespace carillon::app {

/// What the line came to is kept here while it is read.
struct StoreLine {
    StoreCommand store{};
    MigrateCommand migrate{};
    cli::ReadOptions read{};
    cli::GetOptions get{};
    cli::PutOptions put{};
    StoreFiles files{};
    std::function<void(StoreCommand)> on_store{};
    std::function<void(MigrateCommand)> on_migrate{};
};

/// `line` must outlive the parser's work. CARILLON_STORE gives a default.
void add_store_commands(CLI::App& app, StoreLine& line, const Getenv& environment);

}  // namespace carillon::app
