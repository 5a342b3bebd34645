// What the seed's publishers get wrong about single messages (SEEDS B7, B-16), with the opposite
// outcome. What needs a broker to be seen is in tests/bus.

#include "bus/amqp_frame.hpp"
#include "bus/aws_service.hpp"

#include <gtest/gtest.h>

#include <set>

namespace carillon::bus {
namespace {

std::vector<Packet> packets(const std::vector<std::string>& ids) {
    std::vector<Packet> made;
    for (const std::string& id : ids) {
        Packet packet;
        packet.id = id;
        made.push_back(std::move(packet));
    }
    return made;
}

TEST(B16, EveryEntryOfAnAwsCallHasAnIdThatAwsTakesAndItsOwn) {
    const std::vector<Packet> made =
        packets({"plain-1_x", std::string(81, 'a'), "a b", "", "ümlaut", "plain-1_x", "entry-0"});
    Batch batch;
    for (const Packet& packet : made) batch.push_back(&packet);
    const std::vector<std::string> ids = entry_ids(batch);
    EXPECT_EQ(ids.front(), "plain-1_x");
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), made.size());
    for (const std::string& id : ids) {
        EXPECT_LE(id.size(), 80U);
        EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-_"),
                  std::string::npos)
            << id;
    }
}

TEST(B16, GroupsAndDeduplicationIdsOfFifoQueuesAreOnesThatAwsTakes) {
    EXPECT_EQ(fifo_id("customer-7"), "customer-7");
    for (const std::string& text : {std::string(129, 'a'), std::string("a b"), std::string()}) {
        EXPECT_EQ(fifo_id(text).size(), 64U) << text;
    }
    EXPECT_NE(fifo_id("a b"), fifo_id("a c"));
}

TEST(B16, MessagesToRabbitMqArePersistentAndTellWhenNoQueueTakesThem) {
    amqp::Publication publication;
    publication.exchange = "events";
    publication.routing_key = "order.placed";
    publication.content_type = "application/json";
    publication.message_id = "e1";
    publication.type = "order.placed";
    publication.body = "{}";
    std::string bytes;
    amqp::append_publication(bytes, 1, publication, 4'096);
    amqp::Reader method(bytes);
    EXPECT_EQ(method.u8(), amqp::frame_method);
    method.u16();
    const std::uint32_t method_size = method.u32();
    EXPECT_EQ(method.u32(), amqp::basic_publish);
    method.u16();
    EXPECT_EQ(method.short_text(), "events");
    EXPECT_EQ(method.short_text(), "order.placed");
    EXPECT_EQ(method.u8() & 1U, 1U) << "mandatory";
    // Head of the frame and its end are 8 bytes; the next frame is the content header.
    amqp::Reader header(std::string_view(bytes).substr(method_size + 8 + 7));
    header.u16();
    header.u16();
    header.u64();
    header.u16();
    EXPECT_EQ(header.short_text(), "application/json");
    EXPECT_EQ(header.u32(), 0U) << "no headers";
    EXPECT_EQ(header.u8(), 2) << "delivery mode: persistent";
    EXPECT_EQ(header.short_text(), "e1");
    EXPECT_TRUE(header.good());
}

}  // namespace
}  // namespace carillon::bus
