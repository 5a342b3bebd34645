// judge: what an answer, or the lack of one, means for the attempt.

#include "core/text.hpp"
#include "delivery/delivery.hpp"
#include "delivery/retry_after.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace carillon::delivery {
namespace {

constexpr std::string_view truncation_marker = "…[truncated]";
constexpr std::string_view binary_prefix = "data:;base64,";

/// `text` with every byte that is not part of a UTF-8 character replaced by U+FFFD.
std::string as_utf8(std::string_view text) {
    if (is_utf8(text)) return std::string(text);
    std::string out;
    while (!text.empty()) {
        std::size_t length = 1;
        while (length < 4 && length < text.size() && !is_utf8(text.substr(0, length))) ++length;
        if (is_utf8(text.substr(0, length))) {
            out += text.substr(0, length);
            text.remove_prefix(length);
        } else {
            out += "\xEF\xBF\xBD";
            text.remove_prefix(1);
        }
    }
    return out;
}

/// Drops the start of a character that the size limit cut off, if there is one.
std::string_view without_cut_character(std::string_view bytes) {
    for (std::size_t cut = 0; cut <= 3 && cut <= bytes.size(); ++cut) {
        const std::string_view kept = bytes.substr(0, bytes.size() - cut);
        if (is_utf8(kept)) return kept;
    }
    return bytes;
}

void log_body(const net::ClientResponse& answer, std::size_t max, ResponseLog& log) {
    const bool cut = answer.truncated || answer.body.size() > max;
    std::string_view bytes = std::string_view(answer.body).substr(0, max);
    if (cut) bytes = without_cut_character(bytes);

    if (is_utf8(bytes)) {
        log.body = bytes;
    } else {
        // Three bytes become four characters; the text stays within the cap too.
        const std::size_t room = max > binary_prefix.size() ? max - binary_prefix.size() : 0;
        const std::string_view head = std::string_view(answer.body).substr(0, room / 4 * 3);
        log.truncated = head.size() < answer.body.size();
        log.body = std::string(binary_prefix) + base64_encode(head);
    }
    log.truncated = log.truncated || cut;
    if (log.truncated) log.body += truncation_marker;
}

/// Names in lower case, each once (repeated fields joined by commas, RFC 9110 section 5.2).
void log_headers(const net::Headers& headers, std::size_t max, ResponseLog& log) {
    std::size_t bytes = 0;
    for (const net::Header header : headers) {
        const std::string name = to_lower(as_utf8(header.name));
        std::string value = as_utf8(header.value);
        if (name.empty()) continue;
        if (bytes + name.size() + value.size() + 2 > max) {
            log.truncated = true;
            continue;
        }
        bytes += name.size() + value.size() + 2;
        if (const auto earlier = log.headers.get(name)) {
            value = fmt::format("{}, {}", *earlier, value);
        }
        log.headers.set(name, std::move(value));
    }
}

std::string error_text(const Error& error, const DeliveryOptions& options) {
    switch (error.code) {
        case Errc::timeout:
            return error.message.empty() ? "timeout after " + format_duration(options.total_timeout)
                                         : "timeout: " + error.message;
        case Errc::denied:
            return "address refused: " + error.message;
        case Errc::cancelled:
            return "cancelled before the answer came";
        case Errc::invalid:
        case Errc::too_large:
            return error.field.empty()
                       ? error.message
                       : fmt::format("request refused: {}: {}", error.field, error.message);
        default:
            return error.message.empty() ? std::string(to_string(error.code)) : error.message;
    }
}

}  // namespace

Verdict judge(const Result<net::ClientResponse>& answer,
              const DeliveryOptions& options,
              TimePoint now) {
    Verdict verdict;
    if (!answer) {
        // The guard's refusal and a malformed request come out the same every time.
        const Errc code = answer.error().code;
        const bool hopeless = code == Errc::denied || code == Errc::invalid ||
                              (code == Errc::too_large && !answer.error().field.empty());
        verdict.outcome = hopeless ? Outcome::rejected : Outcome::failed;
        verdict.error = as_utf8(error_text(answer.error(), options));
        return verdict;
    }
    verdict.duration_ns = std::max<std::int64_t>(0, answer->ended_ticks - answer->started_ticks);
    verdict.response.status = answer->status;
    log_body(*answer, options.response_body_max, verdict.response);
    log_headers(answer->headers, options.response_headers_max, verdict.response);

    if (answer->status >= 200 && answer->status <= 299) {
        verdict.outcome = Outcome::delivered;
        return verdict;
    }
    verdict.error = fmt::format("Request failed with status {}", answer->status);
    if (answer->status == 410) {
        verdict.outcome = Outcome::rejected;
        return verdict;
    }
    verdict.outcome = Outcome::failed;
    if (const auto value = answer->headers.get("Retry-After")) {
        verdict.retry_after = parse_retry_after(*value, now);
    }
    return verdict;
}

}  // namespace carillon::delivery
