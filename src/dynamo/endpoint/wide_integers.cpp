#include "dynamo/endpoint/wide_integers.hpp"

namespace carillon::dynamo::endpoint {

namespace {

constexpr std::size_t digits_that_fit = 18;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Where the string that begins at `at` ends: behind its closing quote, or at the body's end.
std::size_t string_end(std::string_view body, std::size_t at) {
    for (++at; at < body.size(); ++at) {
        if (body[at] == '\\') {
            ++at;
        } else if (body[at] == '"') {
            return at + 1;
        }
    }
    return body.size();
}

bool is_fraction(char c) {
    return c == '.' || c == 'e' || c == 'E';
}

}  // namespace

std::optional<std::string> with_wide_integers(std::string_view body) {
    std::string out;
    std::size_t copied = 0;
    for (std::size_t at = 0; at < body.size();) {
        if (body[at] == '"') {
            at = string_end(body, at);
            continue;
        }
        if (!is_digit(body[at])) {
            // Digits behind a point or an exponent belong to a fraction that began before them.
            const bool fraction = is_fraction(body[at]);
            ++at;
            while (fraction && at < body.size() &&
                   (is_digit(body[at]) || body[at] == '+' || body[at] == '-')) {
                ++at;
            }
            continue;
        }
        const std::size_t start = at;
        while (at < body.size() && is_digit(body[at])) ++at;
        const bool whole = at == body.size() || !is_fraction(body[at]);
        if (!whole || at - start <= digits_that_fit) continue;
        out.append(body, copied, at - copied).append(".0");
        copied = at;
    }
    if (copied == 0) return std::nullopt;
    return out.append(body, copied);
}

}  // namespace carillon::dynamo::endpoint
