#include "app/records_tool.hpp"

#include "app/signals.hpp"
#include "app/store_open.hpp"
#include "core/id.hpp"
#include "runtime/system_random.hpp"

#include <utility>

namespace carillon::app {
namespace {

using cli::ExitCode;

/// Only create-tables makes a store.
Result<Store> open(const RecordsCommand& command,
                   const ToolEnvironment& environment,
                   runtime::Loop& loop,
                   runtime::BlockingPool& pool,
                   Random& random) {
    const std::string url = store_url_of(command.url ? *command.url : command.store);
    CARILLON_TRY(const StoreUrl parsed, parse_store_url(url));
    const bool creates = std::holds_alternative<cli::RecordsCreate>(command.what);
    if (!parsed.directory.empty() && !creates) {
        CARILLON_TRY_VOID(check_store_directory(parsed.directory));
    }
    return open_tool_store(url, Purpose::write, environment, loop, pool, random);
}

Task<ExitCode> work(const RecordsCommand& command,
                    cli::RecordsCommands& commands,
                    const Store& store,
                    runtime::Loop& loop,
                    Random& random) {
    // The first signal ends a run orderly, the second at once.
    runtime::StopSource stop;
    const Signals signals(loop, [&stop] { stop.request_stop(); });
    ExitCode code = ExitCode::failed;
    if (const auto* create = std::get_if<cli::RecordsCreate>(&command.what)) {
        code = co_await commands.create(*create);
    } else if (const auto* put = std::get_if<cli::RecordsPut>(&command.what)) {
        code = co_await commands.put(*put);
    } else if (const auto* list = std::get_if<cli::RecordsList>(&command.what)) {
        code = co_await commands.list(*list);
    } else if (const auto* requeue = std::get_if<cli::RecordsRequeue>(&command.what)) {
        code = co_await commands.requeue(*requeue);
    } else {
        cli::RecordsProcess process = std::get<cli::RecordsProcess>(command.what);
        process.options.owner = uuid4(random);
        code = co_await commands.process(std::move(process), stop.token());
    }
    co_await store.close();
    co_return code;
}

}  // namespace

ExitCode run_records(const RecordsCommand& command,
                     const ToolEnvironment& environment,
                     cli::Console& console,
                     runtime::Clock& clock) {
    runtime::Loop loop(clock);
    runtime::BlockingPool pool(2);
    runtime::SystemRandom random;
    auto store = open(command, environment, loop, pool, random);
    if (!store) return report_store_error(store.error(), console);
    cli::RecordsOptions options = command.options;
    options.progress = environment.progress;
    cli::RecordsCommands commands(*store->database, loop, random, console, std::move(options));
    return run_on_loop(loop, [&] { return work(command, commands, *store, loop, random); });
}

}  // namespace carillon::app
