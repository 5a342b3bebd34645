#include "app/store_files.hpp"

#include "app/server_maintenance.hpp"
#include "app/store_maintenance.hpp"
#include "app/store_open.hpp"
#include "cli/table.hpp"
#include "runtime/system_random.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <system_error>
#include <utility>

namespace carillon::app {

namespace {

namespace fs = std::filesystem;
using cli::ExitCode;
using dynamo::endpoint::Maintenance;

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
          clock_(clock),
          loop_(clock) {}

    ExitCode run();

private:
    ExitCode on_server(const std::string& url);
    ExitCode on_directory(const std::string& directory);
    Task<ExitCode> ask_server(ServerMaintenance& server);
    Task<ExitCode> carry_out(Maintenance& store);
    Task<ExitCode> stats(Maintenance& store);
    Task<ExitCode> check(Maintenance& store);
    Task<ExitCode> backup(Maintenance& store);
    Task<ExitCode> compact(Maintenance& store);
    ExitCode restore(const std::string& directory);
    void tell_compaction(const dynamo::endpoint::Compaction& done);

    ExitCode wrong(const Error& error) { return report_store_error(error, console_); }

    void watch(const char* doing) {
        if (environment_.progress) console_.err << doing << " ..." << std::endl;
    }

    const StoreCommand& command_;
    const StoreFiles& work_;
    const ToolEnvironment& environment_;
    cli::Console& console_;
    runtime::Clock& clock_;
    runtime::Loop loop_;
    std::string place_{};  ///< What the store is called.
    std::string copy_{};   ///< Where the backup goes.
    /// Of a directory: told when it is closed, since some files go only then.
    std::optional<dynamo::endpoint::Compaction> compacted_{};
};

ExitCode Files::run() {
    copy_ = work_.other;
    if (command_.url && work_.work == FileWork::restore) {
        console_.err << "error: a backup is brought back into a directory, not into a running "
                        "server: --store embedded:DIR\n";
        return ExitCode::usage;
    }
    if (command_.url) return on_server(*command_.url);
    const auto url = parse_store_url(store_url_of(command_.store));
    if (!url) return wrong(url.error());
    if (url->directory.empty()) {
        console_.err << "error: this works on a directory (--store embedded:DIR) or on a running "
                        "server (--url http://HOST:PORT)\n";
        return ExitCode::usage;
    }
    if (work_.work == FileWork::restore) return restore(url->directory);
    return on_directory(url->directory);
}

ExitCode Files::on_server(const std::string& url) {
    runtime::BlockingPool pool(1);
    runtime::SystemRandom random;
    aws::Environment environment;
    for (const std::string& name : aws::variable_names()) {
        if (const auto value = environment_.getenv(name); value && !value->empty()) {
            environment[name] = *value;
        }
    }
    place_ = url;
    // The server has a working directory of its own.
    std::error_code fault;
    if (!copy_.empty()) copy_ = fs::absolute(copy_, fault).lexically_normal().string();
    const auto server = ServerMaintenance::open(url, environment, loop_, pool, random);
    if (!server) return wrong(server.error());
    return run_on_loop(loop_, [&] { return ask_server(**server); });
}

Task<ExitCode> Files::ask_server(ServerMaintenance& server) {
    const ExitCode code = co_await carry_out(server);
    co_await server.close();
    if (compacted_) tell_compaction(*compacted_);
    co_return code;
}

ExitCode Files::on_directory(const std::string& directory) {
    if (const auto holds = check_store_directory(directory); !holds) return wrong(holds.error());
    dynamo::EmbeddedOptions options;
    options.directory = directory;
    options.inline_writer = true;
    auto store = dynamo::open_embedded(options, clock_);
    if (!store) return wrong(store.error());
    place_ = directory;
    ExitCode code = ExitCode::failed;
    {
        StoreMaintenance maintenance(loop_, **store, directory);
        code = run_on_loop(loop_, [&] { return carry_out(maintenance); });
    }
    if (!compacted_) return code;
    store->reset();
    compacted_->after = bytes_in(directory);
    tell_compaction(*compacted_);
    return code;
}

Task<ExitCode> Files::carry_out(Maintenance& store) {
    switch (work_.work) {
        case FileWork::stats:
            return stats(store);
        case FileWork::check:
            return check(store);
        case FileWork::backup:
            return backup(store);
        default:
            return compact(store);
    }
}

Task<ExitCode> Files::stats(Maintenance& store) {
    const auto figures = co_await store.stats();
    if (!figures) co_return wrong(figures.error());
    if (command_.json) {
        console_.out << fmt::format(
            "{{\"tables\":{},\"indexes\":{},\"items\":{},\"itemBytes\":{},\"fileBytes\":{},"
            "\"memoryBytes\":{}}}\n",
            figures->tables,
            figures->indexes,
            figures->items,
            figures->item_bytes,
            figures->file_bytes,
            figures->memory_bytes);
        co_return ExitCode::ok;
    }
    console_.out << fmt::format(
        "store    {}\ntables   {}, with {} indexes\nitems    {}, {}\nfiles    {}\nmemory   {}{}\n",
        cli::printable(place_),
        figures->tables,
        figures->indexes,
        figures->items,
        cli::bytes_text(figures->item_bytes),
        cli::bytes_text(figures->file_bytes),
        cli::bytes_text(figures->memory_bytes),
        command_.url ? "" : " while open here");
    co_return ExitCode::ok;
}

Task<ExitCode> Files::check(Maintenance& store) {
    watch("reading everything: checksums, and each index against its items");
    const auto report = co_await store.check();
    if (!report) co_return wrong(report.error());
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
    co_return report->faults == 0 ? ExitCode::ok : ExitCode::failed;
}

Task<ExitCode> Files::backup(Maintenance& store) {
    watch("copying");
    const auto bytes = co_await store.backup(copy_);
    if (!bytes) co_return wrong(bytes.error());
    if (command_.json) {
        console_.out << fmt::format("{{\"fileBytes\":{}}}\n", *bytes);
    } else {
        console_.out << fmt::format(
            "{} copied to {}, {}\nbring it back: carillon store restore {} --store embedded:DIR\n",
            cli::printable(place_),
            cli::printable(copy_),
            cli::bytes_text(*bytes),
            cli::printable(copy_));
    }
    co_return ExitCode::ok;
}

Task<ExitCode> Files::compact(Maintenance& store) {
    watch("rewriting");
    const auto done = co_await store.compact();
    if (!done) co_return wrong(done.error());
    compacted_ = *done;
    co_return ExitCode::ok;
}

void Files::tell_compaction(const dynamo::endpoint::Compaction& done) {
    if (command_.json) {
        console_.out << fmt::format("{{\"before\":{},\"after\":{}}}\n", done.before, done.after);
    } else {
        console_.out << fmt::format(
            "{} before, {} after\n", cli::bytes_text(done.before), cli::bytes_text(done.after));
    }
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
    dynamo::EmbeddedOptions options;
    options.directory = directory;
    options.inline_writer = true;
    const auto store = dynamo::open_embedded(options, clock_);
    if (!store) return wrong(store.error());
    StoreMaintenance maintenance(loop_, **store, directory);
    return run_on_loop(loop_, [&] { return check(maintenance); });
}

}  // namespace

ExitCode run_store_files(const StoreCommand& command,
                         const ToolEnvironment& environment,
                         cli::Console& console,
                         runtime::Clock& clock) {
    return Files(command, environment, console, clock).run();
}

}  // namespace carillon::app
