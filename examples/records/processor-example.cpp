// Processes what is unprocessed in the table, whoever put it there.

#include "common.hpp"

#include <carillon/record_processor.hpp>

int main(int argc, char** argv) {
    const auto store = get_or_die("open", carillon::Store::open({.url = store_url(argc, argv)}));
    carillon::Records<Record> records(store);
    get_or_die("create the table", records.create_table());

    carillon::ProcessorOptions options;
    options.max_workers = 5;
    options.max_retries = 3;
    options.backoff_base = std::chrono::milliseconds{100};
    options.backoff_multiplier = 2;
    carillon::RecordProcessor<Record> processor(store, options);

    const auto report = get_or_die("process", processor.process_all([](const Record& record) {
        std::printf("Processing: %s - %s\n", record.account_id.c_str(), record.run_time.c_str());
    }));

    const auto errors = report.errors();
    std::printf("Processing complete. Errors: %zu\n", errors.size());
    for (const carillon::RecordOutcome& each : errors) {
        const auto* account = each.key.find("AccountId")->get_if<std::string>();
        std::printf("Failed: %s: %s\n",
                    account->c_str(),
                    each.failure ? each.failure->message.c_str() : "");
    }
    return errors.empty() ? 0 : 1;
}
