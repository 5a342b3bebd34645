#include "bus/kafka/kafka.hpp"

#include "bus/kafka/producer.hpp"
#include "bus/session.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace carillon::bus {

namespace {

constexpr std::uint16_t default_port = 9'092;

struct KafkaOptions {
    std::map<std::string, std::string> settings;  ///< librdkafka's.
    std::string topic;
    EnvelopeOptions envelope;
};

class Kafka final : public Broker {
public:
    Kafka(const BrokerContext& context,
          runtime::BlockingPool& pool,
          KafkaOptions options,
          std::unique_ptr<kafka::Producer> producer,
          int fd)
        : loop_(context.loop),
          pool_(pool),
          options_(std::move(options)),
          producer_(std::move(producer)),
          fd_(fd),
          wakeups_(loop_.executor(), fd),
          group_(loop_) {}

    [[nodiscard]] BatchLimits limits() const override {
        // librdkafka makes its own batches; ours only bounds what waits for reports together.
        return {1'000, std::size_t{1} << 20U, 1'000'000};
    }

    [[nodiscard]] Result<Packet> pack(Message message) const override {
        CARILLON_TRY(Packet packet,
                     make_packet(std::move(message), options_.envelope, options_.topic));
        const bool good =
            packet.destination.size() <= 249 && packet.destination != "." &&
            packet.destination != ".." &&
            packet.destination.find_first_not_of(
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
                std::string::npos;
        if (!good) {
            return invalid("destination", "\"" + packet.destination + "\" is no name of a topic");
        }
        return packet;
    }

    Task<Results> send(Batch batch) override {
        if (producer_->broken() && outstanding_ == 0) {
            auto renewed = co_await renew();
            if (!renewed) co_return all_failed(batch.size(), renewed.error());
        }
        if (!std::exchange(listening_, true)) group_.spawn(listen());
        kafka::Reports reports(loop_, batch.size());
        ++outstanding_;
        for (std::size_t at = 0; at < batch.size(); ++at)
            producer_->produce(*batch[at], reports, at);
        while (reports.answers.open() > 0) (void)co_await reports.changed.wait();
        --outstanding_;
        co_return reports.answers.end();
    }

    Task<> close() override {
        boost::system::error_code ignored;
        wakeups_.cancel(ignored);
        co_await group_.join();
        co_await give_up(std::move(producer_));
    }

private:
    Task<> listen() {
        for (;;) {
            boost::system::error_code error;
            co_await wakeups_.async_wait(
                asio::posix::descriptor_base::wait_read,
                asio::redirect_error(asio::use_awaitable_t<Executor>{}, error));
            if (error) co_return;
            std::uint64_t count = 0;
            const ssize_t got = ::read(fd_, &count, sizeof count);
            if (got < 0 && errno != EAGAIN) co_return;
            if (producer_) producer_->take_reports();
        }
    }

    Task<Result<>> renew() {
        // No second caller may use the old one meanwhile.
        std::unique_ptr<kafka::Producer> old = std::move(producer_);
        auto made = kafka::Producer::open(options_.settings, fd_);
        if (!made) {
            producer_ = std::move(old);
            co_return std::unexpected(std::move(made).error());
        }
        producer_ = *std::move(made);
        co_await give_up(std::move(old));
        co_return Result<>{};
    }

    /// Ending a producer waits for its threads.
    Task<> give_up(std::unique_ptr<kafka::Producer> producer) {
        auto shared = std::shared_ptr<kafka::Producer>(std::move(producer));
        auto destroying = [shared]() mutable {
            shared.reset();
            return true;
        };
        shared.reset();
        (void)co_await pool_.run(loop_, std::move(destroying));
    }

    runtime::Loop& loop_;
    runtime::BlockingPool& pool_;
    KafkaOptions options_;
    std::unique_ptr<kafka::Producer> producer_;
    int fd_;
    asio::posix::basic_stream_descriptor<Executor> wakeups_;
    runtime::TaskGroup group_;
    std::size_t outstanding_ = 0;
    bool listening_ = false;
};

Result<KafkaOptions> read_options(const BrokerUrl& url, EnvelopeOptions envelope) {
    KafkaOptions options;
    envelope.prefix = "ce_";
    options.envelope = std::move(envelope);
    options.topic = url.path;
    Duration timeout{30'000};
    if (const std::string_view text = url.option("timeout"); !text.empty()) {
        CARILLON_TRY(timeout, parse_duration(text));
    }
    std::string servers;
    for (const HostPort& host : with_default_port(url.hosts, default_port)) {
        const bool v6 = host.host.contains(':');
        servers += servers.empty() ? "" : ",";
        servers += (v6 ? "[" + host.host + "]" : host.host) + ":" + std::to_string(host.port);
    }
    options.settings = {{"bootstrap.servers", servers},
                        {"enable.idempotence", "true"},
                        {"message.timeout.ms", std::to_string(timeout.count())},
                        {"linger.ms", "1"},
                        {"client.id", "carillon"},
                        {"log_level", "0"},
                        {"queue.buffering.max.messages", "100000"}};
    if (url.has_user) {
        options.settings["security.protocol"] = "SASL_SSL";
        options.settings["sasl.mechanisms"] = "PLAIN";
        options.settings["sasl.username"] = url.user;
        options.settings["sasl.password"] = url.password;
    }
    BrokerUrl rest = url;
    std::erase_if(rest.options, [&options](const auto& option) {
        if (!option.first.contains('.')) return false;
        options.settings[option.first] = option.second;
        return true;
    });
    CARILLON_TRY_VOID(rest.check_options({"timeout"}));
    return options;
}

Result<std::unique_ptr<Broker>> open_kafka(const BrokerContext& context,
                                           runtime::BlockingPool& pool,
                                           const BrokerUrl& url,
                                           EnvelopeOptions envelope) {
    CARILLON_TRY(KafkaOptions options, read_options(url, std::move(envelope)));
    const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) return fail(Errc::unavailable, "no file descriptor is left");
    auto producer = kafka::Producer::open(options.settings, fd);
    if (!producer) {
        ::close(fd);
        return std::unexpected(std::move(producer).error());
    }
    return std::make_unique<Kafka>(context, pool, std::move(options), *std::move(producer), fd);
}

}  // namespace

void add_kafka(Publishers& publishers, runtime::BlockingPool& pool) {
    publishers.add_scheme(
        "kafka",
        [&pool](const BrokerContext& context, const BrokerUrl& url, EnvelopeOptions envelope) {
            return open_kafka(context, pool, url, std::move(envelope));
        });
}

}  // namespace carillon::bus
