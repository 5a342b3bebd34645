#include "net/message_parser.hpp"

// Beast's parser asserts that a last chunk comes in one piece, which a peer decides, not we:
// "0\r\n" followed by "\r" would abort the process. Without the assertions it reads on correctly
// (message_parser_test.cpp feeds every message byte by byte).
#define BOOST_DISABLE_ASSERTS  // NOLINT(readability-identifier-naming): the name is Boost's.

#include "core/text.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace carillon::net {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

namespace {

constexpr int interim_answers_max = 32;
/// Unfinished chunk headers and trailers: bodies themselves are taken as they come.
constexpr std::size_t framing_bytes_max = 8 * 1'024;

/// Room behind a body: readers of JSON look a register's width beyond the end.
constexpr std::size_t body_slack = 64;

/// A connection keeps memory for the next body up to this size, and for headers of this size.
constexpr std::size_t kept_body_bytes = 4 * 1'024;
constexpr std::size_t usual_header_bytes = 1'024;

/// Beast's own limits never decide: it measures a header line, not the header.
constexpr std::uint32_t line_bytes_max = std::numeric_limits<std::uint32_t>::max();

std::string_view view(string_view text) {
    return {text.data(), text.size()};
}

/// What the server and the client share: counts bytes, collects fields, and remembers why it
/// stopped. Beast is told of a refusal by any error code; `failure` is what counts.
template <bool IsRequest>
class MessageParser : public http::basic_parser<IsRequest> {
public:
    /// The fields go into `headers`.
    MessageParser(std::size_t header_bytes_max, Headers& headers)
        : headers_(headers), header_left_(header_bytes_max) {
        this->eager(true);
        this->header_limit(line_bytes_max);
        this->body_limit(boost::none);
    }

    std::optional<ParseFailure> failure;
    bool too_large = false;

    ParseState feed(std::string_view& bytes) {
        if (failure) return ParseState::failed;
        if (this->is_done()) return ParseState::done;
        error_code error;
        const std::size_t used = this->put({bytes.data(), bytes.size()}, error);
        bytes.remove_prefix(used);
        if (error && error != http::error::need_more && !failure) {
            failure = ParseFailure{400, "malformed HTTP: " + error.message()};
        }
        if (!failure && !this->is_header_done() && bytes.size() > header_left_) {
            error_code ignored;
            refuse_header(ignored);
        }
        if (!failure && !this->is_done() && this->is_header_done() &&
            bytes.size() > framing_bytes_max) {
            failure = ParseFailure{400, "malformed HTTP: a chunk header or trailer is too large"};
        }
        return state();
    }

    [[nodiscard]] ParseState state() const {
        if (failure) return ParseState::failed;
        if (this->is_done()) return ParseState::done;
        return this->is_header_done() ? ParseState::body : ParseState::header;
    }

    void refuse(int status, std::string why, error_code& error) {
        failure = ParseFailure{status, std::move(why)};
        error = http::error::bad_value;
    }

protected:
    void on_chunk_header_impl(std::uint64_t, string_view extension, error_code& error) override {
        if (extension.size() > framing_bytes_max) {
            refuse(400, "malformed HTTP: a chunk header is too large", error);
        }
    }

    void take_header_bytes(std::size_t count, error_code& error) {
        if (count > header_left_) return refuse_header(error);
        header_left_ -= count;
    }

    void take_field(string_view name, string_view value, error_code& error) {
        // Name, colon, space, value, line end. Trailers count, but are dropped: nobody here may
        // take a field that came after the body for one that was there before it.
        take_header_bytes(name.size() + value.size() + 4, error);
        if (error || this->is_header_done()) return;
        headers_.add(view(name), view(value));
    }

private:
    void refuse_header(error_code& error) {
        too_large = true;
        refuse(431, "the header is too large", error);
    }

    Headers& headers_;
    std::size_t header_left_;
};

// NOLINTBEGIN(readability-identifier-naming): the names are Beast's.

class BeastRequest : public MessageParser<true> {
public:
    BeastRequest(std::size_t header_bytes_max, std::size_t body_bytes_max, ServerRequest& to)
        : MessageParser<true>(header_bytes_max, to.headers),
          request(to),
          body_bytes_max_(body_bytes_max) {}

    ServerRequest& request;
    bool http_1_1 = false;
    bool expects_continue = false;

protected:
    void on_request_impl(http::verb,
                         string_view method,
                         string_view target,
                         int version,
                         error_code& error) override {
        take_header_bytes(method.size() + target.size() + 12, error);
        if (error) return;
        http_1_1 = version == 11;
        request.method = view(method);
        request.target = view(target);
        split_target(error);
    }

