// The REST operations on layers (seed 003), as routes.
//
// Each only turns a request into the domain's plain values and the answer into JSON; the rules are
// in layer/.

#pragma once

#include "layer/layer.hpp"
#include "server/route.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace carillon::server {

/// Lives on the layers' loop; they must outlive it, and it the router.
class LayerRoutes {
public:
    struct Entry {
        layer::Layer* layer = nullptr;
        dynamo::Database* source = nullptr;  ///< That resets read.
        std::string source_table{};          ///< When a request names none; may be empty.
    };

    void add(std::string name, Entry entry) { layers_.emplace(std::move(name), std::move(entry)); }

    LayerRoutes() = default;
    LayerRoutes(const LayerRoutes&) = delete;
    LayerRoutes& operator=(const LayerRoutes&) = delete;

    /// They refer to this object.
    [[nodiscard]] std::vector<Route> routes();

private:
    using Response = Task<Result<net::ServerResponse>>;

    Response list(Call& call);
    Response whole(Call& call);
    Response partition(Call& call);
    Response meta(Call& call);
    Response sync(Call& call);
    Response compact(Call& call);
    Response reset(Call& call);
    Response change(Call& call);
    Response read(layer::Layer& layer, std::string partition, Call& call);
    [[nodiscard]] Result<Entry> find(const Call& call) const;

    std::map<std::string, Entry, std::less<>> layers_;
};

/// The components of the description that these routes name.
[[nodiscard]] json::object layer_schemas();

}  // namespace carillon::server
