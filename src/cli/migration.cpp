#include "cli/migration.hpp"

#include "core/json.hpp"
#include "dynamo/item/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace carillon::cli {

namespace {

using dynamo::Database;
using dynamo::Item;
using dynamo::TableDescription;

/// FNV-1a with a finish that mixes all bits, so that sums of hashes are as good as hashes.
std::uint64_t hash_of(std::string_view bytes, std::uint64_t seed) {
    std::uint64_t hash = 14'695'981'039'346'656'037U ^ seed;
    for (const char c : bytes) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 1'099'511'628'211U;
    }
    hash ^= hash >> 33U;
    hash *= 0xff51afd7ed558ccdU;
    hash ^= hash >> 33U;
    hash *= 0xc4ceb9fe1a85ec53U;
    return hash ^ (hash >> 33U);
}

std::optional<std::uint64_t> hexadecimal(std::string_view digits) {
    std::uint64_t out = 0;
    const char* end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, out, 16);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return out;
}

std::unexpected<Error> no_state() {
    return fail(Errc::invalid, "it is not the state of a migration");
}

std::string text_in(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains({name.data(), name.size()});
    if (found == nullptr || !found->is_string()) return {};
    return {found->get_string().data(), found->get_string().size()};
}

bool flag_in(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains({name.data(), name.size()});
    return found != nullptr && found->is_bool() && found->as_bool();
}

Result<TableProgress> read_progress(const json::value& value) {
    if (!value.is_object()) return no_state();
    const json::object& object = value.as_object();
    TableProgress out;
    const std::string sum = text_in(object, "sum");
    if (sum.size() != 32) return no_state();
    const auto high = hexadecimal(std::string_view(sum).substr(0, 16));
    const auto low = hexadecimal(std::string_view(sum).substr(16));
    const json::value* count = object.if_contains("items");
    if (!high || !low || count == nullptr || !count->is_int64() || count->as_int64() < 0) {
        return no_state();
    }
    out.copied = {static_cast<std::uint64_t>(count->as_int64()), *low, *high};
    out.copied_all = flag_in(object, "copied");
    out.verified = flag_in(object, "verified");
    if (const json::value* key = object.if_contains("lastKey")) {
        CARILLON_TRY(out.last_key, dynamo::item_from_typed_json(*key));
    }
    return out;
}

/// What is switched on only when everything has arrived: expiry must not thin out what is still to
/// be counted, copying is no change to tell of, and a table may have to be dropped again.
dynamo::TableSchema bare(dynamo::TableSchema schema) {
    schema.ttl_attribute.reset();
    schema.settings.stream.reset();
    schema.settings.deletion_protection = false;
    return schema;
}

class Migration {
public:
    Migration(Database& from,
              Database& to,
              const MigrationOptions& options,
              MigrationState& state,
              const MigrationHooks& hooks)
        : from_(from), to_(to), options_(options), state_(state), hooks_(hooks) {}

    Task<Result<MigrationOutcome>> run();

private:
    Task<Result<std::vector<std::string>>> names();
    Task<Result<>> table(std::string name);
    Task<Result<>> prepare(const TableDescription& source);
    Task<Result<>> finish(const TableDescription& source);
    Task<Result<bool>> holds_items(std::string table);
    Task<Result<>> copy(const TableDescription& source);
    Task<Result<ItemSum>> count(const TableDescription& source, std::uint64_t total);

    void tell(const std::string& line) const {
        if (hooks_.told) hooks_.told(line);
    }

    [[nodiscard]] Result<> keep() const { return hooks_.keep ? hooks_.keep(state_) : Result<>(); }

    Database& from_;
    Database& to_;
    const MigrationOptions& options_;
    MigrationState& state_;
    const MigrationHooks& hooks_;
    MigrationOutcome outcome_;
};

Task<Result<std::vector<std::string>>> Migration::names() {
    CARILLON_CO_TRY(const std::vector<std::string> all, co_await from_.list_tables());
    if (options_.tables.empty()) co_return all;
    for (const std::string& name : options_.tables) {
        if (std::ranges::find(all, name) == all.end()) {
            co_return fail(Errc::not_found, fmt::format("the source has no table {}", name));
        }
    }
    co_return options_.tables;
}

