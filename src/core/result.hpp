// How everything here says that something could not be done.
//
// A call that can fail at run time returns Result<T>. The error carries one of a short list of
// codes, which is enough to decide whether to retry, and a text for people. Answers that a caller
// expects ("somebody else holds it") are small enums of their own module, not errors.

#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace carillon {

enum class Errc : std::uint8_t {
    not_found,         ///< The named thing does not exist.
    already_exists,    ///< The named thing exists and may not be replaced.
    condition_failed,  ///< A condition on the stored state did not hold; nothing was changed.
    throttled,         ///< Asked too fast; retry later.
    unavailable,       ///< Cannot be done now (disk full, peer away); retry later.
    timeout,           ///< The deadline passed; the effect is unknown.
    cancelled,         ///< Stopped on request.
    invalid,           ///< The input breaks a rule; `field` names where.
    denied,            ///< Not allowed.
    too_large,         ///< A size limit was exceeded.
    corrupt,           ///< Stored or received bytes make no sense.
    internal,          ///< A bug or an unknown fault of a library.
};

[[nodiscard]] std::string_view to_string(Errc code);

/// Typed facts that some errors carry beside their text (the item that failed a condition, the
/// reasons why a transaction was cancelled). Derived types live with the module that makes them.
struct ErrorDetail {
    ErrorDetail() = default;
    ErrorDetail(const ErrorDetail&) = default;
    ErrorDetail& operator=(const ErrorDetail&) = default;
    virtual ~ErrorDetail() = default;
};

struct [[nodiscard]] Error {
    Errc code = Errc::internal;
    std::string message;
    /// For `invalid`, `denied` and `too_large`: the input's field, as a dotted path
    /// ("repeat.rule.unit").
    std::string field{};
    /// Shared because errors are copied to every waiter of a failed group.
    std::shared_ptr<const ErrorDetail> detail{};
};

/// `code: message` or `code: field: message`, for logs and terminals.
[[nodiscard]] std::string describe(const Error& error);

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message) {
    return std::unexpected(Error{code, std::move(message)});
}

/// Bad input: `field` is where, `message` is the rule that it breaks.
[[nodiscard]] inline std::unexpected<Error> invalid(std::string field, std::string message) {
    return std::unexpected(Error{Errc::invalid, std::move(message), std::move(field)});
}

}  // namespace carillon

#define CARILLON_CONCAT_(a, b) a##b
#define CARILLON_CONCAT(a, b) CARILLON_CONCAT_(a, b)

// A declaration cannot stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)

/// `CARILLON_TRY(const auto size, parse(text));` declares `size`, or returns the error.
#define CARILLON_TRY(declaration, expression)                                          \
    auto CARILLON_CONCAT(result_, __LINE__) = (expression);                            \
    if (!CARILLON_CONCAT(result_, __LINE__))                                           \
        return std::unexpected(std::move(CARILLON_CONCAT(result_, __LINE__)).error()); \
    declaration = *std::move(CARILLON_CONCAT(result_, __LINE__))

/// The same in a coroutine: `CARILLON_CO_TRY(auto item, co_await database.get_item(request));`
#define CARILLON_CO_TRY(declaration, expression)                                          \
    auto CARILLON_CONCAT(result_, __LINE__) = (expression);                               \
    if (!CARILLON_CONCAT(result_, __LINE__))                                              \
        co_return std::unexpected(std::move(CARILLON_CONCAT(result_, __LINE__)).error()); \
    declaration = *std::move(CARILLON_CONCAT(result_, __LINE__))

// NOLINTEND(bugprone-macro-parentheses)

/// For a Result<void>: returns the error, or goes on.
#define CARILLON_TRY_VOID(expression)                           \
    if (auto CARILLON_CONCAT(result_, __LINE__) = (expression); \
        !CARILLON_CONCAT(result_, __LINE__))                    \
    return std::unexpected(std::move(CARILLON_CONCAT(result_, __LINE__)).error())

#define CARILLON_CO_TRY_VOID(expression)                        \
    if (auto CARILLON_CONCAT(result_, __LINE__) = (expression); \
        !CARILLON_CONCAT(result_, __LINE__))                    \
    co_return std::unexpected(std::move(CARILLON_CONCAT(result_, __LINE__)).error())
