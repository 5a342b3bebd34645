#include "bus/session.hpp"

#include "core/check.hpp"

#include <utility>

namespace carillon::bus {

Task<Result<std::unique_ptr<Session>>> SessionPool::take() {
    while (!idle_.empty()) {
        std::unique_ptr<Session> session = std::move(idle_.back());
        idle_.pop_back();
        if (session->usable()) co_return session;
    }
    Error last{Errc::unavailable, "there is no host"};
    for (std::size_t tries = 0; tries < hosts_.size(); ++tries) {
        const std::size_t at = host_;
        auto session = co_await open_(hosts_[at]);
        if (session) co_return session;
        last = std::move(session).error();
        // Somebody else may have found the way on meanwhile.
        if (host_ == at) host_ = (at + 1) % hosts_.size();
    }
    // Nothing was sent, so nothing can have arrived.
    if (last.code == Errc::timeout || last.code == Errc::corrupt) last.code = Errc::unavailable;
    co_return std::unexpected(std::move(last));
}

Task<Results> SessionPool::send(Batch batch) {
    auto session = co_await take();
    if (!session) co_return all_failed(batch.size(), session.error());
    Results results = co_await (*session)->send(batch);
    if ((*session)->usable()) idle_.push_back(*std::move(session));
    co_return results;
}

void SessionPool::close() {
    idle_.clear();
}

void Answers::set(std::size_t index, Result<> result) {
    if (known_[index]) return;
    known_[index] = true;
    --open_;
    results_[index] = std::move(result);
}

Results Answers::end(const Error& error) {
    Error unknown = error;
    // It was sent, and perhaps taken.
    if (unknown.code == Errc::unavailable) unknown.code = Errc::timeout;
    for (std::size_t at = 0; at < results_.size(); ++at) set(at, std::unexpected(unknown));
    return std::move(results_);
}

Results Answers::end() {
    CARILLON_CHECK(open_ == 0);
    return std::move(results_);
}

}  // namespace carillon::bus
