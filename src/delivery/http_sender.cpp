// One attempt over HTTP: build, send, judge.

#include "delivery/delivery.hpp"

#include <algorithm>
#include <utility>

namespace carillon::delivery {
namespace {

/// `timeout after 5s: connecting to 192.0.2.1:80 took too long`. Which of the limits it was is
/// known from the time that has passed.
std::string timeout_text(std::int64_t elapsed_ns, const std::string& what) {
    auto elapsed = std::chrono::floor<Duration>(std::chrono::nanoseconds{elapsed_ns});
    // The client looks at its deadlines ten times a second.
    if (elapsed >= Duration{1'000}) elapsed = std::chrono::floor<std::chrono::seconds>(elapsed);
    std::string text = "timeout after " + format_duration(elapsed);
    if (!what.empty()) text += ": " + what;
    return text;
}

}  // namespace

Task<Verdict> HttpSender::send(Target target, Attempt attempt, runtime::StopToken stop) {
    auto request = build_request(target, attempt, options_, clock_.now());
    if (!request) {
        // Registration checks the same, so this is a webhook from before a change of the rules.
        const Result<net::ClientResponse> refused = std::unexpected(std::move(request).error());
        co_return judge(refused, options_, clock_.now());
    }
    if (target.timeout) {
        request->total_timeout = *target.timeout;
        request->connect_timeout = std::min(request->connect_timeout, *target.timeout);
    }
    const std::int64_t began = clock_.ticks();
    const auto answer = co_await client_.send(*std::move(request), std::move(stop));
    Verdict verdict = judge(answer, options_, clock_.now());
    if (!answer) {
        verdict.duration_ns = clock_.ticks() - began;
        if (answer.error().code == Errc::timeout) {
            verdict.error = timeout_text(verdict.duration_ns, answer.error().message);
        }
    }
    co_return verdict;
}

}  // namespace carillon::delivery
