#include "bus/envelope.hpp"

#include "core/json.hpp"
#include "core/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <utility>

namespace carillon::bus {

namespace {

bool is_json(std::string_view content_type) {
    const std::string essence = to_lower(trim(content_type.substr(0, content_type.find(';'))));
    return essence == "application/json" || essence == "text/json" || essence.ends_with("+json");
}

/// Appends `,"name":"value"`, or nothing for an empty value. `out` must have an open object.
void add_member(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (!out.ends_with('{')) out += ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, value);
}

void add_raw(std::string& out, std::string_view name, std::string_view document) {
    if (!out.ends_with('{')) out += ',';
    append_json_string(out, name);
    out += ':';
    out += document;
}

/// The data as a JSON value: itself, or in base 64 as a string.
std::string data_value(const Message& message) {
    if (message.data.empty()) return "null";
    if (is_json(message.content_type)) return message.data;
    std::string out;
    append_json_string(out, is_utf8(message.data) ? message.data : base64_encode(message.data));
    return out;
}

/// CloudEvents' own escapes for header values: what is not printable ASCII, and `%` and `"`.
std::string header_value(std::string_view value) {
    static constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7f && c != '%' && c != '"') {
            out += c;
        } else {
            out += {'%', hex[byte >> 4U], hex[byte & 15U]};
        }
    }
    return out;
}

Attributes binary_attributes(const Message& message, const EnvelopeOptions& options) {
    Attributes attributes;
    const auto add = [&](std::string_view name, std::string_view value) {
        if (value.empty()) return;
        attributes.emplace_back(options.prefix + std::string(name), header_value(value));
    };
    add("specversion", "1.0");
    add("id", message.id);
    add("source", message.source.empty() ? options.source : message.source);
    add("type", message.type);
    add("subject", message.subject);
    add("time", format_instant(message.time));
    add("tenantid", message.tenant);
    add("correlationid", message.correlation_id);
    add("causationid", message.causation_id);
    add("partitionkey", message.key);
    add("metadata", message.metadata);
    return attributes;
}

bool is_token(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").contains(c);
    });
}

bool is_document(std::string_view text, bool object) {
    json::parse_options depth;
    depth.max_depth = 128;
    boost::system::error_code error;
    const json::value value =
        json::parse(json::string_view(text.data(), text.size()), error, {}, depth);
    return !error && (!object || value.is_object());
}

Result<> check(const Message& message) {
    if (message.id.empty()) return invalid("id", "is missing");
    if (message.type.empty()) return invalid("type", "is missing");
    const std::pair<std::string_view, const std::string*> texts[] = {
        {"id", &message.id},
        {"type", &message.type},
        {"source", &message.source},
        {"subject", &message.subject},
        {"tenant", &message.tenant},
        {"correlationId", &message.correlation_id},
        {"causationId", &message.causation_id},
        {"destination", &message.destination},
        {"key", &message.key}};
    for (const auto& [name, text] : texts) {
        if (!is_utf8(*text)) return invalid(std::string(name), "is not UTF-8");
        if (std::ranges::any_of(*text, [](char c) { return c >= 0 && c < 0x20; })) {
            return invalid(std::string(name), "contains a control character");
        }
    }
    for (const auto& [name, value] : message.headers) {
        if (!is_token(name)) return invalid("headers", "\"" + name + "\" is no header name");
        const bool plain = std::ranges::none_of(
            value, [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; });
        if (!plain) return invalid("headers." + name, "contains a control character");
    }
    if (!message.data.empty() && is_json(message.content_type) &&
        !is_document(message.data, false)) {
        return invalid("data", "is not JSON, as its content type says");
    }
    if (!message.metadata.empty() && !is_document(message.metadata, true)) {
        return invalid("metadata", "must be a JSON object");
    }
    return {};
}

}  // namespace

Result<Envelope> parse_envelope(std::string_view name) {
    if (name == "cloudevents") return Envelope::cloudevents;
    if (name == "binary") return Envelope::cloudevents_binary;
    if (name == "outbox") return Envelope::outbox;
    if (name == "schedule") return Envelope::schedule;
    return fail(Errc::invalid, "an envelope is one of cloudevents, binary, outbox, schedule");
}

std::size_t Wire::bytes() const {
    std::size_t sum = body.size() + content_type.size();
    for (const auto& [name, value] : attributes) sum += name.size() + value.size();
    return sum;
}

std::string cloudevents_json(const Message& message, std::string_view source) {
    std::string out = "{";
    add_member(out, "specversion", "1.0");
    add_member(out, "id", message.id);
    add_member(out, "source", message.source.empty() ? source : message.source);
    add_member(out, "type", message.type);
    add_member(out, "subject", message.subject);
    add_member(out, "time", format_instant(message.time));
    add_member(out, "tenantid", message.tenant);
    add_member(out, "correlationid", message.correlation_id);
    add_member(out, "causationid", message.causation_id);
    add_member(out, "partitionkey", message.key);
    add_member(out, "metadata", message.metadata);
    if (!message.data.empty()) {
        add_member(out, "datacontenttype", message.content_type);
        if (is_json(message.content_type) || is_utf8(message.data)) {
            add_raw(out, "data", data_value(message));
        } else {
            add_member(out, "data_base64", base64_encode(message.data));
        }
    }
    return out + "}";
}

std::string outbox_json(const Message& message) {
    std::string out = "{";
    add_member(out, "id", message.id);
    add_member(out, "type", message.type);
    add_raw(out, "payload", data_value(message));
    add_member(out, "occurredAt", format_instant(message.time));
    if (!message.metadata.empty()) add_raw(out, "metadata", message.metadata);
    return out + "}";
}

std::string schedule_json(const Message& message) {
    std::string out = "{";
    add_member(out, "eventId", message.id);
    add_member(out, "eventType", message.type);
    add_raw(out, "eventVersion", "1");
    add_member(out, "occurredAt", format_instant(message.time));
    add_member(out, "tenantId", message.tenant);
    add_member(
        out, "correlationId", message.correlation_id.empty() ? message.id : message.correlation_id);
    add_member(out, "causationId", message.causation_id);
    add_raw(out, "payload", data_value(message));
    return out + "}";
}

Result<Wire> encode(const Message& message, const EnvelopeOptions& options) {
    CARILLON_TRY_VOID(check(message));
    Wire wire;
    switch (options.envelope) {
        case Envelope::cloudevents:
            wire.body = cloudevents_json(message, options.source);
            wire.content_type = "application/cloudevents+json";
            break;
        case Envelope::cloudevents_binary:
            wire.body = message.data;
            wire.content_type = message.content_type;
            wire.attributes = binary_attributes(message, options);
            break;
        case Envelope::outbox:
            wire.body = outbox_json(message);
            wire.content_type = "application/json";
            wire.attributes = {{"eventType", message.type}, {"eventId", message.id}};
            break;
        case Envelope::schedule:
            wire.body = schedule_json(message);
            wire.content_type = "application/json";
            break;
    }
    wire.attributes.insert(wire.attributes.end(), message.headers.begin(), message.headers.end());
    return wire;
}

}  // namespace carillon::bus
