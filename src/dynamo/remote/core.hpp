// The engine on its own loop: every operation as calls of DynamoDB's.
//
// Engine (remote.cpp) brings callers of other loops here. Schemas are remembered, so that requests
// can be judged before they are sent, with the same texts as every engine, and so that keys can be
// told from other attributes; what a server refuses as unknown or invalid is looked up anew.

#pragma once

#include "aws/json_client.hpp"
#include "dynamo/remote/remote.hpp"
#include "dynamo/remote/wire.hpp"
#include "net/client.hpp"
#include "runtime/event.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::dynamo::remote {

using SchemaPtr = std::shared_ptr<const TableSchema>;

class Core {
public:
    /// `streams` is for DynamoDB Streams, which AWS serves under a name of its own.
    Core(RemoteOptions options,
         aws::JsonClientOptions client,
         aws::JsonClientOptions streams,
         aws::CredentialOptions credentials,
         runtime::Loop& loop,
         runtime::BlockingPool& pool,
         Random& random,
         Log& log,
         net::ClientOptions http);
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;
    ~Core();

    // As in Database; see there.
    Task<Result<TableDescription>> create_table(TableSchema schema);
    Task<Result<TableDescription>> describe_table(std::string table);
    Task<Result<std::vector<std::string>>> list_tables();
    Task<Result<TableDescription>> delete_table(std::string table);
    Task<Result<TableDescription>> update_table(std::string table, TableChange change);
    Task<Result<>> set_time_to_live(std::string table, std::optional<std::string> attribute);
    Task<Result<std::optional<Item>>> put_item(PutRequest request);
    Task<Result<std::optional<Item>>> get_item(GetRequest request);
    Task<Result<std::optional<Item>>> update_item(UpdateRequest request);
    Task<Result<std::optional<Item>>> delete_item(DeleteRequest request);
    Task<Result<Page>> query(QueryRequest request);
    Task<Result<Page>> scan(ScanRequest request);
    Task<Result<BatchGetResult>> batch_get(BatchGetRequest request);
    Task<Result<>> batch_write(std::vector<Write> writes);
    Task<Result<>> transact_write(WriteUnit unit, std::string token);
    Task<Result<std::vector<std::optional<Item>>>> transact_get(std::vector<GetRequest> requests);
    Task<std::vector<Result<>>> update_batch(std::vector<WriteUnit> units);
    Task<Result<std::vector<StreamDescription>>> list_streams(std::string table);
    Task<Result<StreamDescription>> describe_stream(StreamName stream);
    Task<Result<ChangePage>> read_changes(ChangesRequest request);

    Task<> close();

    [[nodiscard]] runtime::Loop& loop() { return loop_; }

    [[nodiscard]] bool transactions() const { return options_.transactions; }

    [[nodiscard]] const aws::JsonClientCounts& counts() const { return client_.counts(); }

    [[nodiscard]] const aws::JsonClientCounts& stream_counts() const { return streams_.counts(); }

private:
    /// A call about one table (or none), its error as the port's. Forgets the table's schema where
    /// the error may come from one that has changed.
    Task<Result<aws::JsonAnswer>> call(std::string operation,
                                       std::string body,
                                       std::string table,
                                       aws::Repeat repeat = aws::Repeat::always);
    Task<Result<SchemaPtr>> schema_of(std::string table);
    /// The schema, and the index in it; looked up anew when the index is not known.
    Task<Result<SchemaPtr>> schema_with(std::string table, std::optional<std::string> index);

    void forget(const std::string& table) { schemas_.erase(table); }

    /// The same, when the failure may come from a table that somebody has made anew.
    void forget_if_outdated(const std::string& table, const Error& failure);

    [[nodiscard]] std::string server_name(const std::string& table) const {
        return options_.table_prefix + table;
    }

    /// The text between the braces of one write, as single requests and transactions share it.
    [[nodiscard]] std::string write_members(const Write& write, bool wants_failed_item) const;
    [[nodiscard]] std::string get_members(const GetRequest& request) const;

    Task<Result<>> wait_until_active(std::string table);
    Task<Result<>> wait_until_gone(std::string table);
    Task<Result<std::optional<std::string>>> time_to_live(std::string table);

    struct Chunk;
    Task<Result<>> write_chunk(std::vector<std::pair<std::string, std::string>> entries);
    Task<Result<>> get_chunk(std::string members_by_table, BatchGetResult& into);
    Task<Result<>> write_one(Write write);
    Task<Result<>> write_transaction(WriteUnit unit, std::string token);
    Task<> write_unit(WriteUnit unit, Result<>& answer);
    Task<> write_together(std::vector<WriteUnit*> units, std::vector<Result<>*> answers);
    // Streams (streams.cpp).
    Task<Result<aws::JsonAnswer>> call_streams(std::string operation, std::string body);
    /// The names of those of the table, or of all; their ARNs are remembered.
    Task<Result<std::vector<StreamName>>> find_streams(std::string table);
    Task<Result<std::string>> arn_of(StreamName stream);
    Task<Result<StreamDescription>> describe_by(std::string arn, StreamName stream);
    Task<Result<std::string>> new_iterator(std::string arn, ChangesRequest request);
    Task<Result<aws::JsonAnswer>> get_records(ChangesRequest request);
    [[nodiscard]] std::string take_iterator(const std::string& place);
    void keep_iterator(std::string place, std::string iterator);

    /// Pauses with growing length; false when there were too many in a row.
    Task<bool> pause(int times);
    /// Runs them side by side, so many at a time.
    Task<> run_bounded(std::vector<Task<>> tasks);

    RemoteOptions options_;
    runtime::Loop& loop_;
    Random& random_;
    net::HttpClient http_;
    aws::HttpTransport transport_;
    std::unique_ptr<aws::CredentialSource> credentials_;
    aws::CredentialChain* chain_ = nullptr;
    aws::JsonClient client_;
    std::map<std::string, SchemaPtr, std::less<>> schemas_;

    struct HeldIterator {
        std::string iterator;
        std::int64_t made_at = 0;  ///< Ticks.
    };

    aws::JsonClient streams_;
    std::map<std::pair<std::string, std::string>, std::string> stream_arns_;
    /// By what they go on behind. Without them a reader would never get over a stretch of a shard
    /// that holds nothing.
    std::map<std::string, HeldIterator> iterators_;
};

/// The key of a write's item, as text that is equal for equal items only. `key` is its table's.
[[nodiscard]] Result<std::string> item_identity(const Write& write, const KeySchema& key);

}  // namespace carillon::dynamo::remote
