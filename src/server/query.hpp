// The query part of a request, read by what its route declares.
//
// Strict: a parameter that the route does not know, that is given twice or that breaks its rule is
// refused by name, because a filter that is silently ignored deletes the wrong rows. Apart from the
// router so that the rules are one table in query_test.cpp.

#pragma once

#include "core/result.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace carillon::server {

enum class ParameterKind : std::uint8_t { text, integer, boolean, instant, choice };

struct QueryParameter {
    std::string_view name;
    ParameterKind kind = ParameterKind::text;
    std::string_view description{};
    bool required = false;
    std::int64_t min = 0;  ///< integer: the range. text: bytes.
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    std::vector<std::string_view> choices{};
};

/// The parameters that were given, each of its declared kind.
class QueryValues {
public:
    /// Absent parameters yield nothing. Asking for another kind than declared is a bug.
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;
    [[nodiscard]] std::optional<bool> boolean(std::string_view name) const;
    [[nodiscard]] std::optional<TimePoint> instant(std::string_view name) const;

private:
    friend Result<QueryValues> read_query(std::span<const QueryParameter> declared,
                                          std::string_view query);
    using Value = std::variant<std::string, std::int64_t, bool, TimePoint>;
    [[nodiscard]] const Value* find(std::string_view name) const;

    std::vector<std::pair<std::string_view, Value>> values_;  // Names of the declaration.
};

/// `query` without the question mark, percent-encoded. `invalid` names the parameter. The answer
/// refers to the names in `declared`.
[[nodiscard]] Result<QueryValues> read_query(std::span<const QueryParameter> declared,
                                             std::string_view query);

}  // namespace carillon::server
