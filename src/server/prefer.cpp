#include "server/prefer.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <string_view>

namespace carillon::server {
namespace {

/// Up to the next `separator` outside quotes; `rest` goes on behind it.
std::string_view next_part(std::string_view& rest, char separator) {
    bool quoted = false;
    std::size_t at = 0;
    for (; at < rest.size(); ++at) {
        if (rest[at] == '"') quoted = !quoted;
        if (rest[at] == separator && !quoted) break;
    }
    const std::string_view part = trim(rest.substr(0, at));
    rest.remove_prefix(std::min(rest.size(), at + 1));
    return part;
}

std::string_view without_quotes(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
    return text.substr(1, text.size() - 2);
}

}  // namespace

std::optional<Return> preferred_return(const net::Headers& headers) {
    for (const net::Header header : headers) {
        if (!equals_ignoring_case(header.name, "Prefer")) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            std::string_view preference = next_part(rest, ',');
            std::string_view value = next_part(preference, ';');  // Without its parameters.
            const std::string_view name = next_part(value, '=');
            if (!equals_ignoring_case(name, "return")) continue;
            value = without_quotes(trim(value));
            if (equals_ignoring_case(value, "minimal")) return Return::minimal;
            if (equals_ignoring_case(value, "representation")) return Return::representation;
            return std::nullopt;
        }
    }
    return std::nullopt;
}

void add_preference_applied(std::optional<Return> preference, net::Headers& headers) {
    if (!preference) return;
    headers.add("Preference-Applied",
                *preference == Return::minimal ? "return=minimal" : "return=representation");
}

}  // namespace carillon::server
