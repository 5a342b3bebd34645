#include "library/store_engine.hpp"

#include "aws/environment.hpp"
#include "core/check.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "library/line_log.hpp"
#include "library/store_url.hpp"

#include <cstdlib>

namespace carillon::library {
namespace {

/// What AWS's own libraries read when they are embedded.
aws::Environment aws_environment() {
    aws::Environment out;
    for (const std::string& name : aws::variable_names()) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): as every library that reads the environment.
        const char* value = std::getenv(name.c_str());
        if (value != nullptr && *value != '\0') out[name] = value;
    }
    return out;
}

}  // namespace

StoreEngine::StoreEngine(const StoreOptions& options)
    : environment_(aws_environment()),
      log_(std::make_unique<LineLog>(options.log)),
      loop_(clock_),
      group_(loop_) {}

Result<> StoreEngine::open_database(const StoreOptions& options) {
    auto parsed = parse_store_url(options.url);
    if (!parsed) return invalid("url", parsed.error().message);
    if (parsed->dynamodb) {
        aws::Environment environment = environment_;
        // A server of one's own takes any key, but wants one.
        const DynamodbUrl& url = *parsed->dynamodb;
        if (url.region == "local" && url.profile.empty() &&
            !environment.contains("AWS_ACCESS_KEY_ID")) {
            environment["AWS_ACCESS_KEY_ID"] = "carillon";
            environment["AWS_SECRET_ACCESS_KEY"] = "carillon";
        }
        CARILLON_TRY(auto remote,
                     open_remote_url(
                         *std::move(parsed->dynamodb), environment, loop_, pool_, random_, *log_));
        remote_ = remote.get();
        database_ = std::move(remote);
        return {};
    }
    dynamo::EmbeddedOptions embedded;
    embedded.memory = parsed->memory;
    embedded.directory = std::move(parsed->directory);
    embedded.sync = options.sync;
    embedded.log = log_.get();
    CARILLON_TRY(database_, dynamo::open_embedded(embedded, clock_));
    return {};
}

Result<std::shared_ptr<StoreEngine>> StoreEngine::open(const StoreOptions& options) {
    // Shared: everything that was made with a store keeps it open.
    std::shared_ptr<StoreEngine> engine(new StoreEngine(options));
    CARILLON_TRY_VOID(engine->open_database(options));
    engine->thread_ = std::thread([raw = engine.get()] { raw->loop_.run(); });
    return engine;
}

StoreEngine::~StoreEngine() {
    if (!thread_.joinable()) return;  // It could not be opened.
    CARILLON_CHECK(thread_.get_id() != std::this_thread::get_id());
    const Result<> closed = run([this] { return close(); });
    CARILLON_CHECK(closed.has_value());
    loop_.post([this] { end(); });
    thread_.join();
    // Before the loop, to which its threads answer.
    database_.reset();
}

Result<> StoreEngine::begin_work(const std::string& table) {
    if (!database_->capabilities().exclusive) return {};
    const std::scoped_lock lock(working_mutex_);
    if (working_.insert(table).second) return {};
    return fail(Errc::condition_failed,
                "table " + table + " is being worked on by this program already");
}

void StoreEngine::end_work(const std::string& table) {
    const std::scoped_lock lock(working_mutex_);
    working_.erase(table);
}

Task<Result<>> StoreEngine::close() {
    if (remote_ != nullptr) co_await remote_->close();
    co_return Result<>{};
}

/// The last thing on the loop: what tasks have answered may still have a step to go.
void StoreEngine::end() {
    if (group_.size() > 0) {
        loop_.post([this] { end(); });
        return;
    }
    loop_.stop();
}

}  // namespace carillon::library
