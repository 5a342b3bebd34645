#include "app/store_tool.hpp"

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

std::uint64_t bytes_in(const std::string& directory) {
    std::uint64_t bytes = 0;
    std::error_code fault;
    for (const auto& entry : fs::recursive_directory_iterator(directory, fault)) {
        std::error_code unread;
        const auto size = entry.is_regular_file(unread) ? entry.file_size(unread) : 0;
        if (!unread) bytes += size;
    }
    return bytes;
}

std::string size_text(std::uint64_t bytes) {
    return cli::bytes_text(bytes);
}

/// What is done with a directory, and how it is told.
class Files {
public:
    Files(const StoreCommand& command,
          const ToolEnvironment& environment,
          cli::Console& console,
          runtime::Clock& clock)
        : command_(command),
          work_(std::get<StoreFiles>(command.what)),
          environment_(environment),
          console_(console),
          clock_(clock) {}

    ExitCode run();

private:
    ExitCode stats(const std::string& directory, dynamo::EmbeddedDatabase& store);
    ExitCode check(dynamo::EmbeddedDatabase& store);
    ExitCode backup(const std::string& directory, dynamo::EmbeddedDatabase& store);
    ExitCode restore(const std::string& directory);
    ExitCode compact(const std::string& directory, std::unique_ptr<dynamo::EmbeddedDatabase> store);

    ExitCode wrong(const Error& error) { return report_store_error(error, console_); }

    void watch(const char* doing) {
        if (environment_.progress) console_.err << doing << " ..." << std::endl;
    }

    Result<std::unique_ptr<dynamo::EmbeddedDatabase>> open(const std::string& directory);

    const StoreCommand& command_;
    const StoreFiles& work_;
    const ToolEnvironment& environment_;
    cli::Console& console_;
    runtime::Clock& clock_;
};

Result<std::unique_ptr<dynamo::EmbeddedDatabase>> Files::open(const std::string& directory) {
    CARILLON_TRY_VOID(check_store_directory(directory));
    dynamo::EmbeddedOptions options;
    options.directory = directory;
    options.inline_writer = true;
    return dynamo::open_embedded(options, clock_);
}

ExitCode Files::run() {
    if (command_.url) {
        console_.err << "error: this works on a directory, not on a running server\n"
                        "stop the server and name its directory (--store embedded:DIR); or copy "
                        "from it while it runs:\n  carillon migrate --from "
                     << cli::printable(*command_.url) << " --to embedded:DIR\n";
        return ExitCode::usage;
    }
    const auto url = parse_store_url(store_url_of(command_.store));
    if (!url) return wrong(url.error());
    if (url->directory.empty()) {
        console_.err << "error: this works on a directory: --store embedded:DIR\n";
        return ExitCode::usage;
    }
    const std::string& directory = url->directory;
    if (work_.work == FileWork::restore) return restore(directory);
    auto store = open(directory);
    if (!store) return wrong(store.error());
    switch (work_.work) {
        case FileWork::stats:
            return stats(directory, **store);
        case FileWork::check:
            return check(**store);
        case FileWork::backup:
            return backup(directory, **store);
        default:
            return compact(directory, *std::move(store));
    }
}

Task<ExitCode> count_tables(dynamo::Database& database,
                            std::vector<dynamo::TableDescription>& tables) {
    const auto names = co_await database.list_tables();
    if (!names) co_return ExitCode::failed;
    for (const std::string& name : *names) {
        auto table = co_await database.describe_table(name);
        if (!table) co_return ExitCode::failed;
        tables.push_back(*std::move(table));
    }
    co_return ExitCode::ok;
}

