#include "bus/envelope.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace carillon::bus {
namespace {

Message order() {
    Message message;
    message.id = "e1";
    message.type = "order.placed";
    message.source = "/shop";
    message.time = from_epoch_ms(1'764'244'800'000);
    message.data = R"({"total":12.5})";
    return message;
}

Result<Wire> in(const Message& message, Envelope envelope) {
    EnvelopeOptions options;
    options.envelope = envelope;
    return encode(message, options);
}

TEST(Envelope, CloudEventsHoldWhatTheMessageHas) {
    Message message = order();
    message.subject = "order 7";
    message.tenant = "acme";
    message.correlation_id = "c1";
    message.causation_id = "e0";
    message.key = "customer-7";
    const auto wire = in(message, Envelope::cloudevents);
    ASSERT_TRUE(wire);
    EXPECT_EQ(wire->content_type, "application/cloudevents+json");
    EXPECT_EQ(wire->body,
              R"({"specversion":"1.0","id":"e1","source":"/shop","type":"order.placed",)"
              R"("subject":"order 7","time":"2025-11-27T12:00:00.000Z","tenantid":"acme",)"
              R"("correlationid":"c1","causationid":"e0","partitionkey":"customer-7",)"
              R"("datacontenttype":"application/json","data":{"total":12.5}})");
}

TEST(Envelope, CloudEventsCarryBytesInBase64) {
    Message message = order();
    message.data = "\xff\x00\x01";
    message.data.assign("\xff\x01", 2);
    message.content_type = "application/octet-stream";
    EXPECT_TRUE(in(message, Envelope::cloudevents)->body.ends_with(R"("data_base64":"/wE="})"));
    message.data = "plain \"text\"";
    message.content_type = "text/plain";
    EXPECT_TRUE(in(message, Envelope::cloudevents)->body.ends_with(R"("data":"plain \"text\""})"));
}

TEST(Envelope, BinaryEventsEscapeTheirAttributes) {
    Message message = order();
    message.subject = "Bücher \"alt\" 100%";
    message.headers = {{"X-Trace", "t1"}};
    const auto wire = in(message, Envelope::cloudevents_binary);
    ASSERT_TRUE(wire);
    EXPECT_EQ(wire->body, message.data);
    const Attributes wanted = {{"ce-specversion", "1.0"},
                               {"ce-id", "e1"},
                               {"ce-source", "/shop"},
                               {"ce-type", "order.placed"},
                               {"ce-subject", "B%C3%BCcher%20%22alt%22%20100%25"},
                               {"ce-time", "2025-11-27T12:00:00.000Z"},
                               {"X-Trace", "t1"}};
    EXPECT_EQ(wire->attributes, wanted);
}

TEST(Envelope, TheOutboxsIsTheSeeds) {
    Message message = order();
    EXPECT_EQ(in(message, Envelope::outbox)->body,
              R"({"id":"e1","type":"order.placed","payload":{"total":12.5},)"
              R"("occurredAt":"2025-11-27T12:00:00.000Z"})");
    message.metadata = R"({"by":"me"})";
    message.data.clear();
    EXPECT_EQ(in(message, Envelope::outbox)->body,
              R"({"id":"e1","type":"order.placed","payload":null,)"
              R"("occurredAt":"2025-11-27T12:00:00.000Z","metadata":{"by":"me"}})");
}

TEST(Envelope, TheSchedulesIsTheSeedsAndHoldsThePayload) {
    Message message = order();
    message.tenant = "acme";
    message.correlation_id = "c1";
    message.data = R"({"scheduleId":"s","runId":"r","firedAt":"x","payload":{"a":1}})";
    EXPECT_EQ(in(message, Envelope::schedule)->body,
              R"({"eventId":"e1","eventType":"order.placed","eventVersion":1,)"
              R"("occurredAt":"2025-11-27T12:00:00.000Z","tenantId":"acme","correlationId":"c1",)"
              R"("payload":{"scheduleId":"s","runId":"r","firedAt":"x","payload":{"a":1}}})");
}

TEST(Envelope, WhatNoBrokerCouldCarryIsRefusedWithItsField) {
    const auto field_of = [](auto change) {
        Message message = order();
        change(message);
        const auto wire = in(message, Envelope::cloudevents);
        return wire ? std::string("accepted") : wire.error().field;
    };
    EXPECT_EQ(field_of([](Message& m) { m.id.clear(); }), "id");
    EXPECT_EQ(field_of([](Message& m) { m.type.clear(); }), "type");
    EXPECT_EQ(field_of([](Message& m) { m.id = "a\r\nInjected: x"; }), "id");
    EXPECT_EQ(field_of([](Message& m) { m.key = "\xff"; }), "key");
    EXPECT_EQ(field_of([](Message& m) { m.headers = {{"a b", "x"}}; }), "headers");
    EXPECT_EQ(field_of([](Message& m) { m.headers = {{"a", "x\ny"}}; }), "headers.a");
    EXPECT_EQ(field_of([](Message& m) { m.data = "{"; }), "data");
    EXPECT_EQ(field_of([](Message& m) { m.metadata = "[]"; }), "metadata");
    EXPECT_EQ(field_of([](Message& m) { m.type = "größe"; }), "accepted");
}

}  // namespace
}  // namespace carillon::bus
