#include "core/text.hpp"
#include "delivery/delivery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace carillon::delivery {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const TimePoint now = parse_instant("2021-02-25T15:02:10.999Z").value();  // 1614265330 s
const Attempt first{.occurrence_id = "msg_p5jXN8AQM9LWM0D4loKWxJek", .number = 1};

Target target(std::string method, std::string_view body_json, net::Headers headers = {}) {
    return {.url = "https://api.example.com/hook?x=1",
            .method = std::move(method),
            .headers = std::move(headers),
            .body = parse_json(body_json).value()};
}

net::ClientRequest built(const Target& of, const DeliveryOptions& options = {}) {
    auto request = build_request(of, first, options, now);
    EXPECT_TRUE(request) << describe(request.error());
    return request ? *std::move(request) : net::ClientRequest{};
}

Error refused(const Target& of, const DeliveryOptions& options = {}) {
    auto request = build_request(of, first, options, now);
    EXPECT_FALSE(request);
    return request ? Error{} : request.error();
}

std::string header(const net::ClientRequest& request, std::string_view name) {
    return std::string(request.headers.get(name).value_or("(absent)"));
}

TEST(BuildRequest, SendsJsonByDefaultAndSaysSo) {
    for (const char* method : {"POST", "PUT", "PATCH"}) {
        const auto request = built(target(method, R"({"b":1,"a":[1,"é",null,1.5]})"));
        EXPECT_EQ(request.body, R"({"b":1,"a":[1,"é",null,1.5]})");
        EXPECT_EQ(header(request, "Content-Type"), "application/json");
        EXPECT_EQ(request.url.query, "x=1");
        EXPECT_EQ(request.method, method);
    }
}

TEST(BuildRequest, KeepsTheCallersContentType) {
    const auto request =
        built(target("POST", R"([1])", {{"content-type", "application/vnd.api+json"}}));
    EXPECT_EQ(request.body, "[1]");
    EXPECT_EQ(header(request, "Content-Type"), "application/vnd.api+json");
}

TEST(BuildRequest, SendsTextAsItIs) {
    EXPECT_EQ(built(target("POST", R"("<a>é</a>")")).body, "<a>é</a>");
    EXPECT_EQ(header(built(target("POST", R"("hello")")), "Content-Type"),
              "text/plain; charset=utf-8");
    const auto xml = built(target("PUT", R"("<a/>")", {{"Content-Type", "text/xml"}}));
    EXPECT_EQ(xml.body, "<a/>");
    EXPECT_EQ(header(xml, "Content-Type"), "text/xml");
    const auto form = built(
        target("POST", R"("a=1&b=2")", {{"Content-Type", "application/x-www-form-urlencoded"}}));
    EXPECT_EQ(form.body, "a=1&b=2");
}

TEST(BuildRequest, SendsNothingForAnAbsentBody) {
    for (const char* body : {"null", "{}", "\"\""}) {
        const auto request = built(target("POST", body));
        EXPECT_EQ(request.body, "") << body;
        EXPECT_EQ(header(request, "Content-Type"), "(absent)") << body;
    }
    EXPECT_EQ(built(target("POST", "[]")).body, "[]");
    EXPECT_EQ(built(target("POST", "0")).body, "0");
    EXPECT_EQ(built(target("POST", "false")).body, "false");
}

TEST(BuildRequest, SendsForms) {
    const auto request =
        built(target("POST",
                     R"({"z":[1,2],"n":{"a":"x y"}})",
                     {{"Content-Type", "Application/X-WWW-Form-Urlencoded; charset=utf-8"}}));
    EXPECT_EQ(request.body, "z[0]=1&z[1]=2&n.a=x%20y");
    EXPECT_EQ(
        refused(target("POST", "[1]", {{"Content-Type", "application/x-www-form-urlencoded"}}))
            .field,
        "body");
}

TEST(BuildRequest, PutsTheBoundaryIntoTheContentType) {
    struct Case {
        const char* given;
        const char* prefix;
    };

    const Case cases[] = {
        {"multipart/form-data", "multipart/form-data; boundary=carillon-"},
        {"Multipart/Form-Data; boundary=old", "Multipart/Form-Data; boundary=carillon-"},
        {"multipart/form-data; Boundary=\"a;b\"; charset=utf-8",
         "multipart/form-data; charset=utf-8; boundary=carillon-"},
    };
    for (const Case& c : cases) {
        const auto request = built(target("POST", R"({"a":1})", {{"Content-Type", c.given}}));
        const std::string type = header(request, "Content-Type");
        EXPECT_THAT(type, StartsWith(c.prefix));
        const std::string boundary = type.substr(type.rfind("boundary=") + 9);
        EXPECT_THAT(request.body, StartsWith("--" + boundary + "\r\n"));
        EXPECT_THAT(request.body, HasSubstr("--" + boundary + "--\r\n"));
        EXPECT_EQ(boundary.find_first_of("; \""), std::string::npos);
    }
}

