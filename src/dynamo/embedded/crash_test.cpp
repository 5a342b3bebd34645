// Death and full disks: what was answered is there afterwards.

#include "core/random.hpp"
#include "dynamo/embedded/store_rig.hpp"
#include "runtime/system_random.hpp"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <set>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace carillon::dynamo::embedded {
namespace {

/// Writes and moves items for ever; tells each answered write through the pipe.
Task<> write_for_ever(EmbeddedDatabase& db, int pipe, std::uint32_t from) {
    for (std::uint32_t i = from;; ++i) {
        PutRequest request = put_thing(std::to_string(i), "ready", i);
        request.item.set("body", std::string(i % 2'000, 'x'));
        if (!co_await db.put_item(request)) std::_Exit(2);
        if (::write(pipe, &i, sizeof i) != sizeof i) std::_Exit(3);
        if (i % 3 != 0) continue;
        PutRequest moved = put_thing(std::to_string(i), "done", i);
        if (!co_await db.put_item(moved)) std::_Exit(2);
    }
}

constexpr int answers_descriptor = 9;
constexpr const char* parameters_file = "first-number";

EmbeddedOptions small_buffers(const std::string& directory) {
    return {
        .directory = directory, .item_buffer_bytes = 256U << 10, .index_buffer_bytes = 128U << 10};
}

/// The process that the next test kills: this program again, since a fork of it would lack the
/// threads that RocksDB believes to have. In its working directory lies what it should do.
TEST(EmbeddedCrash, DISABLED_ProcessToKill) {
    std::ifstream parameters(parameters_file);
    std::uint32_t from = 0;
    if (!(parameters >> from)) GTEST_SKIP() << "is started by another test";
    StoreRig store(small_buffers("store"));
    ASSERT_TRUE(store.open());
    store.run([](EmbeddedDatabase& db) -> Task<> {
        (void)co_await db.create_table(things());
    }(store.db()));
    runtime::Loop loop(store.clock());
    runtime::TaskGroup group(loop);
    for (std::uint32_t i = 0; i < 8; ++i) {
        group.spawn(write_for_ever(store.db(), answers_descriptor, from + i * 100'000));
    }
    loop.run();
}

/// Starts it; its answers come through `answers`.
pid_t start_process_to_kill(const std::string& directory, std::uint32_t from, int answers) {
    std::ofstream(directory + "/" + parameters_file) << from;
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    const pid_t process = ::fork();
    if (process != 0) return process;
    if (::dup2(answers, answers_descriptor) < 0 || ::chdir(directory.c_str()) != 0) ::_exit(4);
    ::execl(program.c_str(),
            program.c_str(),
            "--gtest_also_run_disabled_tests",
            "--gtest_filter=EmbeddedCrash.DISABLED_ProcessToKill",
            "--gtest_brief=1",
            nullptr);
    ::_exit(5);
}

TEST(EmbeddedCrash, NothingAnsweredIsLostByKillNine) {
    const auto seed = runtime::SystemRandom().next();
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    const TemporaryDirectory directory;
    const EmbeddedOptions options = small_buffers(directory.path() + "/store");
    std::set<std::uint32_t> answered;
    for (std::uint32_t round = 0; round < 8; ++round) {
        int pipe[2];
        ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
        const pid_t process = start_process_to_kill(directory.path(), round * 1'000'000, pipe[1]);
        ASSERT_GT(process, 0);
        ::close(pipe[1]);
        // Killed after a random number of answers: progress, not time, says when.
        const std::size_t enough = 50 + random.next() % 500;
        std::uint32_t number = 0;
        for (std::size_t i = 0; ::read(pipe[0], &number, sizeof number) == sizeof number; ++i) {
            answered.insert(number);
            if (i == enough) ::kill(process, SIGKILL);
        }
        ::close(pipe[0]);
        int status = 0;
        ::waitpid(process, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status)) << "exit " << WEXITSTATUS(status);

        StoreRig store(options);
        const auto opened = store.open();
        ASSERT_TRUE(opened) << describe(opened.error());
        store.expect_consistent();
        store.run([](EmbeddedDatabase& db, const std::set<std::uint32_t>& wanted) -> Task<> {
            for (const std::uint32_t id : wanted) {
                const auto got = co_await db.get_item(get_thing(std::to_string(id)));
                EXPECT_TRUE(got && *got) << "lost " << id;
            }
        }(store.db(), answered));
    }
    EXPECT_GT(answered.size(), 8U * 50);
}

/// A small file system of its own; needs the right to mount.
class SmallDisk {
public:
    explicit SmallDisk(const char* size) {
        mounted_ = ::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, size) == 0;
    }

    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    ~SmallDisk() {
        if (mounted_) ::umount(directory_.path().c_str());
    }

    [[nodiscard]] bool mounted() const { return mounted_; }

    [[nodiscard]] std::string store() const { return directory_.path() + "/store"; }

    [[nodiscard]] std::string ballast() const { return directory_.path() + "/ballast"; }

private:
    TemporaryDirectory directory_;
    bool mounted_ = false;
};

Task<> put_until_refused(EmbeddedDatabase& db, std::set<int>& kept, int& next, int most) {
    for (int i = 0; i < most; ++i) {
        const int id = next++;
        PutRequest request = put_thing(std::to_string(id), "ready", id);
        request.item.set("body", std::string(20'000, 'x'));
        const auto answer = co_await db.put_item(request);
        if (answer) {
            kept.insert(id);
            continue;
        }
        EXPECT_EQ(answer.error().code, Errc::unavailable) << describe(answer.error());
        EXPECT_NE(answer.error().message.find("disk is full"), std::string::npos)
            << answer.error().message;
        co_return;
    }
    ADD_FAILURE() << "the disk did not fill up";
}

Task<> expect_kept(EmbeddedDatabase& db, const std::set<int>& kept) {
    for (const int id : kept) {
        const auto got = co_await db.get_item(get_thing(std::to_string(id)));
        EXPECT_TRUE(got && *got) << "lost " << id;
    }
}

Task<> put_until_taken(EmbeddedDatabase& db,
                       runtime::Clock& clock,
                       std::set<int>& kept,
                       int& next) {
    const std::int64_t give_up = clock.ticks() + 30'000'000'000;
    while (clock.ticks() < give_up) {
        const int id = next++;
        const auto answer = co_await db.put_item(put_thing(std::to_string(id), "ready", id));
        if (!answer) continue;
        kept.insert(id);
        co_return;
    }
    ADD_FAILURE() << "writes did not come back";
}

/// Fills the disk, frees it, and restarts. With a small `buffer` the guard stops writes so late
/// that RocksDB itself meets the end of the disk.
void fill_free_and_restart(std::size_t buffer) {
    const SmallDisk disk("size=48m");
    if (!disk.mounted()) GTEST_SKIP() << "needs the right to mount a small file system";
    StoreRig store(
        {.directory = disk.store(), .item_buffer_bytes = buffer, .index_buffer_bytes = 64U << 10});
    ASSERT_TRUE(store.open());
    std::set<int> kept;
    int next = 0;
    store.run([](EmbeddedDatabase& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(things()));
    }(store.db()));
    // Ballast, so that there is something to free.
    {
        const std::string command =
            "head -c 16000000 /dev/zero > '" + disk.ballast() + "' 2>/dev/null";
        ASSERT_EQ(std::system(command.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
    }
    store.run(put_until_refused(store.db(), kept, next, 100'000));
    EXPECT_FALSE(kept.empty());
    EXPECT_TRUE(store.db().stats().full);
    store.run(expect_kept(store.db(), kept));

    ASSERT_EQ(::unlink(disk.ballast().c_str()), 0);
    store.run(put_until_taken(store.db(), store.clock(), kept, next));
    EXPECT_FALSE(store.db().stats().full);
    store.run(expect_kept(store.db(), kept));
    store.expect_consistent();

    store.close();
    ASSERT_TRUE(store.open());
    store.run(expect_kept(store.db(), kept));
    store.expect_consistent();
}

TEST(EmbeddedCrash, AFullDiskRefusesWritesServesReadsAndRecovers) {
    fill_free_and_restart(2U << 20);
}

TEST(EmbeddedCrash, ADiskThatFillsUnderRocksDbLosesNothingEither) {
    fill_free_and_restart(128U << 10);
}

TEST(EmbeddedCrash, OpeningOnAFullDiskSaysSo) {
    const SmallDisk disk("size=64k");
    if (!disk.mounted()) GTEST_SKIP() << "needs the right to mount a small file system";
    const std::string command = "head -c 1000000 /dev/zero > '" + disk.ballast() + "' 2>/dev/null";
    (void)std::system(command.c_str());  // NOLINT(concurrency-mt-unsafe)
    StoreRig store({.directory = disk.store()});
    const auto opened = store.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::unavailable) << describe(opened.error());
}

TEST(EmbeddedCrash, AReadOnlyDiskSaysSo) {
    const SmallDisk disk("size=8m");
    if (!disk.mounted()) GTEST_SKIP() << "needs the right to mount a small file system";
    StoreRig store({.directory = disk.store()});
    ASSERT_TRUE(store.open());
    store.close();
    const std::string mount_point = disk.store().substr(0, disk.store().rfind('/'));
    ASSERT_EQ(::mount("", mount_point.c_str(), "", MS_REMOUNT | MS_RDONLY, ""), 0);
    const auto opened = store.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::denied) << describe(opened.error());
    EXPECT_EQ(::mount("", mount_point.c_str(), "", MS_REMOUNT, ""), 0);
}

}  // namespace
}  // namespace carillon::dynamo::embedded
