// HTTP messages as plain values: no Beast, no sockets. Both the server and the client speak these.

#pragma once

#include "core/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::net {

/// One field. Both texts belong to the Headers it comes from and go with the next change of them.
struct Header {
    std::string_view name;
    std::string_view value;
};

/// Header fields in their order, duplicates kept; names compare without regard to case. All texts
/// are in one piece of memory: a message has a dozen of fields, which else are two dozens of
/// pieces.
class Headers {
public:
    class Iterator;

    Headers() = default;

    Headers(std::initializer_list<Header> fields) {
        for (const Header field : fields) add(field.name, field.value);
    }

    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;

    [[nodiscard]] bool has(std::string_view name) const { return get(name).has_value(); }

    /// Each text may have up to 4 GB.
    void add(std::string_view name, std::string_view value);
    /// Replaces all fields of that name by one.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);

    /// Room for `bytes` of texts and their lengths, eight bytes a field.
    void reserve(std::size_t bytes) { fields_.reserve(bytes); }

    void clear() { fields_.clear(); }

    [[nodiscard]] inline Iterator begin() const;
    [[nodiscard]] inline Iterator end() const;

    /// Counts them.
    [[nodiscard]] std::size_t size() const;

private:
    /// Of both lengths, which stand before the two texts.
    static constexpr std::size_t lengths_bytes = 2 * sizeof(std::uint32_t);

    std::string fields_;
};

class Headers::Iterator {
public:
    using iterator_concept = std::forward_iterator_tag;
    using value_type = Header;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;

    Header operator*() const {
        const auto [name, value] = lengths();
        const char* const text = at_ + lengths_bytes;
        return {{text, name}, {text + name, value}};
    }

    Iterator& operator++() {
        const auto [name, value] = lengths();
        at_ += lengths_bytes + name + value;
        return *this;
    }

    Iterator operator++(int) {
        const Iterator before = *this;
        ++*this;
        return before;
    }

    bool operator==(const Iterator&) const = default;

private:
    friend class Headers;

    explicit Iterator(const char* at) : at_(at) {}

    [[nodiscard]] std::array<std::uint32_t, 2> lengths() const {
        std::array<std::uint32_t, 2> both{};
        std::memcpy(both.data(), at_, sizeof both);
        return both;
    }

    const char* at_ = nullptr;
};

Headers::Iterator Headers::begin() const {
    return Iterator(fields_.data());
}

Headers::Iterator Headers::end() const {
    return Iterator(fields_.data() + fields_.size());
}

/// What a server receives.
struct ServerRequest {
    std::string method;  ///< As sent, for instance "GET".
    std::string target;  ///< Path and query as sent, for instance "/webhooks?limit=5".
    std::string path;    ///< Path alone, still percent-encoded.
    std::string query;   ///< Without the question mark; still percent-encoded.
    Headers headers;
    std::string body;
    std::string peer;  ///< "127.0.0.1:40312"

    /// As new; keeps the memory for the next message.
    void clear();
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
