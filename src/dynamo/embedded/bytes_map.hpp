// A hash map by byte strings that can be searched with a view of them.

#pragma once

#include <absl/container/flat_hash_map.h>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace carillon::dynamo::embedded {

// Abseil's own hash of strings takes its own string_view in Debian's build.
struct BytesHash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the library's name

    std::size_t operator()(std::string_view bytes) const noexcept {
        return std::hash<std::string_view>{}(bytes);
    }
};

template <class T>
using BytesMap = absl::flat_hash_map<std::string, T, BytesHash, std::equal_to<>>;

}  // namespace carillon::dynamo::embedded
