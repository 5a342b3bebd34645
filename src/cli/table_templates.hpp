// Tables as templates, for those who keep their infrastructure in CloudFormation or Terraform.
//
// Pure: schemas in, text out. `carillon tables export` prints it.

#pragma once

#include "dynamo/schema.hpp"

#include <string>
#include <vector>

namespace carillon::cli {

/// A CloudFormation template in JSON: a table each, kept when the stack goes, and its name, ARN and
/// stream as outputs.
[[nodiscard]] std::string to_cloudformation(const std::vector<dynamo::TableSchema>& tables);

/// Terraform configuration (HCL) for the AWS provider.
[[nodiscard]] std::string to_terraform(const std::vector<dynamo::TableSchema>& tables);

/// For people: the table, its keys, indexes and settings in some lines.
[[nodiscard]] std::string table_text(const dynamo::TableDescription& table);

}  // namespace carillon::cli
