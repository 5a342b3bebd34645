// Opening a store, and closing it.

#include "core/check.hpp"
#include "dynamo/embedded/engine.hpp"
#include "dynamo/embedded/keys.hpp"

#include <fmt/format.h>
#include <rocksdb/utilities/checkpoint.h>

#include <utility>

namespace carillon::dynamo::embedded {

namespace {

constexpr std::string_view format_key = "f";
constexpr std::string_view format = "carillon-store-2";

/// Calls `take` with the rest of the key, and the value, of all meta records of one kind.
template <class Take>
Result<> each_record(Rocks& rocks, char kind, Take take) {
    const std::string prefix(1, kind);
    const std::unique_ptr<rocksdb::Iterator> at(
        rocks.db().NewIterator(rocksdb::ReadOptions(), rocks.meta()));
    for (at->Seek(prefix); at->Valid() && at->key().starts_with(prefix); at->Next()) {
        CARILLON_TRY_VOID(take(view(at->key()).substr(1), view(at->value())));
    }
    if (!at->status().ok()) return std::unexpected(to_error(at->status(), "read the store"));
    return {};
}

/// Writes which layout this store has, or refuses one that is newer than this program.
Result<> check_format(Rocks& rocks, bool memory) {
    std::string found;
    const rocksdb::Status status =
        rocks.db().Get(rocksdb::ReadOptions(), rocks.meta(), slice(format_key), &found);
    if (status.ok()) {
        if (found == format) return {};
        return fail(Errc::invalid,
                    fmt::format("the store has the layout \"{}\" and this program knows \"{}\"; "
                                "use the program that wrote it",
                                found,
                                format));
    }
    if (!status.IsNotFound()) return std::unexpected(to_error(status, "read the store"));
    rocksdb::WriteOptions write;
    write.sync = !memory;
    const rocksdb::Status written =
        rocks.db().Put(write, rocks.meta(), slice(format_key), slice(format));
    if (!written.ok()) return std::unexpected(to_error(written, "write the new store"));
    return {};
}

}  // namespace

Engine::Engine(const EmbeddedOptions& options, std::unique_ptr<Rocks> rocks, runtime::Clock& clock)
    : options_(options),
      clock_(clock),
      rocks_(std::move(rocks)),
      cache_(options.row_cache_bytes),
      reader_(*rocks_, cache_, marks_, clock) {}

Result<std::unique_ptr<Engine>> Engine::open(const EmbeddedOptions& options,
                                             runtime::Clock& clock) {
    CARILLON_TRY(std::unique_ptr<Rocks> rocks, Rocks::open(options));
    CARILLON_TRY_VOID(check_format(*rocks, options.memory));
    CARILLON_TRY_VOID(rocks->settle());
    std::unique_ptr<Engine> engine(new Engine(options, std::move(rocks), clock));
    CARILLON_TRY(CatalogPtr catalog, engine->load());
    engine->start(std::move(catalog));
    return engine;
}

Result<CatalogPtr> Engine::load() {
    auto catalog = std::make_shared<Catalog>();
    CARILLON_TRY_VOID(load_streams(*catalog));
    CARILLON_TRY_VOID(
        each_record(*rocks_, 's', [&](std::string_view name, std::string_view value) -> Result<> {
            CARILLON_TRY(std::shared_ptr<Table> table, decode_table(value, catalog->streams));
            catalog->tables.emplace(name, std::move(table));
            return {};
        }));
    CARILLON_TRY_VOID(
        each_record(*rocks_, 'n', [&](std::string_view, std::string_view value) -> Result<> {
            if (value.size() != id_bytes) return fail(Errc::corrupt, "The store has no ids");
            catalog->next_id = read_u32(value);
            return {};
        }));
    CARILLON_TRY_VOID(each_record(
        *rocks_, 'm', [&](std::string_view partition, std::string_view mark) -> Result<> {
            marks_.load(std::string(partition), std::string(mark));
            return {};
        }));
    CARILLON_TRY_VOID(
        each_record(*rocks_, 't', [&](std::string_view token, std::string_view record) -> Result<> {
            return tokens_.load(std::string(token), record);
        }));
    tokens_.sort();
    CARILLON_TRY_VOID(
        each_record(*rocks_, 'b', [&](std::string_view index, std::string_view cursor) -> Result<> {
            if (index.size() != id_bytes) return fail(Errc::corrupt, "An index cannot be filled");
            backfills_.load(read_u32(index), std::string(cursor));
            return {};
        }));
    CARILLON_TRY_VOID(load_counts(*catalog));
    return CatalogPtr(std::move(catalog));
}

Result<> Engine::load_streams(Catalog& catalog) {
    return each_record(*rocks_, 'x', [&](std::string_view, std::string_view value) -> Result<> {
        CARILLON_TRY(const std::shared_ptr<Stream> stream, decode_stream(value));
        CARILLON_TRY(const std::uint64_t newest, ChangeReader(*rocks_, *stream).newest());
        stream->counters->next = newest + 1;
        catalog.streams.emplace(stream->id, stream);
        return {};
    });
}

Result<> Engine::load_counts(const Catalog& catalog) {
    std::map<std::uint32_t, Counts> counts;
    CARILLON_TRY_VOID(
        each_record(*rocks_, 'c', [&](std::string_view id, std::string_view value) -> Result<> {
            if (id.size() != id_bytes) return fail(Errc::corrupt, "The store's counts are damaged");
            CARILLON_TRY(counts[read_u32(id)], decode_counts(value));
            return {};
        }));
    for (const auto& [name, table] : catalog.tables) {
        table->counts->items = counts[table->id].items;
        table->counts->bytes = counts[table->id].bytes;
    }
    return {};
}

void Engine::start(CatalogPtr catalog) {
    WriterOptions options{.inline_mode = options_.inline_writer,
                          .sync = options_.sync,
                          .wal = !options_.memory,
                          .directory = options_.memory ? "" : options_.directory,
                          .disk_reserve = options_.item_buffer_bytes + options_.index_buffer_bytes,
                          .idle_interval = options_.sweep_interval};
    swept_at_ = clock_.ticks();
    auto idle = [this](Applier& applier) { return this->idle(applier); };
    writer_ =
        std::make_unique<Writer>(WriterContext{*rocks_, cache_, tokens_, marks_, *watches_, clock_},
                                 options,
                                 std::move(catalog),
                                 std::move(idle));
}

Engine::~Engine() {
    if (!writer_) return;
    writer_.reset();
    if (options_.memory) return;
    rocksdb::WriteBatch batch;
    for (const auto& [partition, mark] : marks_.unwritten()) {
        batch.Put(rocks_->meta(), "m" + partition, mark).PermitUncheckedError();
    }
    rocksdb::WriteOptions write;
    write.sync = options_.sync;
    // Without them the next start scans a little longer.
    rocks_->db().Write(write, &batch).PermitUncheckedError();
}

Result<> Engine::checkpoint(const std::string& directory) {
    if (options_.memory) return fail(Errc::invalid, "a store in memory has no files to copy");
    rocksdb::Checkpoint* made = nullptr;
    rocksdb::Status status = rocksdb::Checkpoint::Create(&rocks_->db(), &made);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    if (status.ok()) status = checkpoint->CreateCheckpoint(directory);
    if (status.ok()) return {};
    if (status.IsInvalidArgument()) {
        return fail(Errc::already_exists,
                    fmt::format("{} exists; name a new directory for the copy", directory));
    }
    return std::unexpected(to_error(status, "copy the store"));
}

}  // namespace carillon::dynamo::embedded
