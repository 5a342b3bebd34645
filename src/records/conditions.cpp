#include "records/conditions.hpp"

#include "core/check.hpp"
#include "records/model.hpp"

#include <utility>

namespace carillon::records {
namespace {

dynamo::BoundCondition bound(std::string_view text,
                             const dynamo::ExpressionNames& names,
                             dynamo::ExpressionValues values = {}) {
    auto parsed = dynamo::Condition::parse(text, names);
    CARILLON_CHECK(parsed.has_value());
    return {*std::move(parsed), std::move(values)};
}

}  // namespace

dynamo::BoundCondition is_missing(const dynamo::KeySchema& key) {
    return bound("attribute_not_exists(#key)", {{"#key", key.hash.name}});
}

dynamo::BoundCondition exists(const dynamo::KeySchema& key) {
    return bound("attribute_exists(#key)", {{"#key", key.hash.name}});
}

dynamo::BoundCondition has_version(const std::string& attribute, std::int64_t version) {
    return has_value(attribute, version);
}

dynamo::BoundCondition has_value(const std::string& attribute, dynamo::Value value) {
    return bound("#name = :value", {{"#name", attribute}}, {{":value", std::move(value)}});
}

dynamo::BoundCondition lacks(const dynamo::KeySchema& key, const std::string& attribute) {
    return bound("attribute_exists(#key) AND attribute_not_exists(#name)",
                 {{"#key", key.hash.name}, {"#name", attribute}});
}

std::unexpected<Error> version_conflict(const std::optional<dynamo::Item>& stored,
                                        const std::string& attribute,
                                        std::int64_t version) {
    if (!stored || stored->empty()) return fail(Errc::not_found, "there is no such record");
    const dynamo::Value* found = stored->find(attribute);
    const std::string now = found != nullptr && found->number() != nullptr
                                ? found->number()->to_string()
                                : std::string("none");
    return fail(Errc::condition_failed,
                "the record was changed meanwhile: its version is " + now + ", not " +
                    std::to_string(version));
}

bool is_work_name(std::string_view name) {
    if (!name.starts_with(work_prefix) || name.size() <= work_prefix.size()) return false;
    const char next = name[work_prefix.size()];
    return next >= 'A' && next <= 'Z';
}

std::string UpdateText::place(const std::string& name) {
    const std::string number = std::to_string(names_.size());
    names_.emplace_back("#" + number, name);
    return number;
}

void UpdateText::set(const std::string& name, dynamo::Value value) {
    const std::string number = place(name);
    set_ += (set_.empty() ? "SET #" : ", #") + number + " = :" + number;
    values_.emplace_back(":" + number, std::move(value));
}

void UpdateText::add(const std::string& name, const dynamo::Number& number) {
    const std::string at = place(name);
    add_ += (add_.empty() ? " ADD #" : ", #") + at + " :" + at;
    values_.emplace_back(":" + at, number);
}

void UpdateText::remove(const std::string& name) {
    const std::string number = place(name);
    remove_ += (remove_.empty() ? " REMOVE #" : ", #") + number;
}

Result<dynamo::Update> UpdateText::parse() const {
    return dynamo::Update::parse(set_ + add_ + remove_, names_);
}

}  // namespace carillon::records
