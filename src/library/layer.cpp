#include "carillon/layer.hpp"

#include "core/id.hpp"
#include "core/json.hpp"
#include "layer/feed.hpp"
#include "layer/layer.hpp"
#include "library/convert.hpp"
#include "library/snapshot_stores.hpp"
#include "library/store_engine.hpp"
#include "library/value_convert.hpp"

#include <mutex>
#include <shared_mutex>
#include <utility>

namespace carillon {

using library::failed;
using library::to_engine;
using library::to_public;

namespace {

/// Calls a function of the embedder's; what it throws is a failure.
template <class Function>
auto guarded(Function function) -> Result<std::invoke_result_t<Function>> {
    try {
        return function();
    } catch (const std::exception& thrown) {
        return fail(Errc::internal, std::string("it threw: ") + thrown.what());
    } catch (...) {
        return fail(Errc::internal, "it threw something that is no std::exception");
    }
}

layer::KeyOf key_of(const std::vector<std::string>& names,
                    const std::function<std::string(const Attributes&)>& function) {
    if (function) {
        return [function](const dynamo::Item& item) -> Result<std::string> {
            return guarded([&] { return function(to_public(item)); });
        };
    }
    if (names.empty()) return nullptr;
    return names.size() == 1 ? layer::by_attribute(names.front()) : layer::by_attributes(names);
}

LayerMeta meta_to_public(const layer::LayerMeta& meta) {
    LayerMeta out;
    out.cursor = meta.cursor;
    out.loaded = meta.loaded;
    out.synced_last_total = meta.synced_last_total;
    out.synced_times = meta.synced_times;
    out.synced_total = meta.synced_total;
    out.unsynced_last_total = meta.unsynced_last_total;
    out.unsynced_total = meta.unsynced_total;
    out.unsynced_bytes = meta.unsynced_bytes;
    out.unsynced_partitions = meta.unsynced_partitions;
    out.unsynced_since = meta.unsynced_since;
    out.last_sync_at = meta.last_sync_at;
    out.last_sync_took = Duration{meta.last_sync_ms};
    out.syncing = meta.syncing;
    return out;
}

LayerView view_to_public(const layer::View& view) {
    LayerView out;
    out.items.reserve(view.items.size());
    for (const dynamo::Item& item : view.items) out.items.push_back(to_public(item));
    out.sequence = view.sequence;
    out.next = view.next;
    return out;
}

LayerSync sync_to_public(const layer::SyncReport& report) {
    return {.count = report.count,
            .partitions = report.partitions,
            .failed = report.failed,
            .locked = report.locked,
            .error = report.error};
}

Result<std::vector<layer::Change>> changes_to_engine(const std::vector<LayerChange>& changes) {
    std::vector<layer::Change> out;
    out.reserve(changes.size());
    for (const LayerChange& change : changes) {
        layer::Change made;
        if (change.kind == LayerChange::Kind::update) made.type = layer::ChangeType::update;
        if (change.kind == LayerChange::Kind::remove) made.type = layer::ChangeType::remove;
        CARILLON_TRY(made.item, to_engine(change.item));
        out.push_back(std::move(made));
    }
    return out;
}

Result<> check(const LayerOptions& options) {
    if (options.id.empty() && !options.id_of) {
        return invalid("id", "is required: the attributes that tell items apart");
    }
    if (static_cast<bool>(options.lists.getter) != static_cast<bool>(options.lists.setter)) {
        return invalid("lists", "needs both, a getter and a setter");
    }
    if (options.follow && options.source.empty()) {
        return invalid("follow", "needs a source, the table that is followed");
    }
    if (options.lease < std::chrono::seconds{1}) {
        return invalid("lease", "must be at least a second");
    }
    return {};
}

layer::LayerOptions options_to_engine(const LayerOptions& given, Random& random) {
    layer::LayerOptions options;
    options.name = given.name;
    options.table = given.table;
    options.id_of = key_of(given.id, given.id_of);
    options.partition_of = key_of(given.partition, given.partition_of);
    options.strategy.count = given.sync_count;
    options.strategy.bytes = given.sync_bytes;
    options.strategy.age = given.sync_age;
    if (given.sync_when) {
        options.strategy.when = [when = given.sync_when](const layer::LayerMeta& meta) {
            return guarded([&] { return when(meta_to_public(meta)); }).value_or(false);
        };
    }
    options.background = given.background;
    options.keep = given.keep;
    if (given.keep_of) {
        options.keep_of = [of = given.keep_of, keep = given.keep](const dynamo::Item& item) {
            const auto seconds = guarded([&] { return of(to_public(item)); });
            return seconds ? Duration{*seconds} : keep;
        };
    }
    options.parallel = given.parallel;
    options.lease_ttl = given.lease;
    options.cache_bytes = given.cache_bytes;
    options.owner = uuid4(random);
    return options;
}

}  // namespace

struct Layer::Impl {
    enum class State { made, started, stopped };

