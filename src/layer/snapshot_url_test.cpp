#include "layer/snapshot_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::layer {
namespace {

using ::testing::HasSubstr;

TEST(SnapshotUrl, NamesMemoryAndDirectories) {
    EXPECT_TRUE(std::holds_alternative<InMemory>(parse_snapshot_url("memory:").value()));
    EXPECT_EQ(std::get<InDirectory>(parse_snapshot_url("directory:./a b").value()).path, "./a b");
}

TEST(SnapshotUrl, NamesBucketsOfARegion) {
    const auto parsed = parse_snapshot_url("s3://snaps/a/b?region=eu-central-1&encryption=aws:kms");
    ASSERT_TRUE(parsed) << describe(parsed.error());
    const auto place = with_region(std::get<InS3>(*parsed), "us-east-1");
    ASSERT_TRUE(place);
    EXPECT_EQ(place->options.endpoint.origin(), "https://s3.eu-central-1.amazonaws.com:443");
    EXPECT_EQ(place->options.bucket, "snaps");
    EXPECT_EQ(place->prefix, "a/b/");
    EXPECT_FALSE(place->options.path_style);
    EXPECT_EQ(place->options.encryption, "aws:kms");
}

TEST(SnapshotUrl, TakesEndpointsByPathAndTheRegionOfTheEnvironment) {
    const auto own = parse_snapshot_url("s3://snaps?endpoint=http://127.0.0.1:9000");
    ASSERT_TRUE(own);
    const auto place = with_region(std::get<InS3>(*own), "");
    ASSERT_TRUE(place);
    EXPECT_TRUE(place->options.path_style);
    EXPECT_EQ(place->options.region, "us-east-1");
    const auto plain = std::get<InS3>(parse_snapshot_url("s3://snaps").value());
    EXPECT_EQ(with_region(plain, "eu-west-1")->options.region, "eu-west-1");
    EXPECT_THAT(with_region(plain, "").error().message, HasSubstr("needs a region"));
}

TEST(SnapshotUrl, SaysWhatIsWrong) {
    struct Case {
        const char* text;
        const char* message;
    };

    const Case cases[] = {
        {"", "must be memory:"},
        {"gs://x", "must be memory:"},
        {"directory:", "must name a directory"},
        {"s3://", "must name a bucket"},
        {"s3://Upper", "must name a bucket"},
        {"s3://snaps?colour=red", "unknown parameter colour"},
        {"s3://snaps?path-style=yes", "path-style: must be true or false"},
        {"s3://snaps?encryption=none", "encryption: must be"},
        {"s3://snaps?endpoint=nowhere", "endpoint: "},
    };
    for (const Case& each : cases) {
        const auto parsed = parse_snapshot_url(each.text);
        ASSERT_FALSE(parsed) << each.text;
        EXPECT_THAT(parsed.error().message, HasSubstr(each.message)) << each.text;
    }
}

}  // namespace
}  // namespace carillon::layer
