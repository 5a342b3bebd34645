#include "app/store_tool.hpp"

#include "app/store_files.hpp"
#include "app/store_open.hpp"
#include "cli/table.hpp"
#include "runtime/system_random.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <ostream>
#include <system_error>
#include <utility>

namespace carillon::app {

namespace {

namespace fs = std::filesystem;
using cli::ExitCode;

Task<ExitCode> ask(const StoreCommand& command, const Store& store, cli::Console& console) {
    cli::StoreCommands commands(*store.database,
                                console,
                                command.json,
                                command.plain ? cli::ItemForm::plain : cli::ItemForm::typed);
    ExitCode code = ExitCode::failed;
    if (const auto* scan = std::get_if<StoreScan>(&command.what)) {
        code = co_await commands.scan(scan->options);
    } else if (const auto* query = std::get_if<StoreQuery>(&command.what)) {
        code = co_await commands.query(query->options);
    } else if (const auto* get = std::get_if<cli::GetOptions>(&command.what)) {
        code = co_await commands.get(*get);
    } else if (const auto* put = std::get_if<cli::PutOptions>(&command.what)) {
        code = co_await commands.put(*put);
    } else {
        code = co_await commands.tables();
    }
    co_await store.close();
    co_return code;
}

// --- Migration ---

class MigrationRun {
public:
    MigrationRun(const MigrateCommand& command,
                 const ToolEnvironment& environment,
                 cli::Console& console,
                 runtime::Clock& clock)
        : command_(command), environment_(environment), console_(console), clock_(clock) {}

    ExitCode run();

private:
    Result<> load();
    Result<> keep(const cli::MigrationState& state) const;
    cli::MigrationHooks hooks();
    Task<ExitCode> work(const Store& from, const Store& to);

    void clear_line() {
        if (shown_) console_.err << "\r\x1b[K" << std::flush;
        shown_ = false;
    }

    const MigrateCommand& command_;
    const ToolEnvironment& environment_;
    cli::Console& console_;
    runtime::Clock& clock_;
    cli::MigrationState state_{};
    bool shown_ = false;
};

Result<> MigrationRun::load() {
    state_ = {store_url_of(command_.from), store_url_of(command_.to), {}};
    std::ifstream file(command_.state_file);
    if (!file || command_.options.dry_run) return {};
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    auto before = cli::read_migration_state(text);
    if (!before || before->from != state_.from || before->to != state_.to) {
        return fail(Errc::invalid,
                    fmt::format("{} tells of another migration; delete it, or name another file "
                                "with --state",
                                command_.state_file));
    }
    state_ = *std::move(before);
    if (!state_.tables.empty()) {
        console_.err << "going on from " << cli::printable(command_.state_file) << '\n';
    }
    return {};
}

Result<> MigrationRun::keep(const cli::MigrationState& state) const {
    const std::string beside = command_.state_file + ".new";
    std::ofstream file(beside, std::ios::trunc);
    file << cli::to_text(state) << std::flush;
    if (!file) return fail(Errc::unavailable, "cannot write " + beside);
    file.close();
    std::error_code fault;
    fs::rename(beside, command_.state_file, fault);
    if (fault) return fail(Errc::unavailable, "cannot write " + command_.state_file);
    return {};
}

cli::MigrationHooks MigrationRun::hooks() {
    cli::MigrationHooks out;
    out.keep = [this](const cli::MigrationState& state) { return keep(state); };
    out.told = [this](const std::string& line) {
        clear_line();
        (command_.json ? console_.err : console_.out) << cli::printable(line) << std::endl;
    };
    if (!environment_.progress) return out;
    out.progress = [this](const std::string& table,
                          std::string_view step,
                          std::uint64_t done,
                          std::uint64_t total) {
        clear_line();
        console_.err << fmt::format("{}: {} of about {} {}",
                                    cli::printable(table),
                                    done,
                                    std::max(done, total),
                                    step)
                     << std::flush;
        shown_ = true;
    };
    return out;
}

Task<ExitCode> MigrationRun::work(const Store& from, const Store& to) {
    const cli::MigrationHooks told = hooks();
    const TimePoint began = clock_.now();
    const auto outcome =
        co_await cli::migrate(*from.database, *to.database, command_.options, state_, told);
    co_await from.close();
    co_await to.close();
    clear_line();
    if (!outcome) {
        const ExitCode code = report_store_error(outcome.error(), console_);
        if (!state_.tables.empty()) console_.err << "run the same again to go on\n";
        co_return code;
    }
    const double seconds = std::chrono::duration<double>(clock_.now() - began).count();
    if (command_.json) {
        console_.out << fmt::format(
            "{{\"tables\":{},\"items\":{},\"different\":{},\"seconds\":{:.3f}}}\n",
            outcome->tables,
            outcome->items,
            outcome->different.size(),
            seconds);
    } else if (!command_.options.dry_run) {
        console_.out << fmt::format("{} tables, {} items in {:.1f} s: counts and checksums {}\n",
                                    outcome->tables,
                                    outcome->items,
                                    seconds,
                                    outcome->different.empty() ? "agree" : "DIFFER");
    }
    if (!outcome->different.empty()) co_return ExitCode::failed;
    std::error_code fault;
    if (!command_.options.dry_run) fs::remove(command_.state_file, fault);
    co_return ExitCode::ok;
}

ExitCode MigrationRun::run() {
    if (const auto loaded = load(); !loaded) return report_store_error(loaded.error(), console_);
    if (state_.from == state_.to) {
        console_.err << "error: --from and --to are the same store\n";
        return ExitCode::usage;
    }
    runtime::Loop loop(clock_);
    runtime::BlockingPool pool(2);
    runtime::SystemRandom random;
    auto from = open_tool_store(state_.from, Purpose::look, environment_, loop, pool, random);
    if (!from) return report_store_error(from.error(), console_);
    auto to = open_tool_store(state_.to, Purpose::write, environment_, loop, pool, random);
    if (!to) return report_store_error(to.error(), console_);
    return run_on_loop(loop, [&] { return work(*from, *to); });
}

}  // namespace

ExitCode run_store(const StoreCommand& command,
                   const ToolEnvironment& environment,
                   cli::Console& console,
                   runtime::Clock& clock) {
    if (std::holds_alternative<StoreFiles>(command.what)) {
        return run_store_files(command, environment, console, clock);
    }
    runtime::Loop loop(clock);
    runtime::BlockingPool pool(2);
    runtime::SystemRandom random;
    const std::string url = store_url_of(command.url ? *command.url : command.store);
    auto store = open_tool_store(url, Purpose::look, environment, loop, pool, random);
    if (!store) return report_store_error(store.error(), console);
    return run_on_loop(loop, [&] { return ask(command, *store, console); });
}

ExitCode run_migrate(const MigrateCommand& command,
                     const ToolEnvironment& environment,
                     cli::Console& console,
                     runtime::Clock& clock) {
    return MigrationRun(command, environment, console, clock).run();
}

}  // namespace carillon::app
