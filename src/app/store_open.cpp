#include "app/store_open.hpp"

#include "runtime/task_group.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace carillon::app {

namespace {

namespace fs = std::filesystem;

aws::Environment aws_environment(const Getenv& getenv) {
    aws::Environment out;
    for (const std::string& name : aws::variable_names()) {
        if (const auto value = getenv(name); value && !value->empty()) out[name] = *value;
    }
    return out;
}

Task<> keep_and_stop(runtime::Loop& loop, Task<cli::ExitCode> work, cli::ExitCode& code) {
    code = co_await std::move(work);
    loop.stop();
}

Result<Store> open_directory(const std::string& directory, Purpose purpose, runtime::Clock& clock) {
    if (purpose == Purpose::look) CARILLON_TRY_VOID(check_store_directory(directory));
    dynamo::EmbeddedOptions options;
    options.directory = directory;
    // Without a thread of its own nothing is swept or filled while somebody looks.
    options.inline_writer = purpose == Purpose::look;
    CARILLON_TRY(auto embedded, dynamo::open_embedded(options, clock));
    Store store;
    store.embedded = embedded.get();
    store.database = std::move(embedded);
    return store;
}

}  // namespace

std::string store_url_of(const std::string& text) {
    if (text.starts_with("http://") || text.starts_with("https://")) {
        return "dynamodb://local?endpoint=" + text;
    }
    if (text.find(':') == std::string::npos) return "embedded:" + text;
    return text;
}

Result<> check_store_directory(const std::string& directory) {
    std::error_code fault;
    // RocksDB's own way to say that a directory is a database.
    if (fs::exists(fs::path(directory) / "CURRENT", fault)) return {};
    return fail(Errc::not_found,
                fmt::format("{} holds no store; name one with --store embedded:DIR, or a running "
                            "server with --url http://HOST:PORT",
                            directory));
}

Result<Store> open_tool_store(const std::string& url,
                              Purpose purpose,
                              const ToolEnvironment& environment,
                              runtime::Loop& loop,
                              runtime::BlockingPool& pool,
                              Random& random) {
    CARILLON_TRY(const StoreUrl parsed, parse_store_url(url));
    if (parsed.memory) {
        return fail(Errc::invalid,
                    "a store in memory is gone with its process: ask a running "
                    "server with --url http://HOST:PORT");
    }
    if (!parsed.dynamodb) return open_directory(parsed.directory, purpose, loop.clock());
    Config config;
    config.store = url;
    config.aws = aws_environment(environment.getenv);
    // A server of one's own takes any key, but wants one.
    const bool own = parsed.dynamodb->region == "local";
    if (own && parsed.dynamodb->profile.empty() && !config.aws.contains("AWS_ACCESS_KEY_ID")) {
        config.aws["AWS_ACCESS_KEY_ID"] = "carillon";
        config.aws["AWS_SECRET_ACCESS_KEY"] = "carillon";
    }
    return open_any_store(config, loop, pool, random, Log::null());
}

cli::ExitCode report_store_error(const Error& error, cli::Console& console) {
    console.err << "error: " << cli::printable(error.message) << '\n';
    if (error.message.find("in use by another process") != std::string::npos) {
        console.err << "a running server can be asked: --url http://HOST:PORT, where it serves "
                       "DynamoDB\n(carillon dynamodb, or carillon serve --dynamodb-port PORT)\n";
        return cli::ExitCode::failed;
    }
    if (error.code == Errc::not_found) return cli::ExitCode::not_found;
    if (error.code == Errc::unavailable || error.code == Errc::timeout) {
        return cli::ExitCode::unreachable;
    }
    return error.code == Errc::invalid ? cli::ExitCode::usage : cli::ExitCode::failed;
}

cli::ExitCode run_on_loop(runtime::Loop& loop, const std::function<Task<cli::ExitCode>()>& work) {
    cli::ExitCode code = cli::ExitCode::failed;
    runtime::TaskGroup group(loop);
    group.spawn(keep_and_stop(loop, work(), code));
    loop.run();
    return code;
}

}  // namespace carillon::app
