// Works through the unprocessed records of a table in parallel, until none is left.
//
//     carillon::RecordProcessor<Record> processor(store, {.max_workers = 5});
//     auto report = processor.process_all([](const Record& record) -> carillon::Expected<> {
//         return send(record);
//     });
//     std::printf("%ld processed, %ld quarantined\n", report->processed, report->quarantined);
//
// Each record is claimed before it is worked on. So any number of processes may share a table of a
// DynamoDB, and what a process that died had in hand is taken over by the others, or by its next
// start.

#pragma once

#include "carillon/record_codec.hpp"
#include "carillon/record_table.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace carillon {

struct ProcessingProgress {
    std::int64_t total = 0;  ///< Unprocessed at the start, with `count_first`; otherwise 0.
    std::int64_t processed = 0;
    std::int64_t quarantined = 0;
    std::int64_t retried = 0;  ///< Attempts that failed and will be repeated.
};

enum class Fate {
    processed,    ///< And recorded so.
    quarantined,  ///< Failed for good, or too often.
    unfinished,   ///< Failed, and was to be tried again when the run ended.
    elsewhere,    ///< Changed, deleted or taken over by others before its outcome was recorded.
};

/// `processed`, `quarantined`, `unfinished`, `elsewhere`.
[[nodiscard]] std::string_view to_string(Fate fate);

/// The last word on one record.
struct RecordOutcome {
    Attributes key{};
    Fate fate = Fate::processed;
    int attempts = 0;
    std::optional<Failure> failure{};  ///< Of the last attempt, if it failed.
};

struct ProcessingReport {
    /// Nothing was left unprocessed when the run ended; otherwise it was stopped.
    bool complete = false;
    std::int64_t processed = 0;
    std::int64_t quarantined = 0;
    std::int64_t unfinished = 0;
    std::int64_t elsewhere = 0;
    std::int64_t attempts = 0;
    std::int64_t retried = 0;
    double success_rate = 100;  ///< Processed ones among all that came to an end, in per cent.
    std::chrono::milliseconds duration{};
    std::vector<RecordOutcome> outcomes{};  ///< One for each record, by key.

    /// Those that were not processed.
    [[nodiscard]] std::vector<RecordOutcome> errors() const;
};

/// The seed's options with the seed's defaults, and then ours.
struct ProcessorOptions {
    std::size_t max_workers = 5;  ///< Threads that call your function.
    int max_retries = 3;          ///< Attempts after the first, in one round.
    std::chrono::milliseconds backoff_base{100};
    double backoff_multiplier = 2;
    int max_iterations = 10;  ///< Rounds that one record is given; then it is quarantined.

    std::chrono::milliseconds backoff_cap{30'000};
    /// How long records stay with a process that has died (not in a directory, which has one
    /// owner).
    std::chrono::milliseconds lease{30'000};
    std::size_t claim_ahead = 0;  ///< Records claimed beyond those in work; 0: max_workers.
    std::chrono::milliseconds poll_interval{500};
    std::string owner{};                      ///< Names this process in leases; empty: at random.
    std::size_t outcomes_max = 100'000;       ///< Kept for the report; failures beyond it too.
    bool count_first = false;                 ///< Counts for ProcessingProgress::total.
    std::chrono::milliseconds grace{10'000};  ///< To end what runs, when it is stopped.
    /// Both are called on the store's thread: keep them short, and do not call the store.
    std::function<void(const ProcessingProgress&)> on_progress{};
    std::function<void(const RecordOutcome&)> on_outcome{};
};

/// An attempt at one record.
class Attempt {
public:
    Attempt(int number, const std::atomic<bool>& stopping) : number_(number), stopping_(stopping) {}

    [[nodiscard]] int number() const { return number_; }  ///< 1 is the first.

    /// The lease was lost, or the processor is stopped: end soon, best with Failure `stopped`.
    [[nodiscard]] bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

private:
    int number_;
    const std::atomic<bool>& stopping_;
};

/// The processor without a struct.
class RecordProcessorCore {
public:
    using Work = std::function<Expected<>(const Attributes&, const Attempt&)>;

    RecordProcessorCore(const Store& store, TableShape shape, ProcessorOptions options);
    RecordProcessorCore(const RecordProcessorCore&) = delete;
    RecordProcessorCore& operator=(const RecordProcessorCore&) = delete;
    ~RecordProcessorCore();

    [[nodiscard]] Expected<ProcessingReport> process_all(Work work);
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// One run at a time.
template <Described T>
class RecordProcessor {
public:
    static_assert(detail::can_be_processed<T>,
                  "the description has neither a processed flag nor a work_queue");

    /// `table`: another name than the described one.
    explicit RecordProcessor(const Store& store,
                             ProcessorOptions options = {},
                             const std::string& table = {})
        : core_(store, shape(table), std::move(options)) {}

    /// Calls `work` with every unprocessed record, on up to `max_workers` threads, and returns when
    /// none is left unprocessed or in the hands of others, or after stop(). In a directory and in
    /// memory one processor at a time may work on a table: `conflict` for a second.
    ///
    /// `work(record)` or `work(record, attempt)` answers Expected<> or nothing. The kind of its
    /// Failure decides: `unavailable`, `conflict` and `internal` are tried again after a pause;
    /// `stopped` gives the record back uncounted; everything else quarantines it at once. What it
    /// throws counts as `internal`.
    template <class Work>
    [[nodiscard]] Expected<ProcessingReport> process_all(Work work) {
        return core_.process_all(
            [&work](const Attributes& attributes, const Attempt& attempt) -> Expected<> {
                auto record = detail::from_attributes<T>(attributes);
                if (!record) return std::unexpected(std::move(record).error());
                return call(work, *record, attempt);
            });
    }

    /// From any thread, also before process_all() has begun: what runs is ended, the rest stays
    /// unprocessed.
    void stop() { core_.stop(); }

private:
    static TableShape shape(const std::string& table) {
        TableShape out = detail::shape_of<T>();
        if (!table.empty()) out.table = table;
        return out;
    }

    template <class Work>
    static Expected<> call(Work& work, const T& record, const Attempt& attempt) {
        if constexpr (std::is_invocable_v<Work&, const T&, const Attempt&>) {
            return answer([&] { return work(record, attempt); });
        } else {
            static_assert(std::is_invocable_v<Work&, const T&>,
                          "work is called with a record, or with a record and an Attempt");
            return answer([&] { return work(record); });
        }
    }

    template <class Call>
    static Expected<> answer(Call call) {
        if constexpr (std::is_void_v<std::invoke_result_t<Call>>) {
            call();
            return {};
        } else {
            return call();
        }
    }

    RecordProcessorCore core_;
};

}  // namespace carillon
