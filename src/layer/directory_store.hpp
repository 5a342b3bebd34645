// Snapshots in a directory: an object is a file, and appears whole or not at all.
//
// A write goes to a temporary file, is synced, and takes its name in one step; the folder is synced
// before it is acknowledged. Several processes may share the directory, on one machine.

#pragma once

#include "core/random.hpp"
#include "layer/object_store.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"

#include <filesystem>
#include <memory>

namespace carillon::layer {

class DirectoryStore final : public ObjectStore {
public:
    /// Creates the directory when it is missing. `loop`, `pool` and `random` must outlive the
    /// store.
    [[nodiscard]] static Result<std::unique_ptr<DirectoryStore>> open(runtime::Loop& loop,
                                                                      runtime::BlockingPool& pool,
                                                                      Random& random,
                                                                      std::filesystem::path root);

    Task<Result<Object>> get(std::string key) override;
    Task<Result<std::string>> put(std::string key,
                                  std::string bytes,
                                  PutOptions options = {}) override;
    Task<Result<>> remove(std::string key) override;
    Task<Result<ObjectPage>> list(std::string prefix,
                                  std::optional<std::string> start = {}) override;

private:
    DirectoryStore(runtime::Loop& loop,
                   runtime::BlockingPool& pool,
                   Random& random,
                   std::filesystem::path root);

    runtime::Loop& loop_;
    runtime::BlockingPool& pool_;
    Random& random_;
    std::filesystem::path root_;
};

}  // namespace carillon::layer
