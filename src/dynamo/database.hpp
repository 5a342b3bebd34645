// The storage port: DynamoDB's operations, typed. Every domain is written once against it.
//
// Engines: embedded (RocksDB in a directory, or in memory), remote (DynamoDB and what speaks it)
// and PostgreSQL. What is promised here is checked for each of them by one suite,
// tests/conformance. A write that was answered with success is durable (unless the engine was
// opened otherwise).

#pragma once

#include "dynamo/expression/expression.hpp"
#include "dynamo/item/value.hpp"
#include "dynamo/schema.hpp"
#include "dynamo/stream.hpp"
#include "runtime/loop.hpp"
#include "runtime/task.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace carillon::dynamo {

/// A condition with its values, for one request.
struct BoundCondition {
    Condition expression;
    ExpressionValues values{};
};

enum class ReturnValues : std::uint8_t { none, all_old, updated_old, all_new, updated_new };

struct PutRequest {
    std::string table;
    Item item;
    std::optional<BoundCondition> condition{};
    bool return_old = false;
    /// Put the item that failed the condition into the error's ConditionFailure.
    bool return_old_on_condition_failure = false;
};

/// The item before and after an update: what it costs is worked out from both.
struct Footprint {
    std::optional<Item> before{};
    std::optional<Item> after{};
};

struct UpdateRequest {
    std::string table;
    Item key;
    std::optional<Update>
        update{};  ///< Absent: creates the item with its key alone, if it is not there.
    ExpressionValues values{};  ///< Of the update; the condition brings its own.
    std::optional<BoundCondition> condition{};
    ReturnValues return_values = ReturnValues::none;
    bool return_old_on_condition_failure = false;
    /// Filled in by engines that can, when given; must outlive the answer.
    Footprint* footprint = nullptr;
};

struct DeleteRequest {
    std::string table;
    Item key;
    std::optional<BoundCondition> condition{};
    bool return_old = false;
    bool return_old_on_condition_failure = false;
};

/// Only in transactions: fails the whole when the condition does not hold.
struct ConditionCheck {
    std::string table;
    Item key;
    BoundCondition condition;
    bool return_old_on_condition_failure = false;
};

using Write = std::variant<PutRequest, UpdateRequest, DeleteRequest, ConditionCheck>;

/// One or more writes that happen all or not at all. At most 100, no item twice.
using WriteUnit = std::vector<Write>;

/// Detail of condition_failed errors of single writes.
struct ConditionFailure final : ErrorDetail {
    std::optional<Item> item{};  ///< As it is stored, when asked for.
};

/// Detail of condition_failed errors of transactions: one entry per write, in order.
struct TransactionCancelled final : ErrorDetail {
    struct Reason {
        std::string code = "None";  ///< DynamoDB's: None, ConditionalCheckFailed, ValidationError,
                                    ///< TransactionConflict ...
        std::string message{};
        std::optional<Item> item{};
    };

    std::vector<Reason> reasons;
};

/// Detail of `invalid` errors of transactions: which of the writes is wrong.
struct RefusedWrite final : ErrorDetail {
    RefusedWrite(std::size_t place, std::size_t count) : place(place), count(count) {}

    std::size_t place;
    std::size_t count;
};

struct GetRequest {
    std::string table;
    Item key;
    bool consistent = true;
    std::optional<Projection> projection{};
};

/// `all`: whole items, which a local index fetches from the table where it does not hold them.
enum class Select : std::uint8_t { attributes, count, all };

struct QueryRequest {
    std::string table;
    std::optional<std::string> index{};
    KeyCondition key;
    bool forward = true;
    std::optional<BoundCondition> filter{};
    std::optional<Projection> projection{};
    std::optional<std::int64_t> limit{};  ///< Items read (before the filter), at least 1.
    std::optional<Item> start_key{};      ///< The last page's `last_key`.
    bool consistent = true;
    Select select = Select::attributes;
};

struct ScanRequest {
    std::string table;
    std::optional<std::string> index{};
    std::optional<BoundCondition> filter{};
    std::optional<Projection> projection{};
    std::optional<std::int64_t> limit{};
    std::optional<Item> start_key{};
    bool consistent = true;
    std::int64_t segment = 0;
    std::int64_t total_segments = 1;
    Select select = Select::attributes;
};

/// One page: at most 1 MB read.
struct Page {
    std::vector<Item> items{};
    std::int64_t count = 0;
    std::int64_t scanned_count = 0;
    std::size_t bytes = 0;  ///< Of what was read, before filters and projections.
    /// Where to go on; absent at the end. Holds the table's key and the index's.
    std::optional<Item> last_key{};
};

struct BatchGetRequest {
    struct PerTable {
        std::string table;
        std::vector<Item> keys;
        bool consistent = true;
        std::optional<Projection> projection{};
    };

    std::vector<PerTable> tables;
};

struct BatchGetResult {
    std::vector<std::pair<std::string, std::vector<Item>>>
        items;  ///< Per table; missing ones left out; no order promised.
};

/// A hint that entries came into watched index partitions: the smallest sort key among them.
using WatchCallback = std::function<void(const Value& lowest_sort)>;

/// Ends the watching when destroyed.
class Watch {
public:
    Watch() = default;

    explicit Watch(std::function<void()> end) : end_(std::move(end)) {}

    Watch(Watch&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}

    Watch& operator=(Watch&& other) noexcept {
        if (this != &other) {
            if (end_) end_();
            end_ = std::exchange(other.end_, nullptr);
        }
        return *this;
    }

    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    ~Watch() {
        if (end_) end_();
    }

private:
    std::function<void()> end_;
};

