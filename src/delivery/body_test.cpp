#include "delivery/body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::delivery {
namespace {

using testing::HasSubstr;

json::object object(std::string_view text) {
    return parse_json(text).value().as_object();
}

TEST(FormText, FollowsTheSeedsNames) {
    struct Case {
        const char* body;
        const char* want;
    };

    const Case cases[] = {
        {R"({"a":1,"b":"x"})", "a=1&b=x"},
        {R"({"z":[1,2]})", "z[0]=1&z[1]=2"},
        {R"({"n":{"a":1,"b":{"c":2}}})", "n.a=1&n.b.c=2"},
        {R"({"z":[{"a":1},{"b":[true]}]})", "z[0].a=1&z[1].b[0]=true"},
        {R"({"z":[[1,2],3]})", "z[0][0]=1&z[0][1]=2&z[1]=3"},
        {R"({"a":null,"b":"","c":[],"d":{},"e":0,"f":false})", "e=0&f=false"},
        {R"({"n":{"a":null,"b":""}})", ""},
        {R"({"z":[null,"",1]})", "z[0]=&z[1]=&z[2]=1"},
        {R"({"x":1.5,"y":-7,"big":18446744073709551615})", "x=1.5&y=-7&big=18446744073709551615"},
        {R"({})", ""},
    };
    for (const Case& c : cases) EXPECT_EQ(form_text(object(c.body)), c.want) << c.body;
}

TEST(FormText, EncodesWhatSeparatesOrIsNotAscii) {
    EXPECT_EQ(form_text(object(R"({"a&b":"c=d e+f#g%é"})")), "a%26b=c%3Dd%20e%2Bf%23g%25%C3%A9");
    EXPECT_EQ(form_text(object(R"({"k[0]":"v"})")), "k%5B0%5D=v");
}

TEST(MergeQuery, BodyWinsAndOrderIsKept) {
    struct Case {
        const char* query;
        const char* body;
        const char* want;
    };

    const Case cases[] = {
        {"", R"({"a":1})", "a=1"},
        {"x=1&y=2", R"({})", "x=1&y=2"},
        {"x=1&y=2", R"({"z":3})", "x=1&y=2&z=3"},
        {"x=1&y=2&w=4", R"({"y":9})", "x=1&y=9&w=4"},
        {"a=1&a=2&b=3", R"({"c":4})", "a=1&a=2&b=3&c=4"},
        {"a=1&b=3&a=2", R"({"a":9})", "a=9&b=3"},
        {"a=1&b=2", R"({"a":null})", "b=2"},
        {"z[0]=7&z[1]=8&q=1", R"({"z":[5]})", "z[0]=5&q=1"},
        {"n.a=7&n.b=8&q=1", R"({"n":{"a":1}})", "n.a=1&q=1"},
        {"na=7", R"({"n":{"a":1}})", "na=7&n.a=1"},
        {"a%20b=1&c=2", R"({"a b":3})", "a%20b=3&c=2"},
        {"a+b=1", R"({"a b":3})", "a%20b=3"},
        {"flag&x=%7e&bad=%zz", R"({"y":1})", "flag&x=%7e&bad=%zz&y=1"},
        {"%zz=1&a=2", R"({"a":3})", "%zz=1&a=3"},
        {"&&a=1&", R"({})", "a=1"},
        {"b=1&a=2", R"({"a":3,"b":4})", "b=4&a=3"},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(merge_query(c.query, object(c.body)), c.want) << c.query << " + " << c.body;
    }
}

TEST(Multipart, HasOnePartForEachKey) {
    const Multipart made =
        multipart(object(R"({"a":"text","n":5,"b":true,"list":[1,2],"none":null})"), "id-1");
    const std::string& b = made.boundary;
    EXPECT_EQ(made.body,
              "--" + b + "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ntext\r\n" + "--" +
                  b + "\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n5\r\n" + "--" + b +
                  "\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\ntrue\r\n" + "--" + b +
                  "\r\nContent-Disposition: form-data; name=\"list\"\r\n" +
                  "Content-Type: application/json\r\n\r\n[1,2]\r\n--" + b + "--\r\n");
}

TEST(Multipart, IsTheSameForTheSameSeed) {
    const json::object body = object(R"({"a":1})");
    EXPECT_EQ(multipart(body, "id-1").body, multipart(body, "id-1").body);
    EXPECT_NE(multipart(body, "id-1").boundary, multipart(body, "id-2").boundary);
}

TEST(Multipart, ChoosesABoundaryThatTheContentDoesNotHold) {
    const std::string first = multipart(object(R"({"a":1})"), "id-1").boundary;
    json::object body;
    body["a"] = "x--" + first + "--y";
    const Multipart made = multipart(body, "id-1");
    EXPECT_NE(made.boundary, first);
    EXPECT_THAT(made.body, HasSubstr("--" + made.boundary + "--\r\n"));

    json::object as_name;
    as_name[first] = 1;
    EXPECT_NE(multipart(as_name, "id-1").boundary, first);
}

TEST(Multipart, EscapesNames) {
    json::object body;
    body["a\"b\r\nc"] = "x";
    EXPECT_THAT(multipart(body, "i").body, HasSubstr("name=\"a%22b%0D%0Ac\"\r\n"));
}

}  // namespace
}  // namespace carillon::delivery
