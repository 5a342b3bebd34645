#include "outbox/middleware.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::outbox {

struct MiddlewareRun {
    std::shared_ptr<const std::vector<Middleware>> list;
    MiddlewareContext& context;
    MiddlewareEnd end;
    std::vector<bool> called;
    bool dropped = false;
};

namespace {

Task<Result<>> step(MiddlewareRun& run, std::size_t index) {
    if (index == run.list->size()) {
        if (!run.end) co_return Result<>{};
        co_return co_await run.end(run.context);
    }
    const Next next(run, index);
    Result<> result = co_await (*run.list)[index](run.context, next);
    if (result && !run.called[index]) {
        co_return fail(Errc::internal,
                       fmt::format("Middleware at index {} must call next()", index));
    }
    co_return result;
}

}  // namespace

Result<> Next::enter() const {
    if (run_->called[index_]) return fail(Errc::internal, "next() called multiple times");
    run_->called[index_] = true;
    return {};
}

Task<Result<>> Next::operator()() const {
    CARILLON_CO_TRY_VOID(enter());
    co_return co_await step(*run_, index_ + 1);
}

Result<> Next::drop() const {
    CARILLON_TRY_VOID(enter());
    run_->dropped = true;
    return {};
}

Task<Result<bool>> run_middleware(std::shared_ptr<const std::vector<Middleware>> list,
                                  MiddlewareContext& context,
                                  MiddlewareEnd end) {
    const std::size_t count = list->size();
    MiddlewareRun run{std::move(list), context, std::move(end), std::vector<bool>(count)};
    CARILLON_CO_TRY_VOID(co_await step(run, 0));
    co_return run.dropped;
}

}  // namespace carillon::outbox
