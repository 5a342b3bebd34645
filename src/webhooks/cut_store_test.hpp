// A store that a test can cut off: what a process sees that is about to be gone.

#pragma once

#include "dynamo/database.hpp"

#include <string>
#include <utility>
#include <vector>

namespace carillon::webhooks::testing {

/// Passes everything on to `inner` until `cut` is set; then nothing gets through any more.
class CutStore final : public dynamo::Database {
public:
    explicit CutStore(dynamo::Database& inner) : inner_(inner) {}

    bool cut = false;
    bool writes_cut = false;  ///< Only writes fail.

    [[nodiscard]] dynamo::Capabilities capabilities() const override {
        return inner_.capabilities();
    }

    Task<Result<dynamo::TableDescription>> create_table(dynamo::TableSchema schema) override {
        if (cut) co_return gone();
        co_return co_await inner_.create_table(std::move(schema));
    }

    Task<Result<dynamo::TableDescription>> describe_table(std::string table) override {
        if (cut) co_return gone();
        co_return co_await inner_.describe_table(std::move(table));
    }

    Task<Result<std::vector<std::string>>> list_tables() override {
        if (cut) co_return gone();
        co_return co_await inner_.list_tables();
    }

    Task<Result<dynamo::TableDescription>> delete_table(std::string table) override {
        if (cut) co_return gone();
        co_return co_await inner_.delete_table(std::move(table));
    }

    Task<Result<>> set_time_to_live(std::string table,
                                    std::optional<std::string> attribute) override {
        if (cut) co_return gone();
        co_return co_await inner_.set_time_to_live(std::move(table), std::move(attribute));
    }

    Task<Result<std::optional<dynamo::Item>>> put_item(dynamo::PutRequest request) override {
        if (cut || writes_cut) co_return gone();
        co_return co_await inner_.put_item(std::move(request));
    }

    Task<Result<std::optional<dynamo::Item>>> get_item(dynamo::GetRequest request) override {
        if (cut) co_return gone();
        co_return co_await inner_.get_item(std::move(request));
    }

    Task<Result<std::optional<dynamo::Item>>> update_item(dynamo::UpdateRequest request) override {
        if (cut || writes_cut) co_return gone();
        co_return co_await inner_.update_item(std::move(request));
    }

    Task<Result<std::optional<dynamo::Item>>> delete_item(dynamo::DeleteRequest request) override {
        if (cut || writes_cut) co_return gone();
        co_return co_await inner_.delete_item(std::move(request));
    }

    Task<Result<dynamo::Page>> query(dynamo::QueryRequest request) override {
        if (cut) co_return gone();
        co_return co_await inner_.query(std::move(request));
    }

    Task<Result<dynamo::Page>> scan(dynamo::ScanRequest request) override {
        if (cut) co_return gone();
        co_return co_await inner_.scan(std::move(request));
    }

    Task<Result<dynamo::BatchGetResult>> batch_get(dynamo::BatchGetRequest request) override {
        if (cut) co_return gone();
        co_return co_await inner_.batch_get(std::move(request));
    }

    Task<Result<>> batch_write(std::vector<dynamo::Write> writes) override {
        if (cut || writes_cut) co_return gone();
        co_return co_await inner_.batch_write(std::move(writes));
    }

    Task<Result<>> transact_write(dynamo::WriteUnit unit, std::string token) override {
        if (cut || writes_cut) co_return gone();
        co_return co_await inner_.transact_write(std::move(unit), std::move(token));
    }

    Task<Result<std::vector<std::optional<dynamo::Item>>>> transact_get(
        std::vector<dynamo::GetRequest> requests) override {
        if (cut) co_return gone();
        co_return co_await inner_.transact_get(std::move(requests));
    }

    Task<std::vector<Result<>>> update_batch(std::vector<dynamo::WriteUnit> units,
                                             bool durable) override {
        if (cut || writes_cut) co_return std::vector<Result<>>(units.size(), gone());
        co_return co_await inner_.update_batch(std::move(units), durable);
    }

    [[nodiscard]] dynamo::Watch watch(runtime::Loop& loop,
                                      std::string table,
                                      std::string index,
                                      std::vector<dynamo::Value> partitions,
                                      dynamo::WatchCallback callback) override {
        return inner_.watch(
            loop, std::move(table), std::move(index), std::move(partitions), std::move(callback));
    }

private:
    static std::unexpected<Error> gone() { return fail(Errc::unavailable, "the store is cut off"); }

    dynamo::Database& inner_;
};

}  // namespace carillon::webhooks::testing