    void on_field_impl(http::field name,
                       string_view text,
                       string_view value,
                       error_code& error) override {
        if (!is_header_done()) check_field(name, view(value), error);
        if (!error) take_field(text, value, error);
    }

    void on_header_impl(error_code& error) override {
        // Without exactly one Host, intermediaries may disagree about who is meant.
        if (http_1_1 && hosts_ != 1) return refuse(400, "exactly one Host header is needed", error);
        const auto length = content_length();
        if (length && *length > body_bytes_max_) return refuse_body(error);
        if (length) request.body.reserve(static_cast<std::size_t>(*length) + body_slack);
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

    std::size_t on_body_impl(string_view part, error_code& error) override {
        return keep(part, error);
    }

    void on_chunk_header_impl(std::uint64_t size,
                              string_view extension,
                              error_code& error) override {
        MessageParser<true>::on_chunk_header_impl(size, extension, error);
        // Refused when it is announced: waiting for what will not be taken helps nobody.
        if (!error && size > body_bytes_max_) refuse_body(error);
    }

    std::size_t on_chunk_body_impl(std::uint64_t, string_view part, error_code& error) override {
        return keep(part, error);
    }

    void on_response_impl(int, string_view, int, error_code&) override {}

    void on_finish_impl(error_code&) override {}

private:
    void check_field(http::field name, std::string_view value, error_code& error) {
        if (name == http::field::host) ++hosts_;
        if (name == http::field::transfer_encoding) {
            // Anything but plain "chunked" leaves the end of the body open to interpretation.
            if (!http_1_1) return refuse(400, "HTTP/1.0 has no Transfer-Encoding", error);
            if (!equals_ignoring_case(trim(value), "chunked")) {
                return refuse(501, "only the chunked transfer encoding is understood", error);
            }
        }
        if (name == http::field::expect && http_1_1) {
            if (!equals_ignoring_case(trim(value), "100-continue")) {
                return refuse(417, "only Expect: 100-continue is understood", error);
            }
            expects_continue = true;
        }
    }

    void split_target(error_code& error) {
        std::string_view rest = request.target;
        if (rest.find('#') != std::string_view::npos) {
            return refuse(400, "the request target has a fragment", error);
        }
        // Proxies send the absolute form, which every server must accept.
        const std::size_t scheme = rest.front() == '/' ? std::string_view::npos : rest.find("://");
        if (scheme != std::string_view::npos) {
            const std::size_t start = rest.find_first_of("/?", scheme + 3);
            rest = start == std::string_view::npos ? std::string_view{"/"} : rest.substr(start);
        }
        const std::size_t question = std::min(rest.find('?'), rest.size());
        request.path = question == 0 ? "/" : rest.substr(0, question);
        if (question < rest.size()) request.query = rest.substr(question + 1);
    }

    std::size_t keep(string_view part, error_code& error) {
        if (part.size() > body_bytes_max_ - request.body.size()) {
            refuse_body(error);
            return 0;
        }
        request.body.append(part.data(), part.size());
        return part.size();
    }

    void refuse_body(error_code& error) { refuse(413, "the body is too large", error); }

    std::size_t body_bytes_max_;
    int hosts_ = 0;
};

class BeastResponse final : public MessageParser<false> {
public:
    BeastResponse(bool head_request, ResponseLimits limits)
        : MessageParser<false>(limits.header_bytes_max, headers), limits_(limits) {
        skip(head_request);
    }

    Headers headers;
    int status = 0;
    std::string body;
    bool truncated = false;
    bool enough = false;

protected:
    void on_response_impl(int code, string_view reason, int, error_code& error) override {
        status = code;
        take_header_bytes(reason.size() + 15, error);
    }

    void on_field_impl(http::field,
                       string_view name,
                       string_view value,
                       error_code& error) override {
        take_field(name, value, error);
    }

    void on_header_impl(error_code&) override {}

    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        if (!length) return;
        body.reserve(
            static_cast<std::size_t>(std::min<std::uint64_t>(*length, limits_.body_bytes_kept)));
    }

    std::size_t on_body_impl(string_view part, error_code& error) override {
        return keep(part, error);
    }

    std::size_t on_chunk_body_impl(std::uint64_t, string_view part, error_code& error) override {
        return keep(part, error);
    }

    void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}

    void on_finish_impl(error_code&) override {}

private:
    std::size_t keep(string_view part, error_code& error) {
        const std::size_t room = limits_.body_bytes_kept - body.size();
        body.append(part.data(), std::min(room, part.size()));
        truncated = truncated || part.size() > room;
        read_ += part.size();
        if (truncated && read_ > limits_.body_bytes_read) {
            enough = true;
            error = http::error::body_limit;
        }
        return part.size();
    }

