#include "net/message_parser.hpp"

#include <gtest/gtest.h>

#include <string>

namespace carillon::net {
namespace {

constexpr std::size_t header_max = 1'024;
constexpr std::size_t body_max = 64;

/// Feeds `text` in pieces of `step` bytes, as a connection would. `rest` gets what is left.
template <class Parser>
ParseState feed_in_steps(Parser& parser,
                         std::string_view text,
                         std::size_t step,
                         std::string& rest) {
    ParseState state = ParseState::header;
    rest.clear();
    while (!text.empty()) {
        const std::string_view piece = text.substr(0, step);
        text.remove_prefix(piece.size());
        rest += piece;
        std::string_view unread = rest;
        state = parser.feed(unread);
        rest = std::string(unread);
        if (state == ParseState::done || state == ParseState::failed) break;
    }
    rest += text;
    return state;
}

constexpr std::size_t steps[] = {1, 2, 3, 5, 7, 16, 100'000};

TEST(RequestParser, ReadsRequestsHoweverTheyAreCut) {
    struct Case {
        std::string text;
        std::string method;
        std::string path;
        std::string query;
        std::string body;
        bool keep_alive;
    };

    const Case cases[] = {
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/", "", "", true},
        {"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/", "", "", true},
        {"GET /a%20b?x=1&y=?z HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/a%20b", "x=1&y=?z", "", true},
        {"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
         "POST",
         "/p",
         "",
         "abc",
         true},
        {"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "POST", "/p", "", "", true},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET", "/", "", "", false},
        {"GET / HTTP/1.0\r\n\r\n", "GET", "/", "", "", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET", "/", "", "", true},
        {"GET http://other:8/x?y HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/x", "y", "", true},
        {"GET http://other HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/", "", "", true},
        {"GET http://other?q HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/", "q", "", true},
        {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS", "*", "", "", true},
        {"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
         "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
         "PUT",
         "/",
         "",
         "abcde",
         true},
        {"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
         "PUT",
         "/",
         "",
         "",
         true},
        {"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nHost: "
         "x\r\n\r\n",
         "PUT",
         "/",
         "",
         "a",
         true},
    };
    for (const Case& c : cases) {
        for (const std::size_t step : steps) {
            RequestParser parser(header_max, body_max);
            std::string rest;
            const ParseState state = feed_in_steps(parser, c.text + "NEXT", step, rest);
            ASSERT_EQ(state, ParseState::done) << c.text << step << parser.failure().why;
            EXPECT_EQ(parser.state(), ParseState::done);
            EXPECT_EQ(parser.request().method, c.method) << c.text;
            EXPECT_EQ(parser.request().path, c.path) << c.text;
            EXPECT_EQ(parser.request().query, c.query) << c.text;
            EXPECT_EQ(parser.request().body, c.body) << c.text;
            EXPECT_EQ(parser.keep_alive(), c.keep_alive) << c.text;
            EXPECT_EQ(rest, "NEXT") << c.text << step;
        }
    }
}

TEST(RequestParser, IsAsNewAfterRestart) {
    const std::string long_body(60, 'b');
    const std::string befores[] = {
        "",
        "GET /half",
        "POST /p?q HTTP/1.1\r\nHost: h\r\nX-Old: 1\r\nContent-Length: 60\r\n\r\n" + long_body,
        "POST /p?q HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 60\r\n\r\nhalf",
        "POST /p HTTP/1.0\r\nX-Old: 1\r\n\r\n",
        "not HTTP\r\n\r\n",
        "GET / HTTP/1.1\r\nX-Large: " + std::string(2'000, 'x'),
    };
    for (const std::string& before : befores) {
        RequestParser parser(header_max, body_max);
        std::string_view text = before;
        if (!before.empty()) parser.feed(text);
        parser.restart();
        EXPECT_EQ(parser.state(), ParseState::header) << before;
        text = "GET /new HTTP/1.1\r\nHost: n\r\n\r\nrest";
        ASSERT_EQ(parser.feed(text), ParseState::done) << before;
        EXPECT_EQ(text, "rest");
        const ServerRequest& request = parser.request();
        EXPECT_EQ(request.method + request.target + request.path + request.query + request.body,
                  "GET/new/new")
            << before;
        EXPECT_EQ(request.headers.size(), 1u);
        EXPECT_EQ(request.headers.get("host"), "n");
        EXPECT_TRUE(parser.keep_alive() && parser.http_1_1() && !parser.expects_continue());
    }
}

TEST(RequestParser, KeepsHeadersInOrderAndDropsTrailers) {
    RequestParser parser(header_max, body_max);
    std::string_view text =
        "PUT /x HTTP/1.1\r\nHost: h\r\nA: 1\r\na:2  \r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\nTrailer-Field: v\r\n\r\n";
    ASSERT_EQ(parser.feed(text), ParseState::done);
    std::string seen;
    for (const Header header : parser.request().headers)
        seen.append(header.name).append("=").append(header.value).append(";");
    EXPECT_EQ(seen, "Host=h;A=1;a=2;Transfer-Encoding=chunked;");
    EXPECT_EQ(parser.request().target, "/x");
}

TEST(RequestParser, RefusesWhatIsMalformedOrAmbiguous) {
    struct Case {
        std::string text;
        int status;
    };

    const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n";
    const Case cases[] = {
        {"garbage\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\n\r\n", 400},
        {"GET / HTTP/0.9\r\n\r\n", 400},
        {"GET /\r\n\r\n", 400},
        {"GET  / HTTP/1.1\r\n\r\n", 400},
        {"G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET /#f HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {std::string("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", 29), 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {get + "Host: other\r\n\r\n", 400},
        {get + "Bad Name: x\r\n\r\n", 400},
        {get + "Name : x\r\n\r\n", 400},
        {get + ": x\r\n\r\n", 400},
        {get + "no colon\r\n\r\n", 400},
        {get + "X: a\rb\r\n\r\n", 400},
        {get + std::string("X: a\0b\r\n\r\n", 10), 400},
        {get + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
        {get + "Content-Length: -1\r\n\r\n", 400},
        {get + "Content-Length: +1\r\n\r\n", 400},
        {get + "Content-Length: 1x\r\n\r\n", 400},
        {get + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
        {get + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {get + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
        {get + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {get + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {get + "Transfer-Encoding: identity\r\n\r\n", 501},
        {get + "Transfer-Encoding: xchunked\r\n\r\n", 501},
        {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {get + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
        {get + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400},
        {get + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
        {get + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400},
        {get + "Expect: teapots\r\n\r\n", 417},
        {get + "Content-Length: 65\r\n\r\n", 413},
        {get + "Content-Length: 18446744073709551615\r\n\r\n", 413},
        {get + "Transfer-Encoding: chunked\r\n\r\n41\r\n" + std::string(65, 'x') + "\r\n0\r\n\r\n",
         413},
        {get + "Transfer-Encoding: chunked\r\n\r\n8000000000000000\r\nx", 413},
        {get + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(20'000, 'x') + "\r\n", 400},
        {get + "X: " + std::string(header_max, 'x') + "\r\n\r\n", 431},
        {"GET /" + std::string(header_max, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", 431},
        {get + "X: " + std::string(20 * header_max, 'x'), 431},
    };
    for (const Case& c : cases) {
        for (const std::size_t step : steps) {
            RequestParser parser(header_max, body_max);
            std::string rest;
            ASSERT_EQ(feed_in_steps(parser, c.text, step, rest), ParseState::failed)
                << c.text.substr(0, 100) << " in steps of " << step;
            EXPECT_EQ(parser.failure().status, c.status)
                << c.text.substr(0, 100) << step << parser.failure().why;
            EXPECT_FALSE(parser.failure().why.empty());
            std::string_view more = "more";
            EXPECT_EQ(parser.feed(more), ParseState::failed);
        }
    }
}

TEST(RequestParser, LimitsTheHeaderAsAWhole) {
    // Many short fields, each in a piece of its own, must not get past a limit per line.
    RequestParser parser(header_max, body_max);
    std::string text = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (int i = 0; i < 200; ++i) text += "X: y\r\n";
    std::string rest;
    EXPECT_EQ(feed_in_steps(parser, text, 6, rest), ParseState::failed);
    EXPECT_EQ(parser.failure().status, 431);
}

TEST(RequestParser, TellsWhoWaitsForContinue) {
    RequestParser parser(header_max, body_max);
    std::string_view text =
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n";
    EXPECT_EQ(parser.feed(text), ParseState::body);
    EXPECT_TRUE(parser.expects_continue());
    std::string_view body = "ab";
    EXPECT_EQ(parser.feed(body), ParseState::done);
    EXPECT_EQ(parser.request().body, "ab");
}

TEST(ResponseParser, ReadsAnswersHoweverTheyAreCut) {
    struct Case {
        std::string text;
        int status;
        std::string body;
        bool keep_alive;
    };

    const Case cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", true},
        {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200, "", true},
        {"HTTP/1.1 503 Busy\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx", 503, "x", false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", false},
        {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx", 200, "x", true},
        {"HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
        {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, "", true},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, "", true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
         200,
         "abc",
         true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, "", true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: v\r\n\r\n",
         200,
         "a",
         true},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
         "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\ny",
         201,
         "y",
         true},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 101, "", false},
    };
    for (const Case& c : cases) {
        for (const std::size_t step : steps) {
            ResponseParser parser(false, ResponseLimits{});
            std::string rest;
            ASSERT_EQ(feed_in_steps(parser, c.text + "NEXT", step, rest), ParseState::done)
                << c.text << " in steps of " << step << ": " << parser.failure().why;
            EXPECT_EQ(parser.status(), c.status) << c.text;
            EXPECT_EQ(parser.body(), c.body) << c.text;
            EXPECT_EQ(parser.keep_alive(), c.keep_alive) << c.text;
            EXPECT_EQ(rest, "NEXT") << c.text;
        }
    }
}

TEST(ResponseParser, EndsABodyWithoutLengthAtTheEnd) {
    ResponseParser parser(false, ResponseLimits{});
    std::string rest;
    EXPECT_EQ(feed_in_steps(parser, "HTTP/1.1 200 OK\r\n\r\nall of it", 4, rest), ParseState::body);
    EXPECT_EQ(parser.feed_end(), ParseState::done);
    EXPECT_EQ(parser.body(), "all of it");
    EXPECT_FALSE(parser.keep_alive());
}

TEST(ResponseParser, FailsWhenTheEndComesTooEarly) {
    for (const std::string_view text :
         {"",
          "HTTP",
          "HTTP/1.1 200 OK\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
          "HTTP/1.1 100 Continue\r\n\r\n"}) {
        ResponseParser parser(false, ResponseLimits{});
        std::string_view unread = text;
        EXPECT_NE(parser.feed(unread), ParseState::failed) << text;
        EXPECT_EQ(parser.feed_end(), ParseState::failed) << text;
        EXPECT_EQ(parser.state(), ParseState::failed) << text;
    }
}

TEST(ResponseParser, KnowsThatHeadHasNoBody) {
    ResponseParser parser(true, ResponseLimits{});
    std::string_view text = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
    EXPECT_EQ(parser.feed(text), ParseState::done);
    EXPECT_TRUE(parser.keep_alive());
    EXPECT_EQ(parser.headers().get("content-length"), "10");
}

TEST(ResponseParser, KeepsDropsAndThenStopsReading) {
    ResponseLimits limits;
    limits.body_bytes_kept = 10;
    limits.body_bytes_read = 100;
    {
        ResponseParser parser(false, limits);
        const std::string text =
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x');
        std::string_view unread = text;
        EXPECT_EQ(parser.feed(unread), ParseState::done);
        EXPECT_EQ(parser.body(), std::string(10, 'x'));
        EXPECT_TRUE(parser.truncated());
        EXPECT_TRUE(parser.keep_alive());
    }
    for (const std::size_t step : steps) {
        ResponseParser parser(false, limits);
        const std::string text =
            "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(200, 'x');
        std::string rest;
        EXPECT_EQ(feed_in_steps(parser, text, step, rest), ParseState::done);
        EXPECT_EQ(parser.state(), ParseState::done);
        EXPECT_EQ(parser.body(), std::string(10, 'x'));
        EXPECT_TRUE(parser.truncated());
        EXPECT_FALSE(parser.keep_alive());
    }
    {
        ResponseParser parser(false, limits);
        const std::string text =
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + std::string(10, 'x');
        std::string_view unread = text;
        EXPECT_EQ(parser.feed(unread), ParseState::done);
        EXPECT_FALSE(parser.truncated());
    }
}

TEST(ResponseParser, RefusesWhatIsNotHttp) {
    const std::string cases[] = {
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "<html></html>\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n",
    };
    for (const std::string& text : cases) {
        for (const std::size_t step : steps) {
            ResponseParser parser(false, ResponseLimits{});
            std::string rest;
            EXPECT_EQ(feed_in_steps(parser, text, step, rest), ParseState::failed) << text << step;
            EXPECT_FALSE(parser.header_too_large());
        }
    }
}

TEST(ResponseParser, LimitsItsHeaderAndItsInterimAnswers) {
    ResponseLimits limits;
    limits.header_bytes_max = 256;
    for (const std::size_t step : steps) {
        ResponseParser parser(false, limits);
        std::string rest;
        const std::string text = "HTTP/1.1 200 OK\r\nX: " + std::string(1'000, 'x');
        EXPECT_EQ(feed_in_steps(parser, text, step, rest), ParseState::failed);
        EXPECT_TRUE(parser.header_too_large());
    }
    ResponseParser parser(false, limits);
    std::string endless;
    for (int i = 0; i < 100; ++i) endless += "HTTP/1.1 100 Continue\r\n\r\n";
    std::string_view unread = endless;
    EXPECT_EQ(parser.feed(unread), ParseState::failed);
}

}  // namespace
}  // namespace carillon::net
