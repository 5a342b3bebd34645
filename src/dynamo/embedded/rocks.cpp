#include "dynamo/embedded/rocks.hpp"

#include "core/check.hpp"
#include "dynamo/embedded/disk_space.hpp"
#include "dynamo/embedded/first_files.hpp"
#include "dynamo/embedded/rocks_log.hpp"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace carillon::dynamo::embedded {

namespace {

namespace fs = std::filesystem;

/// Bounds what is replayed at a start after a crash.
constexpr std::uint64_t wal_bytes_max = 96U << 20;
/// Written in order of its keys and read soon after.
constexpr std::size_t change_buffer_bytes = 8U << 20;
constexpr std::string_view owner_name = "owner.pid";

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                            std::size_t buffer_bytes) {
    rocksdb::ColumnFamilyOptions options;
    options.write_buffer_size = buffer_bytes;
    options.max_write_buffer_number = 4;
    options.level_compaction_dynamic_level_bytes = true;
    options.compression = rocksdb::kLZ4Compression;
    // What is young is rewritten soon: not worth the work.
    options.compression_per_level = {
        rocksdb::kNoCompression, rocksdb::kNoCompression, rocksdb::kLZ4Compression};
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.checksum = rocksdb::kXXH3;
    table.format_version = 5;
    table.block_size = 8U << 10;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
}

rocksdb::ColumnFamilyOptions item_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                          std::size_t buffer_bytes) {
    rocksdb::ColumnFamilyOptions options = family_options(cache, buffer_bytes);
    // Most puts are of new keys, and each looks whether there was one: the filter answers at once.
    options.memtable_prefix_bloom_size_ratio = 0.05;
    options.memtable_whole_key_filtering = true;
    return options;
}

rocksdb::ColumnFamilyOptions index_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                           std::size_t buffer_bytes) {
    rocksdb::ColumnFamilyOptions options = family_options(cache, buffer_bytes);
    options.compression = rocksdb::kNoCompression;
    options.compression_per_level.clear();
    // Marks keep scans away from tombstones; where there is no mark (a scan backwards, a partition
    // that is not tracked) files full of tombstones are compacted soon.
    constexpr std::size_t window = 4'096;
    constexpr std::size_t deletions = 1'024;
    options.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(window, deletions));
    return options;
}

using Families = std::vector<rocksdb::ColumnFamilyDescriptor>;
using Handles = std::vector<rocksdb::ColumnFamilyHandle*>;

/// Opens all families of the store, and makes those that are missing.
rocksdb::Status open_families(const rocksdb::DBOptions& options,
                              const std::string& directory,
                              const Families& families,
                              bool fresh,
                              std::unique_ptr<rocksdb::DB>& db,
                              Handles& handles) {
    // All at once in a new store: made one by one while it is opened, each would write the options
    // of all.
    const Families known(families.begin(), fresh ? families.begin() + 1 : families.end());
    rocksdb::DB* opened = nullptr;
    rocksdb::Status status = rocksdb::DB::Open(options, directory, known, &handles, &opened);
    if (!status.ok()) return status;
    db.reset(opened);
    if (!fresh) return status;
    Handles made;
    status = db->CreateColumnFamilies(Families(families.begin() + 1, families.end()), &made);
    handles.insert(handles.end(), made.begin(), made.end());
    if (status.ok()) return status;
    for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
    return status;
}

rocksdb::DBOptions db_options(const EmbeddedOptions& options, rocksdb::Env* env) {
    rocksdb::DBOptions db;
    db.create_if_missing = true;
    db.create_missing_column_families = true;
    if (env != nullptr) db.env = env;
    db.max_background_jobs = 2;
    db.max_total_wal_size = wal_bytes_max;
    // There is one writer.
    db.allow_concurrent_memtable_write = false;
    db.enable_write_thread_adaptive_yield = false;
    db.bytes_per_sync = 1U << 20;
    db.info_log = std::make_shared<RocksLog>(*options.log);
    db.stats_dump_period_sec = 0;
    db.stats_persist_period_sec = 0;
    db.max_open_files = 512;
    // A start is to take milliseconds: sixteen threads per family to open a few files cost more
    // than opening them, and statistics of all files are not needed to serve the first request.
    db.max_file_opening_threads = 1;
    db.skip_stats_update_on_db_open = true;
    db.avoid_flush_during_shutdown = options.memory;
    return db;
}

std::string read_owner(const fs::path& directory) {
    std::ifstream in(directory / owner_name);
    std::string pid;
    in >> pid;
    return pid;
}

bool is_of_making(const std::string& name) {
    return name == "IDENTITY" || name.starts_with("MANIFEST-") || name.starts_with("OPTIONS-") ||
           name.starts_with("CURRENT.") || name.ends_with(".dbtmp") || name.ends_with(".log");
}

