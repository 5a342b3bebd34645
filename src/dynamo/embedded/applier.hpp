// Applies requests to a group: looks rows up, decides conditions, keeps the indexes in step.
//
// Used by one thread at a time (writer.hpp sees to it), in the order of requests.

#pragma once

#include "dynamo/embedded/group.hpp"
#include "dynamo/embedded/job.hpp"
#include "dynamo/embedded/rocks.hpp"
#include "dynamo/embedded/tokens.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace carillon::dynamo::embedded {

class Applier {
public:
    Applier(Rocks& rocks, RowCache& cache, Tokens& tokens, runtime::Clock& clock)
        : rocks_(rocks), cache_(cache), tokens_(tokens), clock_(clock) {}

    void begin(std::shared_ptr<Group> group, CatalogPtr catalog);

    [[nodiscard]] Group& group() { return *group_; }

    /// The tables as they are after the group so far.
    [[nodiscard]] const CatalogPtr& catalog() const { return catalog_; }

    void set_catalog(CatalogPtr catalog) { catalog_ = std::move(catalog); }

    [[nodiscard]] Rocks& rocks() { return rocks_; }

    [[nodiscard]] TimePoint now() const { return now_; }

    /// Set by a request that leaves work to be done beside requests.
    [[nodiscard]] bool& has_more_work() { return more_work_; }

    /// All writes of the unit or none; its answer says which.
    void apply(PreparedUnit& unit, std::span<PreparedWrite> writes);

    /// Removes the item under that key, with its index entries, if it is still expired.
    [[nodiscard]] Result<bool> reclaim(const TablePtr& table, std::string_view key);

    /// Whether the token was used; `invalid` when for another request.
    [[nodiscard]] Result<bool> seen_token(const std::string& token, const std::string& fingerprint);
    void remember_token(const std::string& token, const std::string& fingerprint);

private:
    /// What one write does, once it is known that it may.
    struct Effect {
        enum class Kind { nothing, put, erase };
        Kind kind = Kind::nothing;
        Row old_row{};
        std::string old_entries{};
        Row new_row{};
        std::string new_entries{};
        std::optional<Item> returned{};
    };

    struct Stored {
        Row row{};                   ///< As it lies there, expired or not.
        std::optional<Item> item{};  ///< Decoded when needed; absent when expired.
    };

    [[nodiscard]] Result<Row> load(std::string_view key);
    [[nodiscard]] Result<Stored> load_item(const Table& table, std::string_view key, bool decode);
    [[nodiscard]] Result<> renew(PreparedWrite& write);
    [[nodiscard]] Result<Effect> evaluate(PreparedWrite& write);
    [[nodiscard]] Result<> evaluate_put(PreparedWrite& write, Stored& stored, Effect& effect);
    [[nodiscard]] Result<> evaluate_update(PreparedWrite& write, Stored& stored, Effect& effect);
    [[nodiscard]] Result<> old_entries(const Table& table, std::string_view key, Effect& effect);
    void emit(const PreparedWrite& write, Effect effect);
    /// Of a table with a stream.
    void record_change(const Table& table, std::string_view key, const Effect& effect);
    void emit_entries(std::string_view key, std::string_view old, std::string_view fresh);
    PartitionChange& change_of(std::string_view partition);

    Rocks& rocks_;
    RowCache& cache_;
    Tokens& tokens_;
    runtime::Clock& clock_;
    std::shared_ptr<Group> group_;
    CatalogPtr catalog_;
    TimePoint now_{};
    bool more_work_ = false;
    std::string read_buffer_;
};

/// Writes the table's definition with the group.
void put_table(Applier& applier, const Table& table, std::uint32_t next_id);

}  // namespace carillon::dynamo::embedded