TEST(BuildRequest, IsTheSameForEveryAttemptButForItsNumberAndTime) {
    const Target form = target("POST", R"({"a":1})", {{"Content-Type", "multipart/form-data"}});
    const auto one = build_request(form, first, {}, now).value();
    Attempt again = first;
    again.number = 2;
    const auto two = build_request(form, again, {}, now + Duration{5'000}).value();
    EXPECT_EQ(one.body, two.body);
    EXPECT_EQ(header(one, "Content-Type"), header(two, "Content-Type"));
    EXPECT_EQ(header(one, "webhook-id"), header(two, "webhook-id"));
    EXPECT_EQ(header(one, "Idempotency-Key"), header(two, "Idempotency-Key"));
    EXPECT_EQ(header(one, "webhook-attempt"), "1");
    EXPECT_EQ(header(two, "webhook-attempt"), "2");
    EXPECT_EQ(header(two, "webhook-timestamp"), "1614265335");
    EXPECT_EQ(header(two, "webhook-scheduled-at"), format_instant(first.scheduled_at));
}

TEST(BuildRequest, MergesTheBodyIntoTheQueryWhereThereIsNone) {
    for (const char* method : {"GET", "HEAD", "DELETE", "OPTIONS"}) {
        const auto request = built(target(method, R"({"x":2,"y":[1]})"));
        EXPECT_EQ(request.body, "") << method;
        EXPECT_EQ(request.url.target(), "/hook?x=2&y[0]=1") << method;
        EXPECT_EQ(header(request, "Content-Type"), "(absent)") << method;
    }
    EXPECT_EQ(refused(target("GET", "[1]")).field, "body");
    EXPECT_EQ(refused(target("GET", "\"text\"")).field, "body");
    EXPECT_EQ(built(target("GET", "null")).url.target(), "/hook?x=1");
}

TEST(BuildRequest, RefusesAQueryThatGrowsTooLong) {
    Target of = target("GET", "{}");
    of.body = json::object{{"a", std::string(9'000, 'x')}};
    EXPECT_EQ(refused(of).field, "body");
}

TEST(BuildRequest, SignsWhatItSends) {
    Target of = target("POST", R"("{\"test\": 2432232314}")");
    DeliveryOptions options;
    options.signing_secrets = {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
    const auto request = built(of, options);
    EXPECT_EQ(header(request, "webhook-id"), "msg_p5jXN8AQM9LWM0D4loKWxJek");
    EXPECT_EQ(header(request, "webhook-timestamp"), "1614265330");
    EXPECT_EQ(header(request, "webhook-signature"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    EXPECT_EQ(header(built(of), "webhook-signature"), "(absent)");
}

TEST(BuildRequest, SignsWithTheKeyThatTheTargetNames) {
    DeliveryOptions options;
    options.signing_secrets = {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
    options.signing_keys["billing"] = {"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    Target named = target("POST", R"({"a":1})");
    const std::string usual = header(built(named, options), "webhook-signature");
    named.key_ref = "billing";
    const std::string other = header(built(named, options), "webhook-signature");
    EXPECT_NE(other, usual);
    options.signing_secrets = options.signing_keys["billing"];
    named.key_ref.clear();
    EXPECT_EQ(header(built(named, options), "webhook-signature"), other);
    named.key_ref = "payroll";
    EXPECT_EQ(refused(named, options).field, "hmacKeyRef") << "never with another key instead";
}

TEST(BuildRequest, DoesNotLetTheCallerForgeItsHeaders) {
    const auto request = built(target("POST",
                                      R"({"a":1})",
                                      {{"Webhook-Id", "forged"},
                                       {"webhook-signature", "v1,forged"},
                                       {"webhook-timestamp", "1"},
                                       {"X-Mine", "kept"}}));
    EXPECT_EQ(header(request, "webhook-id"), first.occurrence_id);
    EXPECT_EQ(header(request, "webhook-signature"), "(absent)");
    EXPECT_EQ(header(request, "webhook-timestamp"), "1614265330");
    EXPECT_EQ(header(request, "X-Mine"), "kept");
}

TEST(BuildRequest, LeavesIdempotencyKeyAndUserAgentToTheCaller) {
    const auto own =
        built(target("POST", "null", {{"idempotency-key", "k"}, {"user-agent", "me"}}));
    EXPECT_EQ(header(own, "Idempotency-Key"), "k");
    EXPECT_EQ(header(own, "User-Agent"), "me");
    const auto none = built(target("POST", "null"));
    EXPECT_EQ(header(none, "Idempotency-Key"), first.occurrence_id);
    EXPECT_EQ(header(none, "User-Agent"), "Carillon/0.1");
}

TEST(BuildRequest, EncodesIdsThatAHeaderCannotHold) {
    Attempt odd = first;
    odd.occurrence_id = "größe 1";
    const auto request = build_request(target("GET", "null"), odd, {}, now).value();
    EXPECT_EQ(header(request, "webhook-id"), "gr%C3%B6%C3%9Fe%201");
}

TEST(BuildRequest, MakesUserinfoBasicAuthorization) {
    Target of = target("GET", "null");
    of.url = "https://user:p%40ss@api.example.com/a#fragment";
    const auto request = built(of);
    EXPECT_EQ(header(request, "Authorization"), "Basic " + base64_encode("user:p@ss"));
    EXPECT_EQ(request.url.userinfo, "");
    EXPECT_EQ(request.url.target(), "/a");
    of.headers.add("authorization", "Bearer t");
    EXPECT_EQ(header(built(of), "Authorization"), "Bearer t");
}

TEST(BuildRequest, NamesTheFieldThatIsWrong) {
    struct Case {
        const char* name;
        Target target;
        const char* field;
    };

    Target bad_url = target("GET", "null");
    bad_url.url = "ftp://example.com";
    Target long_url = target("GET", "null");
    long_url.url = "http://example.com/" + std::string(8'192, 'a');
    Target no_url = target("GET", "null");
    no_url.url = "";
    const Case cases[] = {
        {"scheme", bad_url, "url"},
        {"long url", long_url, "url"},
        {"empty url", no_url, "url"},
        {"method", target("BREW", "null"), "method"},
        {"method case", target("get", "null"), "method"},
        {"no method", target("", "null"), "method"},
        {"header name", target("GET", "null", {{"a b", "x"}}), "headers"},
        {"empty header name", target("GET", "null", {{"", "x"}}), "headers"},
        {"header value CR LF", target("GET", "null", {{"X-A", "a\r\nX-B: c"}}), "headers.X-A"},
        {"header value NUL",
         target("GET", "null", {{"X-A", std::string("a\0b", 3)}}),
         "headers.X-A"},
        {"header not UTF-8", target("GET", "null", {{"X-A", "\xff"}}), "headers.X-A"},
        {"host", target("GET", "null", {{"Host", "evil"}}), "headers.Host"},
        {"length", target("POST", "null", {{"content-length", "5"}}), "headers.content-length"},
        {"chunked",
         target("POST", "null", {{"Transfer-Encoding", "chunked"}}),
         "headers.Transfer-Encoding"},
        {"connection", target("POST", "null", {{"Connection", "close"}}), "headers.Connection"},
        {"upgrade", target("GET", "null", {{"Upgrade", "h2c"}}), "headers.Upgrade"},
        {"twice", target("GET", "null", {{"X-A", "1"}, {"x-a", "2"}}), "headers.x-a"},
        {"large", target("GET", "null", {{"X-A", std::string(17'000, 'a')}}), "headers"},
    };
    for (const Case& c : cases) {
        const Error error = refused(c.target);
        EXPECT_EQ(error.code, Errc::invalid) << c.name;
        EXPECT_EQ(error.field, c.field) << c.name;
        EXPECT_FALSE(error.message.empty()) << c.name;
    }
}

TEST(BuildRequest, BoundsTheNumberOfHeaders) {
    Target of = target("GET", "null");
    for (int i = 0; i < 64; ++i) of.headers.add("X-" + std::to_string(i), "v");
    EXPECT_TRUE(build_request(of, first, {}, now));
    of.headers.add("X-64", "v");
    EXPECT_EQ(refused(of).field, "headers");
}

TEST(BuildRequest, BoundsTheBody) {
    Target of = target("POST", "null");
    DeliveryOptions options;
    options.request_body_max = 10;
    of.body = "0123456789";
    EXPECT_EQ(built(of, options).body.size(), 10U);
    of.body = "0123456789a";
    const Error error = refused(of, options);
    EXPECT_EQ(error.code, Errc::too_large);
    EXPECT_EQ(error.field, "body");
}

TEST(BuildRequest, PassesTheLimitsOn) {
    DeliveryOptions options;
    options.connect_timeout = Duration{7};
    options.total_timeout = Duration{9};
    options.response_body_max = 11;
    const auto request = built(target("GET", "null"), options);
    EXPECT_EQ(request.connect_timeout, Duration{7});
    EXPECT_EQ(request.total_timeout, Duration{9});
    EXPECT_EQ(request.response_body_max, 11U);
}

}  // namespace
}  // namespace carillon::delivery
