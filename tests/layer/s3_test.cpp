// Snapshots in S3 (s3rver, which run.sh installs), looked at from outside by the AWS SDK for
// JavaScript.

#include "aws/s3.hpp"

#include "bus/server.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "layer/layer.hpp"
#include "layer/s3_store.hpp"
#include "support/real_time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

namespace carillon::layer {
namespace {

using bus::testing::Folder;
using bus::testing::free_port;
using bus::testing::Server;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* bucket = "snapshots";

class S3 : public ::testing::Test, protected carillon::testing::RealTime {
protected:
    void SetUp() override {
        const char* folder = ::getenv("CARILLON_S3_TESTS");
        if (folder == nullptr) GTEST_SKIP() << "run through run.sh, with Node.js";
        scripts_ = folder;
        port_ = free_port();
        server_.emplace(std::vector<std::string>{"node",
                                                 scripts_ + "/s3.mjs",
                                                 std::to_string(port_),
                                                 (folder_.path() / "data").string(),
                                                 bucket},
                        port_,
                        folder_);
        client.emplace(loop, transport, credentials, random, Log::null(), options());
    }

    void TearDown() override { finish(http.close()); }

    [[nodiscard]] std::string endpoint() const {
        return "http://127.0.0.1:" + std::to_string(port_);
    }

    aws::S3Options options() {
        return {.endpoint = net::parse_url(endpoint()).value(),
                .region = "us-east-1",
                .bucket = bucket,
                .path_style = true,
                .retry_base = Duration{5}};
    }

    /// What the SDK's program writes.
    std::string outside(const std::string& arguments) {
        const std::string command =
            "node " + scripts_ + "/outside.mjs " + endpoint() + " " + bucket + " " + arguments;
        std::FILE* pipe = ::popen(command.c_str(), "r");
        std::string text;
        char buffer[4096];
        for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
            text.append(buffer, count);
        }
        EXPECT_EQ(::pclose(pipe), 0) << command;
        return text;
    }

    static net::ClientOptions http_options() {
        net::ClientOptions made;
        made.guard = *net::AddressGuard::parse("127.0.0.0/8");
        return made;
    }

    net::HttpClient http{loop, pool, http_options()};
    aws::HttpTransport transport{http};
    aws::FixedCredentials credentials{{"S3RVER", "S3RVER"}};
    std::optional<aws::S3Client> client;

private:
    std::string scripts_;
    Folder folder_;
    std::uint16_t port_ = 0;
    std::optional<Server> server_;
};

TEST_F(S3, ObjectsAreWrittenReadListedAndRemoved) {
    const std::string odd = "a b/\xc3\xbc#+&=.json";
    S3Store store(*client);
    const auto written = finish(store.put(odd, "hello"));
    ASSERT_TRUE(written) << describe(written.error());
    const auto read = finish(store.get(odd));
    ASSERT_TRUE(read) << describe(read.error());
    EXPECT_EQ(read->bytes, "hello");
    EXPECT_EQ(read->version, *written);
    EXPECT_EQ(outside("get '" + odd + "'"), "hello");
    outside("put 'a b/other' outside");
    const auto page = finish(store.list("a b/"));
    ASSERT_TRUE(page);
    EXPECT_THAT(page->keys, ElementsAre("a b/other", odd));
    EXPECT_EQ(finish(store.get("a b/other"))->bytes, "outside");
    ASSERT_TRUE(finish(store.remove(odd)));
    ASSERT_TRUE(finish(store.remove(odd)));
    EXPECT_EQ(finish(store.get(odd)).error().code, Errc::not_found);
}

TEST_F(S3, AnObjectIsReplacedOnlyAsTheVersionThatWasSeen) {
    S3Store store(*client);
    const PutOptions fresh{.condition = {.absent = true}};
    const auto first = finish(store.put("state", "1", fresh));
    ASSERT_TRUE(first) << describe(first.error());
    EXPECT_EQ(finish(store.put("state", "2", fresh)).error().code, Errc::condition_failed);
    PutOptions over{.condition = {.version = *first}};
    const auto second = finish(store.put("state", "2", over));
    ASSERT_TRUE(second) << describe(second.error());
    EXPECT_EQ(finish(store.put("state", "3", over)).error().code, Errc::condition_failed);
    EXPECT_EQ(finish(store.put("gone", "3", over)).error().code, Errc::condition_failed);
    EXPECT_EQ(outside("get state"), "2");
}

TEST_F(S3, LargeObjectsGoInParts) {
    aws::S3Options given = options();
    given.part_bytes = std::size_t{5} << 20U;
    given.multipart_from = std::size_t{6} << 20U;
    aws::S3Client parts(loop, transport, credentials, random, Log::null(), given);
    std::string body;
    while (body.size() < 12'000'000) body += std::to_string(random.next());
    aws::S3Put put{.key = "large", .body = body, .if_none_match = true};
    const auto etag = finish(parts.put(put));
    ASSERT_TRUE(etag) << describe(etag.error());
    EXPECT_EQ(outside("digest large"),
              aws::sha256_hex(body) + " " + std::to_string(body.size()) + "\n");
    EXPECT_EQ(finish(parts.get("large"))->body, body);
    EXPECT_EQ(finish(parts.put(put)).error().code, Errc::condition_failed);
}

TEST_F(S3, AWrongSecretIsDenied) {
    aws::FixedCredentials wrong({"S3RVER", "another"});
    aws::S3Client stranger(loop, transport, wrong, random, Log::null(), options());
    const auto read = finish(stranger.get("state"));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::denied);
    EXPECT_THAT(read.error().message, ::testing::HasSubstr("SignatureDoesNotMatch"));
}

