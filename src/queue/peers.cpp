#include "queue/peers.hpp"

#include "dynamo/ensure_table.hpp"

#include <algorithm>
#include <utility>

namespace carillon::queue {
namespace {

constexpr Duration beat_interval{2'000};
// Several beats may be lost, and clocks differ a little.
constexpr Duration life{10'000};

dynamo::Item key_of(const Context& context) {
    return {{"queue", context.options.name}, {"owner", context.options.owner}};
}

}  // namespace

std::uint64_t rendezvous_rank(std::string_view owner, std::string_view row_id) {
    std::uint64_t hash = 14'695'981'039'346'656'037ULL;
    const auto add = [&hash](std::string_view bytes) {
        for (const char byte : bytes) {
            hash ^= static_cast<unsigned char>(byte);
            hash *= 1'099'511'628'211ULL;
        }
    };
    add(owner);
    add(std::string_view("\0", 1));
    add(row_id);
    // FNV-1a alone ranks similar names alike.
    hash ^= hash >> 33U;
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 33U;
    hash *= 0xc4ceb9fe1a85ec53ULL;
    return hash ^ (hash >> 33U);
}

bool Peers::mine(std::string_view row_id) const {
    if (owners_.size() < 2) return true;
    const std::string* first = nullptr;
    std::uint64_t highest = 0;
    for (const std::string& owner : owners_) {
        const std::uint64_t rank = rendezvous_rank(owner, row_id);
        if (first != nullptr && rank <= highest) continue;
        first = &owner;
        highest = rank;
    }
    return *first == context_.options.owner;
}

dynamo::TableSchema workers_schema(std::string table) {
    dynamo::TableSchema schema;
    schema.name = std::move(table);
    schema.key = {.hash = {.name = "queue"}, .sort = dynamo::KeyAttribute{.name = "owner"}};
    schema.ttl_attribute = "expiresAt";
    return schema;
}

Task<> Peers::begin() {
    dynamo::TableSchema schema = workers_schema(context_.options.workers_table);
    auto made = co_await dynamo::ensure_table(context_.database, std::move(schema));
    Result<> ready = made ? co_await beat() : std::unexpected(std::move(made).error());
    if (!ready) tell(ready.error());
}

Task<> Peers::beat_until_stopped() {
    while (!context_.stopped()) {
        (void)co_await context_.loop.sleep_for(beat_interval, context_.stopping.token());
        if (context_.stopped()) break;
        const auto beaten = co_await beat();
        if (!beaten) tell(beaten.error());
    }
}

Task<Result<>> Peers::beat() {
    const TimePoint until = context_.loop.now() + life;
    dynamo::PutRequest put;
    put.table = context_.options.workers_table;
    put.item = key_of(context_);
    put.item.set("until", to_epoch_ms(until));
    put.item.set("expiresAt", to_epoch_ms(until) / 1'000 + 60);
    CARILLON_CO_TRY_VOID(co_await context_.database.put_item(std::move(put)));
    known_ = true;
    co_return co_await look_around();
}

Task<Result<>> Peers::look_around() {
    const std::int64_t now = to_epoch_ms(context_.loop.now());
    std::vector<std::string> owners{context_.options.owner};
    std::optional<dynamo::Item> from;
    do {
        dynamo::QueryRequest query;
        query.table = context_.options.workers_table;
        query.key.hash = context_.options.name;
        query.start_key = std::move(from);
        CARILLON_CO_TRY(dynamo::Page page, co_await context_.database.query(std::move(query)));
        for (const dynamo::Item& item : page.items) {
            const dynamo::Value* owner = item.find("owner");
            const dynamo::Value* until = item.find("until");
            const auto ms = until != nullptr && until->number() != nullptr
                                ? until->number()->to_int64()
                                : std::nullopt;
            if (owner->string() != nullptr && ms && *ms > now) owners.push_back(*owner->string());
        }
        from = std::move(page.last_key);
    } while (from);
    std::ranges::sort(owners);
    const auto repeated = std::ranges::unique(owners);
    owners.erase(repeated.begin(), repeated.end());
    owners_ = std::move(owners);
    co_return Result<>{};
}

Task<> Peers::leave() {
    if (!std::exchange(known_, false)) co_return;
    dynamo::DeleteRequest removal;
    removal.table = context_.options.workers_table;
    removal.key = key_of(context_);
    (void)co_await context_.database.delete_item(std::move(removal));
}

void Peers::tell(const Error& error) {
    if (!log_limit_.pass(context_.loop.clock())) return;
    context_.log.warn("other workers of this table are not known: claims may be lost to them",
                      {{"queue", context_.options.name}, {"error", describe(error)}});
}

}  // namespace carillon::queue
