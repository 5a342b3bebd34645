// The program: what the shell gave, the command it means, its exit code. The last catch-all is
// here.

#include "app/command_line.hpp"
#include "app/config_file.hpp"
#include "app/demo.hpp"
#include "app/dynamodb.hpp"
#include "app/listen.hpp"
#include "app/serve.hpp"
#include "app/wire.hpp"
#include "runtime/clock.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace carillon::app {
namespace {

std::optional<std::string> environment(std::string_view name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): read before any thread starts; nothing writes it.
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
}

cli::Console open_console() {
    cli::Console console{std::cin, std::cout, std::cerr};
    if (isatty(STDOUT_FILENO) == 0) return console;
    const auto no_color = environment("NO_COLOR");
    const auto term = environment("TERM");
    console.colours = (!no_color || no_color->empty()) && term && *term != "dumb";
    winsize size{};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): there is no other way to ask.
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) console.width = size.ws_col;
    return console;
}

class Runner {
public:
    cli::ExitCode operator()(const Ended& ended) {
        console_.out << ended.out << std::flush;
        console_.err << ended.err;
        return ended.code;
    }

    cli::ExitCode operator()(const ServeCommand& command) {
        const auto config = configure(command, resolve);
        if (!config) return wrong(config.error());
        return serve(*config, console_, clock_, isatty(STDERR_FILENO) != 0);
    }

    cli::ExitCode operator()(const DynamodbCommand& command) {
        const auto config = configure(command, resolve_dynamodb);
        if (!config) return wrong(config.error());
        return dynamodb(*config, console_, clock_, isatty(STDERR_FILENO) != 0);
    }

    cli::ExitCode operator()(const TablesCommand& command) {
        const auto config = configure(command, resolve);
        if (!config) return wrong(config.error());
        return tables(command.options, *config, console_, clock_);
    }

    cli::ExitCode operator()(const StoreCommand& command) {
        return run_store(command, tool_environment(), console_, clock_);
    }

    cli::ExitCode operator()(const RecordsCommand& command) {
        return run_records(command, tool_environment(), console_, clock_);
    }

    cli::ExitCode operator()(const MigrateCommand& command) {
        return run_migrate(command, tool_environment(), console_, clock_);
    }

    cli::ExitCode operator()(const DemoCommand&) { return demo(console_, clock_); }

    cli::ExitCode operator()(const VersionCommand&) {
        console_.out << "carillon " << version() << '\n';
        return cli::ExitCode::ok;
    }

    cli::ExitCode operator()(const ListenOptions& options) {
        return listen(options, console_, clock_);
    }

    cli::ExitCode operator()(const CronCommand& command) {
        return cli::explain_cron(command.options, console_, clock_.now());
    }

    cli::ExitCode operator()(const ForecastCommand& command) {
        return run_forecast(command, tool_environment(), console_, clock_);
    }

    cli::ExitCode operator()(const EventCommand& command) {
        return ask_server<cli::EventCommands>(command);
    }

    cli::ExitCode operator()(const LayerCommand& command) {
        return ask_server<cli::LayerCommands>(command);
    }

    cli::ExitCode operator()(const ScheduleCommand& command) {
        return ask_server<cli::ScheduleCommands>(command);
    }

    cli::ExitCode operator()(const RunCommand& command) {
        return ask_server<cli::RunCommands>(command);
    }

    cli::ExitCode operator()(const CalendarCommand& command) {
        return cli::with_api(command.server, console_, clock_, [&](cli::Api& api) {
            return run_calendar(api, command);
        });
    }

    cli::ExitCode operator()(const WebhookCommand& command) {
        return cli::with_api(command.server, console_, clock_, [&](cli::Api& api) {
            return run_webhook(api, command);
        });
    }

private:
    static ToolEnvironment tool_environment() { return {environment, isatty(STDERR_FILENO) != 0}; }

    template <class Given, class Resolve>
    static Result<Config> configure(const Given& command, Resolve resolve_with) {
        CARILLON_TRY(const FileTexts file,
                     read_config_file(command.config_file.value_or("carillon.toml"),
                                      command.config_file.has_value()));
        return resolve_with(command.flags, environment, file);
    }

    template <class Commands, class Command>
    cli::ExitCode ask_server(const Command& command) {
        return cli::with_api(command.server, console_, clock_, [&](cli::Api& api) {
            return run_commands<Commands>(api, command);
        });
    }

    template <class Commands, class Command>
    Task<cli::ExitCode> run_commands(cli::Api& api, const Command& command) {
        Commands commands(api, console_, clock_);
        co_return co_await commands.run(command.options);
    }

    Task<cli::ExitCode> run_calendar(cli::Api& api, const CalendarCommand& command) {
        cli::CalendarCommands commands(api, console_);
        co_return co_await commands.run(command.options);
    }

    Task<cli::ExitCode> run_webhook(cli::Api& api, const WebhookCommand& command) {
        cli::WebhookCommands commands(api, console_, clock_, command.json);
        if (const auto* add = std::get_if<AddCommand>(&command.what)) {
            co_return co_await commands.add(add->options, add->quiet);
        }
        if (const auto* list = std::get_if<ListCommand>(&command.what)) {
            co_return co_await commands.list(list->options, list->all);
        }
        if (const auto* act = std::get_if<ActCommand>(&command.what)) {
            co_return co_await commands.act(act->action, act->options);
        }
        const auto& trigger = std::get<cli::TriggerOptions>(command.what);
        co_return co_await commands.trigger(trigger);
    }

    cli::ExitCode wrong(const Error& error) {
        console_.err << "error: " << error.message << '\n';
        return error.code == Errc::invalid ? cli::ExitCode::usage : cli::ExitCode::failed;
    }

    cli::Console console_ = open_console();
    runtime::SystemClock clock_;
};

int run(int argc, char** argv) {
    // A reader that goes away (`carillon webhook list | head`) is an error of writing, not a death.
    std::signal(SIGPIPE, SIG_IGN);
    std::vector<std::string> arguments(argv + 1, argv + argc);
    const Command command = parse_command_line(std::move(arguments), environment);
    Runner runner;
    const cli::ExitCode code = std::visit([&](const auto& each) { return runner(each); }, command);
    std::cout.flush();
    return static_cast<int>(code);
}

}  // namespace
}  // namespace carillon::app

int main(int argc, char** argv) {
    try {
        return carillon::app::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "carillon: %s\n", error.what());
    } catch (...) {
        std::fprintf(stderr, "carillon: an unknown fault\n");
    }
    return static_cast<int>(carillon::cli::ExitCode::failed);
}
