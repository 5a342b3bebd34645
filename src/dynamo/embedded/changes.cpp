// Change streams as the port has them: beginning and ending, describing, reading, forgetting.

#include "dynamo/embedded/engine.hpp"
#include "dynamo/embedded/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace carillon::dynamo::embedded {

namespace {

/// Room for the numbers of a stream, so that those of the table's next one are higher.
constexpr std::uint64_t numbers_per_ms = 1'000;
/// Old changes are reclaimed in one go about this often.
constexpr Duration trim_pause = std::chrono::minutes{1};

std::string record_key(const Stream& stream) {
    return "x" + id_prefix(stream.id);
}

/// As DynamoDB has them: the instant, without a zone.
std::string label_of(TimePoint at) {
    std::string label = format_instant(at);
    label.pop_back();
    return label;
}

Error stream_not_found(const StreamName& name) {
    return Error{Errc::not_found,
                 fmt::format("Requested resource not found: Stream: {} of table: {} not found",
                             name.label,
                             name.table)};
}

}  // namespace

void Engine::begin_stream(Applier& applier, Catalog& changed, Table& table) {
    auto stream = std::make_shared<Stream>();
    stream->id = changed.next_id++;
    stream->name.table = table.schema.name;
    stream->view = table.schema.settings.stream.value_or(StreamView::keys_only);
    stream->key = table.schema.key;
    stream->created_at = applier.now();
    stream->first =
        static_cast<std::uint64_t>(std::max<std::int64_t>(to_epoch_ms(applier.now()), 1)) *
        numbers_per_ms;
    for (const auto& [id, other] : changed.streams) {
        if (other->name.table != table.schema.name) continue;
        stream->created_at = std::max(stream->created_at, other->created_at + Duration{1});
        stream->first = std::max(stream->first, other->counters->next);
    }
    stream->name.label = label_of(stream->created_at);
    stream->counters->next = stream->first;
    stream->counters->trimmed = stream->first - 1;
    table.stream = stream;
    table.stream_label = stream->name.label;
    changed.streams[stream->id] = stream;
    applier.group()
        .batch.Put(rocks_->meta(), record_key(*stream), encode_stream(*stream))
        .PermitUncheckedError();
}

void Engine::end_stream(Applier& applier, Catalog& changed, const StreamPtr& stream) {
    auto ended = std::make_shared<Stream>(*stream);
    ended->ended_at = applier.now();
    ended->last = stream->counters->next - 1;
    changed.streams[ended->id] = ended;
    applier.group()
        .batch.Put(rocks_->meta(), record_key(*ended), encode_stream(*ended))
        .PermitUncheckedError();
    applier.group().changed.push_back(stream->name.table);
}

Result<> Engine::trim_streams(Applier& applier) {
    const CatalogPtr catalog = applier.catalog();
    if (catalog->streams.empty()) return {};
    const TimePoint now = applier.now();
    rocksdb::WriteBatch& batch = applier.group().batch;
    std::vector<std::uint32_t> forgotten;
    for (const auto& [id, stream] : catalog->streams) {
        if (is_forgotten(*stream, now)) {
            const std::string first = id_prefix(id);
            batch.DeleteRange(rocks_->changes(), first, after_prefix(first)).PermitUncheckedError();
            batch.Delete(rocks_->meta(), record_key(*stream)).PermitUncheckedError();
            forgotten.push_back(id);
            continue;
        }
        Stream::Counters& counters = *stream->counters;
        if (now < counters.trim_at) continue;
        const ChangeReader reader(*rocks_, *stream);
        CARILLON_TRY(const std::uint64_t oldest, reader.oldest(now));
        const std::uint64_t trimmed = counters.trimmed.load();
        if (oldest > trimmed + 1) {
            // Marked before they vanish, so that readers never take a gap for the order of things.
            counters.trimmed = oldest - 1;
            batch
                .DeleteRange(rocks_->changes(), change_key(id, trimmed + 1), change_key(id, oldest))
                .PermitUncheckedError();
            batch.Put(rocks_->meta(), record_key(*stream), encode_stream(*stream))
                .PermitUncheckedError();
        }
        CARILLON_TRY(const std::optional<TimePoint> oldest_at, reader.oldest_at());
        counters.trim_at = std::max(oldest_at.value_or(now) + change_retention, now + trim_pause);
    }
    if (forgotten.empty()) return {};
    Catalog changed = *catalog;
    for (const std::uint32_t id : forgotten) changed.streams.erase(id);
    publish_catalog(applier, std::move(changed), nullptr);
    return {};
}

Task<Result<std::vector<StreamDescription>>> Engine::list_streams(std::string table) {
    const TimePoint now = clock_.now();
    const CatalogPtr catalog = writer_->catalog();
    std::vector<StreamDescription> found;
    for (const auto& [id, stream] : catalog->streams) {
        if (is_forgotten(*stream, now)) continue;
        if (!table.empty() && stream->name.table != table) continue;
        CARILLON_CO_TRY(StreamDescription description,
                        ChangeReader(*rocks_, *stream).describe(now));
        found.push_back(std::move(description));
    }
    std::ranges::sort(found, {}, [](const StreamDescription& one) {
        return std::pair(std::string_view(one.name.table), std::string_view(one.name.label));
    });
    co_return found;
}

Task<Result<StreamDescription>> Engine::describe_stream(StreamName name) {
    const TimePoint now = clock_.now();
    const StreamPtr stream = writer_->catalog()->find_stream(name);
    if (!stream || is_forgotten(*stream, now)) co_return std::unexpected(stream_not_found(name));
    co_return ChangeReader(*rocks_, *stream).describe(now);
}

Task<Result<ChangePage>> Engine::read_changes(ChangesRequest request) {
    const TimePoint now = clock_.now();
    const StreamPtr stream = writer_->catalog()->find_stream(request.stream);
    if (!stream || is_forgotten(*stream, now)) {
        co_return std::unexpected(stream_not_found(request.stream));
    }
    if (request.shard != stream->shard_id()) {
        co_return fail(
            Errc::not_found,
            fmt::format("Requested resource not found: Shard: {} not found", request.shard));
    }
    if (request.limit < 1 || request.limit > change_page_max) {
        co_return invalid("limit", "A page of changes holds between 1 and 1000");
    }
    co_return ChangeReader(*rocks_, *stream).read(request, now);
}

Watch Engine::watch_changes(runtime::Loop& loop,
                            std::string table,
                            std::function<void()> callback) {
    return watches_->add_changes(loop, std::move(table), std::move(callback));
}

}  // namespace carillon::dynamo::embedded
