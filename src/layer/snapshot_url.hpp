// Where a layer's snapshots lie, as one text: how configuration names a snapshot store.
//
//     memory:                                     for tests: gone with the program
//     directory:./var/snapshots
//     s3://BUCKET/PREFIX?region=eu-central-1
//
// Parameters of s3: region, endpoint (of what stands in for AWS), path-style (true or false; true
// for endpoints of one's own), encryption (AES256, aws:kms, aws:kms:dsse), kms-key, owner (the
// account that must own the bucket).

#pragma once

#include "aws/s3.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace carillon::layer {

struct InMemory {};

struct InDirectory {
    std::string path;
};

struct InS3 {
    aws::S3Options options;  ///< The region is empty when the URL names none.
    std::string prefix{};    ///< Empty, or ends in a slash.
    bool own_endpoint = false;
};

using SnapshotPlace = std::variant<InMemory, InDirectory, InS3>;

/// `invalid`, with a text that says what is wrong. Without a region an endpoint is worked out
/// later, by with_region().
[[nodiscard]] Result<SnapshotPlace> parse_snapshot_url(std::string_view text);

/// Fills in what the URL left to the environment. `invalid` when there is no region at all.
[[nodiscard]] Result<InS3> with_region(InS3 place, std::string_view region);

}  // namespace carillon::layer
