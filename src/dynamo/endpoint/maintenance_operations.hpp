// Carillon's own operations on the endpoint, for `carillon store` against a running server.
//
// Their targets have a prefix of their own (CarillonStore_20261101), so no client of DynamoDB meets
// them. Who has signed with a key of the server's may call them; where signatures are not verified,
// only a program on the same machine may, and no page of a browser.

#pragma once

#include "dynamo/endpoint/json.hpp"
#include "dynamo/endpoint/maintenance.hpp"
#include "dynamo/endpoint/shape.hpp"
#include "net/http.hpp"

#include <string>
#include <string_view>

namespace carillon::dynamo::endpoint {

inline constexpr std::string_view maintenance_target = "CarillonStore_20261101";

class MaintenanceOperations {
public:
    /// Without `maintenance` there is nothing to maintain here, and every call says so.
    explicit MaintenanceOperations(Maintenance* maintenance) : maintenance_(maintenance) {}

    using Answer = Task<Result<std::string>>;

    Answer stats(Json request);
    Answer check(Json request);
    Answer backup(Json request);
    Answer compact(Json request);

    /// AccessDeniedException unless the caller may. `signed_by_key`: a signature was verified.
    [[nodiscard]] static Result<> admit(const net::ServerRequest& request, bool signed_by_key);

private:
    [[nodiscard]] Result<> available() const;

    Maintenance* maintenance_;
};

struct MaintenanceOperation {
    std::string_view name;
    const Shape* shape;
    MaintenanceOperations::Answer (MaintenanceOperations::*run)(Json request);
};

[[nodiscard]] const MaintenanceOperation* find_maintenance_operation(std::string_view name);

}  // namespace carillon::dynamo::endpoint
