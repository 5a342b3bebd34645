#include "layer/object_store.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace carillon::layer {
namespace {

constexpr std::size_t key_bytes_max = 1024;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

}  // namespace

Result<> check_object_key(std::string_view key) {
    if (key.empty() || key.size() > key_bytes_max) {
        return invalid("key", "must have 1 to 1024 bytes");
    }
    if (!is_utf8(key) || std::ranges::any_of(key, [](char c) { return c >= 0 && c < ' '; })) {
        return invalid("key", "must be UTF-8 without control characters");
    }
    while (!key.empty()) {
        const std::size_t slash = std::min(key.find('/'), key.size());
        const std::string_view part = key.substr(0, slash);
        if (part.empty() || part == "." || part == "..") {
            return invalid("key", "must not have an empty part, or one that is . or ..");
        }
        const bool ends_in_slash = slash + 1 == key.size();
        key.remove_prefix(std::min(slash + 1, key.size()));
        if (ends_in_slash) return invalid("key", "must not end in a slash");
    }
    return {};
}

std::string key_part(std::string_view text) {
    std::string part;
    for (const char c : text) {
        if (is_plain(c) && !(c == '.' && part.empty())) {
            part += c;
            continue;
        }
        part += '%';
        part += hex_encode(std::string_view(&c, 1));
    }
    return part;
}

}  // namespace carillon::layer
