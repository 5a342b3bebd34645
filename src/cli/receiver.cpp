#include "cli/receiver.hpp"

#include "cli/console.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace carillon::cli {
namespace {

constexpr std::size_t shown_bytes_max = 512;

json::object headers_json(const net::Headers& headers) {
    json::object out;
    for (const net::Header header : headers) {
        out[to_lower(printable(header.name))] =
            is_utf8(header.value) ? std::string(header.value) : printable(header.value);
    }
    return out;
}

}  // namespace

std::string Received::id() const {
    return std::string(headers.get("webhook-id").value_or(""));
}

int Received::attempt() const {
    const std::string_view text = headers.get("webhook-attempt").value_or("0");
    int attempt = 0;
    std::from_chars(text.data(), text.data() + text.size(), attempt);
    return attempt;
}

std::optional<Duration> Received::lateness() const {
    if (attempt() > 1) return std::nullopt;
    const auto header = headers.get("webhook-scheduled-at");
    if (!header) return std::nullopt;
    const auto scheduled = parse_instant(*header);
    if (!scheduled) return std::nullopt;
    return at - *scheduled;
}

Receiver::Receiver(runtime::Loop& loop,
                   ReceiverOptions options,
                   std::function<void(const Received&)> hear,
                   std::function<int(const Received&)> decide)
    : loop_(loop),
      options_(options),
      hear_(std::move(hear)),
      decide_(std::move(decide)),
      random_(options.seed) {}

Task<net::ServerResponse> Receiver::handle(net::ServerRequest& request) {
    Received call;
    call.at = loop_.now();
    call.method = request.method;
    call.target = request.target;
    call.headers = std::move(request.headers);
    call.body = std::move(request.body);
    call.number = ++count_;
    if (decide_) {
        call.status = decide_(call);
    } else if (options_.fail_share <= 0) {
        call.status = options_.status;
    } else {
        call.status = random_.unit() < options_.fail_share ? options_.status : 200;
    }
    hear_(call);
    if (options_.delay > Duration::zero()) (void)co_await loop_.sleep_for(options_.delay);

    net::ServerResponse response;
    response.status = call.status;
    response.headers.add("Content-Type", "application/json");
    response.body = call.status < 300 ? R"({"received":true})" : R"({"received":false})";
    co_return response;
}

net::ServerResponse Receiver::refuse(int status, const std::string& why) const {
    net::ServerResponse response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = why + "\n";
    return response;
}

std::string describe_call(const Received& call, bool colours) {
    const bool good = call.status >= 200 && call.status < 300;
    std::string line =
        fmt::format("{}  {}  {} {}",
                    format_instant(call.at).substr(11, 12),
                    paint(fmt::format("{}", call.status), good ? Style::good : Style::bad, colours),
                    printable(call.method),
                    printable(call.target));
    if (const std::string id = call.id(); !id.empty()) line += "  id=" + printable(id);
    if (call.attempt() > 0) line += fmt::format("  attempt={}", call.attempt());
    if (const auto late = call.lateness()) line += fmt::format("  late={}ms", late->count());
    if (!call.body.empty()) {
        const std::string_view shown = utf8_prefix(call.body, shown_bytes_max);
        line += "  " + printable(shown);
        if (shown.size() < call.body.size()) {
            line += fmt::format("… ({} bytes)", call.body.size());
        }
    }
    return line;
}

std::string describe_call_json(const Received& call) {
    json::object out{{"at", format_instant(call.at)},
                     {"method", printable(call.method)},
                     {"target", printable(call.target)},
                     {"status", call.status},
                     {"id", printable(call.id())},
                     {"attempt", call.attempt()},
                     {"latenessMs", nullptr},
                     {"headers", headers_json(call.headers)},
                     {"body", is_utf8(call.body) ? call.body : base64_encode(call.body)},
                     {"base64", !is_utf8(call.body)}};
    if (const auto late = call.lateness()) out["latenessMs"] = late->count();
    return to_text(out);
}

}  // namespace carillon::cli
