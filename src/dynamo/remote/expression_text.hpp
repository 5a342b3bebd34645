// Expressions as a request carries them: texts that share one map of names and one of values.
//
// Each parsed expression has placeholders of its own choosing; an update and its condition may both
// call something `:a`. Here they are renamed, so that they do not meet. Only what an expression
// uses is sent: DynamoDB refuses the rest.

#pragma once

#include "dynamo/database.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::dynamo::remote {

class ExpressionText {
public:
    /// The text with its placeholders renamed. Every value must be there (check() was called).
    [[nodiscard]] std::string add(const ExpressionSource& source, const ExpressionValues& values);
    [[nodiscard]] std::string add(const Projection& projection);
    [[nodiscard]] std::string add(const KeyCondition& condition, const KeySchema& key);

    /// Appends ExpressionAttributeNames and ExpressionAttributeValues, where there are any.
    void append_to(std::string& body) const;

private:
    [[nodiscard]] std::string name_of(std::string_view attribute);
    [[nodiscard]] std::string add_value(const Value& value);

    std::vector<std::string> names_;
    std::vector<Value> values_;
};

/// Whether doing it twice is doing it once: nothing is added, appended or moved.
[[nodiscard]] bool is_repeatable(const Update& update);

}  // namespace carillon::dynamo::remote
