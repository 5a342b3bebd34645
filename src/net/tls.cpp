#include "net/tls.hpp"

#include "core/check.hpp"
#include "net/address_guard.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

namespace carillon::net {

namespace {

constexpr std::array<unsigned char, 9> alpn_http_1_1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

std::string last_error() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "unknown reason";
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "error " + std::to_string(code);
}

}  // namespace

struct TlsContext::Impl {
    SSL_CTX* context = nullptr;

    Impl() = default;
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    ~Impl() { SSL_CTX_free(context); }
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::open(const TlsOptions& options) {
    auto impl = std::make_unique<Impl>();
    impl->context = SSL_CTX_new(TLS_client_method());
    if (impl->context == nullptr) return fail(Errc::internal, "TLS: " + last_error());
    SSL_CTX* context = impl->context;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    // Many servers close without a goodbye. HTTP marks the end of its messages itself.
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_alpn_protos(context, alpn_http_1_1.data(), alpn_http_1_1.size());
    if (options.verify) {
        const int loaded = options.ca_file.empty()
                               ? SSL_CTX_set_default_verify_paths(context)
                               : SSL_CTX_load_verify_file(context, options.ca_file.c_str());
        if (loaded != 1) {
            return fail(Errc::unavailable,
                        "TLS: cannot read the trusted certificates" +
                            (options.ca_file.empty() ? std::string() : " in " + options.ca_file) +
                            ": " + last_error());
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    } else {
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    }
    return std::unique_ptr<TlsContext>(new TlsContext(std::move(impl)));
}

struct TlsSession::Impl {
    SSL* ssl = nullptr;
    BIO* incoming = nullptr;  ///< Owned by ssl.
    BIO* outgoing = nullptr;  ///< Owned by ssl.

    Impl() = default;
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    ~Impl() { SSL_free(ssl); }
};

TlsSession::TlsSession(const TlsContext& context, const std::string& host)
    : impl_(std::make_unique<Impl>()) {
    impl_->ssl = SSL_new(context.impl_->context);
    impl_->incoming = BIO_new(BIO_s_mem());
    impl_->outgoing = BIO_new(BIO_s_mem());
    CARILLON_CHECK(impl_->ssl != nullptr && impl_->incoming != nullptr &&
                   impl_->outgoing != nullptr);
    SSL_set_bio(impl_->ssl, impl_->incoming, impl_->outgoing);
    SSL_set_connect_state(impl_->ssl);
    X509_VERIFY_PARAM* expected = SSL_get0_param(impl_->ssl);
    if (const auto address = IpAddress::parse(host)) {
        const std::size_t size = address->v6 ? 16 : 4;
        X509_VERIFY_PARAM_set1_ip(expected, address->bytes.data(), size);
        return;
    }
    // Certificates and server names are written without the dot of a fully qualified name.
    const std::string name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size());
    SSL_set_tlsext_host_name(impl_->ssl, name.c_str());
}

TlsSession::~TlsSession() = default;

TlsStep TlsSession::explain(int result) {
    switch (SSL_get_error(impl_->ssl, result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            return TlsStep::wants_input;
        case SSL_ERROR_ZERO_RETURN:
            return TlsStep::closed;
        default:
            break;
    }
    const long verdict = SSL_get_verify_result(impl_->ssl);
    error_ = last_error();
    if (verdict != X509_V_OK) {
        error_ += std::string(" (") + X509_verify_cert_error_string(verdict) + ")";
    }
    return TlsStep::failed;
}

TlsStep TlsSession::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(impl_->ssl);
    return result == 1 ? TlsStep::done : explain(result);
}

TlsStep TlsSession::read(char* to, std::size_t room, std::size_t& bytes) {
    ERR_clear_error();
    const int result = SSL_read_ex(impl_->ssl, to, room, &bytes);
    return result == 1 ? TlsStep::done : explain(result);
}

TlsStep TlsSession::write(std::string_view text) {
    ERR_clear_error();
    std::size_t written = 0;
    if (text.empty()) return TlsStep::done;
    const int result = SSL_write_ex(impl_->ssl, text.data(), text.size(), &written);
    return result == 1 ? TlsStep::done : explain(result);
}

void TlsSession::feed(std::string_view from_peer) {
    BIO_write(impl_->incoming, from_peer.data(), static_cast<int>(from_peer.size()));
}

std::string_view TlsSession::outgoing() const {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(impl_->outgoing, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

void TlsSession::sent() {
    (void)BIO_reset(impl_->outgoing);
}

}  // namespace carillon::net
