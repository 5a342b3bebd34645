// EventBridge: PutEvents of the JSON protocol. Answers come in the order of the entries.

#include "bus/aws_service.hpp"
#include "core/json.hpp"

#include <array>
#include <utility>

namespace carillon::bus {

namespace {

constexpr std::size_t detail_type_max = 128;
constexpr std::size_t source_max = 256;

/// Codes that name a mistake of the entry; anything else may pass.
bool is_ours(std::string_view code) {
    static constexpr std::array<std::string_view, 4> mistakes{"InvalidArgument",
                                                              "MalformedDetail",
                                                              "InvalidParameterValue",
                                                              "NotAuthorizedForDetailType"};
    for (const std::string_view mistake : mistakes) {
        if (code.starts_with(mistake)) return true;
    }
    return false;
}

class EventBridge final : public AwsService {
public:
    [[nodiscard]] std::string operation() const override { return "PutEvents"; }

    [[nodiscard]] Result<> prepare(Packet& packet) const override {
        if (packet.type.size() > detail_type_max) {
            return invalid("type", "is longer than the 128 bytes of a detail type");
        }
        if (packet.source.size() > source_max) {
            return invalid("source", "is longer than 256 bytes");
        }
        // As the page "Calculating PutEvents event entry size" counts.
        constexpr std::size_t time_bytes = 14;
        packet.bytes =
            time_bytes + packet.source.size() + packet.type.size() + packet.wire.body.size();
        return {};
    }

    [[nodiscard]] std::string request(const Batch& batch) const override {
        json::array entries;
        for (const Packet* packet : batch) {
            json::object entry;
            entry["Source"] = packet->source;
            entry["DetailType"] = packet->type;
            entry["Detail"] = packet->wire.body;
            entry["Time"] = static_cast<double>(to_epoch_ms(packet->time)) / 1'000.0;
            if (!packet->destination.empty()) entry["EventBusName"] = packet->destination;
            entries.push_back(std::move(entry));
        }
        json::object body;
        body["Entries"] = std::move(entries);
        return to_text(body);
    }

    [[nodiscard]] Result<Results> answers(std::string_view body,
                                          const Batch& batch) const override {
        CARILLON_TRY(const json::value document, parse_json(body));
        const json::value* entries =
            document.is_object() ? document.get_object().if_contains("Entries") : nullptr;
        if (entries == nullptr || !entries->is_array() ||
            entries->get_array().size() != batch.size()) {
            return fail(Errc::corrupt, "EventBridge did not answer for every entry");
        }
        Results results;
        for (const json::value& entry : entries->get_array()) results.push_back(read(entry));
        return results;
    }

private:
    static Result<> read(const json::value& entry) {
        if (!entry.is_object()) return fail(Errc::unavailable, "EventBridge gave no answer");
        const auto text = [&entry](const char* name) {
            const json::value* value = entry.get_object().if_contains(name);
            return value == nullptr || !value->is_string()
                       ? std::string()
                       : std::string(value->get_string().data(), value->get_string().size());
        };
        const std::string code = text("ErrorCode");
        if (!code.empty()) {
            return std::unexpected(entry_error(code, text("ErrorMessage"), is_ours(code)));
        }
        if (text("EventId").empty()) return fail(Errc::unavailable, "EventBridge gave no answer");
        return {};
    }
};

}  // namespace

std::unique_ptr<AwsService> make_eventbridge() {
    return std::make_unique<EventBridge>();
}

}  // namespace carillon::bus
