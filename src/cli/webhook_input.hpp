// From the words of a command line to the JSON of a request. Pure, so that the rules are tables in
// webhook_input_test.cpp.

#pragma once

#include "core/json.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::cli {

/// `carillon webhook add`, as typed.
struct AddOptions {
    std::string url;
    std::optional<std::string> method{};  ///< Default: POST with a body, otherwise GET.
    std::optional<std::string> data{};    ///< The body's text (`@file` and `-` are read already).
    std::vector<std::string> headers{};   ///< `Name: value`
    std::optional<std::string> in{};      ///< `5s`
    std::optional<std::string> at{};      ///< An instant with its offset, or `now`.
    std::optional<std::string> every{};   ///< `30m`
    std::optional<std::int64_t> max{};    ///< Repetitions after the first run.
    std::optional<std::int64_t> retries{};
    std::optional<std::string> id{};
    std::string name_space = "default";
};

/// The body of POST /webhooks. `invalid` names the option (`--in`).
[[nodiscard]] Result<json::object> registration(const AddOptions& options, TimePoint now);

/// `Name: value` lines as an object. `invalid` with field `-H`.
[[nodiscard]] Result<json::object> headers_of(const std::vector<std::string>& lines);

/// Which webhooks a list or a batch operation is about, as typed.
struct SelectionOptions {
    std::optional<std::string> id_prefix{};
    std::optional<std::string> status{};
    std::optional<std::string> from{};
    std::optional<std::string> to{};
    std::string name_space = "default";

    [[nodiscard]] bool narrows() const { return id_prefix || status || from || to; }
};

/// The body of delete-many and suspend-many. `invalid` names the option.
[[nodiscard]] Result<json::object> selection(const SelectionOptions& options, TimePoint now);

/// The query of GET /webhooks, encoded, without the question mark.
struct ListOptions {
    SelectionOptions selection{};
    bool descending = false;
    std::int64_t limit = 100;
    std::optional<std::string> start_key{};
};

[[nodiscard]] Result<std::string> list_query(const ListOptions& options, TimePoint now);

/// An instant with its offset, `now`, or a time from now: `+5s`, `-1h`.
[[nodiscard]] Result<TimePoint> read_when(std::string_view option,
                                          std::string_view text,
                                          TimePoint now);

}  // namespace carillon::cli
