// RocksDB as this engine uses it: options, column families, and its errors in our words.

#pragma once

#include "core/result.hpp"
#include "dynamo/embedded/embedded.hpp"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/status.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::dynamo::embedded {

/// Our text and code for a failed call; `doing` completes "cannot ...".
[[nodiscard]] Error to_error(const rocksdb::Status& status, std::string_view doing);

[[nodiscard]] inline rocksdb::Slice slice(std::string_view bytes) {
    return {bytes.data(), bytes.size()};
}

[[nodiscard]] inline std::string_view view(const rocksdb::Slice& bytes) {
    return {bytes.data(), bytes.size()};
}

class FirstFiles;

/// An open database and its column families.
class Rocks {
public:
    [[nodiscard]] static Result<std::unique_ptr<Rocks>> open(const EmbeddedOptions& options);
    Rocks(const Rocks&) = delete;
    Rocks& operator=(const Rocks&) = delete;
    ~Rocks();

    /// Ends the making of a new store: from now on what is written with a sync is on the disk, and
    /// so is all that was written before. Call it when the store is ready for use.
    [[nodiscard]] Result<> settle();

    [[nodiscard]] rocksdb::DB& db() const { return *db_; }

    [[nodiscard]] rocksdb::ColumnFamilyHandle* meta() const { return meta_; }

    [[nodiscard]] rocksdb::ColumnFamilyHandle* items() const { return items_; }

    [[nodiscard]] rocksdb::ColumnFamilyHandle* indexes() const { return indexes_; }

    /// Change records (streams.hpp).
    [[nodiscard]] rocksdb::ColumnFamilyHandle* changes() const { return changes_; }

    [[nodiscard]] std::uint64_t property(rocksdb::ColumnFamilyHandle* family,
                                         const std::string& name) const;
    [[nodiscard]] std::size_t block_cache_bytes() const;

private:
    Rocks() = default;

    std::shared_ptr<FirstFiles> first_files_;  ///< Of a new store.
    std::unique_ptr<rocksdb::Env> env_;        ///< Outlives the database.
    std::shared_ptr<rocksdb::Cache> cache_;
    std::unique_ptr<rocksdb::DB> db_;
    rocksdb::ColumnFamilyHandle* meta_ = nullptr;
    rocksdb::ColumnFamilyHandle* items_ = nullptr;
    rocksdb::ColumnFamilyHandle* indexes_ = nullptr;
    rocksdb::ColumnFamilyHandle* changes_ = nullptr;
    std::string owner_file_;
};

}  // namespace carillon::dynamo::embedded
