#include "aws/s3.hpp"

#include "aws/profile.hpp"
#include "aws/xml.hpp"

#include <algorithm>
#include <utility>

namespace carillon::aws {
namespace {

constexpr Duration skew_min{30'000};

/// All but unreserved characters and slashes.
std::string encode_key(std::string_view key) {
    std::string path;
    for (;;) {
        const std::size_t slash = key.find('/');
        path += net::percent_encode(key.substr(0, slash));
        if (slash == std::string_view::npos) return path;
        path += '/';
        key.remove_prefix(slash + 1);
    }
}

std::string xml_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

bool was_sent(const Error& error) {
    const auto* failure = dynamic_cast<const net::SendFailure*>(error.detail.get());
    return failure == nullptr || failure->sent;
}

Error refusal(const net::ClientResponse& answer, std::string_view method, Attempt attempt) {
    const std::string type = xml_text(answer.body, "Code");
    std::string text = "S3 answered " + std::string(method) + " with " +
                       (type.empty() ? "status " + std::to_string(answer.status) : type);
    if (const std::string message = xml_text(answer.body, "Message"); !message.empty()) {
        text += ": " + message;
    }
    if (const std::string region = xml_text(answer.body, "Region"); !region.empty()) {
        text += " (the bucket is in " + region + ")";
    }
    Error error{Errc::invalid, std::move(text)};
    if (answer.status == 404) error.code = Errc::not_found;
    if (answer.status == 412) error.code = Errc::condition_failed;
    if (answer.status == 401 || answer.status == 403) error.code = Errc::denied;
    if (attempt == Attempt::throttled) error.code = Errc::throttled;
    if (attempt == Attempt::transient) error.code = Errc::unavailable;
    if (attempt == Attempt::unclear) error.code = Errc::timeout;
    return error;
}

}  // namespace

std::string s3_endpoint(std::string_view region) {
    return "https://s3." + std::string(region) + "." + std::string(dns_suffix(region));
}

S3Client::S3Client(runtime::Loop& loop,
                   Transport& transport,
                   CredentialSource& credentials,
                   Random& random,
                   Log& log,
                   S3Options options)
    : loop_(loop),
      transport_(transport),
      credentials_(credentials),
      random_(random),
      log_(log),
      options_(std::move(options)) {}

Result<net::ClientRequest> S3Client::build(const Call& call, const Credentials& credentials) const {
    net::ClientRequest request;
    request.url = options_.endpoint;
    std::string path = "/" + encode_key(call.key);
    if (options_.path_style) {
        path = "/" + options_.bucket + (call.key.empty() ? "" : path);
    } else {
        request.url.host = options_.bucket + "." + request.url.host;
    }
    request.url.path = std::move(path);
    request.url.query = call.query;
    request.method = call.method;
    request.headers = call.headers;
    request.body = call.body;
    request.connect_timeout = options_.connect_timeout;
    request.total_timeout = options_.attempt_timeout;
    request.response_body_max = options_.object_max;
    if (!options_.expected_owner.empty()) {
        request.headers.add("x-amz-expected-bucket-owner", options_.expected_owner);
    }
    request.headers.add("Host", request.url.authority());
    const Scope scope{.region = options_.region, .service = "s3"};
    sign(request.method,
         request.url.path,
         request.url.query,
         request.headers,
         request.body,
         credentials,
         scope,
         loop_.now() + skew_,
         {.s3 = true});
    // The client sets it, to the same.
    request.headers.remove("Host");
    return request;
}

Task<Result<net::ClientResponse>> S3Client::call(Call call) {
    bool skew_corrected = false;
    bool renewed = false;
    int last_cost = 0;
    for (int attempts = 1;; ++attempts) {
        CARILLON_CO_TRY(const Credentials credentials, co_await credentials_.get());
        CARILLON_CO_TRY(net::ClientRequest request, build(call, credentials));
        auto answer = co_await transport_.send(std::move(request));
        Attempt attempt = Attempt::ok;
        Error error;
        if (answer) {
            if (answer->status >= 200 && answer->status < 300) {
                budget_.give_back(last_cost);
                if (answer->truncated) co_return fail(Errc::too_large, "the object is too large");
                co_return answer;
            }
            attempt = judge(answer->status, xml_text(answer->body, "Code"), answer->body);
            // Another conditional write of the object is under way.
            if (answer->status == 409) attempt = Attempt::transient;
            error = refusal(*answer, call.method, attempt);
        } else {
            error = std::move(answer).error();
            if (error.code == Errc::denied || error.code == Errc::cancelled) {
                co_return std::unexpected(std::move(error));
            }
            attempt = was_sent(error) ? Attempt::unclear : Attempt::transient;
            error.code = attempt == Attempt::unclear ? Errc::timeout : Errc::unavailable;
        }
        if (attempt == Attempt::skewed && !skew_corrected && correct_skew(*answer)) {
            skew_corrected = true;
            continue;
        }
        if (attempt == Attempt::expired && !std::exchange(renewed, true)) {
            credentials_.expired(credentials.access_key_id);
            continue;
        }
        const bool again = attempt == Attempt::throttled || attempt == Attempt::transient ||
                           (attempt == Attempt::unclear && call.repeat_unclear);
        if (!again || attempts >= options_.attempts_max || !budget_.take(RetryBudget::retry_cost)) {
            co_return std::unexpected(std::move(error));
        }
        last_cost = RetryBudget::retry_cost;
        (void)co_await loop_.sleep_for(
            retry_pause(options_.retry_base, options_.retry_cap, attempts, random_));
    }
}

bool S3Client::correct_skew(const net::ClientResponse& answer) {
    const auto header = answer.headers.get("Date");
    const auto theirs = header ? parse_http_date(*header) : std::nullopt;
    if (!theirs) return false;
    const Duration skew = *theirs - loop_.now();
    const Duration change = skew - skew_;
    if (change < skew_min && change > -skew_min) return false;
    skew_ = skew;
    log_.warn("this machine's clock is wrong; requests are signed with the service's time",
              {{"service", "s3"}, {"aheadMs", -skew.count()}});
    return true;
}

Task<Result<S3Object>> S3Client::get(std::string key) {
    Call request{.method = "GET", .key = std::move(key)};
    CARILLON_CO_TRY(net::ClientResponse answer, co_await call(std::move(request)));
    S3Object object{.body = std::move(answer.body)};
    object.etag = answer.headers.get("ETag").value_or("");
    co_return object;
}

void S3Client::add_encryption(net::Headers& headers) const {
    if (options_.encryption.empty()) return;
    headers.add("x-amz-server-side-encryption", options_.encryption);
    if (!options_.kms_key.empty()) {
        headers.add("x-amz-server-side-encryption-aws-kms-key-id", options_.kms_key);
    }
}

Task<Result<std::string>> S3Client::put(S3Put put) {
    if (put.body.size() >= options_.multipart_from) {
        co_return co_await put_in_parts(std::move(put));
    }
    co_return co_await put_whole(std::move(put));
}

Task<Result<std::string>> S3Client::put_whole(S3Put put) {
    Call request{.method = "PUT", .key = std::move(put.key)};
    request.headers.add("Content-Type", put.content_type);
    if (put.if_none_match) request.headers.add("If-None-Match", "*");
    if (!put.if_match.empty()) request.headers.add("If-Match", put.if_match);
    add_encryption(request.headers);
    request.body = std::move(put.body);
    request.repeat_unclear = !put.if_none_match && put.if_match.empty();
    auto answer = co_await call(std::move(request));
    if (!answer) {
        // There is nothing to match.
        if (!put.if_match.empty() && answer.error().code == Errc::not_found &&
            answer.error().message.contains("NoSuchKey")) {
            answer.error().code = Errc::condition_failed;
        }
        co_return std::unexpected(std::move(answer).error());
    }
    co_return std::string(answer->headers.get("ETag").value_or(""));
}

Task<Result<std::string>> S3Client::put_in_parts(S3Put put) {
    Call begin{.method = "POST", .key = put.key, .query = "uploads="};
    begin.headers.add("Content-Type", put.content_type);
    add_encryption(begin.headers);
    CARILLON_CO_TRY(const net::ClientResponse begun, co_await call(std::move(begin)));
    const std::string upload_id = xml_text(begun.body, "UploadId");
    if (upload_id.empty()) co_return fail(Errc::corrupt, "S3 began an upload without an id");
    auto etag = co_await upload(put, net::percent_encode(upload_id));
    if (!etag) {
        // Otherwise its parts cost until somebody finds them.
        Call abort{.method = "DELETE",
                   .key = put.key,
                   .query = "uploadId=" + net::percent_encode(upload_id)};
        (void)co_await call(std::move(abort));
    }
    co_return etag;
}

Task<Result<std::string>> S3Client::upload(const S3Put& put, const std::string& upload_id) {
    std::string list = "<CompleteMultipartUpload>";
    int number = 0;
    for (std::size_t at = 0; at < put.body.size(); at += options_.part_bytes) {
        ++number;
        Call part{.method = "PUT",
                  .key = put.key,
                  .query = "partNumber=" + std::to_string(number) + "&uploadId=" + upload_id};
        part.body = put.body.substr(at, options_.part_bytes);
        CARILLON_CO_TRY(const net::ClientResponse taken, co_await call(std::move(part)));
        list += "<Part><ETag>" + xml_escaped(taken.headers.get("ETag").value_or("")) +
                "</ETag><PartNumber>" + std::to_string(number) + "</PartNumber></Part>";
    }
    Call complete{.method = "POST", .key = put.key, .query = "uploadId=" + upload_id};
    complete.headers.add("Content-Type", "application/xml");
    if (put.if_none_match) complete.headers.add("If-None-Match", "*");
    if (!put.if_match.empty()) complete.headers.add("If-Match", put.if_match);
    complete.body = list + "</CompleteMultipartUpload>";
    // A second one would find no upload any more.
    complete.repeat_unclear = false;
    CARILLON_CO_TRY(const net::ClientResponse done, co_await call(std::move(complete)));
    // It may begin with 200 and fail afterwards.
    if (done.body.contains("<Error>")) {
        const bool condition = xml_text(done.body, "Code") == "PreconditionFailed";
        co_return fail(condition ? Errc::condition_failed : Errc::timeout,
                       "S3 did not complete an upload: " + xml_text(done.body, "Message"));
    }
    co_return xml_text(done.body, "ETag");
}

Task<Result<>> S3Client::remove(std::string key) {
    Call request{.method = "DELETE", .key = std::move(key)};
    auto answer = co_await call(std::move(request));
    if (answer || answer.error().code == Errc::not_found) co_return Result<>{};
    co_return std::unexpected(std::move(answer).error());
}

Task<Result<S3Page>> S3Client::list(std::string prefix, std::optional<std::string> token) {
    Call request{.method = "GET", .query = "list-type=2"};
    if (token) request.query += "&continuation-token=" + net::percent_encode(*token);
    request.query += "&prefix=" + net::percent_encode(prefix);
    CARILLON_CO_TRY(const net::ClientResponse answer, co_await call(std::move(request)));
    S3Page page;
    std::string_view rest = answer.body;
    constexpr std::string_view element = "<Contents>";
    for (std::size_t at = rest.find(element); at != std::string_view::npos;
         at = rest.find(element)) {
        rest.remove_prefix(at + element.size());
        page.keys.push_back(xml_text(rest, "Key"));
    }
    const std::string next = xml_text(answer.body, "NextContinuationToken");
    if (!next.empty()) page.next = next;
    co_return page;
}

}  // namespace carillon::aws
