// One attempt over HTTP: build, send, judge.

#include "delivery/delivery.hpp"

#include <utility>

namespace carillon::delivery {

Task<Verdict> HttpSender::send(Target target, Attempt attempt, runtime::StopToken stop) {
    auto request = build_request(target, attempt, options_, clock_.now());
    if (!request) {
        // Registration checks the same, so this is a webhook from before a change of the rules.
        const Result<net::ClientResponse> refused = std::unexpected(std::move(request).error());
        co_return judge(refused, options_, clock_.now());
    }
    const std::int64_t began = clock_.ticks();
    const auto answer = co_await client_.send(*std::move(request), std::move(stop));
    Verdict verdict = judge(answer, options_, clock_.now());
    if (!answer) verdict.duration_ns = clock_.ticks() - began;
    co_return verdict;
}

}  // namespace carillon::delivery