ExitCode Files::stats(const std::string& directory, dynamo::EmbeddedDatabase& store) {
    runtime::Loop loop(clock_);
    std::vector<dynamo::TableDescription> tables;
    const auto work = [&] { return count_tables(store, tables); };
    if (run_on_loop(loop, work) != ExitCode::ok) return ExitCode::failed;
    std::int64_t items = 0;
    std::int64_t bytes = 0;
    std::size_t indexes = 0;
    for (const dynamo::TableDescription& table : tables) {
        items += table.item_count;
        bytes += table.size_bytes;
        indexes += table.schema.indexes.size();
    }
    const dynamo::EmbeddedStats figures = store.stats();
    const std::uint64_t files = bytes_in(directory);
    if (command_.json) {
        console_.out << fmt::format(
            "{{\"tables\":{},\"indexes\":{},\"items\":{},\"itemBytes\":{},\"fileBytes\":{},"
            "\"memoryBytes\":{}}}\n",
            tables.size(),
            indexes,
            items,
            bytes,
            files,
            figures.memory_bytes);
        return ExitCode::ok;
    }
    console_.out << fmt::format(
        "directory  {}\ntables     {}, with {} indexes\nitems      {}, {}\nfiles      {}\n"
        "memory     {} while open here\n",
        cli::printable(directory),
        tables.size(),
        indexes,
        items,
        size_text(static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0))),
        size_text(files),
        size_text(figures.memory_bytes));
    return ExitCode::ok;
}

ExitCode Files::check(dynamo::EmbeddedDatabase& store) {
    watch("reading everything: checksums, and each index against its items");
    const auto report = store.check();
    if (!report) return wrong(report.error());
    if (command_.json) {
        console_.out << fmt::format("{{\"items\":{},\"indexEntries\":{},\"faults\":{}}}\n",
                                    report->items,
                                    report->index_entries,
                                    report->faults);
    } else {
        console_.out << fmt::format("{} items, {} index entries, {} faults\n",
                                    report->items,
                                    report->index_entries,
                                    report->faults);
    }
    for (const std::string& example : report->examples) {
        console_.err << cli::printable(example) << '\n';
    }
    return report->faults == 0 ? ExitCode::ok : ExitCode::failed;
}

ExitCode Files::backup(const std::string& directory, dynamo::EmbeddedDatabase& store) {
    watch("copying");
    const auto made = store.checkpoint(work_.other);
    if (!made) return wrong(made.error());
    const std::uint64_t bytes = bytes_in(work_.other);
    if (command_.json) {
        console_.out << fmt::format("{{\"fileBytes\":{}}}\n", bytes);
    } else {
        console_.out << fmt::format(
            "{} copied to {}, {}\nbring it back: carillon store restore {} --store embedded:DIR\n",
            cli::printable(directory),
            cli::printable(work_.other),
            size_text(bytes),
            cli::printable(work_.other));
    }
    return ExitCode::ok;
}

ExitCode Files::restore(const std::string& directory) {
    if (const auto holds = check_store_directory(work_.other); !holds) {
        console_.err << "error: " << cli::printable(work_.other) << " holds no backup\n";
        return ExitCode::not_found;
    }
    std::error_code fault;
    if (fs::exists(directory, fault) && !fs::is_empty(directory, fault)) {
        console_.err << "error: " << cli::printable(directory)
                     << " is not empty; name a new directory, or move that one away\n";
        return ExitCode::failed;
    }
    watch("copying");
    fs::create_directories(directory, fault);
    if (!fault) {
        fs::copy(work_.other, directory, fs::copy_options::recursive, fault);
    }
    if (fault) {
        console_.err << "error: cannot copy to " << cli::printable(directory) << ": "
                     << fault.message() << '\n';
        return ExitCode::failed;
    }
    auto store = open(directory);
    if (!store) return wrong(store.error());
    return check(**store);
}

ExitCode Files::compact(const std::string& directory,
                        std::unique_ptr<dynamo::EmbeddedDatabase> store) {
    const std::uint64_t before = bytes_in(directory);
    watch("rewriting");
    const auto done = store->compact();
    if (!done) return wrong(done.error());
    // Files that are of no use any more go with it.
    store.reset();
    const std::uint64_t after = bytes_in(directory);
    if (command_.json) {
        console_.out << fmt::format("{{\"before\":{},\"after\":{}}}\n", before, after);
    } else {
        console_.out << fmt::format("{} before, {} after\n", size_text(before), size_text(after));
    }
    return ExitCode::ok;
}

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
        return Files(command, environment, console, clock).run();
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
