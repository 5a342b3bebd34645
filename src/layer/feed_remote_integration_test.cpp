// A feed over the remote engine: streams as DynamoDB has them, in shards that split, behind pages
// that hold nothing and iterators that expire. A handler in front of Carillon's own endpoint cuts
// the table's stream into such shards.

#include "core/json.hpp"
#include "core/text.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "dynamo/endpoint/endpoint.hpp"
#include "dynamo/endpoint/stream_text.hpp"
#include "dynamo/remote/remote.hpp"
#include "layer/feed.hpp"
#include "layer/memory_store.hpp"
#include "net/net_testing.hpp"
#include "runtime/system_random.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace carillon::layer {
namespace {

using namespace std::chrono_literals;

/// A stretch of the real stream: behind `from`, up to `to`, of the items of one half.
struct Cut {
    std::string id;
    std::string parent;
    std::string from;
    std::string to{};  ///< Empty: open.
    int half = -1;     ///< -1: of all items.
};

class ShardingFront final : public net::HttpHandler {
public:
    ShardingFront(net::HttpHandler& inner, dynamo::Database& store)
        : inner_(inner), store_(store) {}

    Task<net::ServerResponse> handle(net::ServerRequest& request) override {
        const std::string target(request.headers.get("x-amz-target").value_or(""));
        if (!target.starts_with("DynamoDBStreams_")) co_return co_await inner_.handle(request);
        const std::string operation = target.substr(target.find('.') + 1);
        ++calls[operation];
        if (operation == "DescribeStream") co_return co_await describe(request);
        if (operation == "GetShardIterator") co_return make_iterator(request);
        if (operation == "GetRecords") co_return co_await get_records(request);
        co_return co_await inner_.handle(request);
    }

    [[nodiscard]] net::ServerResponse refuse(int status, const std::string& why) const override {
        return inner_.refuse(status, why);
    }

    /// Closes what is open; two children for each.
    Task<> split() {
        const auto streams = co_await store_.list_streams("source");
        const std::string newest = streams->back().shards.front().newest_sequence;
        std::vector<Cut> children;
        for (Cut& cut : cuts) {
            if (!cut.to.empty()) continue;
            cut.to = newest;
            for (const int half : {0, 1}) {
                if (cut.half >= 0 && cut.half != half) continue;
                children.push_back({.id = id_of(++made_), .parent = cut.id, .from = newest});
                children.back().half = half;
            }
        }
        std::ranges::move(children, std::back_inserter(cuts));
    }

    /// As after a day.
    void forget(const std::string& id) {
        std::erase_if(cuts, [&](const Cut& cut) { return cut.id == id; });
    }

    /// All iterators expire.
    void expire() { ++generation; }

    std::vector<Cut> cuts{{.id = id_of(0), .parent = {}, .from = {}}};
    std::map<std::string, int> calls;
    int generation = 0;
    int expired = 0;

private:
    static std::string id_of(int number) { return fmt::format("shardId-{:020}-cut", number); }

    static net::ServerResponse refusal(const std::string& type, const std::string& message) {
        json::object body{{"__type", "com.amazonaws.dynamodb.v20120810#" + type},
                          {"message", message}};
        return {.status = 400, .headers = {}, .body = to_text(body)};
    }

    Task<net::ServerResponse> describe(net::ServerRequest& request) {
        const json::object asked = parse_json(request.body)->as_object();
        const auto after = asked.if_contains("ExclusiveStartShardId");
        request.body = to_text(json::object{{"StreamArn", asked.at("StreamArn")}});
        net::ServerResponse response = co_await inner_.handle(request);
        if (response.status != 200) co_return response;
        json::object body = parse_json(response.body)->as_object();
        json::object& stream = body["StreamDescription"].as_object();
        json::array shards;
        // One shard a page.
        for (const Cut& cut : cuts) {
            if (after != nullptr && cut.id <= after->as_string()) continue;
            json::object range{{"StartingSequenceNumber", cut.from.empty() ? "1" : cut.from}};
            if (!cut.to.empty()) range["EndingSequenceNumber"] = cut.to;
            json::object shard{{"ShardId", cut.id}, {"SequenceNumberRange", range}};
            if (!cut.parent.empty()) shard["ParentShardId"] = cut.parent;
            shards.push_back(shard);
            if (&cut != &cuts.back()) stream["LastEvaluatedShardId"] = cut.id;
            break;
        }
        stream["Shards"] = shards;
        response.body = to_text(body);
        response.headers.remove("x-amz-crc32");
        co_return response;
    }

