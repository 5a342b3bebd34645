// The layer's expressions, written as literals: a mistake in one is a bug.

#pragma once

#include "core/check.hpp"
#include "dynamo/expression/expression.hpp"

#include <string>
#include <string_view>

namespace carillon::layer {

/// `#name` stands for the attribute `name`, because some are reserved words.
[[nodiscard]] inline dynamo::ExpressionNames names_in(std::string_view text) {
    dynamo::ExpressionNames names;
    for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at)) {
        const std::size_t end = text.find_first_of(" ,)=<>", at);
        std::string placeholder(text.substr(at, end - at));
        at += placeholder.size();
        bool known = false;
        for (const auto& name : names) known = known || name.first == placeholder;
        std::string attribute = placeholder.substr(1);
        if (!known) names.emplace_back(std::move(placeholder), std::move(attribute));
    }
    return names;
}

[[nodiscard]] inline dynamo::Condition condition(std::string_view text) {
    auto parsed = dynamo::Condition::parse(text, names_in(text));
    CARILLON_CHECK(parsed.has_value());
    return *std::move(parsed);
}

[[nodiscard]] inline dynamo::Update update(std::string_view text) {
    auto parsed = dynamo::Update::parse(text, names_in(text));
    CARILLON_CHECK(parsed.has_value());
    return *std::move(parsed);
}

}  // namespace carillon::layer
