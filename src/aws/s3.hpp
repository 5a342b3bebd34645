// S3, as far as snapshots need it: whole objects in and out, written on conditions.
//
// Source: Amazon S3 API reference (GetObject, PutObject, DeleteObject, ListObjectsV2,
// CreateMultipartUpload, UploadPart, CompleteMultipartUpload, AbortMultipartUpload) and "How to
// prevent object overwrites with conditional writes". Works with what speaks the same protocol.

#pragma once

#include "aws/credentials.hpp"
#include "aws/retry.hpp"
#include "aws/transport.hpp"
#include "observability/log.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::aws {

struct S3Options {
    net::Url endpoint;  ///< `https://s3.eu-central-1.amazonaws.com`, without the bucket.
    std::string region;
    std::string bucket;
    bool path_style = false;   ///< `/BUCKET/KEY` instead of `BUCKET.` before the host.
    std::string encryption{};  ///< `AES256`, `aws:kms`, `aws:kms:dsse`; empty: the bucket's own.
    std::string kms_key{};
    std::string expected_owner{};                    ///< Account that must own the bucket.
    std::size_t part_bytes = std::size_t{8} << 20U;  ///< At least 5 MB, but for tests.
    std::size_t multipart_from = std::size_t{16} << 20U;
    std::size_t object_max = std::size_t{256} << 20U;
    int attempts_max = 5;
    Duration retry_base{50};
    Duration retry_cap{5'000};
    Duration connect_timeout{3'000};
    Duration attempt_timeout{60'000};
};

struct S3Object {
    std::string body{};
    std::string etag{};  ///< With its quotes.
};

struct S3Put {
    std::string key;
    std::string body;
    std::string content_type = "application/octet-stream";
    bool if_none_match = false;  ///< Only if there is no such object.
    std::string if_match{};      ///< Only over the object with this ETag.
};

struct S3Page {
    std::vector<std::string> keys{};
    std::optional<std::string> next{};
};

/// Lives on one loop.
class S3Client {
public:
    /// Everything given must outlive the client.
    S3Client(runtime::Loop& loop,
             Transport& transport,
             CredentialSource& credentials,
             Random& random,
             Log& log,
             S3Options options);

    /// `not_found` when there is no such object; `too_large` over object_max.
    [[nodiscard]] Task<Result<S3Object>> get(std::string key);
    /// The ETag. `condition_failed` when a condition does not hold; `timeout` when it has one and
    /// nobody knows whether the object was written. Without conditions it is repeated.
    [[nodiscard]] Task<Result<std::string>> put(S3Put put);
    [[nodiscard]] Task<Result<>> remove(std::string key);
    [[nodiscard]] Task<Result<S3Page>> list(std::string prefix, std::optional<std::string> token);

private:
    struct Call {
        std::string method;
        std::string key{};
        std::string query{};
        net::Headers headers{};
        std::string body{};
        bool repeat_unclear = true;
    };

    [[nodiscard]] Task<Result<net::ClientResponse>> call(Call call);
    [[nodiscard]] Result<net::ClientRequest> build(const Call& call,
                                                   const Credentials& credentials) const;
    [[nodiscard]] Task<Result<std::string>> put_whole(S3Put put);
    [[nodiscard]] Task<Result<std::string>> put_in_parts(S3Put put);
    [[nodiscard]] Task<Result<std::string>> upload(const S3Put& put, const std::string& upload);
    void add_encryption(net::Headers& headers) const;
    [[nodiscard]] bool correct_skew(const net::ClientResponse& answer);

    runtime::Loop& loop_;
    Transport& transport_;
    CredentialSource& credentials_;
    Random& random_;
    Log& log_;
    S3Options options_;
    RetryBudget budget_;
    Duration skew_{0};
};

/// `https://s3.REGION.amazonaws.com`, or that of the region's partition.
[[nodiscard]] std::string s3_endpoint(std::string_view region);

}  // namespace carillon::aws
