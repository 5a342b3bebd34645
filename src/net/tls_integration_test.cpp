// HTTPS against a TLS server that the test runs itself, with certificates that it makes itself.

#include "net/net_testing.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

namespace carillon::net {
namespace {

using namespace testing;

using Answer = Result<ClientResponse>;

/// A self-signed certificate for `names` (as in subjectAltName), and its key.
class Identity {
public:
    explicit Identity(const std::string& names,
                      long valid_from_s = -3'600,
                      long valid_to_s = 3'600) {
        key_ = EVP_EC_gen("P-256");
        certificate_ = X509_new();
        X509_set_version(certificate_, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate_), valid_from_s);
        X509_gmtime_adj(X509_getm_notAfter(certificate_), valid_to_s);
        X509_set_pubkey(certificate_, key_);
        X509_NAME* name = X509_get_subject_name(certificate_);
        const auto* common = reinterpret_cast<const unsigned char*>("carillon test");
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0);
        X509_set_issuer_name(certificate_, name);
        X509_EXTENSION* extension =
            X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
        X509_add_ext(certificate_, extension, -1);
        X509_EXTENSION_free(extension);
        X509_sign(certificate_, key_, EVP_sha256());
        path_ = (std::filesystem::temp_directory_path() /
                 ("carillon_tls_" + std::to_string(::getpid()) + "_" + std::to_string(++count_) +
                  ".pem"))
                    .string();
        std::FILE* file = std::fopen(path_.c_str(), "w");
        PEM_write_X509(file, certificate_);
        std::fclose(file);
    }

    Identity(const Identity&) = delete;
    Identity& operator=(const Identity&) = delete;

    ~Identity() {
        std::filesystem::remove(path_);
        X509_free(certificate_);
        EVP_PKEY_free(key_);
    }

    /// The certificate as a file of trusted roots.
    [[nodiscard]] const std::string& path() const { return path_; }

    [[nodiscard]] SSL_CTX* server_context() const {
        SSL_CTX* context = SSL_CTX_new(TLS_server_method());
        SSL_CTX_use_certificate(context, certificate_);
        SSL_CTX_use_PrivateKey(context, key_);
        return context;
    }

private:
    static inline int count_ = 0;
    EVP_PKEY* key_ = nullptr;
    X509* certificate_ = nullptr;
    std::string path_;
};

/// The server's end of one TLS connection.
class TlsPeer {
public:
    TlsPeer(RawConnection connection, SSL_CTX* context)
        : connection_(std::move(connection)), ssl_(SSL_new(context)) {
        SSL_set_fd(ssl_, connection_.fd());
        accepted_ = SSL_accept(ssl_) == 1;
    }

    TlsPeer(const TlsPeer&) = delete;
    TlsPeer& operator=(const TlsPeer&) = delete;

    ~TlsPeer() { SSL_free(ssl_); }

    [[nodiscard]] bool accepted() const { return accepted_; }

    [[nodiscard]] std::string server_name() const {
        const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
        return name != nullptr ? name : "";
    }

    std::string read_until(std::string_view mark) {
        std::string text;
        char byte = 0;
        while (text.find(mark) == std::string::npos && SSL_read(ssl_, &byte, 1) == 1) text += byte;
        return text;
    }

