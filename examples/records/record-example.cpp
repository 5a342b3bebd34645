// The record model: put, query by index and by account, mark as processed.

#include "common.hpp"

int main(int argc, char** argv) {
    const auto store = get_or_die("open", carillon::Store::open({.url = store_url(argc, argv)}));
    carillon::Records<Record> records(store);
    get_or_die("create the table", records.create_table());

    Record record;
    record.account_id = "ACC12345";
    record.run_time = "2026-02-17T12:00:00Z";
    record.document_id = "DOC67890";
    record = get_or_die("put", records.put(record));
    std::printf("stored: %s %s %s\n",
                record.account_id.c_str(),
                record.run_time.c_str(),
                record.document_id.c_str());

    const auto waiting = get_or_die("query", records.unprocessed());
    std::printf("unprocessed: %zu\n", waiting.records.size());

    const auto marked =
        get_or_die("mark", records.mark_processed("ACC12345", "2026-02-17T12:00:00Z"));
    std::printf("marked: %s\n", marked == carillon::Marked::marked ? "yes" : "it was already");

    // A record that is not there is not made by marking it.
    const auto ghost = records.mark_processed("ACC12345", "never");
    std::printf("a record that is not there: %s\n",
                ghost ? "marked" : ghost.error().message.c_str());

    const auto done = get_or_die("query", records.processed());
    std::printf("processed: %zu\n", done.records.size());

    // Page after page, however many there are.
    const auto of_account =
        get_or_die("query", records.for_each_in("ACC12345", [](const Record& each) {
            std::printf(
                "of the account: %s, processed %d\n", each.run_time.c_str(), each.processed);
        }));
    return of_account == 1 && done.records.size() == 1 ? 0 : 1;
}
