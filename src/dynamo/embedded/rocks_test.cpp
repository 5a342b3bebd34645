// What callers are told of RocksDB's errors.

#include "dynamo/embedded/rocks.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo::embedded {
namespace {

TEST(RocksErrors, AFullDiskMayBeTriedAgain) {
    const Error error = to_error(rocksdb::Status::NoSpace("000012.log"), "write");
    EXPECT_EQ(error.code, Errc::unavailable);
    EXPECT_NE(error.message.find("disk is full"), std::string::npos) << error.message;
}

TEST(RocksErrors, ARecoveryUnderWayMayBeWaitedFor) {
    const Error error = to_error(rocksdb::Status::Busy(), "write");
    EXPECT_EQ(error.code, Errc::unavailable);
    EXPECT_NE(error.message.find("by itself"), std::string::npos) << error.message;
}

TEST(RocksErrors, DamageIsNoReasonToTryAgain) {
    EXPECT_EQ(to_error(rocksdb::Status::Corruption("block"), "read").code, Errc::corrupt);
}

}  // namespace
}  // namespace carillon::dynamo::embedded
