#include "dynamo/database.hpp"

#include <charconv>
#include <memory>
#include <utility>

namespace carillon::dynamo {

namespace {

constexpr const char* no_streams = "This store does not record changes";

}  // namespace

Task<Result<SchemaPtr>> Database::table_schema(std::string table) {
    CARILLON_CO_TRY(TableDescription described, co_await describe_table(std::move(table)));
    co_return std::make_shared<const TableSchema>(std::move(described.schema));
}

// The parameters are the port's; coroutines take theirs by value.
Task<Result<TableDescription>> Database::update_table(std::string /*table*/,
                                                      TableChange /*change*/) {
    co_return fail(Errc::invalid, "This store cannot change the definition of a table");
}

Task<Result<std::vector<StreamDescription>>> Database::list_streams(std::string /*table*/) {
    co_return fail(Errc::invalid, no_streams);
}

Task<Result<StreamDescription>> Database::describe_stream(StreamName /*stream*/) {
    co_return fail(Errc::invalid, no_streams);
}

Task<Result<ChangePage>> Database::read_changes(ChangesRequest /*request*/) {
    co_return fail(Errc::invalid, no_streams);
}

Watch Database::watch_changes(runtime::Loop& /*loop*/,
                              std::string /*table*/,
                              std::function<void()> /*callback*/) {
    return {};
}

std::optional<TimePoint> date_of(std::string_view position) {
    if (!position.starts_with('@')) return std::nullopt;
    const std::string_view text = position.substr(1);
    std::int64_t at = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), at);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return from_epoch_ms(at);
}

std::size_t size_of(const ChangeRecord& record) {
    std::size_t size = size_of(record.key);
    if (record.old_image) size += size_of(*record.old_image);
    if (record.new_image) size += size_of(*record.new_image);
    return size;
}

}  // namespace carillon::dynamo
