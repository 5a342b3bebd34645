#include "dynamo/remote/expression_text.hpp"

#include "core/check.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "dynamo/item/json.hpp"
#include "dynamo/remote/wire.hpp"

#include <algorithm>
#include <map>

namespace carillon::dynamo::remote {

namespace {

bool is_placeholder_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

template <class T>
const T* find(const std::vector<std::pair<std::string, T>>& list, std::string_view key) {
    const auto found = std::ranges::find(
        list, key, [](const auto& entry) -> const std::string& { return entry.first; });
    return found == list.end() ? nullptr : &found->second;
}

}  // namespace

std::string ExpressionText::name_of(std::string_view attribute) {
    const auto found = std::ranges::find(names_, attribute);
    const auto number = found - names_.begin();
    if (found == names_.end()) names_.emplace_back(attribute);
    return "#" + std::to_string(number);
}

std::string ExpressionText::add_value(const Value& value) {
    values_.push_back(value);
    return ":" + std::to_string(values_.size() - 1);
}

std::string ExpressionText::add(const ExpressionSource& source, const ExpressionValues& values) {
    // The language has no literals, so these two characters begin nothing else.
    std::map<std::string, std::string, std::less<>> renamed;
    std::string text;
    std::string_view rest = source.text;
    while (!rest.empty()) {
        const std::size_t mark = std::min(rest.find_first_of("#:"), rest.size());
        text += rest.substr(0, mark);
        rest.remove_prefix(mark);
        if (rest.empty()) break;
        std::size_t end = 1;
        while (end < rest.size() && is_placeholder_part(rest[end])) ++end;
        const std::string placeholder(rest.substr(0, end));
        rest.remove_prefix(end);
        auto known = renamed.find(placeholder);
        if (known == renamed.end()) {
            std::string other;
            if (placeholder.front() == '#') {
                const std::string* name = find(source.names, placeholder);
                CARILLON_CHECK(name != nullptr);
                other = name_of(*name);
            } else {
                const Value* value = find(values, placeholder);
                CARILLON_CHECK(value != nullptr);
                other = add_value(*value);
            }
            known = renamed.emplace(placeholder, std::move(other)).first;
        }
        text += known->second;
    }
    return text;
}

std::string ExpressionText::add(const Projection& projection) {
    std::string text;
    for (const Path& path : projection.paths()) {
        if (!text.empty()) text += ',';
        bool first = true;
        for (const PathStep& step : path) {
            if (step.index >= 0) {
                text += "[" + std::to_string(step.index) + "]";
            } else {
                if (!first) text += '.';
                text += name_of(step.name);
            }
            first = false;
        }
    }
    return text;
}

std::string ExpressionText::add(const KeyCondition& condition, const KeySchema& key) {
    std::string text = name_of(key.hash.name);
    text += " = " + add_value(condition.hash);
    if (!condition.sort || !key.sort) return text;
    const std::string sort = name_of(key.sort->name);
    const std::string value = add_value(condition.sort->value);
    switch (condition.sort->op) {
        case SortOperator::equal:
            return text + " AND " + sort + " = " + value;
        case SortOperator::less:
            return text + " AND " + sort + " < " + value;
        case SortOperator::less_equal:
            return text + " AND " + sort + " <= " + value;
        case SortOperator::greater:
            return text + " AND " + sort + " > " + value;
        case SortOperator::greater_equal:
            return text + " AND " + sort + " >= " + value;
        case SortOperator::between:
            return text + " AND " + sort + " BETWEEN " + value + " AND " +
                   add_value(condition.sort->upper);
        case SortOperator::begins_with:
            return text + " AND begins_with(" + sort + ", " + value + ")";
    }
    return text;
}

void ExpressionText::append_to(std::string& body) const {
    if (!names_.empty()) {
        begin_member(body, "ExpressionAttributeNames");
        body += '{';
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (i > 0) body += ',';
            body += "\"#" + std::to_string(i) + "\":";
            append_json_string(body, names_[i]);
        }
        body += '}';
    }
    if (!values_.empty()) {
        begin_member(body, "ExpressionAttributeValues");
        body += '{';
        for (std::size_t i = 0; i < values_.size(); ++i) {
            if (i > 0) body += ',';
            body += "\":" + std::to_string(i) + "\":";
            append_typed_json(values_[i], body);
        }
        body += '}';
    }
}

bool is_repeatable(const Update& update) {
    const std::string text = to_lower(update.source().text);
    // Arithmetic, and elements of lists, whose places move.
    if (text.find_first_of("+-[") != std::string::npos) return false;
    if (text.find("list_append") != std::string::npos) return false;
    // ADD, whose numbers grow: a reserved word, so no attribute is called so.
    for (std::size_t at = text.find("add"); at != std::string::npos;
         at = text.find("add", at + 1)) {
        const bool begins = at == 0 || (!is_placeholder_part(text[at - 1]) && text[at - 1] != '#' &&
                                        text[at - 1] != ':');
        const bool ends = at + 3 >= text.size() || !is_placeholder_part(text[at + 3]);
        if (begins && ends) return false;
    }
    return true;
}

}  // namespace carillon::dynamo::remote
