// A Database between a queue and its store that behaves as bad days do: calls that fail before or
// after they took effect, answers that are late or show an old snapshot, and death, after which
// nothing reaches the store any more. May also say that the store is shared.

#pragma once

#include "core/random.hpp"
#include "dynamo/database.hpp"
#include "runtime/loop.hpp"

#include <utility>
#include <vector>

namespace carillon::queue::testing {

struct Faults {
    double fail = 0;        ///< Share of calls, and of single units, that fail without effect.
    double lose_reply = 0;  ///< ... that take effect and are answered with an error.
    double delay = 0;       ///< ... that take a while, before or after their effect.
    Duration delay_max{50};
    bool exclusive = true;
    bool watches = true;
    bool fail_writes = false;  ///< Every write fails: the disk is full.
    bool fail_all = false;     ///< Nothing gets through.
};

class FaultyStore final : public dynamo::Database {
public:
    FaultyStore(dynamo::Database& store, runtime::Loop& loop, Random& random, Faults faults)
        : store_(store), loop_(loop), random_(random), faults_(faults) {}

    Faults& faults() { return faults_; }

    /// From now on nothing is read or written; everything is answered at once as if it were.
    void die() { dead_ = true; }

    /// Dies at the so manieth call from now on, before that has an effect.
    void die_at_call(std::size_t number) { death_at_ = calls + number; }

    [[nodiscard]] bool dead() const { return dead_; }

    std::size_t calls = 0;
    std::size_t items_read = 0;  ///< By queries.
    std::size_t durable_batches = 0;
    std::size_t weak_reads = 0;  ///< That did not ask for consistency.

    [[nodiscard]] dynamo::Capabilities capabilities() const override {
        auto capabilities = store_.capabilities();
        capabilities.exclusive = faults_.exclusive;
        capabilities.watches = faults_.watches;
        return capabilities;
    }

    Task<Result<dynamo::TableDescription>> create_table(dynamo::TableSchema schema) override {
        return store_.create_table(std::move(schema));
    }

    Task<Result<dynamo::TableDescription>> describe_table(std::string table) override {
        return store_.describe_table(std::move(table));
    }

    Task<Result<dynamo::TableDescription>> update_table(std::string table,
                                                        dynamo::TableChange change) override {
        return store_.update_table(std::move(table), std::move(change));
    }

    Task<Result<std::vector<std::string>>> list_tables() override { return store_.list_tables(); }

    Task<Result<dynamo::TableDescription>> delete_table(std::string table) override {
        return store_.delete_table(std::move(table));
    }

    Task<Result<>> set_time_to_live(std::string table,
                                    std::optional<std::string> attribute) override {
        return store_.set_time_to_live(std::move(table), std::move(attribute));
    }

    Task<Result<std::optional<dynamo::Item>>> put_item(dynamo::PutRequest request) override {
        return call(store_.put_item(std::move(request)), {}, true);
    }

    Task<Result<std::optional<dynamo::Item>>> get_item(dynamo::GetRequest request) override {
        note_read(request.consistent);
        return call(store_.get_item(std::move(request)), {});
    }

    Task<Result<std::optional<dynamo::Item>>> update_item(dynamo::UpdateRequest request) override {
        return call(store_.update_item(std::move(request)), {}, true);
    }

    Task<Result<std::optional<dynamo::Item>>> delete_item(dynamo::DeleteRequest request) override {
        return call(store_.delete_item(std::move(request)), {}, true);
    }

    Task<Result<dynamo::Page>> query(dynamo::QueryRequest request) override {
        note_read(request.consistent);
        auto page = co_await call(store_.query(std::move(request)), {});
        if (page) items_read += page->items.size();
        co_return page;
    }

    Task<Result<dynamo::Page>> scan(dynamo::ScanRequest request) override {
        note_read(request.consistent);
        return call(store_.scan(std::move(request)), {});
    }

    Task<Result<dynamo::BatchGetResult>> batch_get(dynamo::BatchGetRequest request) override {
        for (const auto& table : request.tables) note_read(table.consistent);
        return call(store_.batch_get(std::move(request)), {});
    }

    Task<Result<>> batch_write(std::vector<dynamo::Write> writes) override {
        return call(store_.batch_write(std::move(writes)), {}, true);
    }

