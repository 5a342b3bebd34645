#include "carillon/record_processor.hpp"

#include "core/id.hpp"
#include "library/convert.hpp"
#include "library/store_engine.hpp"
#include "library/value_convert.hpp"
#include "records/processor.hpp"

#include <utility>

namespace carillon {

using library::failed;

namespace {

Fate to_public(records::Fate fate) {
    switch (fate) {
        case records::Fate::processed:
            return Fate::processed;
        case records::Fate::quarantined:
            return Fate::quarantined;
        case records::Fate::unfinished:
            break;
        case records::Fate::elsewhere:
            return Fate::elsewhere;
    }
    return Fate::unfinished;
}

RecordOutcome to_public(const records::RecordOutcome& outcome) {
    RecordOutcome out{.key = library::to_public(outcome.key),
                      .fate = to_public(outcome.fate),
                      .attempts = outcome.attempts};
    if (outcome.error) out.failure = library::to_public(*outcome.error);
    return out;
}

ProcessingReport to_public(const records::Report& report) {
    ProcessingReport out;
    out.complete = report.complete;
    out.processed = report.processed;
    out.quarantined = report.quarantined;
    out.unfinished = report.unfinished;
    out.elsewhere = report.elsewhere;
    out.attempts = report.attempts;
    out.retried = report.retried;
    out.success_rate = report.success_rate();
    out.duration = report.duration;
    out.outcomes.reserve(report.outcomes.size());
    for (const auto& outcome : report.outcomes) out.outcomes.push_back(to_public(outcome));
    return out;
}

records::ProcessorOptions to_engine(const ProcessorOptions& given, Random& random) {
    records::ProcessorOptions options;
    options.max_workers = given.max_workers;
    options.max_retries = given.max_retries;
    options.backoff_base = given.backoff_base;
    options.backoff_multiplier = given.backoff_multiplier;
    options.max_iterations = given.max_iterations;
    options.backoff_cap = given.backoff_cap;
    options.lease = given.lease;
    options.claim_ahead = given.claim_ahead;
    options.poll_interval = given.poll_interval;
    options.owner = given.owner.empty() ? uuid4(random) : given.owner;
    options.outcomes_max = given.outcomes_max;
    options.count_first = given.count_first;
    options.grace = given.grace;
    return options;
}

/// Calls the embedder's function, on a thread of the pool.
Result<> call(const RecordProcessorCore::Work& work,
              const Attributes& record,
              const Attempt& attempt) {
    try {
        const Expected<> answer = work(record, attempt);
        if (answer) return {};
        return std::unexpected(library::to_engine(answer.error()));
    } catch (const std::exception& thrown) {
        return fail(Errc::internal, std::string("it threw: ") + thrown.what());
    } catch (...) {
        return fail(Errc::internal, "it threw something that is no std::exception");
    }
}

}  // namespace

std::string_view to_string(Fate fate) {
    switch (fate) {
        case Fate::processed:
            return "processed";
        case Fate::quarantined:
            return "quarantined";
        case Fate::unfinished:
            break;
        case Fate::elsewhere:
            return "elsewhere";
    }
    return "unfinished";
}

std::vector<RecordOutcome> ProcessingReport::errors() const {
    std::vector<RecordOutcome> out;
    for (const RecordOutcome& outcome : outcomes) {
        if (outcome.fate != Fate::processed) out.push_back(outcome);
    }
    return out;
}

struct RecordProcessorCore::Impl {
    Impl(const Store& in_store, TableShape given_shape, ProcessorOptions given)
        : store(in_store), shape(std::move(given_shape)), options(std::move(given)) {}

    [[nodiscard]] Task<Result<records::Report>> run(records::TableModel model, Work work);
    [[nodiscard]] Task<Result<>> work_on(const Work& work,
                                         runtime::BlockingPool& pool,
                                         dynamo::Item item,
                                         records::Attempt attempt);

    Store store;
    TableShape shape;
    ProcessorOptions options;
    runtime::StopSource stop;  // On the store's thread.
    std::atomic<bool> running{false};
};

RecordProcessorCore::RecordProcessorCore(const Store& store,
                                         TableShape shape,
                                         ProcessorOptions options)
    : impl_(std::make_unique<Impl>(store, std::move(shape), std::move(options))) {}

RecordProcessorCore::~RecordProcessorCore() = default;

Task<Result<>> RecordProcessorCore::Impl::work_on(const Work& work,
                                                  runtime::BlockingPool& pool,
                                                  dynamo::Item item,
                                                  records::Attempt attempt) {
    // Shared with the thread that works, which may still run when this is stopped.
    const auto stopping = std::make_shared<std::atomic<bool>>(false);
    const auto on_stop = attempt.stop.on_stop([stopping] { stopping->store(true); });
    auto job = [&work, record = library::to_public(item), number = attempt.number, stopping] {
        return call(work, record, Attempt(number, *stopping));
    };
    co_return co_await pool.run(store.engine().loop(), std::move(job));
}

Task<Result<records::Report>> RecordProcessorCore::Impl::run(records::TableModel model, Work work) {
    library::StoreEngine& engine = store.engine();
    records::ProcessorOptions given = to_engine(options, engine.random());
    CARILLON_CO_TRY_VOID(records::check(given));
    runtime::BlockingPool pool(options.max_workers);
    records::Processor processor(engine.loop(),
                                 engine.database(),
                                 model,
                                 engine.random(),
                                 engine.log(),
                                 engine.metrics(),
                                 std::move(given));
    if (options.on_progress) {
        processor.on_progress = [this](const records::Progress& progress) {
            options.on_progress({.total = progress.total,
                                 .processed = progress.processed,
                                 .quarantined = progress.quarantined,
                                 .retried = progress.retried});
        };
    }
    if (options.on_outcome) {
        processor.on_outcome = [this](const records::RecordOutcome& outcome) {
            options.on_outcome(to_public(outcome));
        };
    }
    records::RecordHandler handler = [this, &work, &pool](dynamo::Item item,
                                                          records::Attempt attempt) {
        return work_on(work, pool, std::move(item), std::move(attempt));
    };
    co_return co_await processor.run(std::move(handler), stop.token());
}

Expected<ProcessingReport> RecordProcessorCore::process_all(Work work) {
    Impl& impl = *impl_;
    auto model = library::to_engine(impl.shape);
    if (!model) return failed(model);
    if (impl.running.exchange(true)) {
        return std::unexpected(Failure{FailureKind::conflict, "this processor is running already"});
    }
    library::StoreEngine& engine = impl.store.engine();
    if (const auto begun = engine.begin_work(impl.shape.table); !begun) {
        impl.running = false;
        return failed(begun);
    }
    const auto report = engine.run([&] { return impl.run(*std::move(model), std::move(work)); });
    engine.end_work(impl.shape.table);
    impl.running = false;
    if (!report) return failed(report);
    return to_public(*report);
}

void RecordProcessorCore::stop() {
    // The processor may be gone when the store's thread comes to it.
    impl_->store.engine().loop().post([source = impl_->stop]() mutable { source.request_stop(); });
}

}  // namespace carillon
