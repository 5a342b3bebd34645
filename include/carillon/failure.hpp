// How the library says that something could not be done. It throws nothing of its own.

#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace carillon {

enum class FailureKind {
    not_found,       ///< There is no such webhook.
    already_exists,  ///< There is another one under that id.
    conflict,        ///< It is in a state that does not allow it, or was changed at the same time.
    unavailable,     ///< Not now: the disk is full, another process has the store; try again later.
    invalid,         ///< The input breaks a rule; `field` names where.
    denied,     ///< Not allowed: a target in a private network, a directory without permission.
    too_large,  ///< A size limit was exceeded.
    corrupt,    ///< Stored bytes make no sense.
    stopped,    ///< The scheduler was stopped meanwhile.
    internal,   ///< A bug.
};

/// `not_found`, `already_exists` ...
[[nodiscard]] std::string_view to_string(FailureKind kind);

struct Failure {
    FailureKind kind = FailureKind::internal;
    std::string message;  ///< For people.
    std::string field{};  ///< Of the input, as a dotted path: `repeat.interval`. May be empty.

    bool operator==(const Failure&) const = default;
};

template <class T = void>
using Expected = std::expected<T, Failure>;

}  // namespace carillon
