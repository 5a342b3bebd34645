// The conditions and updates that a table of records is written with.

#pragma once

#include "dynamo/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::records {

[[nodiscard]] dynamo::BoundCondition is_missing(const dynamo::KeySchema& key);
[[nodiscard]] dynamo::BoundCondition exists(const dynamo::KeySchema& key);
[[nodiscard]] dynamo::BoundCondition has_version(const std::string& attribute,
                                                 std::int64_t version);
[[nodiscard]] dynamo::BoundCondition has_value(const std::string& attribute, dynamo::Value value);
/// The record is there and has no such attribute.
[[nodiscard]] dynamo::BoundCondition lacks(const dynamo::KeySchema& key,
                                           const std::string& attribute);

/// What a failed condition on a version means, by what is stored: `not_found` or
/// `condition_failed`.
[[nodiscard]] std::unexpected<Error> version_conflict(const std::optional<dynamo::Item>& stored,
                                                      const std::string& attribute,
                                                      std::int64_t version);

/// `work...` followed by a capital: a name that records keep for themselves.
[[nodiscard]] bool is_work_name(std::string_view name);

/// An update expression in the making.
class UpdateText {
public:
    void set(const std::string& name, dynamo::Value value);
    void add(const std::string& name, const dynamo::Number& number);
    void remove(const std::string& name);

    [[nodiscard]] bool empty() const { return names_.empty(); }

    [[nodiscard]] Result<dynamo::Update> parse() const;

    [[nodiscard]] const dynamo::ExpressionValues& values() const { return values_; }

private:
    [[nodiscard]] std::string place(const std::string& name);

    std::string set_;
    std::string add_;
    std::string remove_;
    dynamo::ExpressionNames names_;
    dynamo::ExpressionValues values_;
};

}  // namespace carillon::records
