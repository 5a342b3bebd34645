#include "aws/json_client.hpp"

#include "aws/xml.hpp"
#include "core/json.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>
#include <zlib.h>

namespace carillon::aws {

namespace {

/// Smaller differences are those of the network.
constexpr Duration skew_min{30'000};

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains({name.data(), name.size()});
    if (value == nullptr || !value->is_string()) return {};
    return std::string(value->get_string().data(), value->get_string().size());
}

struct Refused {
    std::string type;
    std::string message;
};

/// `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException` and its kin.
std::string short_type(std::string_view type) {
    type = type.substr(0, type.find(':'));
    const std::size_t hash = type.rfind('#');
    if (hash != std::string_view::npos) type.remove_prefix(hash + 1);
    return std::string(type);
}

Refused read_refusal(const net::ClientResponse& answer) {
    Refused refused;
    if (const auto header = answer.headers.get("x-amzn-errortype")) {
        refused.type = short_type(*header);
    }
    // Items in it may be nested deeper than our own documents ever are.
    json::parse_options depth;
    depth.max_depth = 128;
    boost::system::error_code error;
    const json::value document = json::parse(answer.body, error, {}, depth);
    if (error) {
        // The Query protocol's services answer in XML.
        refused.type = xml_text(answer.body, "Code");
        refused.message = xml_text(answer.body, "Message");
        return refused;
    }
    if (!document.is_object()) return refused;
    const json::object& object = document.get_object();
    std::string type = text_of(object, "__type");
    if (type.empty()) type = text_of(object, "code");
    if (!type.empty()) refused.type = short_type(type);
    refused.message = text_of(object, "message");
    if (refused.message.empty()) refused.message = text_of(object, "Message");
    return refused;
}

Errc code_of(Attempt attempt, int status, std::string_view type) {
    switch (attempt) {
        case Attempt::throttled:
            return Errc::throttled;
        case Attempt::transient:
            return Errc::unavailable;
        case Attempt::unclear:
            return Errc::unavailable;
        case Attempt::skewed:
        case Attempt::expired:
            return Errc::denied;
        case Attempt::ok:
        case Attempt::refused:
            break;
    }
    constexpr std::string_view denials[] = {"AccessDeniedException",
                                            "MissingAuthenticationTokenException",
                                            "IncompleteSignatureException",
                                            "InvalidSignatureException",
                                            "InvalidClientTokenId",
                                            "OptInRequired"};
    if (status == 401 || status == 403) return Errc::denied;
    return std::ranges::find(denials, type) != std::end(denials) ? Errc::denied : Errc::invalid;
}

bool was_sent(const Error& error) {
    const auto* failure = dynamic_cast<const net::SendFailure*>(error.detail.get());
    return failure == nullptr || failure->sent;
}

}  // namespace

/// What one call knows between its attempts.
struct JsonClient::Call {
    std::string operation;
    std::string body;
    Repeat repeat;
    int attempts = 0;
    int last_cost = 0;
    bool unclear = false;  ///< Any attempt may have been carried out.
    bool skew_corrected = false;
    bool renewed = false;  ///< Other credentials were fetched.
    Attempt last = Attempt::ok;
    bool timed_out = false;
};

JsonClient::JsonClient(runtime::Loop& loop,
                       Transport& transport,
                       CredentialSource& credentials,
                       Random& random,
                       Log& log,
                       JsonClientOptions options)
    : loop_(loop),
      transport_(transport),
      credentials_(credentials),
      random_(random),
      log_(log),
      options_(std::move(options)) {}

Task<Result<JsonAnswer>> JsonClient::call(std::string operation, std::string body, Repeat repeat) {
    ++counts_.calls;
    Call call{.operation = std::move(operation), .body = std::move(body), .repeat = repeat};
    for (;;) {
        ++call.attempts;
        Result<JsonAnswer> answer = co_await attempt(call);
        if (answer) {
            budget_.give_back(call.last_cost);
            answer->repeated_unclear = call.unclear;
            co_return answer;
        }
        if (!may_repeat(call)) {
            if (call.unclear && call.last == Attempt::unclear) {
                // Whatever it was: nobody knows whether it was done.
                answer.error().code = Errc::timeout;
            }
            co_return answer;
        }
        const Duration wait = pause(call);
        if (wait > Duration::zero()) (void)co_await loop_.sleep_for(wait);
    }
}

bool JsonClient::may_repeat(Call& call) {
    if (call.attempts >= options_.attempts_max) return false;
    // These two cost nothing: the next attempt is another request.
    if (call.last == Attempt::skewed) return std::exchange(call.skew_corrected, false);
    if (call.last == Attempt::expired) return !std::exchange(call.renewed, true);
    if (call.last == Attempt::refused || call.last == Attempt::ok) return false;
    if (call.last == Attempt::unclear && call.repeat == Repeat::while_certain) return false;
    const int cost = call.timed_out ? RetryBudget::timeout_cost : RetryBudget::retry_cost;
    if (!budget_.take(cost)) return false;
    call.last_cost = cost;
    return true;
}

Duration JsonClient::pause(const Call& call) {
    if (call.last == Attempt::skewed || call.last == Attempt::expired) return Duration::zero();
    return retry_pause(options_.retry_base, options_.retry_cap, call.attempts, random_);
}

Task<Result<JsonAnswer>> JsonClient::attempt(Call& call) {
    ++counts_.attempts;
    call.last = Attempt::refused;
    call.timed_out = false;
    CARILLON_CO_TRY(const Credentials credentials, co_await credentials_.get());
    CARILLON_CO_TRY(net::ClientRequest request, sign_request(call, credentials));
    auto answer = co_await transport_.send(std::move(request));
    if (!answer) co_return lost(call, answer.error());
    auto judged = judge_answer(call, *std::move(answer));
    if (call.last == Attempt::expired) credentials_.expired(credentials.access_key_id);
    co_return judged;
}

Result<net::ClientRequest> JsonClient::sign_request(const Call& call,
                                                    const Credentials& credentials) const {
    net::ClientRequest request;
    request.url = options_.endpoint;
    request.method = "POST";
    request.body = call.body;
    request.connect_timeout = options_.connect_timeout;
    request.total_timeout = options_.attempt_timeout;
    request.response_body_max = options_.response_max;
    request.headers.add("Host", request.url.authority());
    request.headers.add("Content-Type", options_.content_type);
    if (!options_.target_prefix.empty()) {
        request.headers.add("X-Amz-Target", options_.target_prefix + "." + call.operation);
    }
    request.headers.add("User-Agent", options_.user_agent);
    sign(request.method,
         request.url.path,
         request.url.query,
         request.headers,
         request.body,
         credentials,
         options_.scope,
         loop_.now() + skew_);
    // The client sets it, to the same.
    request.headers.remove("Host");
    return request;
}

/// No answer came.
Result<JsonAnswer> JsonClient::lost(Call& call, const Error& error) {
    Error failure = error;
    failure.message = call.operation + ": " + failure.message;
    if (error.code != Errc::timeout && error.code != Errc::unavailable &&
        error.code != Errc::corrupt) {
        call.last = Attempt::refused;
        return std::unexpected(std::move(failure));
    }
    const bool sent = was_sent(error);
    call.last = sent ? Attempt::unclear : Attempt::transient;
    call.timed_out = error.code == Errc::timeout;
    call.unclear = call.unclear || sent;
    counts_.unclear += sent ? 1 : 0;
    if (!sent) failure.code = Errc::unavailable;
    return std::unexpected(std::move(failure));
}

Result<JsonAnswer> JsonClient::judge_answer(Call& call, net::ClientResponse answer) {
    if (answer.truncated || !intact(answer)) {
        call.last = Attempt::unclear;
        call.unclear = true;
        ++counts_.unclear;
        return fail(Errc::corrupt, call.operation + ": the answer was damaged on its way");
    }
    if (answer.status >= 200 && answer.status < 300) {
        call.last = Attempt::ok;
        const auto date = answer.headers.get("Date");
        return JsonAnswer{.body = std::move(answer.body),
                          .at = date ? parse_http_date(*date) : std::nullopt};
    }
    const Refused refused = read_refusal(answer);
    call.last = judge(answer.status, refused.type, refused.message);
    if (call.last == Attempt::throttled) ++counts_.throttled;
    if (call.last == Attempt::unclear) {
        call.unclear = true;
        ++counts_.unclear;
    }
    if (call.last == Attempt::skewed) call.skew_corrected = correct_skew(answer);
    auto detail = std::make_shared<JsonFailure>();
    detail->type = refused.type;
    detail->status = answer.status;
    detail->request_id = std::string(answer.headers.get("x-amzn-requestid").value_or(""));
    detail->repeated_unclear = call.unclear && call.last != Attempt::unclear;
    detail->body = std::move(answer.body);
    Error error;
    error.code = code_of(call.last, answer.status, refused.type);
    error.message = refused.message;
    if (error.message.empty()) {
        error.message =
            call.operation + " was answered with " +
            (refused.type.empty() ? "status " + std::to_string(answer.status) : refused.type);
    }
    error.detail = std::move(detail);
    return std::unexpected(std::move(error));
}

/// Whether the clocks differ enough to explain the refusal, and not already by what is known.
bool JsonClient::correct_skew(const net::ClientResponse& answer) {
    const auto header = answer.headers.get("Date");
    const auto theirs = header ? parse_http_date(*header) : std::nullopt;
    if (!theirs) return false;
    const Duration skew = *theirs - loop_.now();
    const Duration change = skew - skew_;
    if (change < skew_min && change > -skew_min) return false;
    skew_ = skew;
    log_.warn("this machine's clock is wrong; requests are signed with the service's time",
              {{"service", options_.scope.service}, {"aheadMs", -skew.count()}});
    return true;
}

bool JsonClient::intact(const net::ClientResponse& answer) const {
    if (!options_.check_crc32) return true;
    const auto header = answer.headers.get("x-amz-crc32");
    // Over what was sent, which need not be what we see when somebody compressed it.
    if (!header || answer.headers.has("Content-Encoding")) return true;
    std::uint32_t expected = 0;
    const auto [end, error] =
        std::from_chars(header->data(), header->data() + header->size(), expected);
    if (error != std::errc() || end != header->data() + header->size()) return true;
    const uLong sum = crc32(crc32(0, nullptr, 0),
                            reinterpret_cast<const Bytef*>(answer.body.data()),
                            static_cast<uInt>(answer.body.size()));
    return static_cast<std::uint32_t>(sum) == expected;
}

}  // namespace carillon::aws
