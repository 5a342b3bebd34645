#include "dynamo/remote/core.hpp"

#include "dynamo/remote/failure.hpp"
#include "dynamo/remote/table_wire.hpp"
#include "dynamo/validate.hpp"

#include <utility>

namespace carillon::dynamo::remote {

namespace {

constexpr Duration pause_base{25};
constexpr Duration pause_cap{5'000};
constexpr int pauses_max = 30;

}  // namespace

Core::Core(RemoteOptions options,
           aws::JsonClientOptions client,
           aws::JsonClientOptions streams,
           aws::CredentialOptions credentials,
           runtime::Loop& loop,
           runtime::BlockingPool& pool,
           Random& random,
           Log& log,
           net::ClientOptions http)
    : options_(std::move(options)),
      loop_(loop),
      random_(random),
      http_(loop, pool, std::move(http)),
      transport_(http_),
      credentials_([&]() -> std::unique_ptr<aws::CredentialSource> {
          if (options_.credentials) {
              return std::make_unique<aws::FixedCredentials>(*options_.credentials);
          }
          auto chain = std::make_unique<aws::CredentialChain>(
              loop, transport_, random, std::move(credentials));
          chain_ = chain.get();
          return chain;
      }()),
      client_(loop, transport_, *credentials_, random, log, std::move(client)),
      streams_(loop, transport_, *credentials_, random, log, std::move(streams)) {}

Core::~Core() = default;

Task<> Core::close() {
    if (chain_ != nullptr) co_await chain_->close();
    co_await http_.close();
}

Task<Result<aws::JsonAnswer>> Core::call(std::string operation,
                                         std::string body,
                                         std::string table,
                                         aws::Repeat repeat) {
    auto answer = co_await client_.call(operation, std::move(body), repeat);
    if (answer) co_return answer;
    forget_if_outdated(table, answer.error());
    co_return std::unexpected(to_port(std::move(answer).error(), operation, table));
}

void Core::forget_if_outdated(const std::string& table, const Error& failure) {
    const std::string_view type = failure_type(failure);
    if (type == "ResourceNotFoundException" || type == "ValidationException") forget(table);
}

Task<Result<SchemaPtr>> Core::schema_of(std::string table) {
    if (const auto known = schemas_.find(table); known != schemas_.end()) co_return known->second;
    std::string body = "{";
    append_member(body, "TableName", server_name(table));
    body += '}';
    CARILLON_CO_TRY(const aws::JsonAnswer text,
                    co_await call("DescribeTable", std::move(body), table));
    CARILLON_CO_TRY(const Answer answer, Answer::parse(text.body));
    const json::object* json = object_member(answer.object(), "Table");
    if (json == nullptr) co_return fail(Errc::corrupt, "DescribeTable was answered without Table");
    CARILLON_CO_TRY(TableDescription described, read_table(*json, table));
    auto schema = std::make_shared<const TableSchema>(std::move(described.schema));
    // One that is on its way out or being changed is not worth remembering.
    if (is_active(*json)) schemas_[table] = schema;
    co_return schema;
}

Task<Result<SchemaPtr>> Core::schema_with(std::string table, std::optional<std::string> index) {
    CARILLON_CO_TRY(SchemaPtr schema, co_await schema_of(table));
    if (!index || schema->index(*index) != nullptr) co_return schema;
    forget(table);
    CARILLON_CO_TRY(schema, co_await schema_of(table));
    if (schema->index(*index) == nullptr) co_return std::unexpected(index_not_found(*index));
    co_return schema;
}

Task<bool> Core::pause(int times) {
    if (times > pauses_max) co_return false;
    const Duration wait = aws::retry_pause(pause_base, pause_cap, times, random_);
    co_return co_await loop_.sleep_for(wait);
}

namespace {

Task<> run_one(Task<> task, runtime::Semaphore& places) {
    co_await std::move(task);
    places.release();
}

}  // namespace

Task<> Core::run_bounded(std::vector<Task<>> tasks) {
    runtime::TaskGroup group(loop_);
    runtime::Semaphore places(loop_, std::max<std::size_t>(1, options_.batch_concurrency));
    for (Task<>& task : tasks) {
        (void)co_await places.acquire();
        group.spawn(run_one(std::move(task), places));
    }
    co_await group.join();
}

}  // namespace carillon::dynamo::remote
