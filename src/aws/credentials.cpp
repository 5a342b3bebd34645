#include "aws/credentials.hpp"

#include <utility>

namespace carillon::aws {

namespace {

constexpr std::int64_t pause_ns = 10'000'000'000;

}  // namespace

CredentialChain::CredentialChain(runtime::Loop& loop,
                                 Transport& transport,
                                 Random& random,
                                 CredentialOptions options)
    : loop_(loop),
      transport_(transport),
      random_(random),
      options_(std::move(options)),
      fetching_(loop, 1),
      group_(loop) {}

bool CredentialChain::fresh_for(Duration margin) const {
    return kept_ && (!kept_->expires_at || loop_.now() + margin < *kept_->expires_at);
}

Task<Result<Credentials>> CredentialChain::get() {
    if (fresh_for(refresh_ahead)) co_return *kept_;
    if (fresh_for(refresh_now)) {
        if (!aside_ && loop_.clock().ticks() >= not_before_ticks_) {
            aside_ = true;
            group_.spawn(refresh_aside());
        }
        co_return *kept_;
    }
    co_return co_await refresh();
}

void CredentialChain::expired(const std::string& access_key_id) {
    if (kept_ && kept_->access_key_id == access_key_id) kept_.reset();
}

Task<Result<Credentials>> CredentialChain::refresh() {
    (void)co_await fetching_.acquire();
    // Who waited here finds what the one before has fetched.
    if (fresh_for(refresh_now)) {
        fetching_.release();
        co_return *kept_;
    }
    auto fetched = co_await fetch();
    if (fetched) kept_ = *fetched;
    fetching_.release();
    if (fetched) co_return *kept_;
    // The last minute of the old ones is better than nothing.
    if (fresh_for(Duration::zero())) co_return *kept_;
    co_return fetched;
}

Task<> CredentialChain::refresh_aside() {
    (void)co_await fetching_.acquire();
    if (!fresh_for(refresh_ahead)) {
        auto fetched = co_await fetch();
        if (fetched) {
            kept_ = *std::move(fetched);
        } else {
            not_before_ticks_ = loop_.clock().ticks() + pause_ns;
        }
    }
    fetching_.release();
    aside_ = false;
}

Task<Result<Credentials>> CredentialChain::fetch() {
    // Read anew each time: files change when keys are rotated.
    CARILLON_CO_TRY(const Profiles profiles, read_profiles(options_.environment, options_.read));
    CARILLON_CO_TRY(Plan plan,
                    make_plan(options_.environment, profiles, options_.profile, options_.reach));
    if (const auto* none = std::get_if<NoSource>(&plan.how)) {
        if (options_.fallback) co_return *options_.fallback;
        co_return fail(Errc::denied, none->why);
    }
    FetchContext context{loop_, transport_, random_, options_};
    co_return co_await fetch_credentials(context, std::move(plan));
}

Task<> CredentialChain::close() {
    co_await group_.join();
}

}  // namespace carillon::aws