    std::size_t read_bytes(std::size_t count) {
        std::vector<char> bytes(64 * 1'024);
        std::size_t seen = 0;
        while (seen < count) {
            const int got = SSL_read(
                ssl_, bytes.data(), static_cast<int>(std::min(bytes.size(), count - seen)));
            if (got <= 0) break;
            seen += static_cast<std::size_t>(got);
        }
        return seen;
    }

    void send(std::string_view text) {
        SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
    }

    void say_goodbye() { SSL_shutdown(ssl_); }

    RawConnection& connection() { return connection_; }

private:
    RawConnection connection_;
    SSL* ssl_;
    bool accepted_ = false;
};

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Task<> send_all(World& world,
                ClientOptions options,
                std::vector<ClientRequest> requests,
                std::vector<Answer>& answers) {
    HttpClient client(world.loop, world.pool, std::move(options));
    for (ClientRequest& request : requests) {
        answers.push_back(co_await client.send(std::move(request)));
    }
    co_await client.close();
}

struct Scene {
    std::string names = "DNS:localhost,IP:127.0.0.1";
    std::string host = "localhost";
    bool trusted = true;
    bool verify = true;
    int highest_version = 0;
    long valid_to_s = 3'600;
};

/// One request to a server with a certificate of `names`; `serve` plays it.
std::vector<Answer> ask(const Scene& setup,
                        const std::function<void(TlsPeer&)>& serve,
                        std::vector<ClientRequest> requests = {ClientRequest{}}) {
    const Identity identity(setup.names, -7'200, setup.valid_to_s);
    const RawListener listener;
    World world;
    world.peer([&] {
        SSL_CTX* context = identity.server_context();
        if (setup.highest_version != 0)
            SSL_CTX_set_max_proto_version(context, setup.highest_version);
        {
            TlsPeer peer(listener.accept(), context);
            if (peer.accepted()) serve(peer);
        }
        SSL_CTX_free(context);
    });
    ClientOptions options = loopback_options();
    options.verify_tls = setup.verify;
    if (setup.trusted) options.ca_file = identity.path();
    for (ClientRequest& request : requests) {
        request.url =
            *parse_url("https://" + setup.host + ":" + std::to_string(listener.port()) + "/");
        if (request.total_timeout > 10s) request.total_timeout = 10s;
    }
    std::vector<Answer> answers;
    world.run(send_all(world, options, std::move(requests), answers));
    return answers;
}

TEST(Tls, VerifiesNamesAndAddresses) {
    struct Case {
        std::string names;
        std::string host;
        bool good;
    };

    const Case cases[] = {
        {"DNS:localhost", "localhost", true},
        {"DNS:localhost", "LOCALHOST", true},
        {"DNS:localhost", "127.0.0.1", false},
        {"IP:127.0.0.1", "127.0.0.1", true},
        {"IP:127.0.0.1", "localhost", false},
        {"IP:127.0.0.2", "127.0.0.1", false},
        {"DNS:127.0.0.1", "127.0.0.1", false},
        {"DNS:example.com", "localhost", false},
        {"DNS:*", "localhost", false},
        {"DNS:local*", "localhost", false},
        {"DNS:localhost.example.com", "localhost", false},
    };
    for (const Case& c : cases) {
        Scene setup;
        setup.names = c.names;
        setup.host = c.host;
        const Answer answer = ask(setup, [](TlsPeer& peer) {
                                  peer.read_until("\r\n\r\n");
                                  peer.send(ok);
                              }).front();
        EXPECT_EQ(answer.has_value(), c.good)
            << c.names << " for " << c.host << (answer ? "" : describe(answer.error()));
        if (answer) continue;
        EXPECT_EQ(answer.error().code, Errc::unavailable);
        EXPECT_NE(answer.error().message.find("TLS"), std::string::npos);
        EXPECT_NE(answer.error().message.find("mismatch"), std::string::npos)
            << answer.error().message;
        EXPECT_FALSE(was_sent(answer.error()));
    }
}

TEST(Tls, RefusesWhatItDoesNotTrust) {
    Scene untrusted;
    untrusted.trusted = false;
    const Answer unknown = ask(untrusted, [](TlsPeer&) {}).front();
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message.find("self-signed"), std::string::npos)
        << unknown.error().message;
    EXPECT_FALSE(was_sent(unknown.error()));

    Scene expired;
    expired.valid_to_s = -3'600;
    const Answer old = ask(expired, [](TlsPeer&) {}).front();
    ASSERT_FALSE(old);
    EXPECT_NE(old.error().message.find("expired"), std::string::npos) << old.error().message;
}

TEST(Tls, TrustsAnythingWhenToldNotToVerify) {
    Scene setup;
    setup.trusted = false;
    setup.verify = false;
    setup.names = "DNS:example.com";
    const Answer answer = ask(setup, [](TlsPeer& peer) {
                              peer.read_until("\r\n\r\n");
                              peer.send(ok);
                          }).front();
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_EQ(answer->body, "ok");
}

TEST(Tls, SendsTheServerNameButNoAddress) {
    for (const std::string host : {"localhost", "127.0.0.1"}) {
        std::string name = "unset";
        Scene setup;
        setup.host = host;
        const Answer answer = ask(setup, [&](TlsPeer& peer) {
                                  name = peer.server_name();
                                  peer.read_until("\r\n\r\n");
                                  peer.send(ok);
                              }).front();
        ASSERT_TRUE(answer) << describe(answer.error());
        EXPECT_EQ(name, host == "localhost" ? "localhost" : "");
    }
}

TEST(Tls, SpeaksOneDotTwoButNothingOlder) {
    Scene setup;
    setup.highest_version = TLS1_2_VERSION;
    const auto serve = [](TlsPeer& peer) {
        peer.read_until("\r\n\r\n");
        peer.send(ok);
    };
    const Answer answer = ask(setup, serve).front();
    EXPECT_TRUE(answer) << describe(answer.error());
    setup.highest_version = TLS1_1_VERSION;
    const Answer refused = ask(setup, serve).front();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unavailable);
}

