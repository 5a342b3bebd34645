#include "dynamo/embedded/first_files.hpp"

#include "dynamo/embedded/rocks.hpp"
#include "dynamo/embedded/store_rig.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace carillon::dynamo::embedded {
namespace {

namespace fs = std::filesystem;

Result<std::unique_ptr<Rocks>> open_rocks(const std::string& directory) {
    EmbeddedOptions options;
    options.directory = directory;
    return Rocks::open(options);
}

rocksdb::Status put(Rocks& rocks, const std::string& key) {
    rocksdb::WriteOptions write;
    write.sync = true;
    return rocks.db().Put(write, rocks.meta(), key, "value");
}

bool holds(Rocks& rocks, const std::string& key) {
    std::string value;
    return rocks.db().Get(rocksdb::ReadOptions(), rocks.meta(), key, &value).ok();
}

int unsettled(const std::string& store) {
    int found = 0;
    for (const auto& entry : fs::directory_iterator(store)) {
        found += entry.path().filename().string().starts_with("CURRENT.") ? 1 : 0;
    }
    return found;
}

TEST(FirstFiles, AreAStoreWhenTheyAreSettled) {
    const TemporaryDirectory directory;
    const std::string store = directory.path() + "/store";
    {
        auto rocks = open_rocks(store);
        ASSERT_TRUE(rocks) << rocks.error().message;
        ASSERT_TRUE(put(**rocks, "before").ok());
        EXPECT_FALSE(fs::exists(store + "/CURRENT"));
        ASSERT_TRUE((*rocks)->settle());
        EXPECT_TRUE(fs::exists(store + "/CURRENT"));
        EXPECT_EQ(unsettled(store), 0);
        ASSERT_TRUE(put(**rocks, "after").ok());
        ASSERT_TRUE((*rocks)->settle());
    }
    const auto again = open_rocks(store);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(holds(**again, "before"));
    EXPECT_TRUE(holds(**again, "after"));
}

TEST(FirstFiles, AreNoStoreBefore) {
    const TemporaryDirectory directory;
    const std::string store = directory.path() + "/store";
    for (int i = 0; i < 3; ++i) {
        const auto rocks = open_rocks(store);
        ASSERT_TRUE(rocks) << rocks.error().message;
        EXPECT_FALSE(holds(**rocks, "lost"));
        ASSERT_TRUE(put(**rocks, "lost").ok());
    }
    EXPECT_FALSE(fs::exists(store + "/CURRENT"));
    // What they left is no obstacle.
    StoreRig rig({.directory = store});
    ASSERT_TRUE(rig.open());
    rig.close();
    ASSERT_TRUE(rig.open());
}

}  // namespace
}  // namespace carillon::dynamo::embedded
