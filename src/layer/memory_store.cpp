#include "layer/memory_store.hpp"

#include <utility>

namespace carillon::layer {

Task<Result<Object>> MemoryStore::get(std::string key) {
    CARILLON_CO_TRY_VOID(check_object_key(key));
    const auto found = objects_.find(key);
    if (found == objects_.end()) co_return fail(Errc::not_found, "there is no object " + key);
    co_return found->second;
}

Task<Result<std::string>> MemoryStore::put(std::string key, std::string bytes, PutOptions options) {
    CARILLON_CO_TRY_VOID(check_object_key(key));
    const auto found = objects_.find(key);
    const PutCondition& condition = options.condition;
    if (condition.absent && found != objects_.end()) {
        co_return fail(Errc::condition_failed, "there is an object " + key);
    }
    if (!condition.version.empty() &&
        (found == objects_.end() || found->second.version != condition.version)) {
        co_return fail(Errc::condition_failed, "the object " + key + " is another version");
    }
    Object object{.bytes = std::move(bytes), .version = std::to_string(++writes_)};
    std::string version = object.version;
    objects_.insert_or_assign(std::move(key), std::move(object));
    co_return version;
}

Task<Result<>> MemoryStore::remove(std::string key) {
    objects_.erase(key);
    co_return Result<>{};
}

Task<Result<ObjectPage>> MemoryStore::list(std::string prefix, std::optional<std::string> start) {
    constexpr std::size_t page_max = 1'000;
    ObjectPage page;
    auto at = start ? objects_.upper_bound(*start) : objects_.lower_bound(prefix);
    for (; at != objects_.end() && at->first.starts_with(prefix); ++at) {
        if (page.keys.size() == page_max) {
            page.next = page.keys.back();
            break;
        }
        page.keys.push_back(at->first);
    }
    co_return page;
}

}  // namespace carillon::layer