    net::ServerResponse make_iterator(const net::ServerRequest& request) const {
        const json::object asked = parse_json(request.body)->as_object();
        const auto* sequence = asked.if_contains("SequenceNumber");
        json::object iterator{{"shard", asked.at("ShardId")},
                              {"after", sequence == nullptr ? json::value("") : *sequence},
                              {"generation", generation},
                              {"moved", false}};
        if (find(std::string(asked.at("ShardId").as_string())) == nullptr) {
            return refusal("ResourceNotFoundException", "Requested resource not found: Shard");
        }
        return {.body = to_text(json::object{{"ShardIterator", to_text(iterator)}})};
    }

    const Cut* find(const std::string& id) const {
        const auto found = std::ranges::find(cuts, id, &Cut::id);
        return found == cuts.end() ? nullptr : &*found;
    }

    static int half_of(const dynamo::Item& key) {
        return static_cast<int>(key.find("sk")->string()->back()) % 2;
    }

    /// Two records at most, and none at all from an iterator that was just made.
    Task<net::ServerResponse> get_records(const net::ServerRequest& request) {
        const json::object asked = parse_json(request.body)->as_object();
        json::object iterator =
            parse_json(std::string(asked.at("ShardIterator").as_string()))->as_object();
        if (iterator.at("generation").as_int64() != generation) {
            ++expired;
            co_return refusal("ExpiredIteratorException", "The shard iterator has expired");
        }
        const Cut* const found = find(std::string(iterator.at("shard").as_string()));
        if (found == nullptr) co_return refusal("ResourceNotFoundException", "no such shard");
        const Cut cut = *found;
        std::string records;
        bool ended = false;
        if (!iterator.at("moved").as_bool()) {
            iterator["moved"] = true;
        } else {
            std::string after(iterator.at("after").as_string());
            after = std::max(after, cut.from);
            const auto streams = co_await store_.list_streams("source");
            const dynamo::StreamDescription& stream = streams->back();
            dynamo::ChangesRequest wanted{.stream = stream.name, .shard = stream.shards[0].id};
            wanted.after_sequence = after;
            const auto page = co_await store_.read_changes(std::move(wanted));
            int count = 0;
            ended = !cut.to.empty();
            for (const dynamo::ChangeRecord& record : page->records) {
                if (!cut.to.empty() && record.sequence > cut.to) break;
                if (count == 2) {
                    ended = false;
                    break;
                }
                after = record.sequence;
                if (cut.half >= 0 && half_of(record.key) != cut.half) continue;
                if (count++ > 0) records += ',';
                dynamo::endpoint::append_change(record, stream, {}, records);
            }
            iterator["after"] = after;
        }
        std::string body = "{\"Records\":[" + records + "]";
        if (!ended) {
            body += ",\"NextShardIterator\":";
            append_json_string(body, to_text(iterator));
        }
        co_return net::ServerResponse{.body = body + "}"};
    }

    net::HttpHandler& inner_;
    dynamo::Database& store_;
    int made_ = 0;
};

dynamo::Item user(const std::string& id, const std::string& state) {
    return {{"pk", "users"}, {"sk", id}, {"state", state}};
}

/// All on one loop, in real time.
struct FeedWorld {
    explicit FeedWorld(bool cut = true)
        : http(world.loop,
               cut ? static_cast<net::HttpHandler&>(front) : endpoint,
               {.body_bytes_max = dynamo::endpoint::request_bytes_max}) {
        EXPECT_TRUE(http.start());
        connect();
    }

    /// A new process's connection: it knows of no iterators.
    void connect() {
        dynamo::RemoteOptions options{.region = "local"};
        options.endpoint = *net::parse_url(http.url() + "/");
        options.table_prefix = "";
        remotes.push_back(
            dynamo::open_remote(options, world.loop, world.pool, random, Log::null()).value());
    }

    void run(Task<> (*body)(FeedWorld&), bool streamed = true) {
        world.run(whole(*this, body, streamed));
    }

    static Task<> whole(FeedWorld& in, Task<> (*body)(FeedWorld&), bool streamed) {
        dynamo::TableSchema source{.name = "source", .key = {.hash = {"pk"}}};
        source.key.sort = dynamo::KeyAttribute{.name = "sk"};
        if (streamed) source.settings.stream = dynamo::StreamView::new_and_old_images;
        EXPECT_TRUE(co_await in.remotes.back()->create_table(std::move(source)));
        in.make_layer();
        EXPECT_TRUE(co_await in.layer->start());
        co_await body(in);
        if (in.feed) co_await in.feed->stop();
        co_await in.layer->stop();
        for (auto& remote : in.remotes) co_await remote->close();
        co_await in.http.stop(1s);
    }