/// Says what is wrong with the directory before RocksDB puts files into it.
Result<> check_directory(const fs::path& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) {
        const bool full = error.value() == ENOSPC;
        return fail(full ? Errc::unavailable : Errc::denied,
                    fmt::format("cannot create the store's directory {}: {}; {}",
                                directory.string(),
                                error.message(),
                                full ? "free some space" : "choose another, or change its rights"));
    }
    if (!fs::is_directory(directory, error)) {
        return fail(
            Errc::invalid,
            fmt::format("{} is not a directory; name one for the store", directory.string()));
    }
    if (::access(directory.c_str(), R_OK | W_OK | X_OK) != 0) {
        return fail(Errc::denied,
                    fmt::format("the store's directory {} cannot be written: {}; change its owner "
                                "or rights, or mount it for writing",
                                directory.string(),
                                errno == EROFS ? "Read-only file system" : "Permission denied"));
    }
    if (free_disk_bytes(directory.string()) < open_disk_bytes_min) {
        return fail(Errc::unavailable,
                    fmt::format("the disk is full: the store {} cannot be opened; free some space",
                                directory.string()));
    }
    if (fs::exists(directory / "CURRENT", error)) return {};
    for (const auto& entry : fs::directory_iterator(directory, error)) {
        const std::string name = entry.path().filename().string();
        // What an interrupted first start leaves, and what mkfs does.
        if (name == "LOCK" || name == owner_name || name == "lost+found" ||
            name.starts_with("LOG") || name.starts_with("wal-spare") || is_of_making(name)) {
            continue;
        }
        return fail(Errc::invalid,
                    fmt::format("{} is not empty and holds no store ({} is in it); name an empty "
                                "directory or an existing store",
                                directory.string(),
                                name));
    }
    return {};
}

/// Whether there is a store to be made. Removes what a making left that was interrupted; only under
/// the directory's lock, since another process may be making one just now.
bool begins_anew(const std::string& directory) {
    rocksdb::Env& env = *rocksdb::Env::Default();
    const auto is_there = [&] { return env.FileExists(directory + "/CURRENT").ok(); };
    if (is_there()) return false;
    rocksdb::FileLock* lock = nullptr;
    // Who has it makes a store there, and the opening will say so.
    if (!env.LockFile(directory + "/LOCK", &lock).ok()) return true;
    const bool anew = !is_there();
    std::vector<std::string> names;
    if (anew) env.GetChildren(directory, &names).PermitUncheckedError();
    // A log with more than the first record is of a store that has lost its CURRENT: not ours to
    // remove, and the opening will refuse it.
    constexpr std::uint64_t first_record_bytes = 4'096;
    const bool had_begun = std::ranges::any_of(names, [&](const std::string& name) {
        std::uint64_t size = 0;
        return name.ends_with(".log") && env.GetFileSize(directory + "/" + name, &size).ok() &&
               size > first_record_bytes;
    });
    for (const std::string& name : names) {
        if (!had_begun && is_of_making(name))
            env.DeleteFile(directory + "/" + name).PermitUncheckedError();
    }
    env.UnlockFile(lock).PermitUncheckedError();
    return anew;
}

Error open_error(const rocksdb::Status& status, const std::string& directory) {
    const std::string text = status.ToString();
    if (status.IsIOError() && (text.find("While lock file") != std::string::npos ||
                               text.find("lock hold by current process") != std::string::npos)) {
        const std::string pid = read_owner(directory);
        return Error{Errc::unavailable,
                     fmt::format("the store {} is in use by another process{}; stop it, or give "
                                 "this one a store of its own",
                                 directory,
                                 pid.empty() ? "" : fmt::format(" (pid {})", pid))};
    }
    if (status.IsCorruption()) {
        return Error{
            Errc::corrupt,
            fmt::format("the store {} is damaged ({}); restore it from a backup", directory, text)};
    }
    if (status.IsInvalidArgument()) {
        return Error{
            Errc::corrupt,
            fmt::format("{} is not a store of this program, or is damaged ({})", directory, text)};
    }
    if (text.find("Read-only file system") != std::string::npos ||
        text.find("Permission denied") != std::string::npos) {
        return Error{Errc::denied,
                     fmt::format("the store {} cannot be written: {}; change its owner or rights, "
                                 "or mount it for writing",
                                 directory,
                                 text)};
    }
    if (text.find("No such file") != std::string::npos) {
        return Error{Errc::corrupt,
                     fmt::format("the store {} lacks some of its files ({}); restore it from a "
                                 "backup",
                                 directory,
                                 text)};
    }
    return to_error(status, fmt::format("open the store {}", directory));
}

}  // namespace

