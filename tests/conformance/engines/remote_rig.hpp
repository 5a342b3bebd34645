// A remote engine with a loop of its own, as one Database: what the conformance suite makes.

#pragma once

#include "dynamo/remote/remote.hpp"
#include "runtime/blocking.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace carillon::conformance {

/// A loop that runs on a thread until it is destroyed.
class LoopThread {
public:
    explicit LoopThread(runtime::Clock& clock) : loop(clock), thread_([this] { loop.run(); }) {}

    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;

    ~LoopThread() {
        loop.stop();
        thread_.join();
    }

    /// Runs the task there, to its end.
    void run(Task<> task) {
        std::promise<void> ended;
        auto shared = std::make_shared<Task<>>(std::move(task));
        auto group = std::make_shared<runtime::TaskGroup>(loop);
        loop.post([&, shared, group] { group->spawn(tell(std::move(*shared), ended)); });
        ended.get_future().wait();
        std::promise<void> left;
        loop.post([&, group] { left.set_value(); });
        left.get_future().wait();
    }

    /// Calls the function there and waits for it.
    void call(const std::function<void()>& function) {
        std::promise<void> ended;
        loop.post([&] {
            function();
            ended.set_value();
        });
        ended.get_future().wait();
    }

    runtime::Loop loop;

private:
    static Task<> tell(Task<> task, std::promise<void>& ended) {
        co_await std::move(task);
        ended.set_value();
    }

    std::thread thread_;
};

/// Sends everything on, and ends in order.
class RemoteRig : public dynamo::Database {
public:
    RemoteRig(runtime::Clock& clock, const dynamo::RemoteOptions& options) : thread_(clock) {
        open(options);
    }

    ~RemoteRig() override { close(); }

    dynamo::Capabilities capabilities() const override { return remote_->capabilities(); }

    Task<Result<dynamo::TableDescription>> create_table(dynamo::TableSchema schema) override {
        return remote_->create_table(std::move(schema));
    }

    Task<Result<dynamo::TableDescription>> describe_table(std::string table) override {
        return remote_->describe_table(std::move(table));
    }

    Task<Result<std::vector<std::string>>> list_tables() override { return remote_->list_tables(); }

    Task<Result<dynamo::TableDescription>> delete_table(std::string table) override {
        return remote_->delete_table(std::move(table));
    }

    Task<Result<dynamo::TableDescription>> update_table(std::string table,
                                                        dynamo::TableChange change) override {
        return remote_->update_table(std::move(table), std::move(change));
    }

    Task<Result<>> set_time_to_live(std::string table,
                                    std::optional<std::string> attribute) override {
        return remote_->set_time_to_live(std::move(table), std::move(attribute));
    }

    Task<Result<std::optional<dynamo::Item>>> put_item(dynamo::PutRequest request) override {
        return remote_->put_item(std::move(request));
    }

    Task<Result<std::optional<dynamo::Item>>> get_item(dynamo::GetRequest request) override {
        return remote_->get_item(std::move(request));
    }

    Task<Result<std::optional<dynamo::Item>>> update_item(dynamo::UpdateRequest request) override {
        return remote_->update_item(std::move(request));
    }

    Task<Result<std::optional<dynamo::Item>>> delete_item(dynamo::DeleteRequest request) override {
        return remote_->delete_item(std::move(request));
    }

    Task<Result<dynamo::Page>> query(dynamo::QueryRequest request) override {
        return remote_->query(std::move(request));
    }

    Task<Result<dynamo::Page>> scan(dynamo::ScanRequest request) override {
        return remote_->scan(std::move(request));
    }

    Task<Result<dynamo::BatchGetResult>> batch_get(dynamo::BatchGetRequest request) override {
        return remote_->batch_get(std::move(request));
    }

    Task<Result<>> batch_write(std::vector<dynamo::Write> writes) override {
        return remote_->batch_write(std::move(writes));
    }

    Task<Result<>> transact_write(dynamo::WriteUnit unit, std::string token) override {
        return remote_->transact_write(std::move(unit), std::move(token));
    }

    Task<Result<std::vector<std::optional<dynamo::Item>>>> transact_get(
        std::vector<dynamo::GetRequest> requests) override {
        return remote_->transact_get(std::move(requests));
    }

    Task<std::vector<Result<>>> update_batch(std::vector<dynamo::WriteUnit> units,
                                             bool durable) override {
        return remote_->update_batch(std::move(units), durable);
    }

    dynamo::Watch watch(runtime::Loop& loop,
                        std::string table,
                        std::string index,
                        std::vector<dynamo::Value> partitions,
                        dynamo::WatchCallback callback) override {
        return remote_->watch(
            loop, std::move(table), std::move(index), std::move(partitions), std::move(callback));
    }

    Task<Result<std::vector<dynamo::StreamDescription>>> list_streams(std::string table) override {
        return remote_->list_streams(std::move(table));
    }

    Task<Result<dynamo::StreamDescription>> describe_stream(dynamo::StreamName stream) override {
        return remote_->describe_stream(std::move(stream));
    }

    Task<Result<dynamo::ChangePage>> read_changes(dynamo::ChangesRequest request) override {
        return remote_->read_changes(std::move(request));
    }

protected:
    /// For rigs that start a server of their own first: call open() then.
    explicit RemoteRig(runtime::Clock& clock) : thread_(clock) {}

    void open(const dynamo::RemoteOptions& options) {
        thread_.call([&] {
            remote_ =
                dynamo::open_remote(options, thread_.loop, pool_, random_, Log::null()).value();
        });
    }

    void close() {
        if (!remote_) return;
        thread_.run(remote_->close());
        thread_.call([this] { remote_.reset(); });
    }

    LoopThread& thread() { return thread_; }

private:
    runtime::BlockingPool pool_{1};
    runtime::SystemRandom random_;
    std::unique_ptr<dynamo::RemoteDatabase> remote_;
    LoopThread thread_;
};

}  // namespace carillon::conformance
