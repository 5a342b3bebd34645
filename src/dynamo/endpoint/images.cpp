#include "dynamo/endpoint/images.hpp"

#include <utility>

namespace carillon::dynamo::endpoint {

Task<Result<std::vector<std::optional<Item>>>> read_images(Database& database,
                                                           std::vector<ImageKey> keys) {
    std::vector<std::optional<Item>> images;
    images.reserve(keys.size());
    for (ImageKey& one : keys) {
        GetRequest request;
        request.table = std::move(one.table);
        request.key = std::move(one.key);
        request.consistent = true;
        CARILLON_CO_TRY(auto image, co_await database.get_item(std::move(request)));
        images.push_back(std::move(image));
    }
    co_return images;
}

}  // namespace carillon::dynamo::endpoint
