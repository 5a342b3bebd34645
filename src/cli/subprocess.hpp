// A command of the shell: text in, what it prints out, its end within a time.
//
// Blocks the calling thread, which should be one of a BlockingPool. The command is a process group
// of its own: when its time is up, or when it is to stop, all of the group get SIGTERM and, two
// seconds later, SIGKILL.

#pragma once

#include "core/result.hpp"
#include "runtime/clock.hpp"

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace carillon::cli {

struct Subprocess {
    std::string command{};  ///< For `/bin/sh -c`.
    std::string input{};    ///< Standard input; one that does not read it is not at fault.
    std::vector<std::pair<std::string, std::string>> environment{};  ///< Added to this process's.
    Duration timeout{0};                                             ///< 0: none.
    std::size_t output_max = 4'096;  ///< The last bytes of what it prints that are kept.
    bool pass_output = false;        ///< What it prints goes to this process's standard error too.
};

struct SubprocessEnd {
    int exit_code = -1;  ///< -1: ended by a signal.
    int signal = 0;
    bool timed_out = false;
    bool stopped = false;
    std::string output{};  ///< The end of standard output and standard error, as they came.
};

/// `unavailable` when no process can be made. SIGPIPE must be ignored, as the program does.
[[nodiscard]] Result<SubprocessEnd> run_subprocess(const Subprocess& what,
                                                   const runtime::Clock& clock,
                                                   const std::atomic<bool>& stopping);

}  // namespace carillon::cli
