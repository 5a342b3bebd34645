// Snapshot stores by their URLs (layer/snapshot_url.hpp), for the library and the server alike:
// what lies between a layer and S3 or a directory, built in order and closed in reverse.

#pragma once

#include "aws/credentials.hpp"
#include "aws/s3.hpp"
#include "aws/transport.hpp"
#include "layer/object_store.hpp"
#include "layer/snapshot_url.hpp"
#include "net/client.hpp"
#include "runtime/blocking.hpp"

#include <memory>
#include <string>

namespace carillon::library {

struct SnapshotStore {
    std::string prefix{};  ///< Of all keys.
    std::unique_ptr<aws::S3Client> s3{};
    std::unique_ptr<layer::ObjectStore> objects{};
};

struct SnapshotOptions {
    aws::Environment environment{};  ///< Credentials, and the region where a URL names none.
    bool verify_tls = true;
    std::string ca_file{};
};

/// Lives on one loop.
class SnapshotStores {
public:
    /// Everything given must outlive it.
    SnapshotStores(runtime::Loop& loop,
                   runtime::BlockingPool& pool,
                   Random& random,
                   Log& log,
                   SnapshotOptions options);
    ~SnapshotStores();

    /// `invalid` when the URL makes no sense; `denied`, `unavailable` for directories. Nothing is
    /// sent yet. The answer must go before this.
    [[nodiscard]] Result<SnapshotStore> open(const std::string& url);
    /// Waits for what is under way to S3.
    [[nodiscard]] Task<> close();

private:
    [[nodiscard]] Result<SnapshotStore> open_s3(layer::InS3 place);

    /// The way to S3, shared by all stores.
    struct Cloud;

    runtime::Loop& loop_;
    runtime::BlockingPool& pool_;
    Random& random_;
    Log& log_;
    SnapshotOptions options_;
    std::unique_ptr<Cloud> cloud_;  ///< Made for the first that needs it.
};

}  // namespace carillon::library