TEST(Tls, ReusesConnectionsAndCarriesLargeBodies) {
    ClientRequest large;
    large.method = "POST";
    large.body = std::string(2'000'000, 'x');
    std::size_t seen = 0;
    const auto answers = ask(Scene{},
                             [&](TlsPeer& peer) {
                                 peer.read_until("\r\n\r\n");
                                 peer.send(ok);
                                 peer.read_until("\r\n\r\n");
                                 seen = peer.read_bytes(2'000'000);
                                 peer.send("HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n" +
                                           std::string(40'000, 'y'));
                             },
                             {ClientRequest{}, large});
    ASSERT_TRUE(answers[0]) << describe(answers[0].error());
    ASSERT_TRUE(answers[1]) << describe(answers[1].error());
    EXPECT_EQ(seen, 2'000'000u);
    EXPECT_EQ(answers[1]->body, std::string(40'000, 'y'));
}

TEST(Tls, TakesAnAnswerWithoutLengthWhetherOrNotThePeerSaysGoodbye) {
    for (const bool polite : {true, false}) {
        const Answer answer = ask(Scene{}, [polite](TlsPeer& peer) {
                                  peer.read_until("\r\n\r\n");
                                  peer.send("HTTP/1.0 200 OK\r\n\r\nall of it");
                                  if (polite) peer.say_goodbye();
                              }).front();
        ASSERT_TRUE(answer) << polite << describe(answer.error());
        EXPECT_EQ(answer->body, "all of it");
    }
}

TEST(Tls, TimesOutInTheHandshake) {
    const RawListener listener;
    World world;
    world.peer([&] {
        RawConnection peer = listener.accept();
        peer.read_all();
    });
    ClientRequest request =
        request_to("https://127.0.0.1:" + std::to_string(listener.port()) + "/");
    request.connect_timeout = 150ms;
    std::vector<Answer> answers;
    world.run(send_all(world, loopback_options(), {request}, answers));
    ASSERT_FALSE(answers.front());
    EXPECT_EQ(answers.front().error().code, Errc::timeout);
    EXPECT_FALSE(was_sent(answers.front().error()));
}

TEST(Tls, SaysWhenThePeerSpeaksPlainHttp) {
    const RawListener listener;
    World world;
    world.peer([&] {
        RawConnection peer = listener.accept();
        peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        peer.shutdown_send();
        peer.read_all();
    });
    std::vector<Answer> answers;
    world.run(send_all(world,
                       loopback_options(),
                       {request_to("https://127.0.0.1:" + std::to_string(listener.port()) + "/")},
                       answers));
    ASSERT_FALSE(answers.front());
    EXPECT_EQ(answers.front().error().code, Errc::unavailable);
    EXPECT_NE(answers.front().error().message.find("TLS"), std::string::npos);
}

TEST(Tls, SaysWhenTheTrustedCertificatesCannotBeRead) {
    const RawListener listener;
    World world;
    world.peer([&] {
        RawConnection peer = listener.accept();
        peer.read_all();
    });
    ClientOptions options = loopback_options();
    options.ca_file = "/no/such/file.pem";
    std::vector<Answer> answers;
    world.run(send_all(world,
                       options,
                       {request_to("https://127.0.0.1:" + std::to_string(listener.port()) + "/")},
                       answers));
    ASSERT_FALSE(answers.front());
    EXPECT_EQ(answers.front().error().code, Errc::unavailable);
    EXPECT_NE(answers.front().error().message.find("/no/such/file.pem"), std::string::npos);
}

}  // namespace
}  // namespace carillon::net