Task<Result<bool>> Migration::holds_items(std::string table) {
    dynamo::ScanRequest request{std::move(table)};
    request.limit = 1;
    CARILLON_CO_TRY(const dynamo::Page page, co_await to_.scan(std::move(request)));
    co_return page.scanned_count > 0;
}

/// Makes the table in the target, or makes sure that the one there may be written to.
Task<Result<>> Migration::prepare(const TableDescription& source) {
    const std::string& name = source.schema.name;
    // What was begun before goes on.
    const bool begun = state_.tables.contains(name);
    auto there = co_await to_.describe_table(name);
    if (!there && there.error().code != Errc::not_found) {
        co_return std::unexpected(std::move(there).error());
    }
    if (there && options_.overwrite && !begun) {
        CARILLON_CO_TRY(const auto dropped, co_await to_.delete_table(name));
        (void)dropped;
        there = fail(Errc::not_found, {});
    }
    if (!there) {
        // A state that speaks of a table that is gone is of no use.
        state_.tables.erase(name);
        CARILLON_CO_TRY(const auto made, co_await to_.create_table(bare(source.schema)));
        (void)made;
        co_return Result<>();
    }
    if (there->schema.key != source.schema.key) {
        co_return fail(Errc::already_exists,
                       fmt::format("the target's table {} has another key; --overwrite drops it "
                                   "first",
                                   name));
    }
    if (begun || options_.resume) co_return Result<>();
    CARILLON_CO_TRY(const bool holds, co_await holds_items(name));
    if (!holds) co_return Result<>();
    co_return fail(Errc::already_exists,
                   fmt::format("the target's table {} holds items: --overwrite drops them first, "
                               "--resume writes over them",
                               name));
}

Task<Result<>> Migration::copy(const TableDescription& source) {
    const std::string& name = source.schema.name;
    TableProgress& progress = state_.tables[name];
    const auto total = static_cast<std::uint64_t>(std::max<std::int64_t>(source.item_count, 0));
    while (!progress.copied_all) {
        dynamo::ScanRequest request{name};
        request.start_key = progress.last_key;
        CARILLON_CO_TRY(dynamo::Page page, co_await from_.scan(std::move(request)));
        std::vector<dynamo::Write> writes;
        writes.reserve(page.items.size());
        ItemSum sum = progress.copied;
        for (Item& item : page.items) {
            sum.add(item);
            writes.emplace_back(dynamo::PutRequest{name, std::move(item)});
        }
        if (!writes.empty()) CARILLON_CO_TRY_VOID(co_await to_.batch_write(std::move(writes)));
        progress.copied = sum;
        progress.last_key = std::move(page.last_key);
        progress.copied_all = !progress.last_key;
        CARILLON_CO_TRY_VOID(keep());
        if (hooks_.progress) hooks_.progress(name, "copied", progress.copied.count, total);
    }
    co_return Result<>();
}

Task<Result<ItemSum>> Migration::count(const TableDescription& source, std::uint64_t total) {
    ItemSum sum;
    std::optional<Item> start;
    do {
        dynamo::ScanRequest request{source.schema.name};
        request.start_key = std::move(start);
        CARILLON_CO_TRY(dynamo::Page page, co_await to_.scan(std::move(request)));
        for (const Item& item : page.items) sum.add(item);
        start = std::move(page.last_key);
        if (hooks_.progress) hooks_.progress(source.schema.name, "verified", sum.count, total);
    } while (start);
    co_return sum;
}

Task<Result<>> Migration::finish(const TableDescription& source) {
    const std::string& name = source.schema.name;
    const dynamo::TableSettings& settings = source.schema.settings;
    if (settings.stream || settings.deletion_protection) {
        dynamo::TableChange change;
        change.settings = settings;
        const auto changed = co_await to_.update_table(name, std::move(change));
        if (!changed) {
            tell(
                fmt::format("{}: its settings (stream, deletion protection) were not taken over: "
                            "{}",
                            name,
                            changed.error().message));
        }
    }
    if (source.schema.ttl_attribute) {
        const auto set = co_await to_.set_time_to_live(name, source.schema.ttl_attribute);
        if (!set) {
            tell(fmt::format(
                "{}: its time to live was not taken over: {}", name, set.error().message));
        }
    }
    co_return Result<>();
}