Error to_error(const rocksdb::Status& status, std::string_view doing) {
    const std::string text = status.ToString();
    if (status.IsNoSpace() || text.find("No space left") != std::string::npos ||
        text.find("File too large") != std::string::npos ||
        text.find("Disk quota exceeded") != std::string::npos) {
        return Error{Errc::unavailable,
                     fmt::format("the disk is full: cannot {}; nothing was changed, and it will go "
                                 "on by itself when there is space",
                                 doing)};
    }
    // RocksDB recovers from a full disk by itself too, and takes no second call meanwhile.
    if (status.IsBusy()) {
        return Error{Errc::unavailable,
                     fmt::format("cannot {} yet: the storage engine recovers from an error of the "
                                 "disk; nothing was changed, and it will go on by itself",
                                 doing)};
    }
    if (status.IsCorruption()) {
        return Error{Errc::corrupt,
                     fmt::format("cannot {}: the store is damaged ({})", doing, text)};
    }
    if (status.IsIOError()) {
        return Error{Errc::unavailable, fmt::format("cannot {}: {}", doing, text)};
    }
    return Error{Errc::internal, fmt::format("cannot {}: {}", doing, text)};
}

Result<std::unique_ptr<Rocks>> Rocks::open(const EmbeddedOptions& options) {
    std::string directory = options.memory ? "/carillon" : options.directory;
    std::unique_ptr<Rocks> rocks(new Rocks);
    bool fresh = true;
    if (options.memory) {
        rocks->env_.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
        // Looked into before anything is made; the engine would warn that it is not there.
        (void)rocks->env_->CreateDirIfMissing(directory);
    } else {
        if (directory.empty()) return fail(Errc::invalid, "the store's directory has no name");
        CARILLON_TRY_VOID(check_directory(directory));
        fresh = begins_anew(directory);
    }
    if (fresh && !options.memory) {
        rocks->first_files_ =
            std::make_shared<FirstFiles>(rocksdb::FileSystem::Default(), directory);
        rocks->env_ = rocksdb::NewCompositeEnv(rocks->first_files_);
    }
    rocks->cache_ = rocksdb::NewLRUCache(options.block_cache_bytes, 4);
    const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
        {rocksdb::kDefaultColumnFamilyName, family_options(rocks->cache_, 1U << 20)},
        {"meta", family_options(rocks->cache_, 4U << 20)},
        {"items", item_options(rocks->cache_, options.item_buffer_bytes)},
        {"indexes", index_options(rocks->cache_, options.index_buffer_bytes)},
        {"changes", family_options(rocks->cache_, change_buffer_bytes)},
    };
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    const rocksdb::Status status = open_families(
        db_options(options, rocks->env_.get()), directory, families, fresh, rocks->db_, handles);
    if (!status.ok()) return std::unexpected(open_error(status, directory));
    CARILLON_CHECK(handles.size() == families.size());
    rocks->db_->DestroyColumnFamilyHandle(handles[0]);
    rocks->meta_ = handles[1];
    rocks->items_ = handles[2];
    rocks->indexes_ = handles[3];
    rocks->changes_ = handles[4];
    if (!options.memory) {
        // For the message of the next process that wants the directory; losing it loses nothing.
        rocks->owner_file_ = (fs::path(directory) / owner_name).string();
        std::ofstream(rocks->owner_file_) << ::getpid() << '\n';
    }
    return rocks;
}

Result<> Rocks::settle() {
    return first_files_ ? first_files_->settle() : Result<>();
}

Rocks::~Rocks() {
    if (!db_) return;
    // So that the next start has nothing to replay. A failure here, or in closing, loses nothing:
    // whatever was answered is in the log.
    const bool begun = !first_files_ || first_files_->settled();
    if (!owner_file_.empty() && begun) {
        rocksdb::FlushOptions flush;
        flush.allow_write_stall = true;
        db_->Flush(flush, {meta_, items_, indexes_, changes_}).PermitUncheckedError();
    }
    for (rocksdb::ColumnFamilyHandle* family : {meta_, items_, indexes_, changes_}) {
        if (family != nullptr) db_->DestroyColumnFamilyHandle(family);
    }
    if (!owner_file_.empty()) ::unlink(owner_file_.c_str());
    db_->Close().PermitUncheckedError();
}

std::uint64_t Rocks::property(rocksdb::ColumnFamilyHandle* family, const std::string& name) const {
    std::uint64_t value = 0;
    return db_->GetIntProperty(family, name, &value) ? value : 0;
}

std::size_t Rocks::block_cache_bytes() const {
    return cache_->GetUsage();
}

}  // namespace carillon::dynamo::embedded
