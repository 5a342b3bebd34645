#include "dynamo/endpoint/maintenance_operations.hpp"

#include "core/json.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/shape_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

using shapes::Is;

constexpr Rule directory_rules[] = {{.is = Is::present},
                                    {.is = Is::length_at_least, .number = 2},
                                    {.is = Is::length_at_most, .number = 4'000}};
constexpr Member backup_members[] = {{"Directory", &shapes::text, directory_rules}};
constexpr Shape backup_shape{Kind::structure, "BackupInput", backup_members};
constexpr Shape empty_shape{.kind = Kind::structure, .name = "StoreInput"};

constexpr MaintenanceOperation maintenance_operations[] = {
    {"Stats", &empty_shape, &MaintenanceOperations::stats},
    {"Check", &empty_shape, &MaintenanceOperations::check},
    {"Backup", &backup_shape, &MaintenanceOperations::backup},
    {"Compact", &empty_shape, &MaintenanceOperations::compact},
};

/// What went wrong with files is told to the caller, who may look after them; it is not one of
/// DynamoDB's errors, and no client need repeat it.
std::unexpected<Error> store_fault(Error error) {
    if (error.code == Errc::invalid) return std::unexpected(std::move(error));
    const bool busy = error.code == Errc::throttled;
    const bool exists = error.code == Errc::already_exists;
    return service_fault(busy     ? "LimitExceededException"
                         : exists ? "ResourceInUseException"
                                  : "StoreFailureException",
                         std::move(error.message));
}

bool is_loopback_peer(std::string_view peer) {
    return peer.starts_with("127.") || peer.starts_with("[::1]:") ||
           peer.starts_with("[::ffff:127.");
}

}  // namespace

const MaintenanceOperation* find_maintenance_operation(std::string_view name) {
    const auto* found =
        std::ranges::find(maintenance_operations, name, &MaintenanceOperation::name);
    return found == std::end(maintenance_operations) ? nullptr : found;
}

Result<> MaintenanceOperations::admit(const net::ServerRequest& request, bool signed_by_key) {
    if (signed_by_key) return {};
    // A page that a browser shows on this machine is somebody else's, and so is what a proxy here
    // passes on.
    const bool passed_on = request.headers.has("Origin") || request.headers.has("Forwarded") ||
                           request.headers.has("X-Forwarded-For");
    if (is_loopback_peer(request.peer) && !passed_on) return {};
    return front_fault("AccessDeniedException",
                       "The store is looked after from the server's own machine, or with "
                       "--verify-signatures by whoever has one of its keys");
}

Result<> MaintenanceOperations::available() const {
    if (maintenance_ != nullptr) return {};
    return validation_fault("This server keeps its tables on another one; ask that one");
}

MaintenanceOperations::Answer MaintenanceOperations::stats(Json /*request*/) {
    CARILLON_CO_TRY_VOID(available());
    const Result<StoreFigures> figures = co_await maintenance_->stats();
    if (!figures) co_return store_fault(figures.error());
    co_return fmt::format(
        R"({{"Tables":{},"Indexes":{},"Items":{},"ItemBytes":{},"FileBytes":{},"MemoryBytes":{}}})",
        figures->tables,
        figures->indexes,
        figures->items,
        figures->item_bytes,
        figures->file_bytes,
        figures->memory_bytes);
}

MaintenanceOperations::Answer MaintenanceOperations::check(Json /*request*/) {
    CARILLON_CO_TRY_VOID(available());
    const Result<StoreCheck> found = co_await maintenance_->check();
    if (!found) co_return store_fault(found.error());
    std::string out = fmt::format(R"({{"Items":{},"IndexEntries":{},"Faults":{},"Examples":[)",
                                  found->items,
                                  found->index_entries,
                                  found->faults);
    for (const std::string& example : found->examples) {
        if (&example != found->examples.data()) out += ',';
        append_json_string(out, example);
    }
    co_return out + "]}";
}

MaintenanceOperations::Answer MaintenanceOperations::backup(Json request) {
    CARILLON_CO_TRY_VOID(available());
    std::string directory(text_member(request, "Directory").value_or(""));
    if (!directory.starts_with('/')) {
        co_return validation_fault("Directory must be an absolute path on the server's machine");
    }
    const Result<std::uint64_t> bytes = co_await maintenance_->backup(std::move(directory));
    if (!bytes) co_return store_fault(bytes.error());
    co_return fmt::format(R"({{"FileBytes":{}}})", *bytes);
}

MaintenanceOperations::Answer MaintenanceOperations::compact(Json /*request*/) {
    CARILLON_CO_TRY_VOID(available());
    const Result<Compaction> done = co_await maintenance_->compact();
    if (!done) co_return store_fault(done.error());
    co_return fmt::format(R"({{"BytesBefore":{},"BytesAfter":{}}})", done->before, done->after);
}

}  // namespace carillon::dynamo::endpoint
