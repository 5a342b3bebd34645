#include "layer/snapshot_url.hpp"

#include <algorithm>
#include <utility>

namespace carillon::layer {
namespace {

std::unexpected<Error> wrong(std::string message) {
    return fail(Errc::invalid, std::move(message));
}

bool is_bucket(std::string_view name) {
    constexpr std::size_t name_min = 3;
    constexpr std::size_t name_max = 63;
    return name.size() >= name_min && name.size() <= name_max &&
           std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
           });
}

Result<> apply(InS3& place, const std::string& name, const std::string& value) {
    aws::S3Options& options = place.options;
    if (name == "region") {
        options.region = value;
    } else if (name == "endpoint") {
        auto url = net::parse_url(value);
        if (!url) return wrong("endpoint: " + url.error().message);
        options.endpoint = *std::move(url);
        options.path_style = true;
        place.own_endpoint = true;
    } else if (name == "encryption") {
        if (value != "AES256" && value != "aws:kms" && value != "aws:kms:dsse") {
            return wrong("encryption: must be AES256, aws:kms or aws:kms:dsse");
        }
        options.encryption = value;
    } else if (name == "kms-key") {
        options.kms_key = value;
    } else if (name == "owner") {
        options.expected_owner = value;
    } else if (name != "path-style") {
        return wrong("unknown parameter " + name +
                     "; there are region, endpoint, path-style, encryption, kms-key and owner");
    }
    return {};
}

Result<SnapshotPlace> parse_s3(std::string_view rest) {
    InS3 place;
    const std::size_t question = rest.find('?');
    const std::string_view query =
        question == std::string_view::npos ? "" : rest.substr(question + 1);
    rest = rest.substr(0, question);
    const std::size_t slash = rest.find('/');
    place.options.bucket = rest.substr(0, slash);
    if (!is_bucket(place.options.bucket)) {
        return wrong("must name a bucket: s3://BUCKET/PREFIX");
    }
    if (slash != std::string_view::npos) {
        CARILLON_TRY(place.prefix, net::percent_decode(rest.substr(slash + 1)));
    }
    if (!place.prefix.empty() && !place.prefix.ends_with('/')) place.prefix += '/';
    CARILLON_TRY(const auto parameters, net::parse_query(query));
    for (const auto& [name, value] : parameters) {
        CARILLON_TRY_VOID(apply(place, name, value));
    }
    // After the endpoint, which decides when nothing is said.
    for (const auto& [name, value] : parameters) {
        if (name != "path-style") continue;
        if (value != "true" && value != "false") return wrong("path-style: must be true or false");
        place.options.path_style = value == "true";
    }
    return place;
}

}  // namespace

Result<SnapshotPlace> parse_snapshot_url(std::string_view text) {
    constexpr std::string_view directory = "directory:";
    constexpr std::string_view s3 = "s3://";
    if (text == "memory:") return InMemory{};
    if (text.starts_with(directory)) {
        InDirectory place{std::string(text.substr(directory.size()))};
        if (place.path.empty()) return wrong("must name a directory: directory:./var/snapshots");
        return place;
    }
    if (text.starts_with(s3)) return parse_s3(text.substr(s3.size()));
    return wrong("must be memory:, directory:PATH or s3://BUCKET/PREFIX");
}

Result<InS3> with_region(InS3 place, std::string_view region) {
    aws::S3Options& options = place.options;
    if (options.region.empty()) options.region = region;
    if (options.region.empty() && place.own_endpoint) options.region = "us-east-1";
    if (options.region.empty()) {
        return wrong("needs a region: s3://BUCKET/PREFIX?region=NAME, or AWS_REGION");
    }
    if (!place.own_endpoint) {
        CARILLON_TRY(options.endpoint, net::parse_url(aws::s3_endpoint(options.region)));
    }
    return place;
}

}  // namespace carillon::layer