    ResponseLimits limits_;
    std::uint64_t read_ = 0;
};

// NOLINTEND(readability-identifier-naming)

const ParseFailure no_failure{};

}  // namespace

struct RequestParser::Impl {
    Impl(std::size_t header_max, std::size_t body_max)
        : header_bytes_max(header_max), body_bytes_max(body_max) {
        restart();
    }

    void restart() {
        request.clear();
        if (request.body.capacity() > kept_body_bytes) request.body = std::string();
        request.headers.reserve(usual_header_bytes);
        message.emplace(header_bytes_max, body_bytes_max, request);
        started = false;
    }

    std::size_t header_bytes_max;
    std::size_t body_bytes_max;
    ServerRequest request{};
    std::optional<BeastRequest> message{};
    bool started = false;
};

RequestParser::RequestParser(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : impl_(std::make_unique<Impl>(header_bytes_max, body_bytes_max)) {}

void RequestParser::restart() {
    impl_->restart();
}

RequestParser::~RequestParser() = default;

ParseState RequestParser::feed(std::string_view& bytes) {
    if (!impl_->started) {
        // Some clients send a line end after a body; RFC 9112 section 2.2 asks to skip it.
        while (!bytes.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) {
            bytes.remove_prefix(1);
        }
        if (bytes.empty()) return ParseState::header;
        impl_->started = true;
    }
    return impl_->message->feed(bytes);
}

ParseState RequestParser::state() const {
    return impl_->message->state();
}

const ParseFailure& RequestParser::failure() const {
    return impl_->message->failure ? *impl_->message->failure : no_failure;
}

ServerRequest& RequestParser::request() {
    return impl_->request;
}

bool RequestParser::keep_alive() const {
    return impl_->message->keep_alive();
}

bool RequestParser::http_1_1() const {
    return impl_->message->http_1_1;
}

bool RequestParser::expects_continue() const {
    return impl_->message->expects_continue;
}

struct ResponseParser::Impl {
    Impl(bool head, ResponseLimits given)
        : head_request(head), limits(given), message(std::in_place, head, given) {}

    bool head_request;
    ResponseLimits limits;
    std::optional<BeastResponse> message;
    int interim_answers = 0;
};

ResponseParser::ResponseParser(bool head_request, ResponseLimits limits)
    : impl_(std::make_unique<Impl>(head_request, limits)) {}

ResponseParser::~ResponseParser() = default;

ParseState ResponseParser::feed(std::string_view& bytes) {
    for (;;) {
        BeastResponse& message = *impl_->message;
        const ParseState state = message.enough ? ParseState::done : message.feed(bytes);
        if (message.enough) {
            message.failure.reset();
            return ParseState::done;
        }
        const bool interim =
            state == ParseState::done && message.status / 100 == 1 && message.status != 101;
        if (!interim) return state;
        if (++impl_->interim_answers > interim_answers_max) {
            boost::beast::error_code ignored;
            message.refuse(400, "malformed HTTP: too many interim answers", ignored);
            return ParseState::failed;
        }
        impl_->message.emplace(impl_->head_request, impl_->limits);
        if (bytes.empty()) return ParseState::header;
    }
}

ParseState ResponseParser::feed_end() {
    BeastResponse& message = *impl_->message;
    if (message.enough) return ParseState::done;
    if (message.failure) return ParseState::failed;
    boost::beast::error_code error = http::error::partial_message;
    if (message.got_some()) message.put_eof(error);
    if (!error) return ParseState::done;
    message.refuse(400, "the answer ended too early", error);
    return ParseState::failed;
}

ParseState ResponseParser::state() const {
    return impl_->message->enough ? ParseState::done : impl_->message->state();
}

const ParseFailure& ResponseParser::failure() const {
    return impl_->message->failure ? *impl_->message->failure : no_failure;
}

bool ResponseParser::header_too_large() const {
    return impl_->message->too_large;
}

bool ResponseParser::keep_alive() const {
    const BeastResponse& message = *impl_->message;
    return message.is_done() && !message.enough && message.status != 101 && message.keep_alive();
}

bool ResponseParser::truncated() const {
    return impl_->message->truncated;
}

int ResponseParser::status() const {
    return impl_->message->status;
}

Headers& ResponseParser::headers() {
    return impl_->message->headers;
}

std::string& ResponseParser::body() {
    return impl_->message->body;
}

}  // namespace carillon::net
