// Where snapshots lie: named objects with conditional writes.
//
// Memory (tests), a directory, S3 and what speaks it. Segments are written once under fresh names;
// only files that others read in place are replaced, and then only as the version that was seen.

#pragma once

#include "core/result.hpp"
#include "runtime/task.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::layer {

struct Object {
    std::string bytes;
    std::string version;  ///< Opaque; changes with every write of other bytes (an ETag).
};

/// What must be true of the object that a write replaces.
struct PutCondition {
    bool absent = false;
    std::string version{};  ///< When not empty: it is this one.
};

struct PutOptions {
    PutCondition condition{};
    std::string content_type = "application/octet-stream";
};

struct ObjectPage {
    std::vector<std::string> keys;
    /// Give it back to go on; absent at the end.
    std::optional<std::string> next{};
};

/// Lives on one loop. Keys: 1 to 1024 bytes of UTF-8 without control characters; between slashes
/// neither nothing, nor `.`, nor `..`.
class ObjectStore {
public:
    ObjectStore() = default;
    ObjectStore(const ObjectStore&) = delete;
    ObjectStore& operator=(const ObjectStore&) = delete;
    virtual ~ObjectStore() = default;

    /// `not_found` when there is none.
    virtual Task<Result<Object>> get(std::string key) = 0;
    /// Answers the new version once the object is durable and every later get() sees it.
    /// `condition_failed` when the condition does not hold; `timeout` when the effect is unknown.
    virtual Task<Result<std::string>> put(std::string key,
                                          std::string bytes,
                                          PutOptions options = {}) = 0;
    /// Good also when there is none.
    virtual Task<Result<>> remove(std::string key) = 0;
    /// In order of the keys' bytes, at most a thousand at a time.
    virtual Task<Result<ObjectPage>> list(std::string prefix,
                                          std::optional<std::string> start = {}) = 0;
};

[[nodiscard]] Result<> check_object_key(std::string_view key);

/// A text as one part of a key that every store can name: bytes other than letters, digits, `-`,
/// `_` and `.` as `%XX`; a leading dot too.
[[nodiscard]] std::string key_part(std::string_view text);

}  // namespace carillon::layer