Task<Result<>> Migration::table(std::string name) {
    CARILLON_CO_TRY(const TableDescription source, co_await from_.describe_table(name));
    if (options_.dry_run) {
        tell(fmt::format("{}: about {} items, {} indexes would be copied",
                         name,
                         source.item_count,
                         source.schema.indexes.size()));
        ++outcome_.tables;
        co_return Result<>();
    }
    if (const auto found = state_.tables.find(name);
        found != state_.tables.end() && found->second.verified) {
        tell(fmt::format("{}: done before", name));
        ++outcome_.tables;
        outcome_.items += found->second.copied.count;
        co_return Result<>();
    }
    CARILLON_CO_TRY_VOID(co_await prepare(source));
    CARILLON_CO_TRY_VOID(co_await copy(source));
    const ItemSum copied = state_.tables[name].copied;
    CARILLON_CO_TRY(const ItemSum arrived, co_await count(source, copied.count));
    ++outcome_.tables;
    outcome_.items += copied.count;
    if (arrived != copied) {
        outcome_.different.push_back(name);
        // The next run copies it again.
        state_.tables.erase(name);
        tell(
            fmt::format("{}: DIFFERENT: {} items copied (checksum {}), {} there (checksum {}); "
                        "was either written to meanwhile?",
                        name,
                        copied.count,
                        copied.digits(),
                        arrived.count,
                        arrived.digits()));
        co_return keep();
    }
    CARILLON_CO_TRY_VOID(co_await finish(source));
    state_.tables[name].verified = true;
    CARILLON_CO_TRY_VOID(keep());
    tell(fmt::format("{}: {} items, checksum {}", name, copied.count, copied.digits()));
    co_return Result<>();
}

Task<Result<MigrationOutcome>> Migration::run() {
    CARILLON_CO_TRY(const std::vector<std::string> all, co_await names());
    for (const std::string& name : all) CARILLON_CO_TRY_VOID(co_await table(name));
    co_return outcome_;
}

}  // namespace

void ItemSum::add(const Item& item) {
    // Attributes and members of sets are kept in order and numbers in one form, so equal items have
    // equal text.
    std::string text;
    dynamo::append_typed_json(item, text);
    ++count;
    low += hash_of(text, 0);
    high += hash_of(text, 0x9e3779b97f4a7c15U);
}

std::string ItemSum::digits() const {
    return fmt::format("{:016x}{:016x}", high, low);
}

std::string to_text(const MigrationState& state) {
    std::string out = "{\"from\":";
    append_json_string(out, state.from);
    out += ",\"to\":";
    append_json_string(out, state.to);
    out += ",\"tables\":{";
    bool first = true;
    for (const auto& [name, progress] : state.tables) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, name);
        out += fmt::format(":{{\"items\":{},\"sum\":\"{}\",\"copied\":{},\"verified\":{}",
                           progress.copied.count,
                           progress.copied.digits(),
                           progress.copied_all,
                           progress.verified);
        if (progress.last_key) {
            out += ",\"lastKey\":";
            dynamo::append_typed_json(*progress.last_key, out);
        }
        out += '}';
    }
    return out + "}}\n";
}

Result<MigrationState> read_migration_state(std::string_view text) {
    CARILLON_TRY(const json::value parsed, parse_json(text));
    if (!parsed.is_object()) return no_state();
    const json::object& object = parsed.as_object();
    MigrationState out;
    out.from = text_in(object, "from");
    out.to = text_in(object, "to");
    const json::value* tables = object.if_contains("tables");
    if (tables == nullptr || !tables->is_object()) return no_state();
    for (const auto& [name, value] : tables->as_object()) {
        CARILLON_TRY(out.tables[std::string(name)], read_progress(value));
    }
    return out;
}

Task<Result<MigrationOutcome>> migrate(Database& from,
                                       Database& to,
                                       MigrationOptions options,
                                       MigrationState& state,
                                       const MigrationHooks& hooks) {
    Migration migration(from, to, options, state, hooks);
    co_return co_await migration.run();
}

}  // namespace carillon::cli
