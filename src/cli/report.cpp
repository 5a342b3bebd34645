#include "cli/report.hpp"

#include "cli/api.hpp"
#include "cli/webhook_commands.hpp"

#include <ostream>

namespace carillon::cli {
namespace {

void print(const Error& error, Console& console) {
    const std::string where = error.field.empty() ? "" : error.field + ": ";
    console.err << "error: " << printable(where + error.message) << '\n';
}

}  // namespace

ExitCode report_error(const Error& error, Console& console, const std::string& server) {
    print(error, console);
    const ExitCode code = exit_code_of(error);
    if (code == ExitCode::unreachable) console.err << advice(error, server) << '\n';
    return code;
}

ExitCode report_usage(const Error& error, Console& console) {
    print(error, console);
    return ExitCode::usage;
}

}  // namespace carillon::cli
