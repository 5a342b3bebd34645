// The parts of an embedded database, put together behind the port.

#pragma once

#include "core/random.hpp"
#include "dynamo/embedded/backfill.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "dynamo/embedded/marks.hpp"
#include "dynamo/embedded/reader.hpp"
#include "dynamo/embedded/rocks.hpp"
#include "dynamo/embedded/row_cache.hpp"
#include "dynamo/embedded/tokens.hpp"
#include "dynamo/embedded/watches.hpp"
#include "dynamo/embedded/writer.hpp"
#include "runtime/clock.hpp"
#include "runtime/system_random.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace carillon::dynamo::embedded {

class Engine final : public EmbeddedDatabase {
public:
    [[nodiscard]] static Result<std::unique_ptr<Engine>> open(const EmbeddedOptions& options,
                                                              runtime::Clock& clock);
    ~Engine() override;

    [[nodiscard]] Capabilities capabilities() const override;

    Task<Result<TableDescription>> create_table(TableSchema schema) override;
    Task<Result<TableDescription>> describe_table(std::string table) override;
    Task<Result<SchemaPtr>> table_schema(std::string table) override;
    Task<Result<std::vector<std::string>>> list_tables() override;
    Task<Result<TableDescription>> delete_table(std::string table) override;
    Task<Result<TableDescription>> update_table(std::string table, TableChange change) override;
    Task<Result<>> set_time_to_live(std::string table,
                                    std::optional<std::string> attribute) override;

    Task<Result<std::optional<Item>>> put_item(PutRequest request) override;
    Task<Result<std::optional<Item>>> get_item(GetRequest request) override;
    Task<Result<std::optional<Item>>> update_item(UpdateRequest request) override;
    Task<Result<std::optional<Item>>> delete_item(DeleteRequest request) override;
    Task<Result<Page>> query(QueryRequest request) override;
    Task<Result<Page>> scan(ScanRequest request) override;
    Task<Result<BatchGetResult>> batch_get(BatchGetRequest request) override;
    Task<Result<>> batch_write(std::vector<Write> writes) override;
    Task<Result<>> transact_write(WriteUnit unit, std::string token) override;
    Task<Result<std::vector<std::optional<Item>>>> transact_get(
        std::vector<GetRequest> requests) override;
    Task<std::vector<Result<>>> update_batch(std::vector<WriteUnit> units, bool durable) override;
    [[nodiscard]] Watch watch(runtime::Loop& loop,
                              std::string table,
                              std::string index,
                              std::vector<Value> partitions,
                              WatchCallback callback) override;
    Task<Result<std::vector<StreamDescription>>> list_streams(std::string table) override;
    Task<Result<StreamDescription>> describe_stream(StreamName stream) override;
    Task<Result<ChangePage>> read_changes(ChangesRequest request) override;
    [[nodiscard]] Watch watch_changes(runtime::Loop& loop,
                                      std::string table,
                                      std::function<void()> callback) override;

    [[nodiscard]] Result<StoreReport> check(const std::atomic<bool>* stop) const override;
    [[nodiscard]] EmbeddedStats stats() const override;
    [[nodiscard]] Result<> checkpoint(const std::string& directory) override;
    [[nodiscard]] Result<> compact(std::atomic<bool>* stop) override;
    Task<Result<std::uint64_t>> sweep_expired() override;

private:
    Engine(const EmbeddedOptions& options, std::unique_ptr<Rocks> rocks, runtime::Clock& clock);

    [[nodiscard]] Result<CatalogPtr> load();
    [[nodiscard]] Result<> load_counts(const Catalog& catalog);
    void start(CatalogPtr catalog);

    [[nodiscard]] Result<> load_streams(Catalog& catalog);
    [[nodiscard]] TablePtr find(const std::string& table) const;
    Task<Result<std::optional<Item>>> write_one(Write write);

    /// Applied by the writer, in the order of writes (tables.cpp).
    [[nodiscard]] Result<> add_table(Applier& applier,
                                     const TableSchema& schema,
                                     TableDescription& created);
    [[nodiscard]] Result<> drop_table(Applier& applier,
                                      const std::string& name,
                                      TableDescription& dropped);
    [[nodiscard]] Result<> change_ttl(Applier& applier,
                                      Catalog& changed,
                                      Table& table,
                                      const std::optional<std::string>& attribute);
    void remove_index(Applier& applier, std::uint32_t id);
    [[nodiscard]] Result<> drop_index(Applier& applier, const std::string& name, Table& table);
    [[nodiscard]] Result<> change_table(Applier& applier,
                                        const std::string& name,
                                        const TableChange& change,
                                        TableDescription& changed);
    /// Enters a bounded number of the table's items into its indexes that are being filled; those
    /// that have all of them are no longer so (backfill.cpp).
    [[nodiscard]] Result<> backfill(Applier& applier, Table& table);
    /// The same for all tables; whether there is more to do.
    [[nodiscard]] Result<bool> backfill_all(Applier& applier);
    Task<Result<>> finish_backfills();
    /// What the writer does beside requests; whether to be called again soon.
    [[nodiscard]] bool idle(Applier& applier);
    /// Begins and ends the table's stream as its settings now say, and writes that (changes.cpp).
    void begin_stream(Applier& applier, Catalog& changed, Table& table);
    void end_stream(Applier& applier, Catalog& changed, const StreamPtr& stream);
    void publish_catalog(Applier& applier, Catalog changed, const TablePtr& replaced);

    /// Reclaims the changes that are too old, and the streams of which nothing is left.
    [[nodiscard]] Result<> trim_streams(Applier& applier);
    /// Takes up to `most` expired items out (sweep.cpp); how many.
    [[nodiscard]] Result<std::uint64_t> sweep(Applier& applier, std::size_t most);

    EmbeddedOptions options_;
    runtime::Clock& clock_;
    std::unique_ptr<Rocks> rocks_;
    RowCache cache_;
    Tokens tokens_;
    Marks marks_;
    Backfills backfills_;
    std::int64_t swept_at_ = 0;  ///< In ticks. Of the writer.
    // Shared with the Watch handles, which may be destroyed later.
    std::shared_ptr<Watches> watches_ = std::make_shared<Watches>();
    Reader reader_;
    runtime::SystemRandom random_;  ///< Of the writer only.
    std::unique_ptr<Writer> writer_;
};

}  // namespace carillon::dynamo::embedded