    Task<Result<>> transact_write(dynamo::WriteUnit unit, std::string token) override {
        return call(store_.transact_write(std::move(unit), std::move(token)), {}, true);
    }

    Task<Result<std::vector<std::optional<dynamo::Item>>>> transact_get(
        std::vector<dynamo::GetRequest> requests) override {
        return call(store_.transact_get(std::move(requests)), {});
    }

    Task<std::vector<Result<>>> update_batch(std::vector<dynamo::WriteUnit> units,
                                             bool durable) override {
        count_call();
        if (durable) ++durable_batches;
        const std::size_t count = units.size();
        co_await perhaps_late();
        std::vector<Result<>> answers(count);
        if (dead_) co_return answers;
        if (cut(true)) co_return std::vector<Result<>>(count, gone());
        const bool all_fail = happens(faults_.fail);
        const bool all_lost = happens(faults_.lose_reply);
        std::vector<dynamo::WriteUnit> passed;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < count; ++i) {
            if (all_fail || happens(faults_.fail)) {
                answers[i] = fail(Errc::unavailable, "the store is away");
            } else {
                passed.push_back(std::move(units[i]));
                places.push_back(i);
            }
        }
        if (!passed.empty()) {
            auto given = co_await store_.update_batch(std::move(passed), durable);
            for (std::size_t i = 0; i < places.size(); ++i) {
                answers[places[i]] = all_lost || happens(faults_.lose_reply)
                                         ? Result<>(fail(Errc::timeout, "the reply was lost"))
                                         : std::move(given[i]);
            }
        }
        co_await perhaps_late();
        co_return answers;
    }

    [[nodiscard]] dynamo::Watch watch(runtime::Loop& loop,
                                      std::string table,
                                      std::string index,
                                      std::vector<dynamo::Value> partitions,
                                      dynamo::WatchCallback callback) override {
        if (!faults_.watches) return {};
        return store_.watch(
            loop, std::move(table), std::move(index), std::move(partitions), std::move(callback));
    }

    Task<Result<std::vector<dynamo::StreamDescription>>> list_streams(std::string table) override {
        return call(store_.list_streams(std::move(table)), {});
    }

    Task<Result<dynamo::ChangePage>> read_changes(dynamo::ChangesRequest request) override {
        return call(store_.read_changes(std::move(request)), {});
    }

    [[nodiscard]] dynamo::Watch watch_changes(runtime::Loop& loop,
                                              std::string table,
                                              std::function<void()> callback) override {
        return store_.watch_changes(loop, std::move(table), std::move(callback));
    }

private:
    void note_read(bool consistent) { weak_reads += consistent ? 0U : 1U; }

    [[nodiscard]] bool cut(bool writes) const {
        return faults_.fail_all || (writes && faults_.fail_writes);
    }

    static std::unexpected<Error> gone() { return fail(Errc::unavailable, "the store is cut off"); }

    void count_call() {
        if (++calls == death_at_) die();
    }

    bool happens(double share) { return share > 0 && random_.unit() < share; }

    Task<> perhaps_late() {
        if (!happens(faults_.delay)) co_return;
        const auto most = static_cast<std::uint64_t>(faults_.delay_max.count());
        (void)co_await loop_.sleep_for(
            Duration{static_cast<std::int64_t>(random_.below(most + 1))});
    }

    template <class T>
    Task<Result<T>> call(Task<Result<T>> real, Result<T> when_dead, bool writes = false) {
        count_call();
        co_await perhaps_late();
        if (dead_) co_return when_dead;
        if (cut(writes)) co_return gone();
        if (happens(faults_.fail)) co_return fail(Errc::unavailable, "the store is away");
        Result<T> answer = co_await std::move(real);
        co_await perhaps_late();
        if (dead_) co_return when_dead;
        if (happens(faults_.lose_reply)) co_return fail(Errc::timeout, "the reply was lost");
        co_return answer;
    }

    dynamo::Database& store_;
    runtime::Loop& loop_;
    Random& random_;
    Faults faults_;
    bool dead_ = false;
    std::size_t death_at_ = 0;
};

}  // namespace carillon::queue::testing
