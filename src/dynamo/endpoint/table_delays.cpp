#include "dynamo/endpoint/table_delays.hpp"

#include "dynamo/endpoint/fault.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::dynamo::endpoint {

void TableDelays::changed(const std::string& table,
                          std::optional<std::string> index,
                          TimePoint now) {
    if (delay_ == Duration::zero()) return;
    std::erase_if(changes_, [now](const auto& entry) { return entry.second.until <= now; });
    changes_[table] = {now + delay_, std::move(index)};
}

void TableDelays::deleted(TableDescription table, TimePoint now) {
    if (delay_ == Duration::zero()) return;
    std::erase_if(deleted_, [now](const auto& entry) { return entry.second.first <= now; });
    changes_.erase(table.schema.name);
    std::string name = table.schema.name;
    deleted_.insert_or_assign(std::move(name), std::pair(now + delay_, std::move(table)));
}

void TableDelays::apply(TableDescription& table, TimePoint now) const {
    if (delay_ == Duration::zero()) return;
    if (now < table.created_at + delay_) {
        table.status = "CREATING";
        return;
    }
    const auto found = changes_.find(table.schema.name);
    if (found == changes_.end() || found->second.until <= now) return;
    table.status = "UPDATING";
    const std::optional<std::string>& index = found->second.index;
    if (index && table.building.empty()) table.building.push_back(*index);
}

std::optional<TableDescription> TableDelays::deleting(const std::string& table,
                                                      TimePoint now) const {
    const auto found = deleted_.find(table);
    if (found == deleted_.end() || found->second.first <= now) return std::nullopt;
    return found->second.second;
}

Result<> TableDelays::check_active(const TableDescription& table, TimePoint now) const {
    TableDescription seen = table;
    apply(seen, now);
    if (seen.status == "ACTIVE") return {};
    return service_fault("ResourceInUseException",
                         fmt::format("Attempt to change a resource which is still in use: Table is "
                                     "being {}: {}",
                                     seen.status == "CREATING" ? "created" : "updated",
                                     table.schema.name));
}

}  // namespace carillon::dynamo::endpoint
