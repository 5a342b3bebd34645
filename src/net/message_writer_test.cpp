#include "net/message_writer.hpp"

#include "net/client.hpp"
#include "runtime/clock.hpp"

#include <gtest/gtest.h>

namespace carillon::net {
namespace {

ClientRequest request_to(std::string_view url) {
    ClientRequest request;
    request.url = *parse_url(url);
    return request;
}

TEST(WriteRequestHead, WritesHostAndHeadersInOrder) {
    ClientRequest request = request_to("http://example.com:8080/p?b=2&a=1");
    request.headers = Headers{{"X-B", "1"}, {"x-a", "2"}, {"X-B", "3"}};
    std::string out = "left over";
    write_request_head(request, out);
    EXPECT_EQ(out,
              "GET /p?b=2&a=1 HTTP/1.1\r\nHost: example.com:8080\r\n"
              "X-B: 1\r\nx-a: 2\r\nX-B: 3\r\n\r\n");
}

TEST(WriteRequestHead, SetsTheFrameItself) {
    ClientRequest request = request_to("http://h/");
    request.method = "POST";
    request.body = "abc";
    request.headers = Headers{{"host", "evil"},
                              {"Content-length", "99"},
                              {"Connection", "upgrade"},
                              {"Transfer-Encoding", "chunked"},
                              {"Keep-Alive", "x"},
                              {"Content-Type", "text/plain"}};
    std::string out;
    write_request_head(request, out);
    EXPECT_EQ(
        out, "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n");
}

TEST(WriteRequestHead, TellsAnEmptyBodyOnlyWhereOneIsExpected) {
    struct Case {
        std::string method;
        bool length;
    };

    for (const Case& c : {Case{"POST", true},
                          Case{"PUT", true},
                          Case{"PATCH", true},
                          Case{"GET", false},
                          Case{"HEAD", false},
                          Case{"DELETE", false}}) {
        ClientRequest request = request_to("http://h/");
        request.method = c.method;
        std::string out;
        write_request_head(request, out);
        EXPECT_EQ(out.find("Content-Length: 0") != std::string::npos, c.length) << c.method;
    }
}

TEST(WriteRequestHead, SendsUserinfoUnlessTheRequestAuthorizesItself) {
    ClientRequest request = request_to("http://user:p%40ss@h/");
    std::string out;
    write_request_head(request, out);
    EXPECT_NE(out.find("\r\nAuthorization: Basic dXNlcjpwQHNz\r\n"), std::string::npos) << out;
    request.headers.add("authorization", "Bearer x");
    write_request_head(request, out);
    EXPECT_EQ(out.find("Basic"), std::string::npos) << out;
}

TEST(CheckRequest, RefusesWhatCouldBecomeASecondHeader) {
    const std::string bad_values[] = {
        "a\r\nX: y", "a\nb", "a\rb", std::string("a\0b", 3), "\x01", "\x7f"};
    for (const std::string& value : bad_values) {
        ClientRequest request = request_to("http://h/");
        request.headers.add("X-Note", value);
        const auto checked = check_request(request);
        ASSERT_FALSE(checked);
        EXPECT_EQ(checked.error().code, Errc::invalid);
        EXPECT_EQ(checked.error().field, "headers.X-Note");
    }
    for (const std::string name : {"", "a b", "a:", "a\r\n", "a\n", "\xc3\xa4", "(x)"}) {
        ClientRequest request = request_to("http://h/");
        request.headers.add(name, "v");
        EXPECT_FALSE(check_request(request)) << name;
    }
    for (const std::string method : {"", "GET ", "G T", "GET\r\n", "GET /", "CONNECT", "connect"}) {
        ClientRequest request = request_to("http://h/");
        request.method = method;
        EXPECT_FALSE(check_request(request)) << method;
    }
}

TEST(CheckRequest, RefusesAUrlThatWasPutTogetherByHand) {
    const auto refused = [](auto change) {
        ClientRequest request = request_to("http://h/p?q");
        change(request.url);
        return !check_request(request);
    };
    EXPECT_FALSE(refused([](Url&) {}));
    EXPECT_TRUE(refused([](Url& url) { url.host.clear(); }));
    EXPECT_TRUE(refused([](Url& url) { url.host = "h\r\nX: y"; }));
    EXPECT_TRUE(refused([](Url& url) { url.host = "h/x"; }));
    EXPECT_TRUE(refused([](Url& url) { url.path = "p"; }));
    EXPECT_TRUE(refused([](Url& url) { url.path = "/ HTTP/1.1\r\nX: y"; }));
    EXPECT_TRUE(refused([](Url& url) { url.query = "a b"; }));
    EXPECT_TRUE(refused([](Url& url) { url.port = 0; }));
}

TEST(CheckRequest, AcceptsOrdinaryHeaders) {
    ClientRequest request = request_to("http://h/");
    request.headers = Headers{
        {"X-Empty", ""}, {"X-Tab", "a\tb"}, {"X-Utf8", "\xc3\xa4"}, {"!#$%&'*+-.^_`|~", "v"}};
    EXPECT_TRUE(check_request(request));
}

TEST(WriteResponseHead, FramesTheAnswer) {
    struct Case {
        ServerResponse response;
        ResponseFrame frame;
        std::string want;
    };

    const Case cases[] = {
        {{200, {}, "hi"},
         {false, true, true, "D"},
         "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 2\r\n\r\n"},
        {{200, {}, "hi"},
         {true, true, true, "D"},
         "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 2\r\n\r\n"},
        {{404, {}, ""},
         {false, true, false, "D"},
         "HTTP/1.1 404 Not Found\r\nDate: D\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {{200, {}, ""},
         {false, false, true, "D"},
         "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"},
        {{204, {}, "x"}, {false, true, true, "D"}, "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n"},
        {{304, {}, "x"}, {false, true, true, "D"}, "HTTP/1.1 304 Not Modified\r\nDate: D\r\n\r\n"},
        {{299, {{"A", "1"}, {"Content-Length", "9"}, {"connection", "x"}, {"date", "own"}}, ""},
         {false, true, true, "D"},
         "HTTP/1.1 299 Unknown\r\nA: 1\r\ndate: own\r\nContent-Length: 0\r\n\r\n"},
    };
    for (const Case& c : cases) {
        std::string out;
        write_response_head(c.response, c.frame, out);
        EXPECT_EQ(out, c.want);
    }
}

TEST(IsWritable, RefusesInjectionAndImpossibleStatuses) {
    EXPECT_TRUE(is_writable({200, {{"A", "b"}}, "any\r\nbody"}));
    EXPECT_FALSE(is_writable({200, {{"A", "b\r\nC: d"}}, ""}));
    EXPECT_FALSE(is_writable({200, {{"A\n", "b"}}, ""}));
    for (const int status : {-1, 0, 99, 100, 101, 199, 1'000})
        EXPECT_FALSE(is_writable({status, {}, ""}));
}

TEST(HttpDate, IsWrittenAsRfc9110Wants) {
    EXPECT_EQ(format_http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(format_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(format_http_date(951'782'399), "Mon, 28 Feb 2000 23:59:59 GMT");
    EXPECT_EQ(format_http_date(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(DateHeader, FollowsTheClock) {
    runtime::SimulatedClock clock{TimePoint{Duration{784'111'777'500}}};
    DateHeader date(clock);
    EXPECT_EQ(date.now(), "Sun, 06 Nov 1994 08:49:37 GMT");
    clock.advance(Duration{499});
    EXPECT_EQ(date.now(), "Sun, 06 Nov 1994 08:49:37 GMT");
    clock.advance(Duration{1});
    EXPECT_EQ(date.now(), "Sun, 06 Nov 1994 08:49:38 GMT");
    clock.set_wall(TimePoint{Duration{0}});
    EXPECT_EQ(date.now(), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace carillon::net
