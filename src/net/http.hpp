// HTTP messages as plain values: no Beast, no sockets. Both the server and the client speak these.

#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::net {

struct Header {
    std::string name;
    std::string value;
};

/// Header fields in their order, duplicates kept; names compare without regard to case.
class Headers {
public:
    Headers() = default;

    Headers(std::initializer_list<Header> fields) : fields_(fields) {}

    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;

    [[nodiscard]] bool has(std::string_view name) const { return get(name).has_value(); }

    void add(std::string name, std::string value);
    /// Replaces all fields of that name by one.
    void set(std::string_view name, std::string value);
    void remove(std::string_view name);

    [[nodiscard]] auto begin() const { return fields_.begin(); }

    [[nodiscard]] auto end() const { return fields_.end(); }

    [[nodiscard]] std::size_t size() const { return fields_.size(); }

private:
    std::vector<Header> fields_;
};

/// What a server receives.
struct ServerRequest {
    std::string method;  ///< As sent, for instance "GET".
    std::string target;  ///< Path and query as sent, for instance "/webhooks?limit=5".
    std::string path;    ///< Path alone, still percent-encoded.
    std::string query;   ///< Without the question mark; still percent-encoded.
    Headers headers;
    std::string body;
    std::string peer;  ///< "127.0.0.1:40312"
};

/// What a server answers.
struct ServerResponse {
    int status = 200;
    Headers headers{};
    std::string body{};
};

/// Percent-decodes a path segment or a query part; `plus_is_space` for queries. `invalid` when an
/// escape is broken or the result is not UTF-8.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// Encodes everything but RFC 3986 unreserved characters.
[[nodiscard]] std::string percent_encode(std::string_view text);
/// `a=1&b=2` in order, decoded. `invalid` as percent_decode.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view query);

/// The standard reason phrase, or "Unknown".
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace carillon::net
