#include "dynamo/endpoint/content_coding.hpp"

#include "dynamo/endpoint/endpoint_rig_test.hpp"

namespace carillon::dynamo::endpoint {
namespace {

using testing::Answer;
using testing::Rig;

std::string gzip(std::string_view text) {
    return compress(Coding::gzip, text);
}

std::string taken(std::string_view header) {
    const auto coding = accepted_coding(header);
    return coding ? std::string(name_of(*coding)) : "none";
}

TEST(AcceptedCoding, IsTheBestThatTheHeaderAllows) {
    EXPECT_EQ(taken("gzip"), "gzip");
    EXPECT_EQ(taken("deflate"), "deflate");
    EXPECT_EQ(taken("GZIP, identity"), "gzip");
    EXPECT_EQ(taken("gzip, deflate"), "gzip");
    EXPECT_EQ(taken("br, identity, deflate, gzip"), "deflate") << "the order counts";
    EXPECT_EQ(taken("dog, gzip ,, cat"), "gzip");
    EXPECT_EQ(taken("gzip;q=0.5, deflate;q=0.8"), "deflate") << "weights go before order";
    EXPECT_EQ(taken("br, gzip;q=0, deflate; q = 0.5 , identity;q=0"), "deflate");
    EXPECT_EQ(taken("*"), "gzip");
    EXPECT_EQ(taken("*, deflate"), "deflate") << "what is named goes before what * allows";
    EXPECT_EQ(taken("*, deflate;q=0.5"), "gzip");
    EXPECT_EQ(taken("*, gzip;q=0.5"), "deflate");
    EXPECT_EQ(taken("deflate;q=0.5, gzip;q=0.x"), "gzip") << "what is no weight is none";
    EXPECT_EQ(taken("deflate;q=0.5, gzip;v=1;q=0.2"), "deflate") << "other parameters may precede";
    EXPECT_EQ(taken("gzip;q=0, gzip;q=1, gzip;q=0"), "gzip") << "the highest of several";
    EXPECT_EQ(taken("br, gzip;q=0.0001"), "gzip") << "small is not zero";
    for (const char* header :
         {"", "identity", "br", "x-gzip", "gzip ;q=0", "*;q=0", "gzip;q=-1", "gzip;v=1;q=0 "}) {
        EXPECT_EQ(taken(header), "none") << header;
    }
}

TEST(Decompress, TakesOneGzipOrSeveral) {
    const std::string long_text(300'000, 'x');
    EXPECT_EQ(decompress("gzip", gzip(long_text), long_text.size()).value(), long_text);
    EXPECT_EQ(decompress(" GZIP ", gzip("one ") + gzip("two"), 100).value(), "one two");
}

TEST(Decompress, RefusesWhatIsNoGzip) {
    const std::string whole = gzip("a text that is long enough to be cut");
    for (const std::string& body :
         {std::string(), std::string("{}"), whole.substr(0, whole.size() - 1), whole + "junk"}) {
        EXPECT_FALSE(decompress("gzip", body, 1000)) << body;
    }
    EXPECT_FALSE(decompress("br", whole, 1000));
    EXPECT_FALSE(decompress("gzip", gzip(std::string(2000, 'x')), 1999)) << "larger than allowed";
}

TEST(CompressedRequests, AreReadAsIfTheyWereNot) {
    Rig rig;
    net::ServerRequest request = Rig::request("ListTables", gzip(R"({"Limit":0})"));
    request.headers.add("Content-Encoding", "gzip");
    const Answer got = rig.send(std::move(request));
    EXPECT_EQ(got.status, 400);
    EXPECT_EQ(got.message(),
              "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
              "Member must have value greater than or equal to 1");
}

TEST(CompressedRequests, ThatAreDamagedAreInternalServerErrors) {
    Rig rig;
    for (const char* coding : {"gzip", "garbage"}) {
        net::ServerRequest request = Rig::request("ListTables", "{}");
        request.headers.add("Content-Encoding", coding);
        const Answer got = rig.send(std::move(request));
        EXPECT_EQ(got.status, 500) << coding;
        EXPECT_EQ(got.type(), "InternalServerError");
    }
}

TEST(CompressedAnswers, AreForLargeOnesThatAskForThem) {
    Rig rig;
    rig.create_things();
    const std::string text(5000, 'x');
    rig.expect("PutItem",
               R"({"TableName":"things","Item":{"id":{"S":"a"},"v":{"S":")" + text + R"("}}})",
               "{}");
    const auto get = [&](const char* projection) {
        net::ServerRequest request = Rig::request(
            "GetItem",
            std::string(
                R"({"TableName":"things","Key":{"id":{"S":"a"}},"ProjectionExpression":")") +
                projection + "\"}");
        request.headers.add("Accept-Encoding", "gzip");
        return rig.send(std::move(request));
    };
    const Answer large = get("v");
    EXPECT_EQ(large.headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(decompress("gzip", large.body, 10'000).value(),
              R"({"Item":{"v":{"S":")" + text + R"("}}})");
    const Answer small = get("id");
    EXPECT_FALSE(small.headers.has("Content-Encoding"));
    EXPECT_EQ(small.body, R"({"Item":{"id":{"S":"a"}}})");
}

}  // namespace
}  // namespace carillon::dynamo::endpoint
