// Items on the command line: DynamoDB's JSON, or the plain form that people write.

#pragma once

#include "core/result.hpp"
#include "dynamo/expression/expression.hpp"
#include "dynamo/item/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace carillon::cli {

enum class ItemForm : std::uint8_t {
    typed,  ///< {"id": {"S": "a"}}
    plain,  ///< {"id": "a"}
};

/// One JSON object. The error says which form was expected.
[[nodiscard]] Result<dynamo::Item> read_item(std::string_view text, ItemForm form);
/// On one line.
[[nodiscard]] std::string item_text(const dynamo::Item& item, ItemForm form);

/// `{":v": ...}`: values in that form. Empty text: none.
[[nodiscard]] Result<dynamo::ExpressionValues> read_values(std::string_view text, ItemForm form);
/// `{"#n": "name"}`. Empty text: none.
[[nodiscard]] Result<dynamo::ExpressionNames> read_names(std::string_view text);

}  // namespace carillon::cli
