#include "queue/row_changes.hpp"

#include "core/check.hpp"
#include "queue/row_key.hpp"

#include <utility>

namespace carillon::queue {

void RowChanges::Expression::add_set(const std::string& name, const dynamo::Value& value) {
    const std::string number = std::to_string(names.size());
    set += (set.empty() ? "SET #" : ", #") + number + " = :" + number;
    names.emplace_back("#" + number, name);
    values.emplace_back(":" + number, value);
    signature += '+' + name + '\0';
}

void RowChanges::Expression::add_remove(const std::string& name) {
    const std::string number = std::to_string(names.size());
    remove += (remove.empty() ? " REMOVE #" : ", #") + number;
    names.emplace_back("#" + number, name);
    signature += '-' + name + '\0';
}

dynamo::Write RowChanges::write(const dynamo::Item& row,
                                Expression expression,
                                dynamo::BoundCondition condition) {
    dynamo::UpdateRequest update;
    update.table = rows_.table();
    update.key = *key_of_row_id(*row_id(row, rows_.key()), rows_.key());
    update.condition = std::move(condition);
    update.values = std::move(expression.values);
    auto known = updates_.find(expression.signature);
    if (known == updates_.end()) {
        auto parsed = dynamo::Update::parse(expression.set + expression.remove, expression.names);
        CARILLON_CHECK(parsed.has_value());
        known = updates_.emplace(std::move(expression.signature), *std::move(parsed)).first;
    }
    update.update = known->second;
    return update;
}

dynamo::Write RowChanges::between(const dynamo::Item& before, const dynamo::Item& after) {
    Expression expression;
    for (const dynamo::Attribute& attribute : after) {
        const dynamo::Value* old = before.find(attribute.name);
        if (old != nullptr && *old == attribute.value) continue;
        expression.add_set(attribute.name, attribute.value);
    }
    for (const dynamo::Attribute& attribute : before) {
        if (after.find(attribute.name) == nullptr) expression.add_remove(attribute.name);
    }
    return write(before, std::move(expression), rows_.unchanged(before));
}

dynamo::Write RowChanges::of(const dynamo::Item& after,
                             const std::vector<std::string>& attributes,
                             dynamo::BoundCondition condition) {
    Expression expression;
    for (const std::string& name : attributes) {
        if (const dynamo::Value* value = after.find(name)) {
            expression.add_set(name, *value);
        } else {
            expression.add_remove(name);
        }
    }
    return write(after, std::move(expression), std::move(condition));
}

}  // namespace carillon::queue
