// PartiQL statements: any text is parsed or refused.

#include "core/check.hpp"
#include "dynamo/partiql/statement.hpp"
#include "fuzz.hpp"

namespace carillon {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto statement = dynamo::partiql::parse(input.rest());
    if (!statement) CARILLON_CHECK(!statement.error().message.empty());
    return 0;
}

}  // namespace carillon
