#include "net/url.hpp"

#include <gtest/gtest.h>

namespace carillon::net {
namespace {

TEST(ParseUrl, TakesApartWhatIsThere) {
    struct Case {
        std::string text;
        bool tls;
        std::string host;
        int port;
        std::string path;
        std::string query;
        std::string userinfo;
    };

    const Case cases[] = {
        {"http://example.com", false, "example.com", 80, "/", "", ""},
        {"https://example.com", true, "example.com", 443, "/", "", ""},
        {"HTTPS://Example.COM/Path", true, "example.com", 443, "/Path", "", ""},
        {"http://h:8080/", false, "h", 8080, "/", "", ""},
        {"http://h:/", false, "h", 80, "/", "", ""},
        {"http://h:080/", false, "h", 80, "/", "", ""},
        {"http://h:65535/", false, "h", 65'535, "/", "", ""},
        {"http://h?a=1", false, "h", 80, "/", "a=1", ""},
        {"http://h/p?b=2&a=1&b=3", false, "h", 80, "/p", "b=2&a=1&b=3", ""},
        {"http://h/p?a=%20+%2f", false, "h", 80, "/p", "a=%20+%2f", ""},
        {"http://h/p?a=1?b#frag?c", false, "h", 80, "/p", "a=1?b", ""},
        {"http://h#frag", false, "h", 80, "/", "", ""},
        {"http://h/p?", false, "h", 80, "/p", "", ""},
        {"http://h/a%2Fb/../c//d;e=f", false, "h", 80, "/a%2Fb/../c//d;e=f", "", ""},
        {"http://h/f?filter[a]={1|2}", false, "h", 80, "/f", "filter[a]={1|2}", ""},
        {"http://user:pass@h/", false, "h", 80, "/", "", "user:pass"},
        {"http://us%40er:p%3Aw@h:1/", false, "h", 1, "/", "", "us@er:p:w"},
        {"http://user@h/", false, "h", 80, "/", "", "user"},
        {"http://h/a@b:c", false, "h", 80, "/a@b:c", "", ""},
        {"http://[::1]:81/x", false, "::1", 81, "/x", "", ""},
        {"http://[2001:DB8::1]", false, "2001:db8::1", 80, "/", "", ""},
        {"http://[::ffff:127.0.0.1]/", false, "::ffff:127.0.0.1", 80, "/", "", ""},
        {"http://127.0.0.1:9/", false, "127.0.0.1", 9, "/", "", ""},
        {"http://my_service.local./", false, "my_service.local.", 80, "/", "", ""},
        {"http://0x7f.1/", false, "0x7f.1", 80, "/", "", ""},
    };
    for (const Case& c : cases) {
        const auto url = parse_url(c.text);
        ASSERT_TRUE(url) << c.text << ": " << url.error().message;
        EXPECT_EQ(url->tls, c.tls) << c.text;
        EXPECT_EQ(url->host, c.host) << c.text;
        EXPECT_EQ(url->port, c.port) << c.text;
        EXPECT_EQ(url->path, c.path) << c.text;
        EXPECT_EQ(url->query, c.query) << c.text;
        EXPECT_EQ(url->userinfo, c.userinfo) << c.text;
    }
}

TEST(ParseUrl, RefusesWhatIsNoUrl) {
    const std::string cases[] = {
        "",
        "example.com",
        "/path",
        "//h/p",
        "http:",
        "http:/h",
        "http:h",
        "http://",
        "http:///p",
        "http://?q",
        "http://:80/",
        "http://user@/",
        "ftp://h/",
        "file:///etc/passwd",
        "javascript://h/",
        "httpx://h",
        "ws://h",
        " http://h",
        "http://h ",
        "http://h/a b",
        "http://h/a\tb",
        "http://h/a\nb",
        "http://h/\x7f",
        std::string("http://h/\0", 10),
        "http://h/\xc3\xa4",
        "http://h\xc3\xa4.de/",
        "http://h/%",
        "http://h/%2",
        "http://h/%zz",
        "http://h/?a=%g0",
        "http://h:0/",
        "http://h:65536/",
        "http://h:99999999999999999999/",
        "http://h:-1/",
        "http://h:+1/",
        "http://h:1a/",
        "http://h:80:80/",
        "http://a@b@c/",
        "http://u%:p@h/",
        "http://u%0a:p@h/",
        "http://h_%41/",
        "http://h!/",
        "http://h,/",
        "http://a..b/",
        "http://.a/",
        "http://./",
        "http://a\\b/",
        "http://h/a\\b",
        "http://h/<x>",
        "http://h/\"",
        "http://[::1",
        "http://[::1]x/",
        "http://[]/",
        "http://[127.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "http://[v1.x]/",
        "http://[::1]:0/",
        "http://::1/",
        "http://h]/",
        "http://" + std::string(64, 'a') + "/",
        "http://" + std::string(8'192, 'a'),
    };
    for (const std::string& text : cases) {
        const auto url = parse_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().code, Errc::invalid) << text;
        EXPECT_FALSE(url.error().message.empty()) << text;
        EXPECT_TRUE(url.error().field.empty()) << text;
    }
}

TEST(ParseUrl, AcceptsUpTo8192Bytes) {
    const std::string base = "http://h/";
    EXPECT_TRUE(parse_url(base + std::string(8'192 - base.size(), 'a')));
    EXPECT_FALSE(parse_url(base + std::string(8'193 - base.size(), 'a')));
}

TEST(Url, WritesItsParts) {
    struct Case {
        std::string text;
        std::string authority;
        std::string target;
        std::string origin;
    };

    const Case cases[] = {
        {"http://h", "h", "/", "http://h:80"},
        {"http://h:80/p?q", "h", "/p?q", "http://h:80"},
        {"https://h:443", "h", "/", "https://h:443"},
        {"https://h:80/?", "h:80", "/", "https://h:80"},
        {"http://h:443", "h:443", "/", "http://h:443"},
        {"http://[::1]:8080/x", "[::1]:8080", "/x", "http://[::1]:8080"},
        {"http://u:p@h/x", "h", "/x", "http://h:80"},
    };
    for (const Case& c : cases) {
        const auto url = parse_url(c.text);
        ASSERT_TRUE(url) << c.text;
        EXPECT_EQ(url->authority(), c.authority) << c.text;
        EXPECT_EQ(url->target(), c.target) << c.text;
        EXPECT_EQ(url->origin(), c.origin) << c.text;
    }
}

}  // namespace
}  // namespace carillon::net