    Impl(const Store& in_store, LayerOptions given)
        : store(in_store), options(std::move(given)), wrong(check(options)) {}

    [[nodiscard]] library::StoreEngine& engine() const { return store.engine(); }

    /// Not before start() and after stop(). The caller holds `changing` until it has its answer.
    [[nodiscard]] Result<> ready() const {
        if (!wrong) return wrong;
        if (state == State::started) return {};
        return fail(
            Errc::condition_failed,
            state == State::made ? "the layer has not been started" : "the layer was stopped");
    }

    /// In the table of what works on what: two layers of one name in a program would take each
    /// other for dead.
    [[nodiscard]] std::string work_name() const { return options.table + "/" + options.name; }

    /// The seed's getter and setter, on threads of the store's pool.
    std::unique_ptr<layer::WholeStore> callbacks() {
        layer::Callbacks calls;
        calls.getter = [this](std::string name) -> Task<Result<json::array>> {
            auto call = [&lists = options.lists, name = std::move(name)] {
                return guarded([&] { return lists.getter(name); });
            };
            return read_list(std::move(call));
        };
        calls.setter = [this](std::string name, json::array items) -> Task<Result<>> {
            auto call = [&lists = options.lists,
                         name = std::move(name),
                         text = to_text(json::value(std::move(items)))] {
                return guarded([&] { return lists.setter(name, text); });
            };
            return write_list(std::move(call));
        };
        return std::make_unique<layer::CallbackStore>(std::move(calls));
    }

    template <class Call>
    Task<Result<json::array>> read_list(Call call) {
        auto called = co_await engine().pool().run(engine().loop(), std::move(call));
        CARILLON_CO_TRY(const Expected<std::string> text, std::move(called));
        if (!text) co_return std::unexpected(to_engine(text.error()));
        if (text->empty()) co_return json::array{};
        CARILLON_CO_TRY(json::value list, parse_json(*text));
        if (!list.is_array()) co_return fail(Errc::corrupt, "the getter's text is no JSON list");
        co_return std::move(list.as_array());
    }

    template <class Call>
    Task<Result<>> write_list(Call call) {
        auto called = co_await engine().pool().run(engine().loop(), std::move(call));
        CARILLON_CO_TRY(const Expected<> done, std::move(called));
        if (!done) co_return std::unexpected(to_engine(done.error()));
        co_return Result<>{};
    }

    Result<> make() {
        library::StoreEngine& on = engine();
        layer::LayerOptions made = options_to_engine(options, on.random());
        layer::Snapshots where = static_cast<layer::WholeStore*>(nullptr);
        if (options.lists.getter) {
            whole = callbacks();
            where = whole.get();
        } else {
            library::SnapshotOptions cloud{.environment = on.environment()};
            stores.emplace(on.loop(), on.pool(), on.random(), on.log(), std::move(cloud));
            CARILLON_TRY(snapshots, stores->open(options.snapshots));
            made.prefix = snapshots.prefix;
            where = snapshots.objects.get();
            if (options.json) {
                whole = std::make_unique<layer::JsonObjects>(*snapshots.objects, snapshots.prefix);
                where = whole.get();
            }
        }
        CARILLON_TRY(inner,
                     layer::Layer::make(on.loop(),
                                        on.database(),
                                        where,
                                        on.random(),
                                        on.log(),
                                        on.metrics(),
                                        std::move(made)));
        if (options.follow) {
            layer::FeedOptions follow{.table = options.source, .enable_stream = true};
            follow.owner = inner->options().owner;
            follow.lease_ttl = options.lease;
            feed = std::make_unique<layer::Feed>(
                on.loop(), on.database(), *inner, on.random(), on.log(), std::move(follow));
        }
        return {};
    }

    Task<Result<>> begin() {
        Result<> begun = make();
        if (begun) begun = co_await inner->start();
        if (begun && feed) begun = co_await feed->start();
        if (!begun) co_await end();
        co_return begun;
    }

    Task<Result<>> end() {
        if (feed) co_await feed->stop();
        if (inner) co_await inner->stop();
        feed.reset();
        inner.reset();
        whole.reset();
        snapshots = {};
        if (stores) co_await stores->close();
        stores.reset();
        co_return Result<>{};
    }

