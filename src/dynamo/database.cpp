#include "dynamo/database.hpp"

namespace carillon::dynamo {

// The parameters are the port's; coroutines take theirs by value.
Task<Result<TableDescription>> Database::update_table(std::string /*table*/,
                                                      TableChange /*change*/) {
    co_return fail(Errc::invalid, "This store cannot change the definition of a table");
}

}  // namespace carillon::dynamo
