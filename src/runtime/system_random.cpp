#include "runtime/system_random.hpp"

#include "core/check.hpp"

#include <cerrno>
#include <sys/random.h>

namespace carillon::runtime {

std::uint64_t SystemRandom::next() {
    if (used_ == block_.size()) {
        std::size_t filled = 0;
        auto* bytes = reinterpret_cast<char*>(block_.data());
        while (filled < sizeof(block_)) {
            const ssize_t got = getrandom(bytes + filled, sizeof(block_) - filled, 0);
            if (got < 0 && errno == EINTR) continue;
            CARILLON_CHECK(got > 0);
            filled += static_cast<std::size_t>(got);
        }
        used_ = 0;
    }
    return block_[used_++];
}

}  // namespace carillon::runtime