    Store store;
    LayerOptions options;
    Result<> wrong;
    std::shared_mutex changing;  // start() and stop() wait for the calls that run.
    State state = State::made;
    std::optional<library::SnapshotStores> stores{};
    library::SnapshotStore snapshots{};
    std::unique_ptr<layer::WholeStore> whole{};
    std::unique_ptr<layer::Layer> inner{};
    std::unique_ptr<layer::Feed> feed{};
};

Layer::Layer(const Store& store, LayerOptions options)
    : impl_(std::make_unique<Impl>(store, std::move(options))) {}

Layer::Layer(Layer&& other) noexcept = default;

Layer& Layer::operator=(Layer&& other) noexcept {
    if (this != &other) {
        if (impl_) stop();
        impl_ = std::move(other.impl_);
    }
    return *this;
}

Layer::~Layer() {
    if (impl_) stop();
}

Expected<> Layer::start() {
    Impl& impl = *impl_;
    if (!impl.wrong) return failed(impl.wrong);
    const std::scoped_lock lock(impl.changing);
    if (impl.state == Impl::State::started) return {};
    if (impl.state == Impl::State::stopped) {
        return failed(Result<>(fail(Errc::condition_failed, "the layer was stopped")));
    }
    if (const auto begun = impl.engine().begin_work(impl.work_name()); !begun) {
        return failed(begun);
    }
    const auto started = impl.engine().run([&impl] { return impl.begin(); });
    if (!started) {
        impl.engine().end_work(impl.work_name());
        return failed(started);
    }
    impl.state = Impl::State::started;
    return {};
}

void Layer::stop() {
    Impl& impl = *impl_;
    const std::scoped_lock lock(impl.changing);
    if (std::exchange(impl.state, Impl::State::stopped) != Impl::State::started) return;
    const auto ended = impl.engine().run([&impl] { return impl.end(); });
    if (!ended) impl.engine().log().error("a layer did not end as it should");
    impl.engine().end_work(impl.work_name());
}

#define CARILLON_LAYER_OR_FAIL()                                       \
    Impl& impl = *impl_;                                               \
    const std::shared_lock lock(impl.changing);                        \
    if (const auto ready = impl.ready(); !ready) return failed(ready); \
    library::StoreEngine& engine = impl.engine()

Expected<std::size_t> Layer::set(const std::vector<LayerChange>& changes) {
    CARILLON_LAYER_OR_FAIL();
    auto given = changes_to_engine(changes);
    if (!given) return failed(given);
    const auto report = engine.run([&] { return impl.inner->set(*std::move(given)); });
    if (!report) return failed(report);
    return report->count;
}

Expected<LayerView> Layer::get(const std::string& partition, const LayerRead& read) {
    CARILLON_LAYER_OR_FAIL();
    layer::ReadOptions options{.as_of = read.as_of, .after = read.after};
    if (read.limit) options.limit = *read.limit;
    const auto view = engine.run([&] { return impl.inner->get(partition, std::move(options)); });
    if (!view) return failed(view);
    return view_to_public(*view);
}

Expected<LayerView> Layer::get_all(bool sorted, std::optional<Instant> as_of) {
    CARILLON_LAYER_OR_FAIL();
    const auto view = engine.run([&] { return impl.inner->get_all(sorted, as_of); });
    if (!view) return failed(view);
    return view_to_public(*view);
}

Expected<std::vector<std::string>> Layer::partitions() {
    CARILLON_LAYER_OR_FAIL();
    auto names = engine.run([&] { return impl.inner->partitions(); });
    if (!names) return failed(names);
    return *std::move(names);
}

Expected<LayerSync> Layer::sync() {
    CARILLON_LAYER_OR_FAIL();
    const auto report = engine.run([&] { return impl.inner->sync(); });
    if (!report) return failed(report);
    return sync_to_public(*report);
}

Expected<LayerSync> Layer::compact() {
    CARILLON_LAYER_OR_FAIL();
    const auto report = engine.run([&] { return impl.inner->compact(); });
    if (!report) return failed(report);
    return sync_to_public(*report);
}

Expected<LayerReset> Layer::reset(std::optional<std::string> partition) {
    CARILLON_LAYER_OR_FAIL();
    if (impl.options.source.empty()) {
        return failed(Result<>(invalid("source", "names no table to reset from")));
    }
    layer::ResetOptions options{.table = impl.options.source};
    options.partition = std::move(partition);
    const auto report =
        engine.run([&] { return impl.inner->reset(engine.database(), std::move(options)); });
    if (!report) return failed(report);
    return LayerReset{report->count, report->partitions, report->locked};
}

Expected<LayerMeta> Layer::meta() {
    CARILLON_LAYER_OR_FAIL();
    const auto meta = engine.run([&] { return impl.inner->meta(); });
    if (!meta) return failed(meta);
    return meta_to_public(*meta);
}

}  // namespace carillon
