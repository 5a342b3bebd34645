#include "layer/s3_store.hpp"

#include <utility>

namespace carillon::layer {

Task<Result<Object>> S3Store::get(std::string key) {
    CARILLON_CO_TRY_VOID(check_object_key(key));
    CARILLON_CO_TRY(aws::S3Object object, co_await client_.get(std::move(key)));
    co_return Object{.bytes = std::move(object.body), .version = std::move(object.etag)};
}

Task<Result<std::string>> S3Store::put(std::string key, std::string bytes, PutOptions options) {
    CARILLON_CO_TRY_VOID(check_object_key(key));
    aws::S3Put put{.key = std::move(key), .body = std::move(bytes)};
    put.content_type = std::move(options.content_type);
    put.if_none_match = options.condition.absent;
    put.if_match = std::move(options.condition.version);
    co_return co_await client_.put(std::move(put));
}

Task<Result<>> S3Store::remove(std::string key) {
    return client_.remove(std::move(key));
}

Task<Result<ObjectPage>> S3Store::list(std::string prefix, std::optional<std::string> start) {
    CARILLON_CO_TRY(aws::S3Page page, co_await client_.list(std::move(prefix), std::move(start)));
    co_return ObjectPage{.keys = std::move(page.keys), .next = std::move(page.next)};
}

}  // namespace carillon::layer
