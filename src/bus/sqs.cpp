// SQS: SendMessageBatch of the JSON protocol.

#include "bus/aws_service.hpp"
#include "core/json.hpp"

#include <utility>

namespace carillon::bus {

namespace {

std::string_view text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains({name.data(), name.size()});
    if (value == nullptr || !value->is_string()) return {};
    return {value->get_string().data(), value->get_string().size()};
}

const json::array& list_of(const json::object& object, std::string_view name) {
    static const json::array none;
    const json::value* value = object.if_contains({name.data(), name.size()});
    return value == nullptr || !value->is_array() ? none : value->get_array();
}

class Sqs final : public AwsService {
public:
    Sqs(std::string endpoint, std::string account)
        : endpoint_(std::move(endpoint)), account_(std::move(account)) {}

    [[nodiscard]] std::string operation() const override { return "SendMessageBatch"; }

    [[nodiscard]] Result<> prepare(Packet& packet) const override {
        packet.lane = packet.destination;
        static constexpr std::string_view attribute = "EventTypeString";
        packet.bytes = packet.wire.body.size() + attribute.size() + packet.type.size();
        return {};
    }

    [[nodiscard]] std::string request(const Batch& batch) const override {
        const std::vector<std::string> ids = entry_ids(batch);
        const std::string& queue = batch.front()->destination;
        json::array entries;
        for (std::size_t at = 0; at < batch.size(); ++at) {
            const Packet& packet = *batch[at];
            json::object entry;
            entry["Id"] = ids[at];
            entry["MessageBody"] = packet.wire.body;
            json::object type;
            type["DataType"] = "String";
            type["StringValue"] = packet.type;
            json::object attributes;
            attributes["EventType"] = std::move(type);
            entry["MessageAttributes"] = std::move(attributes);
            if (queue.ends_with(".fifo")) {
                entry["MessageGroupId"] = fifo_id(packet.key.empty() ? packet.type : packet.key);
                entry["MessageDeduplicationId"] = fifo_id(packet.id);
            }
            entries.push_back(std::move(entry));
        }
        json::object body;
        body["QueueUrl"] = endpoint_ + "/" + account_ + "/" + queue;
        body["Entries"] = std::move(entries);
        return to_text(body);
    }

    [[nodiscard]] Result<Results> answers(std::string_view body,
                                          const Batch& batch) const override {
        CARILLON_TRY(const json::value document, parse_json(body));
        if (!document.is_object()) return fail(Errc::corrupt, "SQS answered with no object");
        EntryResults results(entry_ids(batch));
        for (const json::value& entry : list_of(document.get_object(), "Successful")) {
            if (entry.is_object()) results.set(text_of(entry.get_object(), "Id"), {});
        }
        for (const json::value& entry : list_of(document.get_object(), "Failed")) {
            if (!entry.is_object()) continue;
            const json::object& failed = entry.get_object();
            const json::value* ours = failed.if_contains("SenderFault");
            results.set(text_of(failed, "Id"),
                        std::unexpected(
                            entry_error(text_of(failed, "Code"),
                                        text_of(failed, "Message"),
                                        ours != nullptr && ours->is_bool() && ours->get_bool())));
        }
        return results.take();
    }

private:
    std::string endpoint_;
    std::string account_;
};

}  // namespace

std::unique_ptr<AwsService> make_sqs(const std::string& endpoint, const std::string& account) {
    return std::make_unique<Sqs>(endpoint, account);
}

}  // namespace carillon::bus
