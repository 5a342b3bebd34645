// TLS as a pure transformation of bytes: no sockets, no waiting.
//
// Stream (stream.hpp) moves the bytes. Keeping OpenSSL behind memory buffers makes every wait a
// plain socket operation, which the watchdog can end, and keeps TLS headers out of all other files.

#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::net {

struct TlsOptions {
    bool verify = true;
    std::string ca_file{};  ///< PEM; empty: the system's store.
};

/// What client sessions share: trusted roots and protocol rules (TLS 1.2 and later).
class TlsContext {
public:
    [[nodiscard]] static Result<std::unique_ptr<TlsContext>> open(const TlsOptions& options);
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    ~TlsContext();

private:
    friend class TlsSession;
    struct Impl;
    explicit TlsContext(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

enum class TlsStep : unsigned char {
    done,
    wants_input,  ///< Call feed() with bytes from the peer, then repeat.
    closed,       ///< The peer said goodbye.
    failed,       ///< See error().
};

/// One client connection. After every call, send what outgoing() holds before waiting for input.
class TlsSession {
public:
    /// `host` is checked against the peer's certificate, and sent as server name unless it is an IP
    /// address.
    TlsSession(const TlsContext& context, const std::string& host);
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;
    ~TlsSession();

    [[nodiscard]] TlsStep handshake();
    [[nodiscard]] TlsStep read(char* to, std::size_t room, std::size_t& bytes);
    /// Encrypts all of `text`.
    [[nodiscard]] TlsStep write(std::string_view text);
    void feed(std::string_view from_peer);
    /// What to send; valid until the next call of anything but this.
    [[nodiscard]] std::string_view outgoing() const;
    void sent();

    [[nodiscard]] const std::string& error() const { return error_; }

private:
    struct Impl;
    TlsStep explain(int result);
    std::unique_ptr<Impl> impl_;
    std::string error_;
};

}  // namespace carillon::net
