// Puts test data into the table, processes it with failures of every kind, and reads the report:
// some records fail at first, one never gets better, and one is of no use at all.

#include "common.hpp"

#include <atomic>
#include <carillon/record_processor.hpp>

namespace {

constexpr int records_max = 60;

carillon::Expected<> work(const Record& record, const carillon::Attempt& attempt) {
    if (record.document_id == "DOC7") {
        // Retried after a pause, and well in the end.
        if (attempt.number() < 3) {
            return std::unexpected(
                carillon::Failure{carillon::FailureKind::unavailable, "the archive is away"});
        }
    }
    if (record.document_id == "DOC13") {
        // Cannot get better: quarantined at once, and the others go on.
        return std::unexpected(
            carillon::Failure{carillon::FailureKind::invalid, "there is no such document"});
    }
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    const auto store = get_or_die("open", carillon::Store::open({.url = store_url(argc, argv)}));
    carillon::Records<Record> records(store, "ProcessorExample");
    get_or_die("create the table", records.create_table());
    for (int i = 0; i < records_max; ++i) {
        Record record;
        record.account_id = "ACC" + std::to_string(i % 3);
        record.run_time = "2026-02-17T12:00:" + std::to_string(10 + i) + "Z";
        record.document_id = "DOC" + std::to_string(i);
        get_or_die("put", records.put(record));
    }

    std::atomic<int> told{0};
    carillon::ProcessorOptions options;
    options.count_first = true;
    options.on_progress = [&](const carillon::ProcessingProgress& progress) {
        // Every tenth, for a terminal's sake.
        if (++told % 10 != 0) return;
        std::printf("%d of %d\n",
                    static_cast<int>(progress.processed + progress.quarantined),
                    static_cast<int>(progress.total));
    };
    carillon::RecordProcessor<Record> processor(store, options, "ProcessorExample");
    const auto report = get_or_die("process", processor.process_all(work));

    std::printf("processed %d, quarantined %d, attempts %d, success rate %.1f%%\n",
                static_cast<int>(report.processed),
                static_cast<int>(report.quarantined),
                static_cast<int>(report.attempts),
                report.success_rate);
    for (const carillon::RecordOutcome& each : report.errors()) {
        std::printf("%s after %d attempt(s): %s\n",
                    std::string(to_string(each.fate)).c_str(),
                    each.attempts,
                    each.failure ? each.failure->message.c_str() : "");
    }
    const bool as_expected = report.complete && report.processed == records_max - 1 &&
                             report.quarantined == 1 && report.retried == 2;
    return as_expected ? 0 : 1;
}
