#include "app/store_maintenance.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace carillon::app {

namespace {

namespace fs = std::filesystem;
using dynamo::endpoint::Compaction;
using dynamo::endpoint::StoreCheck;
using dynamo::endpoint::StoreFigures;

std::uint64_t at_least_zero(std::int64_t number) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
}

}  // namespace

std::uint64_t bytes_in(const std::string& directory) {
    if (directory.empty()) return 0;
    std::uint64_t bytes = 0;
    std::error_code fault;
    for (fs::recursive_directory_iterator at(directory, fault), end; !fault && at != end;
         at.increment(fault)) {
        // A running store removes files meanwhile.
        std::error_code unread;
        const auto size = at->is_regular_file(unread) ? at->file_size(unread) : 0;
        if (!unread) bytes += size;
    }
    return bytes;
}

template <class T, class Work>
Task<Result<T>> StoreMaintenance::alone(Work work) {
    if (busy_) {
        co_return fail(Errc::throttled,
                       "the store is being checked, copied or compacted already; try again when "
                       "that is done");
    }
    busy_ = true;
    Result<T> answer = co_await pool_.run(loop_, std::move(work));
    busy_ = false;
    co_return answer;
}

Task<Result<StoreFigures>> StoreMaintenance::stats() {
    StoreFigures figures;
    CARILLON_CO_TRY(const std::vector<std::string> names, co_await store_.list_tables());
    for (const std::string& name : names) {
        const auto table = co_await store_.describe_table(name);
        // Somebody may have deleted it meanwhile.
        if (!table) continue;
        ++figures.tables;
        figures.indexes += table->schema.indexes.size();
        figures.items += at_least_zero(table->item_count);
        figures.item_bytes += at_least_zero(table->size_bytes);
    }
    const auto work = [this] { return std::pair(store_.stats(), bytes_in(directory_)); };
    const auto [store, files] = co_await pool_.run(loop_, work);
    figures.file_bytes = files;
    figures.memory_bytes = store.memory_bytes;
    co_return figures;
}

Task<Result<StoreCheck>> StoreMaintenance::check() {
    auto work = [this]() -> Result<StoreCheck> {
        CARILLON_TRY(dynamo::StoreReport report, store_.check(&stop_));
        return StoreCheck{.items = report.items,
                          .index_entries = report.index_entries,
                          .faults = report.faults,
                          .examples = std::move(report.examples)};
    };
    return alone<StoreCheck>(std::move(work));
}

Task<Result<std::uint64_t>> StoreMaintenance::backup(std::string directory) {
    auto work = [this, directory = std::move(directory)]() -> Result<std::uint64_t> {
        CARILLON_TRY_VOID(store_.checkpoint(directory));
        return bytes_in(directory);
    };
    return alone<std::uint64_t>(std::move(work));
}

Task<Result<Compaction>> StoreMaintenance::compact() {
    auto work = [this]() -> Result<Compaction> {
        Compaction sizes;
        sizes.before = bytes_in(directory_);
        CARILLON_TRY_VOID(store_.compact(&stop_));
        sizes.after = bytes_in(directory_);
        return sizes;
    };
    return alone<Compaction>(std::move(work));
}

}  // namespace carillon::app
