// SNS: PublishBatch of the Query protocol, forms out and XML in.

#include "aws/xml.hpp"
#include "bus/aws_service.hpp"
#include "net/http.hpp"

#include <utility>

namespace carillon::bus {

namespace {

/// What stands between the first `<name>` and its end, as it is.
std::string_view section(std::string_view document, std::string_view name) {
    const std::string open = "<" + std::string(name) + ">";
    const std::size_t begin = document.find(open);
    if (begin == std::string_view::npos) return {};
    document.remove_prefix(begin + open.size());
    const std::size_t end = document.find("</" + std::string(name) + ">");
    return end == std::string_view::npos ? std::string_view() : document.substr(0, end);
}

std::vector<std::string_view> members(std::string_view list) {
    static constexpr std::string_view close = "</member>";
    std::vector<std::string_view> all;
    for (;;) {
        const std::string_view member = section(list, "member");
        if (member.empty()) return all;
        all.push_back(member);
        list.remove_prefix(list.find(close) + close.size());
    }
}

std::string partition_of(std::string_view region) {
    if (region.starts_with("cn-")) return "aws-cn";
    return region.starts_with("us-gov-") ? "aws-us-gov" : "aws";
}

class Sns final : public AwsService {
public:
    Sns(const std::string& region, const std::string& account)
        : prefix_("arn:" + partition_of(region) + ":sns:" + region + ":" + account + ":") {}

    [[nodiscard]] std::string operation() const override { return "PublishBatch"; }

    [[nodiscard]] Result<> prepare(Packet& packet) const override {
        packet.lane = packet.destination;
        static constexpr std::string_view attribute = "EventTypeString";
        packet.bytes = packet.wire.body.size() + attribute.size() + packet.type.size();
        return {};
    }

    [[nodiscard]] std::string request(const Batch& batch) const override {
        const std::vector<std::string> ids = entry_ids(batch);
        std::string topic = batch.front()->destination;
        if (!topic.starts_with("arn:")) topic = prefix_ + topic;
        std::string form = "Action=PublishBatch&Version=2010-03-31";
        const auto add = [&form](const std::string& name, std::string_view value) {
            form += "&" + name + "=" + net::percent_encode(value);
        };
        add("TopicArn", topic);
        for (std::size_t at = 0; at < batch.size(); ++at) {
            const Packet& packet = *batch[at];
            const std::string entry =
                "PublishBatchRequestEntries.member." + std::to_string(at + 1) + ".";
            add(entry + "Id", ids[at]);
            add(entry + "Message", packet.wire.body);
            const std::string attribute = entry + "MessageAttributes.entry.1.";
            add(attribute + "Name", "EventType");
            add(attribute + "Value.DataType", "String");
            add(attribute + "Value.StringValue", packet.type);
            if (topic.ends_with(".fifo")) {
                add(entry + "MessageGroupId",
                    fifo_id(packet.key.empty() ? packet.type : packet.key));
                add(entry + "MessageDeduplicationId", fifo_id(packet.id));
            }
        }
        return form;
    }

    [[nodiscard]] Result<Results> answers(std::string_view body,
                                          const Batch& batch) const override {
        if (!body.contains("<PublishBatchResult>")) {
            return fail(Errc::corrupt, "SNS answered with no PublishBatchResult");
        }
        EntryResults results(entry_ids(batch));
        for (const std::string_view entry : members(section(body, "Successful"))) {
            results.set(aws::xml_text(entry, "Id"), {});
        }
        for (const std::string_view entry : members(section(body, "Failed"))) {
            results.set(
                aws::xml_text(entry, "Id"),
                std::unexpected(entry_error(aws::xml_text(entry, "Code"),
                                            aws::xml_text(entry, "Message"),
                                            aws::xml_text(entry, "SenderFault") == "true")));
        }
        return results.take();
    }

private:
    std::string prefix_;
};

}  // namespace

std::unique_ptr<AwsService> make_sns(const std::string& region, const std::string& account) {
    return std::make_unique<Sns>(region, account);
}

}  // namespace carillon::bus
