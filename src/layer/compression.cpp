#include "layer/compression.hpp"

#include "core/check.hpp"

#include <memory>
#include <zstd.h>

namespace carillon::layer {
namespace {

// Level 3 halves items in a few milliseconds a megabyte; higher ones cost much more for little.
constexpr int level = 3;

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

std::string compress(std::string_view bytes) {
    const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
    CARILLON_CHECK(context != nullptr);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::string frame(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size =
        ZSTD_compress2(context.get(), frame.data(), frame.size(), bytes.data(), bytes.size());
    // The buffer is as large as it may need: nothing but a lack of memory is left.
    CARILLON_CHECK(!ZSTD_isError(size));
    frame.resize(size);
    return frame;
}

Result<std::string> decompress(std::string_view frame, std::size_t bytes_max) {
    const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > bytes_max) {
        return fail(Errc::corrupt, "not a compressed block of ours");
    }
    std::string bytes(static_cast<std::size_t>(size), '\0');
    const std::size_t done =
        ZSTD_decompress(bytes.data(), bytes.size(), frame.data(), frame.size());
    if (ZSTD_isError(done) || done != bytes.size()) {
        return fail(Errc::corrupt, "a compressed block is damaged");
    }
    return bytes;
}

}  // namespace carillon::layer
