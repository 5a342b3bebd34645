// How the program ends, so that scripts can tell why. Documented in `carillon --help`.

#pragma once

namespace carillon::cli {

enum class ExitCode : int {
    ok = 0,
    failed = 1,       ///< The operation was refused or went wrong.
    usage = 2,        ///< The command line makes no sense.
    unreachable = 3,  ///< No server answers.
    not_found = 4,    ///< There is no such webhook, schedule, run, table or item.
};

}  // namespace carillon::cli
