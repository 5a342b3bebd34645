// Between attribute values as embedders see them and as the engines do.

#pragma once

#include "carillon/failure.hpp"
#include "carillon/model.hpp"
#include "carillon/value.hpp"
#include "core/result.hpp"
#include "dynamo/item/value.hpp"
#include "records/model.hpp"

namespace carillon::library {

/// `invalid` for a Decimal that is no number of the store's, with the attribute as field.
[[nodiscard]] Result<dynamo::Value> to_engine(const Value& value);
[[nodiscard]] Result<dynamo::Item> to_engine(const Attributes& attributes);
[[nodiscard]] Value to_public(const dynamo::Value& value);
[[nodiscard]] Attributes to_public(const dynamo::Item& item);

/// `invalid` when no table can look like that.
[[nodiscard]] Result<records::TableModel> to_engine(const TableShape& shape);

/// What a function of the embedder's says went wrong.
[[nodiscard]] Error to_engine(const Failure& failure);

}  // namespace carillon::library