class S3Layer : public S3 {
protected:
    void SetUp() override {
        S3::SetUp();
        if (IsSkipped()) return;
        engine = *dynamo::open_embedded({.memory = true}, clock);
        store = std::make_unique<S3Store>(*client);
        lists = std::make_unique<JsonObjects>(*store, "cache/");
    }

    std::unique_ptr<Layer> make(Snapshots snapshots) {
        LayerOptions given;
        given.name = "users";
        given.id_of = by_attribute("sk");
        given.partition_of = by_attribute("pk");
        given.prefix = "layers/";
        given.grace = Duration{0};
        given.keep = Duration{0};
        auto layer =
            Layer::make(loop, *engine, snapshots, random, Log::null(), metrics, std::move(given));
        EXPECT_TRUE(layer);
        EXPECT_TRUE(finish((*layer)->start()));
        return *std::move(layer);
    }

    void set(Layer& layer, const std::string& id, const std::string& state) {
        std::vector<Change> changes;
        changes.push_back({.item = {{"pk", "p1"}, {"sk", id}, {"state", state}}});
        const auto report = finish(layer.set(std::move(changes)));
        EXPECT_TRUE(report);
    }

    std::string states(Layer& layer) {
        const auto view = finish(layer.get("p1"));
        EXPECT_TRUE(view) << describe(view.error());
        std::string text;
        for (const auto& item : view->items) text += *item.find("state")->string();
        return text;
    }

    Registry metrics;
    std::unique_ptr<dynamo::EmbeddedDatabase> engine;
    std::unique_ptr<S3Store> store;
    std::unique_ptr<JsonObjects> lists;
};

TEST_F(S3Layer, ALayersSegmentsLieInTheBucketAndAreMerged) {
    auto layer = make(store.get());
    for (int i = 0; i < 3; ++i) {
        set(*layer, "i" + std::to_string(i), std::to_string(i));
        const auto report = finish(layer->sync());
        ASSERT_TRUE(report && report->failed == 0);
    }
    EXPECT_THAT(outside("list layers/users/p-p1/"), StartsWith("layers/users/p-p1/"));
    auto other = make(store.get());  // Has nothing in its cache.
    EXPECT_EQ(states(*other), "012");
    const auto compacted = finish(layer->compact());
    ASSERT_TRUE(compacted && compacted->failed == 0) << compacted->error;
    EXPECT_EQ(states(*other), "012");
    // The replaced ones go with a later sync.
    ASSERT_TRUE(finish(layer->sync()));
    const std::string keys = outside("list layers/users/");
    EXPECT_EQ(std::ranges::count(keys, '\n'), 1) << keys;
    finish(layer->stop());
    finish(other->stop());
}

TEST_F(S3Layer, OtherProgramsReadTheListsThatTheSeedWrites) {
    outside(R"(put 'cache/users#p1.json' '[{"pk":"p1","sk":"old","state":"0"}]')");
    auto layer = make(lists.get());
    set(*layer, "new", "1");
    EXPECT_EQ(states(*layer), "10");
    const auto report = finish(layer->sync());
    ASSERT_TRUE(report && report->failed == 0) << report->error;
    EXPECT_EQ(outside("get 'cache/users#p1.json'"),
              R"([{"pk":"p1","sk":"new","state":"1"},{"pk":"p1","sk":"old","state":"0"}])");
    EXPECT_EQ(outside("head 'cache/users#p1.json'"), "application/json\n");
    finish(layer->stop());
}

}  // namespace
}  // namespace carillon::layer
