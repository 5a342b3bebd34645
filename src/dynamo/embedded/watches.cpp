#include "dynamo/embedded/watches.hpp"

#include "dynamo/embedded/keys.hpp"
#include "dynamo/item/codec.hpp"

#include <algorithm>
#include <utility>

namespace carillon::dynamo::embedded {

Watch Watches::add(runtime::Loop& loop,
                   std::vector<std::string> partitions,
                   bool sorted,
                   WatchCallback callback) {
    auto watcher = std::make_shared<Watcher>();
    watcher->loop = &loop;
    watcher->partitions = std::move(partitions);
    watcher->callback = std::move(callback);
    watcher->sorted = sorted;
    {
        const std::scoped_lock lock(mutex_);
        watchers_.push_back(watcher);
    }
    return Watch([self = shared_from_this(), watcher] { self->remove(watcher); });
}

void Watches::remove(const std::shared_ptr<Watcher>& watcher) {
    {
        const std::scoped_lock lock(watcher->mutex);
        watcher->ended = true;
    }
    const std::scoped_lock lock(mutex_);
    std::erase(watchers_, watcher);
}

void Watches::notify(const PartitionChanges& changes) {
    const std::scoped_lock lock(mutex_);
    for (const std::shared_ptr<Watcher>& watcher : watchers_) {
        std::string lowest;
        bool found = false;
        for (const std::string& partition : watcher->partitions) {
            const auto change = changes.find(partition);
            if (change == changes.end() || change->second.lowest_insert.empty()) continue;
            std::string sort = change->second.lowest_insert.substr(partition.size());
            if (!found || sort < lowest) lowest = std::move(sort);
            found = true;
        }
        if (found) tell(watcher, std::move(lowest));
    }
}

Watch Watches::add_changes(runtime::Loop& loop, std::string table, std::function<void()> callback) {
    auto watcher = std::make_shared<ChangeWatcher>();
    watcher->loop = &loop;
    watcher->table = std::move(table);
    watcher->callback = std::move(callback);
    {
        const std::scoped_lock lock(mutex_);
        change_watchers_.push_back(watcher);
    }
    return Watch([self = shared_from_this(), watcher] {
        {
            const std::scoped_lock lock(watcher->mutex);
            watcher->ended = true;
        }
        const std::scoped_lock lock(self->mutex_);
        std::erase(self->change_watchers_, watcher);
    });
}

void Watches::notify_changed(const std::vector<std::string>& tables) {
    if (tables.empty()) return;
    const std::scoped_lock lock(mutex_);
    for (const std::shared_ptr<ChangeWatcher>& watcher : change_watchers_) {
        if (std::ranges::find(tables, watcher->table) == tables.end()) continue;
        const std::scoped_lock inner(watcher->mutex);
        if (watcher->ended || std::exchange(watcher->posted, true)) continue;
        watcher->loop->post([watcher] {
            {
                const std::scoped_lock posted(watcher->mutex);
                watcher->posted = false;
                if (watcher->ended) return;
            }
            watcher->callback();
        });
    }
}

void Watches::tell(const std::shared_ptr<Watcher>& watcher, std::string lowest_sort) {
    const std::scoped_lock lock(watcher->mutex);
    if (watcher->ended) return;
    if (watcher->posted) {
        watcher->lowest = std::min(watcher->lowest, lowest_sort);
        return;
    }
    watcher->posted = true;
    watcher->lowest = std::move(lowest_sort);
    watcher->loop->post([watcher] {
        std::string encoded;
        {
            const std::scoped_lock inner(watcher->mutex);
            watcher->posted = false;
            if (watcher->ended) return;
            encoded = std::move(watcher->lowest);
        }
        std::string_view bytes = encoded;
        Value lowest;
        if (watcher->sorted) {
            if (Result<Value> sort = decode_key_value(bytes)) lowest = *std::move(sort);
        }
        watcher->callback(lowest);
    });
}

}  // namespace carillon::dynamo::embedded
