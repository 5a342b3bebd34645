// Snapshots in S3, and in what speaks its protocol.

#pragma once

#include "aws/s3.hpp"
#include "layer/object_store.hpp"

namespace carillon::layer {

class S3Store final : public ObjectStore {
public:
    /// `client` must outlive the store.
    explicit S3Store(aws::S3Client& client) : client_(client) {}

    Task<Result<Object>> get(std::string key) override;
    Task<Result<std::string>> put(std::string key,
                                  std::string bytes,
                                  PutOptions options = {}) override;
    Task<Result<>> remove(std::string key) override;
    Task<Result<ObjectPage>> list(std::string prefix,
                                  std::optional<std::string> start = {}) override;

private:
    aws::S3Client& client_;
};

}  // namespace carillon::layer
