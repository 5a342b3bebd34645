// The files of a new store, made whole at once.
//
// RocksDB syncs each step of making an empty database: eighteen waits for the disk before the first
// request. None of them protects anything, since nothing is stored yet. So while a store is made
// its files are not synced, and `CURRENT`, the file that makes a directory a database, stays under
// another name; settle() syncs everything once and renames it. A machine that dies before that
// leaves no store, and the next start begins anew.

#pragma once

#include "core/result.hpp"

#include <rocksdb/file_system.h>

#include <memory>
#include <set>
#include <string>

namespace carillon::dynamo::embedded {

class FirstFiles final : public rocksdb::FileSystemWrapper {
public:
    /// `directory` is the new store's. Passes everything on once it is settled.
    FirstFiles(const std::shared_ptr<rocksdb::FileSystem>& disk, std::string directory);
    ~FirstFiles() override;

    /// Everything is on the disk when it returns. Before it, one thread uses the database, and has
    /// written nothing of value.
    [[nodiscard]] Result<> settle();

    [[nodiscard]] bool settled() const;

    [[nodiscard]] const char* Name() const override { return "FirstFiles"; }

    rocksdb::IOStatus NewSequentialFile(const std::string& name,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                        rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus NewRandomAccessFile(const std::string& name,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                          rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus NewWritableFile(const std::string& name,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus NewDirectory(const std::string& name,
                                   const rocksdb::IOOptions& options,
                                   std::unique_ptr<rocksdb::FSDirectory>* directory,
                                   rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus FileExists(const std::string& name,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus GetFileSize(const std::string& name,
                                  const rocksdb::IOOptions& options,
                                  std::uint64_t* size,
                                  rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus RenameFile(const std::string& from,
                                 const std::string& to,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override;

private:
    struct Making;
    class File;
    class Directory;

    /// Under which name a file lies for now.
    [[nodiscard]] std::string place_of(const std::string& name) const;

    std::shared_ptr<Making> making_;
};

}  // namespace carillon::dynamo::embedded
