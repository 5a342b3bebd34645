#include "dynamo/remote/remote.hpp"

#include "dynamo/remote/core.hpp"
#include "runtime/oneshot.hpp"
#include "runtime/task_group.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <memory>
#include <utility>

namespace carillon::dynamo {

namespace {

using remote::Core;

/// Runs a task on the engine's loop, wherever it is awaited.
class Engine final : public RemoteDatabase {
public:
    Engine(RemoteOptions options,
           aws::JsonClientOptions client,
           aws::JsonClientOptions streams,
           aws::CredentialOptions credentials,
           runtime::Loop& loop,
           runtime::BlockingPool& pool,
           Random& random,
           Log& log,
           net::ClientOptions http)
        : has_streams_(options.streams),
          core_(std::move(options),
                std::move(client),
                std::move(streams),
                std::move(credentials),
                loop,
                pool,
                random,
                log,
                std::move(http)),
          visitors_(loop) {}

    [[nodiscard]] Capabilities capabilities() const override {
        Capabilities what;
        what.transactions = core_.transactions();
        what.streams = has_streams_;
        return what;
    }

    Task<Result<TableDescription>> create_table(TableSchema schema) override {
        return there(core_.create_table(std::move(schema)));
    }

    Task<Result<TableDescription>> describe_table(std::string table) override {
        return there(core_.describe_table(std::move(table)));
    }

    Task<Result<std::vector<std::string>>> list_tables() override {
        return there(core_.list_tables());
    }

    Task<Result<TableDescription>> delete_table(std::string table) override {
        return there(core_.delete_table(std::move(table)));
    }

    Task<Result<TableDescription>> update_table(std::string table, TableChange change) override {
        return there(core_.update_table(std::move(table), std::move(change)));
    }

    Task<Result<>> set_time_to_live(std::string table,
                                    std::optional<std::string> attribute) override {
        return there(core_.set_time_to_live(std::move(table), std::move(attribute)));
    }

    Task<Result<std::optional<Item>>> put_item(PutRequest request) override {
        return there(core_.put_item(std::move(request)));
    }

    Task<Result<std::optional<Item>>> get_item(GetRequest request) override {
        return there(core_.get_item(std::move(request)));
    }

    Task<Result<std::optional<Item>>> update_item(UpdateRequest request) override {
        return there(core_.update_item(std::move(request)));
    }

    Task<Result<std::optional<Item>>> delete_item(DeleteRequest request) override {
        return there(core_.delete_item(std::move(request)));
    }

    Task<Result<Page>> query(QueryRequest request) override {
        return there(core_.query(std::move(request)));
    }

    Task<Result<Page>> scan(ScanRequest request) override {
        return there(core_.scan(std::move(request)));
    }

    Task<Result<BatchGetResult>> batch_get(BatchGetRequest request) override {
        return there(core_.batch_get(std::move(request)));
    }

    Task<Result<>> batch_write(std::vector<Write> writes) override {
        return there(core_.batch_write(std::move(writes)));
    }

    Task<Result<>> transact_write(WriteUnit unit, std::string token) override {
        return there(core_.transact_write(std::move(unit), std::move(token)));
    }

    Task<Result<std::vector<std::optional<Item>>>> transact_get(
        std::vector<GetRequest> requests) override {
        return there(core_.transact_get(std::move(requests)));
    }

    Task<std::vector<Result<>>> update_batch(std::vector<WriteUnit> units,
                                             bool /*durable*/) override {
        return there(core_.update_batch(std::move(units)));
    }

    [[nodiscard]] Watch watch(runtime::Loop& /*loop*/,
                              std::string /*table*/,
                              std::string /*index*/,
                              std::vector<Value> /*partitions*/,
                              WatchCallback /*callback*/) override {
        return {};
    }

    Task<Result<std::vector<StreamDescription>>> list_streams(std::string table) override {
        if (!has_streams_) return Database::list_streams(std::move(table));
        return there(core_.list_streams(std::move(table)));
    }

    Task<Result<StreamDescription>> describe_stream(StreamName stream) override {
        if (!has_streams_) return Database::describe_stream(std::move(stream));
        return there(core_.describe_stream(std::move(stream)));
    }

    Task<Result<ChangePage>> read_changes(ChangesRequest request) override {
        if (!has_streams_) return Database::read_changes(std::move(request));
        return there(core_.read_changes(std::move(request)));
    }

    [[nodiscard]] RemoteStats stats() const override {
        const aws::JsonClientCounts& tables = core_.counts();
        const aws::JsonClientCounts& streams = core_.stream_counts();
        return {tables.calls + streams.calls,
                tables.attempts + streams.attempts,
                tables.throttled + streams.throttled,
                tables.unclear + streams.unclear};
    }

