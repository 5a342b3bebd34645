#include "dynamo/embedded/marks.hpp"

#include "core/check.hpp"

#include <algorithm>

namespace carillon::dynamo::embedded {

namespace {

/// A first scan after a crash steps over at most about this many tombstones.
constexpr std::uint64_t deletes_between_writes = 4'096;

void lower(std::optional<std::string>& lowest, const std::string& key) {
    if (!lowest || key < *lowest) lowest = key;
}

}  // namespace

Marks::Scan::Scan(Scan&& other) noexcept
    : marks_(std::exchange(other.marks_, nullptr)),
      partition_(std::move(other.partition_)),
      mark_(std::move(other.mark_)),
      inserted_(other.inserted_) {}

Marks::Scan::~Scan() {
    if (marks_ != nullptr) marks_->end_scan(*this, std::nullopt);
}

void Marks::Scan::finish(std::string_view first_live) {
    if (marks_ == nullptr) return;
    std::exchange(marks_, nullptr)->end_scan(*this, std::string(first_live));
}

Marks::Scan Marks::begin_scan(std::string_view partition) {
    const std::scoped_lock lock(mutex_);
    Scan scan;
    auto at = partitions_.find(partition);
    if (at == partitions_.end()) {
        if (partitions_.size() >= partitions_max_) evict();
        scan.mark_ = partition;
        if (partitions_.size() >= partitions_max_) return scan;
        at = partitions_.emplace(std::string(partition), Partition{}).first;
        at->second.mark = partition;
    }
    Partition& tracked = at->second;
    tracked.used = ++uses_;
    scan.marks_ = this;
    scan.partition_ = partition;
    scan.mark_ = tracked.mark;
    scan.inserted_ = tracked.scans.emplace(tracked.scans.end());
    return scan;
}

void Marks::end_scan(Scan& scan, const std::optional<std::string>& first_live) {
    const std::scoped_lock lock(mutex_);
    const auto at = partitions_.find(scan.partition_);
    // The index was dropped meanwhile, and the list of scans with it.
    if (at == partitions_.end()) return;
    Partition& tracked = at->second;
    const std::optional<std::string> inserted = std::move(*scan.inserted_);
    tracked.scans.erase(scan.inserted_);
    if (!first_live) return;

    std::string mark = *first_live;
    if (inserted) mark = std::min(mark, *inserted);
    if (committing_ != nullptr) {
        const auto change = committing_->find(scan.partition_);
        if (change != committing_->end() && !change->second.lowest_insert.empty()) {
            mark = std::min(mark, change->second.lowest_insert);
        }
    }
    // Both are lower bounds, so the higher one is.
    if (mark > tracked.mark) tracked.mark = std::move(mark);
}

std::vector<Marks::Record> Marks::before_commit(const PartitionChanges& changes) {
    std::vector<Record> records;
    const std::scoped_lock lock(mutex_);
    CARILLON_CHECK(committing_ == nullptr);
    committing_ = &changes;
    for (const auto& [name, change] : changes) {
        const auto at = partitions_.find(name);
        if (at == partitions_.end()) continue;
        Partition& tracked = at->second;
        tracked.deletes += change.deletes;
        if (!change.lowest_insert.empty() && change.lowest_insert < tracked.mark) {
            tracked.mark = change.lowest_insert;
        }
        const bool overtaken = !tracked.written.empty() && tracked.mark < tracked.written;
        const bool far_behind = tracked.deletes >= deletes_between_writes &&
                                tracked.mark > tracked.written && tracked.mark != name;
        if (!overtaken && !far_behind) continue;
        tracked.written = tracked.mark;
        tracked.deletes = 0;
        records.emplace_back(name, tracked.mark);
    }
    return records;
}

void Marks::after_commit(const PartitionChanges& changes,
                         const std::vector<Record>& records,
                         bool committed) {
    const std::scoped_lock lock(mutex_);
    CARILLON_CHECK(committing_ == &changes);
    committing_ = nullptr;
    if (!committed) {
        // What the store holds is not known now. Above every key of the partition, so that the next
        // change writes it again.
        for (const Record& record : records) {
            const auto at = partitions_.find(record.first);
            if (at != partitions_.end()) at->second.written = record.first + '\xff';
        }
        return;
    }
    for (const auto& [name, change] : changes) {
        if (change.lowest_insert.empty()) continue;
        const auto at = partitions_.find(name);
        if (at == partitions_.end()) continue;
        for (std::optional<std::string>& scan : at->second.scans) {
            lower(scan, change.lowest_insert);
        }
    }
}

void Marks::load(const std::string& partition, std::string mark) {
    const std::scoped_lock lock(mutex_);
    Partition& tracked = partitions_[partition];
    tracked.written = mark;
    tracked.mark = std::move(mark);
}

std::vector<Marks::Record> Marks::unwritten() {
    std::vector<Record> records;
    const std::scoped_lock lock(mutex_);
    for (auto& [name, tracked] : partitions_) {
        if (tracked.mark == tracked.written || tracked.mark == name) continue;
        tracked.written = tracked.mark;
        tracked.deletes = 0;
        records.emplace_back(name, tracked.mark);
    }
    return records;
}

void Marks::forget_index(std::string_view index_prefix) {
    const std::scoped_lock lock(mutex_);
    absl::erase_if(partitions_,
                   [&](const auto& entry) { return entry.first.starts_with(index_prefix); });
}

std::string Marks::mark_of(std::string_view partition) const {
    const std::scoped_lock lock(mutex_);
    const auto at = partitions_.find(partition);
    return at == partitions_.end() ? std::string(partition) : at->second.mark;
}

void Marks::evict() {
    // A partition with a written mark stays: an insert below must find it to rewrite it.
    // An eighth at a time, so that this is rare.
    std::vector<std::pair<std::uint64_t, std::string>> candidates;
    for (const auto& [name, tracked] : partitions_) {
        if (tracked.written.empty() && tracked.scans.empty()) {
            candidates.emplace_back(tracked.used, name);
        }
    }
    std::ranges::sort(candidates);
    candidates.resize(std::min(candidates.size(), partitions_max_ / 8 + 1));
    for (const auto& [used, name] : candidates) partitions_.erase(name);
}

}  // namespace carillon::dynamo::embedded
