#include "aws/sigv4.hpp"

#include "core/text.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

namespace carillon::aws {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr Duration skew_max{15 * 60 * 1'000};

std::string sha256(std::string_view bytes) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()),
           bytes.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

std::string hmac(std::string_view key, std::string_view text) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    unsigned int length = 0;
    HMAC(EVP_sha256(),
         key.data(),
         static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()),
         text.size(),
         reinterpret_cast<unsigned char*>(digest.data()),
         &length);
    return digest;
}

/// `20150830T123600Z`
std::string basic_timestamp(TimePoint now) {
    const std::string iso = format_instant(now);  // 2015-08-30T12:36:00.000Z
    std::string basic;
    for (const char c : std::string_view(iso).substr(0, 19)) {
        if (c != '-' && c != ':') basic += c;
    }
    return basic + 'Z';
}

std::optional<TimePoint> parse_basic_timestamp(std::string_view text) {
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
    std::string iso;
    iso.append(text, 0, 4)
        .append("-")
        .append(text, 4, 2)
        .append("-")
        .append(text, 6, 5)
        .append(":");
    iso.append(text, 11, 2).append(":").append(text, 13, 3);
    const auto at = parse_instant(iso);
    if (!at) return std::nullopt;
    return *at;
}

/// Headers that a proxy may add or change on the way are not signed.
bool is_signed(std::string_view lower) {
    constexpr std::string_view left_out[] = {"authorization",
                                             "connection",
                                             "expect",
                                             "user-agent",
                                             "x-amzn-trace-id",
                                             "transfer-encoding",
                                             "content-length",
                                             "accept-encoding"};
    return std::ranges::find(left_out, lower) == std::end(left_out);
}

/// Trimmed, with inner runs of spaces folded to one.
void append_folded(std::string_view value, std::string& out) {
    bool gap = false;
    for (const char c : trim(value)) {
        if (c == ' ') {
            gap = true;
            continue;
        }
        if (std::exchange(gap, false)) out += ' ';
        out += c;
    }
}

std::string header_value(const net::Headers& headers, std::string_view lower) {
    std::string value;
    bool first = true;
    for (const auto& header : headers) {
        if (!equals_ignoring_case(header.name, lower)) continue;
        if (!std::exchange(first, false)) value += ',';
        append_folded(header.value, value);
    }
    return value;
}

/// Decoded, encoded by SigV4's rules, and sorted by name, then value.
std::string canonical_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> parts;
    while (!query.empty()) {
        const auto end = query.find('&');
        const std::string_view part = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        if (part.empty()) continue;
        const auto equals = part.find('=');
        const auto encoded = [](std::string_view raw) {
            const auto decoded = net::percent_decode(raw);
            return net::percent_encode(decoded ? std::string_view(*decoded) : raw);
        };
        parts.emplace_back(
            encoded(part.substr(0, equals)),
            equals == std::string_view::npos ? "" : encoded(part.substr(equals + 1)));
    }
    std::ranges::sort(parts);
    std::string canonical;
    for (const auto& [name, value] : parts) {
        if (!canonical.empty()) canonical += '&';
        canonical.append(name).append("=").append(value);
    }
    return canonical;
}

