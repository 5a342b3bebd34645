#include "bus/broker.hpp"

#include <utility>

namespace carillon::bus {

namespace {

void fill_in(std::string& text, std::string_view mark, std::string_view value) {
    for (std::size_t at = text.find(mark); at != std::string::npos;
         at = text.find(mark, at + value.size())) {
        text.replace(at, mark.size(), value);
    }
}

}  // namespace

std::string destination_of(const Message& message, std::string_view form) {
    if (!message.destination.empty()) return message.destination;
    if (form.empty()) return message.type;
    std::string text(form);
    fill_in(text, "{type}", message.type);
    fill_in(text, "{tenant}", message.tenant.empty() ? "default" : message.tenant);
    return text;
}

Result<Packet> make_packet(Message message,
                           const EnvelopeOptions& options,
                           std::string_view destination_form) {
    Packet packet;
    CARILLON_TRY(packet.wire, encode(message, options));
    packet.destination = destination_of(message, destination_form);
    packet.bytes = packet.wire.bytes() + packet.destination.size() + message.id.size();
    packet.id = std::move(message.id);
    packet.type = std::move(message.type);
    packet.key = std::move(message.key);
    packet.source = message.source.empty() ? options.source : std::move(message.source);
    packet.time = message.time;
    return packet;
}

Results all_failed(std::size_t count, const Error& error) {
    return Results(count, std::unexpected(error));
}

}  // namespace carillon::bus