    void make_layer() {
        LayerOptions options;
        options.name = "users";
        options.id_of = by_attribute("sk");
        options.partition_of = by_attribute("pk");
        layer = Layer::make(world.loop,
                            *remotes.back(),
                            &objects,
                            random,
                            Log::null(),
                            metrics,
                            std::move(options))
                    .value();
    }

    /// Over the newest connection.
    Task<Result<>> follow(bool enable_stream = false) {
        FeedOptions options{.table = "source", .enable_stream = enable_stream, .poll = 5ms};
        options.settle = 200ms;
        options.owner = fmt::format("process-{}", remotes.size());
        feed = std::make_unique<Feed>(
            world.loop, *remotes.back(), *layer, random, Log::null(), std::move(options));
        co_return co_await feed->start();
    }

    /// The process that follows dies and another begins.
    Task<> restart() {
        co_await feed->stop();
        connect();
        EXPECT_TRUE(co_await follow());
    }

    Task<> store_item(std::string id, std::string state) {
        dynamo::PutRequest put{.table = "source", .item = user(id, state)};
        EXPECT_TRUE(co_await store->put_item(std::move(put)));
    }

    Task<std::vector<std::string>> states() {
        const auto view = co_await layer->get("users");
        EXPECT_TRUE(view) << describe(view.error());
        std::vector<std::string> out;
        if (!view) co_return out;
        for (const dynamo::Item& item : view->items) {
            out.push_back(*item.find("sk")->string() + "=" + *item.find("state")->string());
        }
        co_return out;
    }

    /// Waits until the layer shows that, ten seconds at most.
    Task<> expect(std::vector<std::string> wanted) {
        std::vector<std::string> shown;
        for (int i = 0; i < 1'000; ++i) {
            shown = co_await states();
            if (shown == wanted) co_return;
            (void)co_await world.loop.sleep_for(10ms);
        }
        EXPECT_EQ(shown, wanted);
    }

    /// Waits until the layer has been made from the table.
    Task<> begun() {
        for (int i = 0; i < 1'000; ++i) {
            dynamo::GetRequest get{.table = layer->rows().table(), .key = layer->rows().feed_key()};
            const auto row = co_await store->get_item(std::move(get));
            if (row && *row) co_return;
            (void)co_await world.loop.sleep_for(10ms);
        }
        ADD_FAILURE() << "the feed has not begun";
    }

    Task<std::uint64_t> changes_taken() {
        const auto view = co_await layer->get("users");
        co_return view ? view->sequence : 0;
    }