    Task<> close() override {
        co_await visitors_.join();
        co_await core_.close();
    }

private:
    template <class T>
    struct Visit {
        Task<T> task;
        runtime::Resume<T> resume;
        asio::io_context& home;
    };

    template <class T>
    Task<T> there(Task<T> task) {
        const Executor here = co_await asio::this_coro::executor;
        asio::io_context& home = here.context();
        if (&home == &core_.loop().context()) co_return co_await std::move(task);
        co_return co_await travel(std::move(task), home);
    }

    template <class T>
    Task<T> travel(Task<T> task, asio::io_context& home) {
        return runtime::suspend<T>(
            [this, task = std::move(task), &home](runtime::Resume<T> resume) mutable {
                // Shared because std::function wants copies, and neither part can be copied.
                auto visit =
                    std::make_shared<Visit<T>>(Visit<T>{std::move(task), std::move(resume), home});
                core_.loop().post([this, visit] { visitors_.spawn(carry(visit)); });
            });
    }

    template <class T>
    static Task<> carry(std::shared_ptr<Visit<T>> visit) {
        T value = co_await std::move(visit->task);
        asio::post(visit->home,
                   [resume = std::move(visit->resume), value = std::move(value)]() mutable {
                       std::move(resume)(std::move(value));
                   });
    }

    const bool has_streams_;
    Core core_;
    runtime::TaskGroup visitors_;
};

/// Nobody but emulators lives there; they take any key.
bool is_local(const std::string& region, const net::Url& endpoint) {
    const std::string& host = endpoint.host;
    return region == "local" || host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<net::Url> endpoint_of(const RemoteOptions& options) {
    if (options.endpoint) return *options.endpoint;
    const std::string_view given = aws::variable(options.environment, "AWS_ENDPOINT_URL_DYNAMODB");
    if (!given.empty()) return net::parse_url(given);
    if (options.region == "local") {
        return fail(Errc::invalid, "the region local needs an endpoint");
    }
    return net::parse_url("https://dynamodb." + options.region + "." +
                          std::string(aws::dns_suffix(options.region)) + "/");
}

/// Emulators serve both under one name.
Result<net::Url> streams_endpoint_of(const RemoteOptions& options, const net::Url& tables) {
    const std::string_view given =
        aws::variable(options.environment, "AWS_ENDPOINT_URL_DYNAMODB_STREAMS");
    if (!options.endpoint && !given.empty()) return net::parse_url(given);
    const bool own = options.endpoint ||
                     !aws::variable(options.environment, "AWS_ENDPOINT_URL_DYNAMODB").empty();
    if (own) return tables;
    return net::parse_url("https://streams.dynamodb." + options.region + "." +
                          std::string(aws::dns_suffix(options.region)) + "/");
}

}  // namespace

Result<std::unique_ptr<RemoteDatabase>> open_remote(RemoteOptions options,
                                                    runtime::Loop& loop,
                                                    runtime::BlockingPool& pool,
                                                    Random& random,
                                                    Log& log) {
    if (options.region.empty()) return fail(Errc::invalid, "a DynamoDB store needs a region");
    aws::JsonClientOptions client;
    CARILLON_TRY(client.endpoint, endpoint_of(options));
    client.scope = {options.region, "dynamodb"};
    client.attempt_timeout = options.request_timeout;
    aws::JsonClientOptions streams = client;
    CARILLON_TRY(streams.endpoint, streams_endpoint_of(options, client.endpoint));
    streams.target_prefix = "DynamoDBStreams_20120810";
    net::ClientOptions http;
    // AWS's own services for containers and machines live on link-local addresses, emulators on
    // loopback; who configures a store may reach it anywhere.
    CARILLON_TRY(http.guard, net::AddressGuard::parse("0.0.0.0/0,::/0"));
    http.connections_per_host_max = std::max<std::size_t>(1, options.connections_max);
    http.idle_connections_max = http.connections_per_host_max;
    http.verify_tls = options.verify_tls;
    http.ca_file = options.ca_file;
    aws::CredentialOptions credentials;
    credentials.environment = options.environment;
    credentials.profile = options.profile;
    credentials.region = options.region;
    credentials.read = options.read_file;
    if (is_local(options.region, client.endpoint)) {
        credentials.reach = aws::Reach::files_only;
        credentials.fallback =
            aws::Credentials{.access_key_id = "local", .secret_access_key = "local"};
    }
    return std::make_unique<Engine>(std::move(options),
                                    std::move(client),
                                    std::move(streams),
                                    std::move(credentials),
                                    loop,
                                    pool,
                                    random,
                                    log,
                                    std::move(http));
}

}  // namespace carillon::dynamo