std::string canonical_path(std::string_view path, bool encode_again) {
    if (path.empty()) return "/";
    if (!encode_again) return std::string(path);
    std::string canonical;
    while (!path.empty()) {
        const auto slash = path.find('/');
        canonical += net::percent_encode(path.substr(0, slash));
        if (slash == std::string_view::npos) break;
        canonical += '/';
        path.remove_prefix(slash + 1);
    }
    return canonical;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        if (!text.empty()) text += ';';
        text += name;
    }
    return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (;;) {
        const auto at = text.find(separator);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

/// What a request says about its own signature, from either place.
struct Claimed {
    std::string access_key;
    std::string date;
    Scope scope;
    std::vector<std::string> signed_headers;
    std::string signature;
    std::string timestamp;
    std::string query;  ///< As signed: without X-Amz-Signature.
    std::string payload_hash;
    Duration valid_for = skew_max;
};

bool read_credential(std::string_view text, Claimed& claimed) {
    const auto parts = split(text, '/');
    if (parts.size() < 5 || parts.back() != "aws4_request") return false;
    const std::size_t count = parts.size();
    claimed.date = parts[count - 4];
    claimed.scope = Scope{parts[count - 3], parts[count - 2]};
    // Access keys may hold slashes in emulators' configurations; what is left is the key.
    for (std::size_t i = 0; i + 4 < count; ++i) {
        if (i > 0) claimed.access_key += '/';
        claimed.access_key += parts[i];
    }
    return !claimed.access_key.empty() && claimed.date.size() == 8;
}

std::expected<Claimed, Refusal> read_header(const net::ServerRequest& request,
                                            std::string_view text) {
    Claimed claimed;
    if (!text.starts_with(algorithm)) return std::unexpected(Refusal::incomplete);
    text.remove_prefix(algorithm.size());
    bool credential = false;
    for (const auto& part : split(text, ',')) {
        const std::string_view field = trim(part);
        const auto equals = field.find('=');
        if (equals == std::string_view::npos) return std::unexpected(Refusal::incomplete);
        const std::string_view name = field.substr(0, equals);
        const std::string_view value = field.substr(equals + 1);
        if (name == "Credential") credential = read_credential(value, claimed);
        if (name == "SignedHeaders") claimed.signed_headers = split(value, ';');
        if (name == "Signature") claimed.signature = value;
    }
    const auto timestamp = request.headers.get("x-amz-date");
    if (!credential || claimed.signature.empty() || claimed.signed_headers.empty() || !timestamp) {
        return std::unexpected(Refusal::incomplete);
    }
    claimed.timestamp = *timestamp;
    claimed.query = request.query;
    const auto hash = request.headers.get("x-amz-content-sha256");
    claimed.payload_hash =
        hash && *hash == "UNSIGNED-PAYLOAD" ? std::string(*hash) : sha256_hex(request.body);
    return claimed;
}

std::expected<Claimed, Refusal> read_query(const net::ServerRequest& request) {
    Claimed claimed;
    bool credential = false;
    for (const auto& part : split(request.query, '&')) {
        const auto equals = part.find('=');
        const std::string name = part.substr(0, equals);
        const auto decoded = net::percent_decode(equals == std::string::npos
                                                     ? std::string_view()
                                                     : std::string_view(part).substr(equals + 1));
        const std::string value = decoded ? *decoded : std::string();
        if (name == "X-Amz-Credential") credential = read_credential(value, claimed);
        if (name == "X-Amz-SignedHeaders") claimed.signed_headers = split(value, ';');
        if (name == "X-Amz-Date") claimed.timestamp = value;
        if (name == "X-Amz-Expires") {
            const auto seconds = parse_duration(value + "s");
            if (!seconds) return std::unexpected(Refusal::incomplete);
            claimed.valid_for = std::min(*seconds, Duration{7LL * 86'400'000});
        }
        if (name == "X-Amz-Signature") {
            claimed.signature = value;
            continue;
        }
        if (!claimed.query.empty()) claimed.query += '&';
        claimed.query += part;
    }
    if (!credential || claimed.signature.empty() || claimed.signed_headers.empty() ||
        claimed.timestamp.empty()) {
        return std::unexpected(Refusal::incomplete);
    }
    claimed.payload_hash = request.method == "GET" ? "UNSIGNED-PAYLOAD" : sha256_hex(request.body);
    return claimed;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
    return hex_encode(sha256(bytes));
}

std::string canonical_request(const Signable& request,
                              const std::vector<std::string>& signed_headers,
                              bool encode_path_again) {
    std::string text;
    text.append(request.method).append("\n");
    text.append(canonical_path(request.path, encode_path_again)).append("\n");
    text.append(canonical_query(request.query)).append("\n");
    for (const auto& name : signed_headers) {
        text.append(name).append(":").append(header_value(*request.headers, name)).append("\n");
    }
    text.append("\n").append(joined(signed_headers)).append("\n").append(request.payload_hash);
    return text;
}

std::string signature(std::string_view secret,
                      std::string_view date,
                      const Scope& scope,
                      std::string_view timestamp,
                      std::string_view canonical) {
    std::string text(algorithm);
    text.append("\n").append(timestamp).append("\n").append(date).append("/").append(scope.region);
    text.append("/").append(scope.service).append("/aws4_request\n").append(sha256_hex(canonical));
    std::string key = hmac("AWS4" + std::string(secret), date);
    key = hmac(key, scope.region);
    key = hmac(key, scope.service);
    key = hmac(key, "aws4_request");
    return hex_encode(hmac(key, text));
}

void sign(std::string_view method,
          std::string_view path,
          std::string_view query,
          net::Headers& headers,
          std::string_view body,
          const Credentials& credentials,
          const Scope& scope,
          TimePoint now,
          const SigningOptions& options) {
    const std::string timestamp = basic_timestamp(now);
    const std::string date = timestamp.substr(0, 8);
    const std::string hash = sha256_hex(body);
    headers.set("X-Amz-Date", timestamp);
    if (!credentials.session_token.empty())
        headers.set("X-Amz-Security-Token", credentials.session_token);
    if (options.s3) headers.set("x-amz-content-sha256", hash);

    std::vector<std::string> names;
    for (const auto& header : headers) {
        std::string lower = to_lower(header.name);
        if (is_signed(lower)) names.push_back(std::move(lower));
    }
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());

    const Signable signable{method, path, query, &headers, hash};
    const std::string canonical = canonical_request(signable, names, !options.s3);
    const std::string signed_with =
        signature(credentials.secret_access_key, date, scope, timestamp, canonical);
    std::string authorization(algorithm);
    authorization.append(" Credential=").append(credentials.access_key_id).append("/").append(date);
    authorization.append("/").append(scope.region).append("/").append(scope.service);
    authorization.append("/aws4_request, SignedHeaders=").append(joined(names));
    authorization.append(", Signature=").append(signed_with);
    headers.set("Authorization", std::move(authorization));
}

