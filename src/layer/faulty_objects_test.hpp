// An object store that behaves as bad days do: calls that fail before or after they took effect,
// answers that are late, and death, after which nothing reaches the store any more.

#pragma once

#include "core/random.hpp"
#include "layer/object_store.hpp"
#include "runtime/loop.hpp"

#include <functional>
#include <string>
#include <utility>

namespace carillon::layer::testing {

struct ObjectFaults {
    double fail = 0;        ///< Share of calls that fail without effect.
    double lose_reply = 0;  ///< ... that take effect and are answered with an error.
    double delay = 0;       ///< ... that take a while, before or after their effect.
    Duration delay_max{200};
    bool fail_all = false;
};

class FaultyObjects final : public ObjectStore {
public:
    FaultyObjects(ObjectStore& store, runtime::Loop& loop, Random& random)
        : store_(store), loop_(loop), random_(random) {}

    ObjectFaults faults{};
    std::size_t puts = 0;
    std::size_t bytes_put = 0;
    std::size_t gets = 0;
    /// Called before a put takes effect, for tests that look on.
    std::function<Task<>(const std::string& key)> before_put{};

    void die() { dead_ = true; }

    Task<Result<Object>> get(std::string key) override {
        ++gets;
        return call(store_.get(std::move(key)), {});
    }

    Task<Result<std::string>> put(std::string key, std::string bytes, PutOptions options) override {
        ++puts;
        bytes_put += bytes.size();
        if (before_put) co_await before_put(key);
        co_return co_await call(store_.put(std::move(key), std::move(bytes), std::move(options)),
                                {});
    }

    Task<Result<>> remove(std::string key) override {
        return call(store_.remove(std::move(key)), {});
    }

    Task<Result<ObjectPage>> list(std::string prefix, std::optional<std::string> start) override {
        return call(store_.list(std::move(prefix), std::move(start)), {});
    }

private:
    bool happens(double share) { return share > 0 && random_.unit() < share; }

    Task<> perhaps_late() {
        if (!happens(faults.delay)) co_return;
        const auto most = static_cast<std::uint64_t>(faults.delay_max.count());
        (void)co_await loop_.sleep_for(
            Duration{static_cast<std::int64_t>(random_.below(most + 1))});
    }

    template <class T>
    Task<Result<T>> call(Task<Result<T>> real, Result<T> when_dead) {
        co_await perhaps_late();
        if (dead_) co_return when_dead;
        if (faults.fail_all || happens(faults.fail)) {
            co_return fail(Errc::unavailable, "the snapshot store is away");
        }
        Result<T> answer = co_await std::move(real);
        co_await perhaps_late();
        if (dead_) co_return when_dead;
        if (happens(faults.lose_reply)) co_return fail(Errc::timeout, "the reply was lost");
        co_return answer;
    }

    ObjectStore& store_;
    runtime::Loop& loop_;
    Random& random_;
    bool dead_ = false;
};

}  // namespace carillon::layer::testing
