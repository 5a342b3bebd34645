// Who wants to hear of inserts into index partitions.

#pragma once

#include "dynamo/database.hpp"
#include "dynamo/embedded/marks.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace carillon::dynamo::embedded {

/// Thread-safe. Shared, because a Watch may be destroyed after its database.
class Watches : public std::enable_shared_from_this<Watches> {
public:
    /// `partitions`: index id and hash key, as in the keys of index entries. `sorted`: the index
    /// has a sort key; otherwise the callback hears of Null.
    [[nodiscard]] Watch add(runtime::Loop& loop,
                            std::vector<std::string> partitions,
                            bool sorted,
                            WatchCallback callback);

    /// Hears of changes recorded of the table.
    [[nodiscard]] Watch add_changes(runtime::Loop& loop,
                                    std::string table,
                                    std::function<void()> callback);

    /// Posts to those concerned; called by the writer after the commit.
    void notify(const PartitionChanges& changes);
    void notify_changed(const std::vector<std::string>& tables);

private:
    struct Watcher {
        runtime::Loop* loop = nullptr;
        std::vector<std::string> partitions{};
        WatchCallback callback{};
        bool sorted = true;
        /// The lowest sort key that is on its way to the callback, encoded.
        std::mutex mutex{};
        bool posted = false;
        bool ended = false;
        std::string lowest{};
    };

    static void tell(const std::shared_ptr<Watcher>& watcher, std::string lowest_sort);
    void remove(const std::shared_ptr<Watcher>& watcher);

    struct ChangeWatcher {
        runtime::Loop* loop = nullptr;
        std::string table{};
        std::function<void()> callback{};
        std::mutex mutex{};
        bool posted = false;
        bool ended = false;
    };

    std::mutex mutex_;
    std::vector<std::shared_ptr<Watcher>> watchers_;
    std::vector<std::shared_ptr<ChangeWatcher>> change_watchers_;
};

}  // namespace carillon::dynamo::embedded