std::expected<std::string, Refusal> verify(
    const net::ServerRequest& request,
    const std::function<std::optional<std::string>(std::string_view)>& secret_of,
    TimePoint now) {
    const auto header = request.headers.get("authorization");
    const bool in_query = request.query.find("X-Amz-Algorithm=") != std::string::npos;
    if (!header && !in_query) return std::unexpected(Refusal::missing_token);
    auto claimed = header ? read_header(request, *header) : read_query(request);
    if (!claimed) return std::unexpected(claimed.error());

    const auto at = parse_basic_timestamp(claimed->timestamp);
    if (!at || !claimed->timestamp.starts_with(claimed->date))
        return std::unexpected(Refusal::incomplete);
    const auto secret = secret_of(claimed->access_key);
    if (!secret) return std::unexpected(Refusal::unknown_key);
    if (now > *at + std::max(claimed->valid_for, in_query ? Duration{0} : skew_max) ||
        *at > now + skew_max) {
        return std::unexpected(Refusal::skewed);
    }
    const Signable signable{
        request.method, request.path, claimed->query, &request.headers, claimed->payload_hash};
    const std::string canonical =
        canonical_request(signable, claimed->signed_headers, claimed->scope.service != "s3");
    const std::string expected =
        signature(*secret, claimed->date, claimed->scope, claimed->timestamp, canonical);
    if (constant_time_equal(expected, claimed->signature)) return claimed->access_key;
    return std::unexpected(Refusal::mismatch);
}

}  // namespace carillon::aws
