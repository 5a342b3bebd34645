// Calls into a domain that must not be able to end the process.
//
// Nothing of ours throws, but what domains are made of may (memory, third-party code), and one bad
// row must never disturb its neighbours. Used by claimer, runner and settler around a RowMap's and
// a Handler's functions.

#pragma once

#include <exception>
#include <expected>
#include <string>
#include <type_traits>
#include <utility>

namespace carillon::queue {

/// For logs and error texts.
[[nodiscard]] inline std::string text_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& exception) {
        return exception.what();
    } catch (...) {
        return "an unknown exception";
    }
}

/// What `call` returns, or the text of what it threw.
template <class Call>
[[nodiscard]] std::expected<std::invoke_result_t<Call>, std::string> guarded(Call&& call) {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<Call>>) {
            std::forward<Call>(call)();
            return {};
        } else {
            return std::forward<Call>(call)();
        }
    } catch (...) {
        return std::unexpected(text_of(std::current_exception()));
    }
}

}  // namespace carillon::queue
