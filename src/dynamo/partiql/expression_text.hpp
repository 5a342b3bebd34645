// Parts of a statement said in DynamoDB's expression language.
//
// Conditions and updates are evaluated by the expressions that every engine knows (and that a
// remote one sends), so a statement is said in that language, with a placeholder for every name and
// value: nothing that stands in a statement is ever read as syntax twice.

#pragma once

#include "core/result.hpp"
#include "dynamo/database.hpp"
#include "dynamo/partiql/bind.hpp"
#include "dynamo/partiql/statement.hpp"

#include <span>
#include <string>
#include <string_view>

namespace carillon::dynamo::partiql {

class ExpressionText {
public:
    /// `parameters` must outlive the object.
    explicit ExpressionText(const Parameters& parameters) : parameters_(parameters) {}

    /// AND of conditions; at least one.
    Result<> all_of(std::span<const Node* const> conditions);
    Result<> condition(const Node& node);
    Result<> operand(const Node& node);

    void raw(std::string_view text) { text_ += text; }

    void path(const Path& path);
    void value(Value value);

    [[nodiscard]] const std::string& text() const { return text_; }

    [[nodiscard]] const ExpressionNames& names() const { return names_; }

    [[nodiscard]] ExpressionValues take_values() { return std::move(values_); }

    /// What was written, as a condition.
    [[nodiscard]] Result<BoundCondition> bound_condition();

private:
    Result<> parts(const Node& node, std::string_view joint);
    Result<> nested(const Node& node);
    Result<> in(const Node& node);
    Result<> call(const Node& node);
    void name(const std::string& name);

    const Parameters& parameters_;
    std::string text_;
    ExpressionNames names_;
    ExpressionValues values_;
};

}  // namespace carillon::dynamo::partiql
