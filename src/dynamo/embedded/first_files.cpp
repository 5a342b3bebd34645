#include "dynamo/embedded/first_files.hpp"

#include "runtime/system_random.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <unistd.h>
#include <utility>

namespace carillon::dynamo::embedded {

namespace {

constexpr std::string_view current_name = "/CURRENT";

Result<> sync_path(const std::string& path, bool may_be_gone) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        if (errno == ENOENT && may_be_gone) return {};
        return fail(Errc::unavailable,
                    fmt::format("cannot open {}: {}", path, std::strerror(errno)));
    }
    const int synced = ::fsync(file);
    const int fault = errno;
    ::close(file);
    if (synced == 0) return {};
    return fail(Errc::unavailable, fmt::format("cannot sync {}: {}", path, std::strerror(fault)));
}

}  // namespace

/// Shared with the files, which may outlive the moment.
struct FirstFiles::Making {
    explicit Making(std::string store)
        : directory(std::move(store)),
          suffix(fmt::format(".{:016x}", runtime::SystemRandom().next())) {}

    void wrote(const std::string& path) {
        const std::scoped_lock lock(mutex);
        unsynced.insert(path);
    }

    std::atomic<bool> settled = false;
    const std::string directory;
    /// Of the making alone: what others left, or are about to make, is not ours. RocksDB does not
    /// know such names, and leaves them alone.
    const std::string suffix;
    std::mutex mutex;
    std::set<std::string> unsynced;
};

class FirstFiles::File final : public rocksdb::FSWritableFileOwnerWrapper {
public:
    File(std::unique_ptr<rocksdb::FSWritableFile> file, std::shared_ptr<Making> making)
        : FSWritableFileOwnerWrapper(std::move(file)), making_(std::move(making)) {}

    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
        if (!making_->settled) return target()->Flush(options, debug);
        return target()->Sync(options, debug);
    }

    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
        if (!making_->settled) return target()->Flush(options, debug);
        return target()->Fsync(options, debug);
    }

private:
    std::shared_ptr<Making> making_;
};

class FirstFiles::Directory final : public rocksdb::FSDirectoryWrapper {
public:
    Directory(std::unique_ptr<rocksdb::FSDirectory> directory, std::shared_ptr<Making> making)
        : FSDirectoryWrapper(std::move(directory)), making_(std::move(making)) {}

    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
        if (!making_->settled) return rocksdb::IOStatus::OK();
        return FSDirectoryWrapper::Fsync(options, debug);
    }

    rocksdb::IOStatus FsyncWithDirOptions(const rocksdb::IOOptions& options,
                                          rocksdb::IODebugContext* debug,
                                          const rocksdb::DirFsyncOptions& what) override {
        if (!making_->settled) return rocksdb::IOStatus::OK();
        return FSDirectoryWrapper::FsyncWithDirOptions(options, debug, what);
    }

private:
    std::shared_ptr<Making> making_;
};

FirstFiles::FirstFiles(const std::shared_ptr<rocksdb::FileSystem>& disk, std::string directory)
    : FileSystemWrapper(disk), making_(std::make_shared<Making>(std::move(directory))) {}

FirstFiles::~FirstFiles() = default;

bool FirstFiles::settled() const {
    return making_->settled;
}

std::string FirstFiles::place_of(const std::string& name) const {
    if (making_->settled || !name.ends_with(current_name)) return name;
    return name + making_->suffix;
}

Result<> FirstFiles::settle() {
    Making& making = *making_;
    if (making.settled) return {};
    const std::string current = making.directory + std::string(current_name);
    const std::string unsettled = current + making.suffix;
    const std::scoped_lock lock(making.mutex);
    // Some of them have been replaced already.
    for (const std::string& path : making.unsynced) CARILLON_TRY_VOID(sync_path(path, true));
    CARILLON_TRY_VOID(sync_path(unsettled, false));
    CARILLON_TRY_VOID(sync_path(making.directory, false));
    if (::rename(unsettled.c_str(), current.c_str()) != 0) {
        return fail(Errc::unavailable,
                    fmt::format("cannot write {}: {}", current, std::strerror(errno)));
    }
    making.settled = true;
    making.unsynced.clear();
    return sync_path(making.directory, false);
}

rocksdb::IOStatus FirstFiles::NewSequentialFile(const std::string& name,
                                                const rocksdb::FileOptions& options,
                                                std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                                rocksdb::IODebugContext* debug) {
    return target()->NewSequentialFile(place_of(name), options, file, debug);
}

rocksdb::IOStatus FirstFiles::NewRandomAccessFile(
    const std::string& name,
    const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
    rocksdb::IODebugContext* debug) {
    return target()->NewRandomAccessFile(place_of(name), options, file, debug);
}

rocksdb::IOStatus FirstFiles::NewWritableFile(const std::string& name,
                                              const rocksdb::FileOptions& options,
                                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                                              rocksdb::IODebugContext* debug) {
    rocksdb::IOStatus status = target()->NewWritableFile(name, options, file, debug);
    if (!status.ok() || making_->settled) return status;
    making_->wrote(name);
    *file = std::make_unique<File>(std::move(*file), making_);
    return status;
}

rocksdb::IOStatus FirstFiles::NewDirectory(const std::string& name,
                                           const rocksdb::IOOptions& options,
                                           std::unique_ptr<rocksdb::FSDirectory>* directory,
                                           rocksdb::IODebugContext* debug) {
    rocksdb::IOStatus status = target()->NewDirectory(name, options, directory, debug);
    if (!status.ok() || making_->settled) return status;
    *directory = std::make_unique<Directory>(std::move(*directory), making_);
    return status;
}

rocksdb::IOStatus FirstFiles::FileExists(const std::string& name,
                                         const rocksdb::IOOptions& options,
                                         rocksdb::IODebugContext* debug) {
    return target()->FileExists(place_of(name), options, debug);
}

rocksdb::IOStatus FirstFiles::GetFileSize(const std::string& name,
                                          const rocksdb::IOOptions& options,
                                          std::uint64_t* size,
                                          rocksdb::IODebugContext* debug) {
    return target()->GetFileSize(place_of(name), options, size, debug);
}

rocksdb::IOStatus FirstFiles::RenameFile(const std::string& from,
                                         const std::string& to,
                                         const rocksdb::IOOptions& options,
                                         rocksdb::IODebugContext* debug) {
    if (!making_->settled) {
        making_->wrote(to);
    }
    return target()->RenameFile(from, place_of(to), options, debug);
}

}  // namespace carillon::dynamo::embedded
