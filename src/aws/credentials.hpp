// Credentials that are there when a request is to be signed.
//
// The chain decides where they come from (profile.hpp); here they are fetched, kept, and fetched
// again before they expire, by one fetch at a time for all callers. Nothing of them is ever logged
// or put into an error's text.

#pragma once

#include "aws/profile.hpp"
#include "aws/transport.hpp"
#include "core/random.hpp"
#include "runtime/event.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <optional>
#include <string>

namespace carillon::aws {

struct CredentialOptions {
    Environment environment{};
    std::string profile{};  ///< Instead of the chain.
    std::string region{};   ///< For STS; a profile's own goes before.
    Reach reach = Reach::network;
    ReadFile read = system_files();
    /// When nothing at all is configured: what local emulators take.
    std::optional<Credentials> fallback{};
};

/// Whoever signs asks this before each attempt.
class CredentialSource {
public:
    CredentialSource() = default;
    CredentialSource(const CredentialSource&) = delete;
    CredentialSource& operator=(const CredentialSource&) = delete;
    virtual ~CredentialSource() = default;

    virtual Task<Result<Credentials>> get() = 0;
    /// A service said that these have expired: fetch others.
    virtual void expired(const std::string& access_key_id) = 0;
};

class FixedCredentials final : public CredentialSource {
public:
    explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}

    Task<Result<Credentials>> get() override { co_return credentials_; }

    void expired(const std::string&) override {}

private:
    Credentials credentials_;
};

/// Lives on one loop.
class CredentialChain final : public CredentialSource {
public:
    /// Fetched in the background when this little is left ...
    static constexpr Duration refresh_ahead{5 * 60'000};
    /// ... and waited for when this little is left.
    static constexpr Duration refresh_now{60'000};

    /// Everything given must outlive the chain.
    CredentialChain(runtime::Loop& loop,
                    Transport& transport,
                    Random& random,
                    CredentialOptions options);

    /// `denied` when there are none, `unavailable` or `timeout` when their source does not answer.
    Task<Result<Credentials>> get() override;
    void expired(const std::string& access_key_id) override;
    /// Waits for a fetch under way. Call it before the chain is destroyed.
    Task<> close();

private:
    Task<Result<Credentials>> refresh();
    Task<> refresh_aside();
    Task<Result<Credentials>> fetch();
    [[nodiscard]] bool fresh_for(Duration margin) const;

    runtime::Loop& loop_;
    Transport& transport_;
    Random& random_;
    CredentialOptions options_;
    std::optional<Credentials> kept_;
    runtime::Semaphore fetching_;
    runtime::TaskGroup group_;
    bool aside_ = false;
    std::int64_t not_before_ticks_ = 0;  ///< After a failed fetch in the background.
};

/// Carries a plan out: the calls to STS, the container's agent, or the instance's metadata service,
/// each repeated twice when nothing answers.
struct FetchContext {
    runtime::Loop& loop;
    Transport& transport;
    Random& random;
    const CredentialOptions& options;
};

[[nodiscard]] Task<Result<Credentials>> fetch_credentials(FetchContext& context, Plan plan);

}  // namespace carillon::aws
