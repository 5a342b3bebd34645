// What the program says of a command line that makes no sense: which command is meant, what it
// takes instead, and where its help is.

#pragma once

#include <string>

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace carillon::app {

/// `root` as it is after the failed parse.
[[nodiscard]] std::string failure_text(const CLI::App* root, const CLI::Error& error);

}  // namespace carillon::app