/// What UpdateTable may change. Only what is given.
struct TableChange {
    std::optional<TableSettings> settings{};
    /// A global one; filled from what is stored. With much of that the answer comes before it is
    /// filled; until then it is among TableDescription::building.
    std::optional<IndexSchema> create_index{};
    std::optional<std::string> drop_index{};
    /// The new attribute, or none any more.
    std::optional<std::optional<std::string>> time_to_live{};
    /// Only if the table is still like that, otherwise condition_failed: what was read to work out
    /// the change.
    std::optional<TableSchema> expected{};
};

struct Capabilities {
    bool exclusive = false;  ///< This process is the only one that can write (embedded directory).
    bool transactions = true;  ///< WriteUnits of more than one write.
    bool watches = false;
    bool streams = false;  ///< TableSettings::stream, and the calls to read changes.
};

/// Thread-safe: any loop may call; the answer comes back on the caller's loop. Requests are taken
/// by value. Engines validate and answer `invalid` with DynamoDB's texts; a missing table or index
/// is not_found ("Requested resource not found: Table: NAME not found").
class Database {
public:
    Database() = default;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    virtual ~Database() = default;

    [[nodiscard]] virtual Capabilities capabilities() const = 0;

    /// already_exists when there is one of that name.
    virtual Task<Result<TableDescription>> create_table(TableSchema schema) = 0;
    virtual Task<Result<TableDescription>> describe_table(std::string table) = 0;
    /// What requests need of a table, of which there may be many a second: engines that hold
    /// schemas share theirs, this default copies that of describe_table. It stays as it was when
    /// the table changes.
    virtual Task<Result<SchemaPtr>> table_schema(std::string table);
    /// Names in order, all of them.
    virtual Task<Result<std::vector<std::string>>> list_tables() = 0;
    virtual Task<Result<TableDescription>> delete_table(std::string table) = 0;
    /// All of the change or nothing. Engines that cannot say `invalid`, as this default does.
    virtual Task<Result<TableDescription>> update_table(std::string table, TableChange change);
    virtual Task<Result<>> set_time_to_live(std::string table,
                                            std::optional<std::string> attribute) = 0;

    /// The old item when asked for and there was one.
    virtual Task<Result<std::optional<Item>>> put_item(PutRequest request) = 0;
    virtual Task<Result<std::optional<Item>>> get_item(GetRequest request) = 0;
    /// What `return_values` asked for.
    virtual Task<Result<std::optional<Item>>> update_item(UpdateRequest request) = 0;
    virtual Task<Result<std::optional<Item>>> delete_item(DeleteRequest request) = 0;

    virtual Task<Result<Page>> query(QueryRequest request) = 0;
    virtual Task<Result<Page>> scan(ScanRequest request) = 0;

    /// Any number of keys; engines chunk, and retry what a server left unprocessed.
    virtual Task<Result<BatchGetResult>> batch_get(BatchGetRequest request) = 0;
    /// Unconditional puts and deletes, any number, no atomicity; complete when answered.
    virtual Task<Result<>> batch_write(std::vector<Write> writes) = 0;

    /// All or nothing. With `token`, a repetition within ten minutes is answered without effect
    /// (`invalid` when its writes differ).
    virtual Task<Result<>> transact_write(WriteUnit unit, std::string token = {}) = 0;
    /// A consistent snapshot of up to 100 items, in order.
    virtual Task<Result<std::vector<std::optional<Item>>>> transact_get(
        std::vector<GetRequest> requests) = 0;

    /// Many units, each atomic by itself and independent of the others; an answer for each, in
    /// order. Where throughput lives: the embedded engine applies all in one commit. With `durable`
    /// false the answer may come before the data is on disk (it still survives with whatever later
    /// durable write is answered): for what can be worked out again after a crash.
    virtual Task<std::vector<Result<>>> update_batch(std::vector<WriteUnit> units,
                                                     bool durable = true) = 0;

    /// Calls `callback` on `loop` soon after a committed insert of entries into one of the
    /// `partitions` (hash keys) of `index` of `table`, before or about when the insert is answered;
    /// inserts may share a call (then with the lowest sort key of all). Only with
    /// capabilities().watches, otherwise the Watch does nothing.
    [[nodiscard]] virtual Watch watch(runtime::Loop& loop,
                                      std::string table,
                                      std::string index,
                                      std::vector<Value> partitions,
                                      WatchCallback callback) = 0;

    // Change streams (stream.hpp). Engines without say `invalid`, as these defaults do.

    /// Those of the table, or of all tables when it is empty, by table and then by age. Streams
    /// that have ended are among them for 24 hours, even those of deleted tables.
    virtual Task<Result<std::vector<StreamDescription>>> list_streams(std::string table);
    /// not_found when there is none, or it ended more than 24 hours ago.
    virtual Task<Result<StreamDescription>> describe_stream(StreamName stream);
    /// not_found for a missing stream or shard; with ChangesTrimmed when changes behind
    /// `after_sequence` have been reclaimed.
    virtual Task<Result<ChangePage>> read_changes(ChangesRequest request);
    /// Calls `callback` on `loop` soon after changes of the table were recorded; several may share
    /// a call. So readers need not poll. Only with capabilities().watches and streams.
    [[nodiscard]] virtual Watch watch_changes(runtime::Loop& loop,
                                              std::string table,
                                              std::function<void()> callback);
};

}  // namespace carillon::dynamo
