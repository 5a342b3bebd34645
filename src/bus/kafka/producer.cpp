#include "bus/kafka/producer.hpp"

#include <array>
#include <cstdint>
#include <librdkafka/rdkafka.h>
#include <utility>

namespace carillon::bus::kafka {

namespace {

struct Ticket {
    Reports* reports;
    std::size_t index;
};

Errc code_of(rd_kafka_resp_err_t error, bool maybe_stored) {
    switch (error) {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
            return Errc::too_large;
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
            return Errc::not_found;
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
            return Errc::denied;
        case RD_KAFKA_RESP_ERR_INVALID_MSG:
        case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        case RD_KAFKA_RESP_ERR__INVALID_ARG:
            return Errc::invalid;
        case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
            return Errc::throttled;
        default:
            return maybe_stored ? Errc::timeout : Errc::unavailable;
    }
}

Result<> refused(rd_kafka_resp_err_t error, bool maybe_stored) {
    return fail(code_of(error, maybe_stored), std::string("Kafka: ") + rd_kafka_err2str(error));
}

void settle(Ticket* ticket, Result<> result) {
    ticket->reports->answers.set(ticket->index, std::move(result));
    ticket->reports->changed.set();
    delete ticket;
}

struct ConfigEnd {
    void operator()(rd_kafka_conf_t* config) const { rd_kafka_conf_destroy(config); }
};

}  // namespace

struct Producer::Impl {
    rd_kafka_t* handle = nullptr;
    rd_kafka_queue_t* queue = nullptr;
    bool broken = false;
};

Producer::Producer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Producer::~Producer() {
    rd_kafka_queue_io_event_enable(impl_->queue, -1, nullptr, 0);
    rd_kafka_queue_destroy(impl_->queue);
    rd_kafka_destroy(impl_->handle);
}

Result<std::unique_ptr<Producer>> Producer::open(const std::map<std::string, std::string>& settings,
                                                 int fd) {
    std::unique_ptr<rd_kafka_conf_t, ConfigEnd> config(rd_kafka_conf_new());
    std::array<char, 512> why{};
    for (const auto& [name, value] : settings) {
        if (rd_kafka_conf_set(config.get(), name.c_str(), value.c_str(), why.data(), why.size()) !=
            RD_KAFKA_CONF_OK) {
            return fail(Errc::invalid, "librdkafka does not take the setting " + name);
        }
    }
    rd_kafka_conf_set_events(config.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    rd_kafka_t* handle = rd_kafka_new(RD_KAFKA_PRODUCER, config.get(), why.data(), why.size());
    if (handle == nullptr) return fail(Errc::invalid, std::string("Kafka: ") + why.data());
    (void)config.release();  // The producer's now.
    auto impl = std::make_unique<Impl>();
    impl->handle = handle;
    impl->queue = rd_kafka_queue_get_main(handle);
    static constexpr std::uint64_t one = 1;
    rd_kafka_queue_io_event_enable(impl->queue, fd, &one, sizeof one);
    return std::unique_ptr<Producer>(new Producer(std::move(impl)));
}

void Producer::produce(const Packet& packet, Reports& reports, std::size_t index) {
    auto* ticket = new Ticket{&reports, index};  // Owned by librdkafka until its report.
    rd_kafka_headers_t* headers = rd_kafka_headers_new(packet.wire.attributes.size() + 1);
    const auto add = [headers](const std::string& name, const std::string& value) {
        rd_kafka_header_add(headers,
                            name.data(),
                            static_cast<ssize_t>(name.size()),
                            value.data(),
                            static_cast<ssize_t>(value.size()));
    };
    add("content-type", packet.wire.content_type);
    for (const auto& [name, value] : packet.wire.attributes) add(name, value);
    const std::string& key = packet.key.empty() ? packet.id : packet.key;
    // librdkafka's macros are GNU expressions.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wgnu-statement-expression-from-macro-expansion"
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        impl_->handle,
        RD_KAFKA_V_TOPIC(packet.destination.c_str()),
        RD_KAFKA_V_KEY(key.data(), key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(packet.wire.body.data()), packet.wire.body.size()),
        RD_KAFKA_V_TIMESTAMP(to_epoch_ms(packet.time)),
        RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_MSGFLAGS(0),
        RD_KAFKA_V_OPAQUE(ticket),
        RD_KAFKA_V_END);
#pragma clang diagnostic pop
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    rd_kafka_headers_destroy(headers);
    if (error == RD_KAFKA_RESP_ERR__FATAL) impl_->broken = true;
    settle(ticket, refused(error, false));
}

void Producer::take_reports() {
    for (;;) {
        rd_kafka_event_t* event = rd_kafka_queue_poll(impl_->queue, 0);
        if (event == nullptr) return;
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR &&
            rd_kafka_event_error_is_fatal(event) != 0) {
            impl_->broken = true;
        }
        while (const rd_kafka_message_t* report = rd_kafka_event_message_next(event)) {
            const bool maybe = rd_kafka_message_status(report) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
            settle(static_cast<Ticket*>(report->_private),
                   report->err == RD_KAFKA_RESP_ERR_NO_ERROR ? Result<>{}
                                                             : refused(report->err, maybe));
        }
        rd_kafka_event_destroy(event);
    }
}

bool Producer::broken() const {
    return impl_->broken;
}

}  // namespace carillon::bus::kafka
