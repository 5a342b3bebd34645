// Kafka, against librdkafka's own mock cluster of three brokers: Debian has no Kafka.

#include "bus/kafka/kafka.hpp"

#include "bus/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <set>

namespace carillon::bus::testing {
namespace {

struct Read {
    std::string key;
    std::string value;
    std::int32_t partition = 0;
    std::set<std::string> headers{};
};

class Cluster {
public:
    static constexpr std::int32_t brokers = 3;
    static constexpr std::int32_t partitions = 4;

    Cluster() : client_(rd_kafka_new(RD_KAFKA_PRODUCER, nullptr, nullptr, 0)) {
        mock_ = rd_kafka_mock_cluster_new(client_, brokers);
        rd_kafka_mock_topic_create(mock_, "events", partitions, brokers);
    }

    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    ~Cluster() {
        rd_kafka_mock_cluster_destroy(mock_);
        rd_kafka_destroy(client_);
    }

    [[nodiscard]] std::string url(const std::string& rest = "/events") const {
        return std::string("kafka://") + rd_kafka_mock_cluster_bootstraps(mock_) + rest;
    }

    void all(bool up) {
        for (std::int32_t at = 1; at <= brokers; ++at) {
            if (up) {
                rd_kafka_mock_broker_set_up(mock_, at);
            } else {
                rd_kafka_mock_broker_set_down(mock_, at);
            }
        }
    }

    void refuse_next_produce(rd_kafka_resp_err_t error) {
        constexpr std::int16_t produce = 0;
        rd_kafka_mock_push_request_errors(mock_, produce, 1, error);
    }

    /// Everything in the topic, until nothing more comes for a while.
    [[nodiscard]] std::vector<Read> read_all() const {
        rd_kafka_conf_t* config = rd_kafka_conf_new();
        rd_kafka_conf_set(
            config, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(mock_), nullptr, 0);
        rd_kafka_conf_set(config, "group.id", "readers", nullptr, 0);
        rd_kafka_t* reader = rd_kafka_new(RD_KAFKA_CONSUMER, config, nullptr, 0);
        rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(partitions);
        for (std::int32_t at = 0; at < partitions; ++at) {
            rd_kafka_topic_partition_list_add(all, "events", at)->offset =
                RD_KAFKA_OFFSET_BEGINNING;
        }
        rd_kafka_assign(reader, all);
        rd_kafka_topic_partition_list_destroy(all);
        std::vector<Read> read;
        for (int quiet = 0; quiet < (read.empty() ? 50 : 10);) {
            rd_kafka_message_t* message = rd_kafka_consumer_poll(reader, 100);
            if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                ++quiet;
            } else {
                quiet = 0;
                read.push_back(convert(*message));
            }
            if (message != nullptr) rd_kafka_message_destroy(message);
        }
        rd_kafka_consumer_close(reader);
        rd_kafka_destroy(reader);
        return read;
    }

private:
    static Read convert(rd_kafka_message_t& message) {
        Read read;
        read.key.assign(static_cast<const char*>(message.key), message.key_len);
        read.value.assign(static_cast<const char*>(message.payload), message.len);
        read.partition = message.partition;
        rd_kafka_headers_t* headers = nullptr;
        if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return read;
        const char* name = nullptr;
        const void* value = nullptr;
        std::size_t size = 0;
        for (std::size_t at = 0; rd_kafka_header_get_all(headers, at, &name, &value, &size) ==
                                 RD_KAFKA_RESP_ERR_NO_ERROR;
             ++at) {
            read.headers.insert(std::string(name) + "=" +
                                std::string(static_cast<const char*>(value), size));
        }
        return read;
    }

    rd_kafka_t* client_;
    rd_kafka_mock_cluster_t* mock_ = nullptr;
};

class Kafka : public ::testing::Test {
protected:
    Kafka() { add_kafka(world.publishers, world.pool); }

    Cluster cluster;
    World world;
};

TEST_F(Kafka, TheTopicHasTheMessageWithItsKeyAndHeaders) {
    Message made = message("k1");
    made.key = "customer-7";
    const Results results =
        world.publish(cluster.url("/events?envelope=outbox"), only(std::move(made)));
    ASSERT_TRUE(results.at(0)) << describe(results.at(0).error());
    const std::vector<Read> read = cluster.read_all();
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0].key, "customer-7");
    EXPECT_TRUE(read[0].value.starts_with(R"({"id":"k1","type":"order.placed")"));
    EXPECT_TRUE(read[0].headers.contains("eventType=order.placed"));
}

TEST_F(Kafka, MessagesOfOneKeyKeepTheirOrderInOnePartition) {
    std::vector<Message> batch;
    for (int at = 0; at < 50; ++at) {
        Message made = message(fmt::format("o{}", at));
        made.key = "one";
        batch.push_back(std::move(made));
    }
    for (const auto& result : world.publish(cluster.url(), std::move(batch))) {
        ASSERT_TRUE(result);
    }
    const std::vector<Read> read = cluster.read_all();
    ASSERT_EQ(read.size(), 50U);
    for (std::size_t at = 0; at < read.size(); ++at) {
        EXPECT_TRUE(read[at].value.contains(fmt::format("\"id\":\"o{}\"", at)));
        EXPECT_EQ(read[at].partition, read[0].partition);
    }
}

TEST_F(Kafka, ALeaderThatMovedAwayCausesNeitherLossNorDuplicate) {
    cluster.refuse_next_produce(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    EXPECT_TRUE(world.publish(cluster.url(), only(message("m"))).at(0));
    EXPECT_EQ(cluster.read_all().size(), 1U);
}

TEST_F(Kafka, OnlyTheMessageThatNoTopicCanTakeFails) {
    std::vector<Message> batch = only(message("good"));
    batch.push_back(message("bad"));
    batch[1].destination = "no such topic!";
    const Results results = world.publish(cluster.url(), std::move(batch));
    EXPECT_TRUE(results[0]);
    EXPECT_EQ(results[1].error().code, Errc::invalid);
}

TEST_F(Kafka, SettingsThatLibrdkafkaDoesNotKnowAreRefusedWithoutTheirValue) {
    const auto publisher = world.publishers.at("kafka://h?sasl.pasword=secret");
    ASSERT_FALSE(publisher);
    EXPECT_FALSE(publisher.error().message.contains("secret"));
}

TEST_F(Kafka, WithoutBrokersMessagesFailInTimeAndPassLater) {
    const std::string url = cluster.url("/events?timeout=2s&attempts=1");
    ASSERT_TRUE(world.publish(url, only(message("before"))).at(0));
    cluster.all(false);
    const Results lost = world.publish(url, only(message("away")));
    ASSERT_FALSE(lost.at(0));
    EXPECT_TRUE(lost.at(0).error().code == Errc::unavailable ||
                lost.at(0).error().code == Errc::timeout);
    cluster.all(true);
    EXPECT_TRUE(world.publish(cluster.url("/events?timeout=20s"), only(message("back"))).at(0));
}

}  // namespace
}  // namespace carillon::bus::testing