    net::testing::World world;
    runtime::SystemRandom random;
    Registry metrics;
    MemoryStore objects;
    std::unique_ptr<dynamo::EmbeddedDatabase> store =
        dynamo::open_embedded({.memory = true, .inline_writer = true}, world.clock).value();
    dynamo::endpoint::Endpoint endpoint{*store, world.clock, random, Log::null(), {}};
    ShardingFront front{endpoint, *store};
    net::HttpServer http;
    std::vector<std::unique_ptr<dynamo::RemoteDatabase>> remotes;
    std::unique_ptr<Layer> layer;
    std::unique_ptr<Feed> feed;
};

TEST(FeedOverRemote, FollowsATableOfOurEndpointAndGoesOnAfterARestart) {
    FeedWorld world(false);
    world.run(
        [](FeedWorld& in) -> Task<> {
            co_await in.store_item("a", "1");
            EXPECT_TRUE(co_await in.follow(true));
            co_await in.expect({"a=1"});
            for (int i = 2; i < 50; ++i) co_await in.store_item("a", std::to_string(i));
            co_await in.store_item("b", "1");
            co_await in.restart();
            co_await in.store_item("c", "1");
            co_await in.expect({"a=49", "b=1", "c=1"});
            EXPECT_EQ(co_await in.changes_taken(), 50U) << "nothing twice";
        },
        false);
}

TEST(FeedOverRemote, SaysWhenTheTableHasNoStreamOrOneWithoutImages) {
    FeedWorld world(false);
    world.run(
        [](FeedWorld& in) -> Task<> {
            const auto none = co_await in.follow();
            EXPECT_FALSE(none);
            if (!none) {
                EXPECT_EQ(describe(none.error()),
                          "not found: the table source has no change stream; turn one on with "
                          "NEW_AND_OLD_IMAGES");
            }
            dynamo::TableChange change{.settings = dynamo::TableSettings{}};
            change.settings->stream = dynamo::StreamView::keys_only;
            EXPECT_TRUE(co_await in.remotes.back()->update_table("source", std::move(change)));
            const auto keys = co_await in.follow(true);
            EXPECT_FALSE(keys);
            if (!keys) {
                EXPECT_EQ(describe(keys.error()),
                          "invalid: the change stream of the table source holds KEYS_ONLY; a "
                          "layer needs NEW_AND_OLD_IMAGES, or NEW_IMAGE");
            }
        },
        false);
}

TEST(FeedOverRemote, ReadsParentsBeforeTheirChildrenWhateverSplitsMeanwhile) {
    FeedWorld world;
    world.run([](FeedWorld& in) -> Task<> {
        EXPECT_TRUE(co_await in.follow());
        co_await in.begun();
        co_await in.store_item("a", "0");
        co_await in.expect({"a=0"});
        co_await in.feed->stop();
        int written = 1;
        for (int round = 1; round <= 3; ++round) {
            for (const char* id : {"a", "b", "c"}) {
                co_await in.store_item(id, std::to_string(round));
                ++written;
            }
            co_await in.front.split();
        }
        in.connect();
        EXPECT_TRUE(co_await in.follow());
        co_await in.expect({"a=3", "b=3", "c=3"});
        // And while it follows.
        for (int round = 4; round <= 6; ++round) {
            for (const char* id : {"a", "b", "c"}) {
                co_await in.store_item(id, std::to_string(round));
                ++written;
            }
            co_await in.front.split();
            if (round == 5) co_await in.restart();
        }
        co_await in.expect({"a=6", "b=6", "c=6"});
        EXPECT_EQ(co_await in.changes_taken(), static_cast<std::uint64_t>(written));
    });
}

TEST(FeedOverRemote, NoItemGoesBackToAStateBeforeTheLayerWasMadeFromTheTable) {
    FeedWorld world;
    world.run([](FeedWorld& in) -> Task<> {
        // The stream still holds these, and a date alone tells that they are from before.
        for (int i = 1; i <= 20; ++i) co_await in.store_item("a", std::to_string(i));
        EXPECT_TRUE(co_await in.follow());
        int newest = 0;
        for (int i = 0; i < 2'000 && newest < 21; ++i) {
            const std::vector<std::string> states = co_await in.states();
            const int state = states.empty() ? 0 : std::stoi(states.front().substr(2));
            EXPECT_GE(state, newest);
            newest = state;
            if (newest == 20) co_await in.store_item("a", "21");
            (void)co_await in.world.loop.sleep_for(1ms);
        }
        EXPECT_EQ(newest, 21);
    });
}

TEST(FeedOverRemote, GoesOnWhenItsIteratorsHaveExpired) {
    FeedWorld world;
    world.run([](FeedWorld& in) -> Task<> {
        EXPECT_TRUE(co_await in.follow());
        co_await in.begun();
        int written = 0;
        while (in.front.expired < 5 && written < 100) {
            const int i = ++written;
            co_await in.store_item("a", std::to_string(i));
            in.front.expire();
            co_await in.expect({"a=" + std::to_string(i)});
        }
        EXPECT_GE(in.front.expired, 5);
        EXPECT_EQ(co_await in.changes_taken(), static_cast<std::uint64_t>(written));
        // An iterator is made once, and then goes on by itself.
        EXPECT_LT(in.front.calls["GetShardIterator"], in.front.calls["GetRecords"] / 2);
    });
}

TEST(FeedOverRemote, BeginsAnewWhenShardsHaveGoneUnread) {
    FeedWorld world;
    world.run([](FeedWorld& in) -> Task<> {
        EXPECT_TRUE(co_await in.follow());
        co_await in.begun();
        co_await in.store_item("a", "1");
        co_await in.store_item("b", "1");
        co_await in.expect({"a=1", "b=1"});
        co_await in.feed->stop();
        // What the shard held is gone with it.
        co_await in.store_item("a", "2");
        dynamo::DeleteRequest gone{.table = "source", .key = {{"pk", "users"}, {"sk", "b"}}};
        EXPECT_TRUE(co_await in.store->delete_item(std::move(gone)));
        const std::string first = in.front.cuts.front().id;
        co_await in.front.split();
        in.front.forget(first);
        in.connect();
        EXPECT_TRUE(co_await in.follow());
        co_await in.expect({"a=2"});
        co_await in.store_item("c", "1");
        co_await in.expect({"a=2", "c=1"});
    });
}

}  // namespace
}  // namespace carillon::layer
