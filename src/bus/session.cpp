#include "bus/session.hpp"

#include "core/check.hpp"

#include <utility>

namespace carillon::bus {

Task<Result<>> start_tls(Connection& connection, Dialer& dialer) {
    CARILLON_CO_TRY(const net::TlsContext* context, dialer.tls());
    co_return co_await connection.start_tls(*context);
}

Task<Result<SessionPool::Session>> SessionPool::open(HostPort peer) {
    Session session;
    CARILLON_CO_TRY(session.connection,
                    co_await context_.dialer.dial(std::move(peer), limits_.connect));
    session.protocol = speak_(*session.connection);
    CARILLON_CO_TRY_VOID(co_await session.protocol->log_in(context_.dialer));
    session.connection->lift_limit();
    co_return session;
}

Task<Result<SessionPool::Session>> SessionPool::take() {
    while (!idle_.empty()) {
        Session session = std::move(idle_.back());
        idle_.pop_back();
        if (!session.connection->is_stale()) co_return session;
    }
    Error last{Errc::unavailable, "there is no host"};
    for (std::size_t tries = 0; tries < hosts_.size(); ++tries) {
        const std::size_t at = host_;
        auto session = co_await open(hosts_[at]);
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
    Answers answers(batch.size());
    session->connection->limit_to(limits_.answer);
    const auto exchanged = co_await session->protocol->exchange(batch, answers);
    if (!exchanged) co_return answers.end(exchanged.error());
    session->connection->lift_limit();
    if (!session->connection->is_stale()) idle_.push_back(*std::move(session));
    co_return answers.end();
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
