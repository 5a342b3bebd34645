#include "layer/feed.hpp"

#include "dynamo/stream_view.hpp"

#include <algorithm>
#include <utility>

namespace carillon::layer {
namespace {

/// Where nothing points to a change, a stream is described again after this: shards come and go
/// over hours, and reading one to its end is a sign of its own.
constexpr Duration look_pause = std::chrono::seconds{10};
/// How often it is noted that a shard of which nothing was taken has been looked at.
constexpr Duration note_pause = std::chrono::hours{1};

std::int64_t nanoseconds_of(Duration duration) {
    return std::chrono::nanoseconds(duration).count();
}

/// What is left of an item when a stream keeps no images.
const dynamo::Item& old_of(const dynamo::ChangeRecord& record) {
    return record.old_image ? *record.old_image : record.key;
}

}  // namespace

Result<std::vector<Change>> changes_of(const dynamo::ChangeRecord& record,
                                       const std::string& shard,
                                       const LayerOptions& layer) {
    // Up to two changes come of a record; their positions must differ, and rise.
    const auto position = [&](char part) {
        return SourcePosition{.shard = shard, .sequence = record.sequence + part};
    };
    std::vector<Change> changes;
    if (record.kind == dynamo::ChangeKind::remove) {
        const dynamo::Item& old = old_of(record);
        CARILLON_TRY_VOID(place_of(old, layer.partition_of, layer.id_of));
        changes.push_back({.type = ChangeType::remove, .item = old, .position = position('1')});
        return changes;
    }
    if (!record.new_image) {
        return invalid("stream", "must hold new images (NEW_AND_OLD_IMAGES, or NEW_IMAGE)");
    }
    CARILLON_TRY(const auto now, place_of(*record.new_image, layer.partition_of, layer.id_of));
    if (record.old_image) {
        const auto before = place_of(*record.old_image, layer.partition_of, layer.id_of);
        if (before && *before != now) {
            changes.push_back(
                {.type = ChangeType::remove, .item = *record.old_image, .position = position('0')});
        }
    }
    const bool fresh = record.kind == dynamo::ChangeKind::insert;
    changes.push_back({.type = fresh ? ChangeType::put : ChangeType::update,
                       .item = *record.new_image,
                       .position = position('1')});
    return changes;
}

Feed::Feed(runtime::Loop& loop,
           dynamo::Database& source,
           Layer& layer,
           Random& random,
           Log& lines,
           FeedOptions options)
    : loop_(loop),
      source_(source),
      layer_(layer),
      lines_(lines),
      options_(std::move(options)),
      lease_(loop,
             layer.database(),
             layer.rows(),
             random,
             layer.rows().feeder_key(),
             options_.owner,
             options_.lease_ttl),
      group_(loop),
      wake_(loop),
      places_(layer.database(), layer.rows()) {}

Task<Result<>> Feed::start() {
    if (!source_.capabilities().streams) {
        co_return fail(Errc::invalid,
                       "the store of the table " + options_.table + " has no change streams");
    }
    const auto found = co_await find_stream();
    // With leave to turn the stream on, the table may even come later.
    if (!found && (!options_.enable_stream || found.error().code == Errc::invalid)) {
        co_return std::unexpected(found.error());
    }
    watch_ = source_.watch_changes(loop_, options_.table, [this] { wake_.set(); });
    FollowedTable followed{.source = &source_, .table = options_.table, .passed = {}};
    followed.passed = [this] { return wait_past_now(); };
    layer_.set_followed(std::move(followed));
    group_.spawn(follow());
    co_return Result<>{};
}

Task<> Feed::stop() {
    group_.request_stop();
    co_await group_.join();
    layer_.set_followed(std::nullopt);
    give_up_passing("the feed has ended");
    watch_ = {};
    if (lease_.valid()) (void)co_await lease_.release();
}

Task<Result<dynamo::StreamDescription>> Feed::open_stream() {
    auto found = co_await find_stream();
    const bool missing = !found && found.error().code == Errc::not_found;
    if (!missing || !options_.enable_stream) co_return found;
    CARILLON_CO_TRY(const auto table, co_await source_.describe_table(options_.table));
    dynamo::TableChange change{.settings = table.schema.settings};
    change.settings->stream = dynamo::StreamView::new_and_old_images;
    CARILLON_CO_TRY_VOID(co_await source_.update_table(options_.table, std::move(change)));
    co_return co_await find_stream();
}

/// The enabled one.
Task<Result<dynamo::StreamDescription>> Feed::find_stream() {
    CARILLON_CO_TRY(auto streams, co_await source_.list_streams(options_.table));
    for (dynamo::StreamDescription& stream : streams) {
        if (!stream.enabled || stream.name.table != options_.table) continue;
        const bool whole = stream.view == dynamo::StreamView::new_and_old_images ||
                           stream.view == dynamo::StreamView::new_image;
        if (whole) co_return std::move(stream);
        co_return fail(Errc::invalid,
                       "the change stream of the table " + options_.table + " holds " +
                           std::string(dynamo::view_name(stream.view)) +
                           "; a layer needs NEW_AND_OLD_IMAGES, or NEW_IMAGE");
    }
    co_return fail(Errc::not_found,
                   "the table " + options_.table +
                       " has no change stream; turn one on with NEW_AND_OLD_IMAGES");
}

Task<bool> Feed::hold_lease() {
    const std::int64_t now = loop_.clock().ticks();
    if (lease_.valid() && now < renew_at_) co_return true;
    Result<bool> held = false;
    if (lease_.valid()) held = co_await lease_.renew();
    if (!held || !*held) {
        held = co_await lease_.acquire();
        // Somebody else may have gone on meanwhile.
        places_.forget();
        look_at_ = 0;
    }
    renew_at_ = now + nanoseconds_of(lease_.ttl() / 3);
    co_return held && *held;
}

Task<> Feed::follow() {
    const runtime::StopToken stop = group_.stop_token();
    while (!stop.stop_requested()) {
        bool more = false;
        if (co_await hold_lease()) {
            const auto read = co_await pass();
            more = read && *read;
            if (!read) complain(read.error());
            if (read) complaint_.clear();
            check_passing(read);
            if (more) co_await layer_.fold_if_due();
        } else {
            give_up_passing("another process feeds the layer from the table " + options_.table +
                            ": reset it there");
        }
        if (!more) (void)co_await wake_.wait_until(loop_.now() + options_.poll, stop);
    }
}

/// Once, until it is something else: it is tried again every second.
void Feed::complain(const Error& error) {
    if (complaint_ == error.message) return;
    complaint_ = error.message;
    lines_.warn(
        "a layer cannot follow its table for now",
        {{"layer", layer_.options().name}, {"table", options_.table}, {"error", describe(error)}});
}

Task<Result<>> Feed::look_at_stream() {
    const std::int64_t now = loop_.clock().ticks();
    if (now < look_at_ && places_.is_loaded(stream_.name)) co_return Result<>{};
    CARILLON_CO_TRY(stream_, co_await open_stream());
    look_at_ = now + nanoseconds_of(look_pause);
    if (!places_.is_loaded(stream_.name)) {
        CARILLON_CO_TRY(const bool begun, co_await places_.load(stream_));
        if (!begun) co_return co_await begin(stream_);
    }
    const auto loss = find_loss(places_.all(), stream_, loop_.now());
    if (loss) CARILLON_CO_TRY_VOID(co_await begin_anew(stream_, *loss));
    co_return Result<>{};
}

Task<Result<bool>> Feed::pass() {
    CARILLON_CO_TRY_VOID(co_await look_at_stream());
    auto read = co_await read_shards();
    if (read) co_return read;
    look_at_ = 0;
    const bool trimmed =
        dynamic_cast<const dynamo::ChangesTrimmed*>(read.error().detail.get()) != nullptr;
    if (!trimmed) co_return read;
    CARILLON_CO_TRY(const dynamo::StreamDescription now, co_await open_stream());
    CARILLON_CO_TRY_VOID(co_await begin_anew(now, read.error().message));
    co_return true;
}

Task<Result<bool>> Feed::read_shards() {
    bool any = false;
    for (const dynamo::StreamShard& shard : stream_.shards) {
        if (group_.stop_token().stop_requested()) break;
        // What happened before comes before.
        const bool has_parent =
            std::ranges::find(stream_.shards, shard.parent, &dynamo::StreamShard::id) !=
            stream_.shards.end();
        const FeedPlace* parent = places_.find(shard.parent);
        if (has_parent && (parent == nullptr || !parent->ended)) continue;
        CARILLON_CO_TRY(const bool some, co_await read_shard(stream_.name, shard.id));
        any = any || some;
    }
    co_return any;
}

Task<Result<bool>> Feed::read_shard(const dynamo::StreamName& stream, const std::string& shard) {
    const FeedPlace* const known = places_.find(shard);
    FeedPlace place = known == nullptr ? FeedPlace{} : *known;
    if (place.ended) co_return false;
    dynamo::ChangesRequest request{.stream = stream, .shard = shard};
    request.after_sequence = place.after;
    // Only what is asked for from now on can tell.
    const std::shared_ptr<FeedPassing> passing = passing_;
    CARILLON_CO_TRY(dynamo::ChangePage page, co_await source_.read_changes(std::move(request)));
    const bool any = !page.records.empty();
    if (any) CARILLON_CO_TRY_VOID(co_await take(shard, page.records));
    if (passing) passing->note(shard, page);
    place.ended = page.ended && !any;
    // Its children come next, and may not have been listed yet.
    if (place.ended) look_at_ = 0;
    const bool moved = place.after != page.last_sequence;
    place.after = page.last_sequence;
    // Of a new shard it is noted at once that it is known.
    const bool silent = is_blind(place) && place.looked_at + note_pause < loop_.now();
    if (moved || page.ended || silent) {
        CARILLON_CO_TRY_VOID(co_await places_.save(shard, std::move(place), loop_.now()));
    }
    co_return moved || page.ended;
}

Task<Result<>> Feed::take(const std::string& shard,
                          const std::vector<dynamo::ChangeRecord>& records) {
    std::vector<Change> changes;
    for (const dynamo::ChangeRecord& record : records) {
        auto some = changes_of(record, shard, layer_.options());
        if (!some) {
            // It will not become better: the others must not wait for it.
            ++skipped_;
            lines_.warn("a change of a table cannot be used by a layer",
                        {{"layer", layer_.options().name},
                         {"table", options_.table},
                         {"error", describe(some.error())}});
            continue;
        }
        std::ranges::move(*some, std::back_inserter(changes));
    }
    if (changes.empty()) co_return Result<>{};
    // follow() folds, outside of whatever turn this is in.
    CARILLON_CO_TRY_VOID(co_await layer_.set(std::move(changes), Folding::later));
    co_return Result<>{};
}

Task<Result<>> Feed::begin_anew(const dynamo::StreamDescription& stream, const std::string& why) {
    lines_.warn("changes of a table were lost; the layer is made anew from the table",
                {{"layer", layer_.options().name}, {"table", options_.table}, {"why", why}});
    co_return co_await begin(stream);
}

Task<Result<>> Feed::begin(const dynamo::StreamDescription& stream) {
    give_up_passing("the layer is being made from the table " + options_.table);
    Places ends;
    for (const dynamo::StreamShard& shard : stream.shards) {
        FeedPlace& place = ends[shard.id];
        place.after = shard.newest_sequence;
        place.ended = !shard.last_sequence.empty();
    }
    places_.begin(stream.name, std::move(ends));
    ResetOptions reset{.table = options_.table};
    reset.passed = [this] { return read_past_now(); };
    beginning_ = true;
    // A large table takes longer to read than the lease lasts.
    runtime::TaskGroup beside(loop_);
    beside.spawn(lease_.keep(beside.stop_token()));
    auto report = co_await layer_.reset(source_, std::move(reset));
    beside.request_stop();
    co_await beside.join();
    beginning_ = false;
    passing_.reset();
    renew_at_ = 0;
    if (report && report->locked) {
        report = fail(Errc::unavailable, "the layer is being synced by somebody else");
    }
    Result<> begun;
    if (report) begun = co_await places_.commit(loop_.now());
    if (!report || !begun) {
        places_.forget();
        co_return std::unexpected(report ? std::move(begun).error() : std::move(report).error());
    }
    lines_.info(
        "a layer follows its table",
        {{"layer", layer_.options().name}, {"table", options_.table}, {"items", report->count}});
    co_return Result<>{};
}

Result<> Feed::watch_passing(const dynamo::StreamDescription& now) {
    if (!places_.is_loaded(now.name)) {
        return fail(Errc::unavailable, "the table's change stream has been replaced");
    }
    passing_ = std::make_shared<FeedPassing>(loop_, now, options_.settle);
    // Shards that came meanwhile are read too.
    look_at_ = 0;
    return {};
}

Task<Result<>> Feed::read_past_now() {
    const runtime::StopToken stop = group_.stop_token();
    CARILLON_CO_TRY(const dynamo::StreamDescription now, co_await find_stream());
    CARILLON_CO_TRY_VOID(watch_passing(now));
    while (!stop.stop_requested()) {
        if (!lease_.valid()) co_return fail(Errc::unavailable, "the follower's lease was lost");
        if (loop_.clock().ticks() >= look_at_) {
            CARILLON_CO_TRY(stream_, co_await find_stream());
            look_at_ = loop_.clock().ticks() + nanoseconds_of(look_pause);
        }
        CARILLON_CO_TRY(const bool more, co_await read_shards());
        // Without a shard's children it does not know what to read.
        const bool knows_all = look_at_ != 0;
        if (knows_all && passing_->is_past(stream_, places_)) co_return Result<>{};
        if (!more) (void)co_await wake_.wait_until(loop_.now() + options_.poll, stop);
    }
    co_return fail(Errc::unavailable, "the feed has ended");
}

Task<Result<>> Feed::wait_past_now() {
    CARILLON_CO_TRY(const dynamo::StreamDescription now, co_await find_stream());
    if (!lease_.valid() || beginning_ || !places_.is_loaded(stream_.name)) {
        co_return fail(Errc::unavailable,
                       "the layer is fed from the table " + options_.table +
                           " by another process, or is just being made from it: reset it there, "
                           "or later");
    }
    CARILLON_CO_TRY_VOID(watch_passing(now));
    const std::shared_ptr<FeedPassing> passing = passing_;
    wake_.set();
    co_return co_await passing->wait();
}

/// An error may last; a reset does not wait for its end.
void Feed::check_passing(const Result<bool>& read) {
    if (!passing_) return;
    if (!read) return give_up_passing(describe(read.error()));
    // Zero: not described since the passing was asked for, or a shard's children are not known.
    if (look_at_ == 0 || !passing_->is_past(stream_, places_)) return;
    passing_->finish({});
    passing_.reset();
}

void Feed::give_up_passing(std::string why) {
    if (!passing_) return;
    passing_->finish(fail(Errc::unavailable, std::move(why)));
    passing_.reset();
}

}  // namespace carillon::layer
