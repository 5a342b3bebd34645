#include "dynamo/embedded/disk_space.hpp"

#include <fmt/format.h>

#include <limits>
#include <sys/statvfs.h>

namespace carillon::dynamo::embedded {

namespace {
constexpr std::int64_t remembered_ns = 20'000'000;
}

std::uint64_t free_disk_bytes(const std::string& directory) {
    struct statvfs disk{};
    if (::statvfs(directory.c_str(), &disk) != 0) return std::numeric_limits<std::uint64_t>::max();
    return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

Result<> DiskGuard::check(std::int64_t ticks) {
    if (directory_.empty()) return {};
    if (!asked_ || ticks - asked_at_ >= remembered_ns) {
        asked_ = true;
        asked_at_ = ticks;
        full_ = free_disk_bytes(directory_) < reserve_;
    }
    if (!full_) return {};
    return fail(Errc::unavailable,
                fmt::format("the disk is full: cannot write; nothing was changed, and it will go "
                            "on by itself when {} MB are free",
                            (reserve_ >> 20) + 1));
}

}  // namespace carillon::dynamo::embedded
