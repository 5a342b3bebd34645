// INSERT, UPDATE, DELETE and EXISTS as writes of the port.

#include "dynamo/partiql/expression_text.hpp"
#include "dynamo/partiql/plan.hpp"
#include "dynamo/partiql/where.hpp"

#include <utility>

namespace carillon::dynamo::partiql {

namespace {

using Parts = std::vector<const Node*>;

/// The item that the WHERE clause names; `parts` keeps what else it says.
Result<Item> named_item(Parts& parts, const TableSchema& schema, const Parameters& parameters) {
    CARILLON_TRY(auto key, take_key(parts, schema.key, parameters));
    if (key) return *std::move(key);
    return fail(Errc::invalid,
                "Where clause does not contain a mandatory equality on all key attributes");
}

Path path_of(const std::string& attribute) {
    return {{attribute}};
}

/// That the item is there, and keeps what is left of the WHERE clause.
Result<BoundCondition> present(const Parts& parts,
                               const TableSchema& schema,
                               const Parameters& parameters) {
    ExpressionText text(parameters);
    text.raw("attribute_exists(");
    text.path(path_of(schema.key.hash.name));
    text.raw(")");
    if (!parts.empty()) {
        text.raw(" AND ");
        CARILLON_TRY_VOID(text.all_of(parts));
    }
    return text.bound_condition();
}

Result<BoundCondition> absent(const TableSchema& schema, const Parameters& parameters) {
    ExpressionText text(parameters);
    text.raw("attribute_not_exists(");
    text.path(path_of(schema.key.hash.name));
    text.raw(")");
    return text.bound_condition();
}

Result<Write> plan_insert(const Insert& insert,
                          const Parameters& parameters,
                          const TableSchema& schema) {
    CARILLON_TRY(Value value, value_of(insert.item, parameters));
    Map* item = value.get_if<Map>();
    if (item == nullptr) return malformed("The VALUE of an INSERT must be a map");
    PutRequest put;
    put.table = schema.name;
    put.item = std::move(*item);
    CARILLON_TRY(put.condition, absent(schema, parameters));
    return put;
}

/// Gathers assignments by the clauses of an update expression.
class UpdateText {
public:
    explicit UpdateText(const Parameters& parameters)
        : text_(parameters), parameters_(parameters) {}

    Result<> add(const Assignment& assignment);
    Result<std::pair<Update, ExpressionValues>> finish();

private:
    Result<> operand(const Node& node);
    Result<> set_function(const Path& path, const Node& call);

    /// Clauses share the numbering of placeholders, so they are parts of one text that is put
    /// together in the end.
    void begin(std::string& clause) {
        if (!clause.empty()) clause += ", ";
        mark_ = text_.text().size();
    }

    void end(std::string& clause) { clause += text_.text().substr(mark_); }

    ExpressionText text_;
    const Parameters& parameters_;
    std::size_t mark_ = 0;
    std::string sets_;
    std::string removes_;
    std::string adds_;
    std::string deletes_;
};

Result<> UpdateText::operand(const Node& node) {
    CARILLON_TRY(auto known, constant(node, parameters_));
    if (known) {
        text_.value(*std::move(known));
        return {};
    }
    switch (node.kind) {
        case NodeKind::path:
            text_.path(node.path);
            return {};
        case NodeKind::add:
        case NodeKind::subtract:
            CARILLON_TRY_VOID(operand(node.children[0]));
            text_.raw(node.kind == NodeKind::add ? " + " : " - ");
            return operand(node.children[1]);
        case NodeKind::call:
            if (node.name != "list_append" && node.name != "if_not_exists") break;
            text_.raw(node.name);
            text_.raw("(");
            CARILLON_TRY_VOID(operand(node.children[0]));
            text_.raw(",");
            CARILLON_TRY_VOID(operand(node.children[1]));
            text_.raw(")");
            return {};
        default:
            break;
    }
    return malformed("Unsupported value of an assignment");
}

/// `SET a = set_add(a, <<...>>)` is ADD, and set_delete is DELETE.
Result<> UpdateText::set_function(const Path& path, const Node& call) {
    const Node& target = call.children[0];
    const std::string function = call.name == "set_add" ? "SET_ADD" : "SET_DELETE";
    if (target.kind != NodeKind::path || target.path != path) {
        return fail(Errc::invalid,
                    "The first argument to " + function + " must equal the assignment value at " +
                        call.place);
    }
    CARILLON_TRY(Value members, value_of(call.children[1], parameters_));
    if (members.type() != Type::string_set && members.type() != Type::number_set &&
        members.type() != Type::binary_set) {
        return fail(Errc::invalid,
                    "The second argument to " + function + " must be a value with type SET at " +
                        call.operand_place);
    }
    std::string& clause = call.name == "set_add" ? adds_ : deletes_;
    begin(clause);
    text_.path(path);
    text_.raw(" ");
    text_.value(std::move(members));
    end(clause);
    return {};
}

Result<> UpdateText::add(const Assignment& assignment) {
    if (assignment.kind == AssignmentKind::remove) {
        begin(removes_);
        text_.path(assignment.path);
        end(removes_);
        return {};
    }
    const Node& value = assignment.value;
    if (value.kind == NodeKind::call && (value.name == "set_add" || value.name == "set_delete")) {
        return set_function(assignment.path, value);
    }
    begin(sets_);
    text_.path(assignment.path);
    text_.raw(" = ");
    CARILLON_TRY_VOID(operand(value));
    end(sets_);
    return {};
}

Result<std::pair<Update, ExpressionValues>> UpdateText::finish() {
    std::string text;
    for (const auto& [name, clause] :
         {std::pair<std::string_view, const std::string*>{"SET ", &sets_},
          {" REMOVE ", &removes_},
          {" ADD ", &adds_},
          {" DELETE ", &deletes_}}) {
        if (!clause->empty()) text.append(name).append(*clause);
    }
    CARILLON_TRY(Update update, Update::parse(text, text_.names()));
    return std::pair(std::move(update), text_.take_values());
}

Result<Write> plan_update(const UpdateStatement& statement,
                          const Parameters& parameters,
                          const TableSchema& schema) {
    UpdateRequest out;
    out.table = schema.name;
    Parts parts = conjuncts(statement.where);
    CARILLON_TRY(out.key, named_item(parts, schema, parameters));
    CARILLON_TRY(out.condition, present(parts, schema, parameters));
    UpdateText text(parameters);
    for (const Assignment& assignment : statement.assignments) {
        CARILLON_TRY_VOID(text.add(assignment));
    }
    CARILLON_TRY(auto update, text.finish());
    out.update = std::move(update.first);
    out.values = std::move(update.second);
    out.return_values = statement.returning;
    return out;
}

Result<Write> plan_delete(const DeleteStatement& statement,
                          const Parameters& parameters,
                          const TableSchema& schema) {
    DeleteRequest out;
    out.table = schema.name;
    out.return_old = statement.returning_old;
    Parts parts = conjuncts(statement.where);
    CARILLON_TRY(out.key, named_item(parts, schema, parameters));
    if (parts.empty()) return out;
    // A DELETE of what is not there does nothing, whatever else its WHERE clause says.
    ExpressionText text(parameters);
    text.raw("attribute_not_exists(");
    text.path(path_of(schema.key.hash.name));
    // all_of puts a single part between parentheses where it needs them.
    const bool several = parts.size() > 1;
    text.raw(several ? ") OR (" : ") OR ");
    CARILLON_TRY_VOID(text.all_of(parts));
    if (several) text.raw(")");
    CARILLON_TRY(out.condition, text.bound_condition());
    return out;
}

Result<Write> plan_check(const Select& select,
                         const Parameters& parameters,
                         const TableSchema& schema) {
    if (select.from.index) {
        return fail(Errc::invalid, "Reads on indices are not supported within transactions.");
    }
    ConditionCheck out{schema.name, {}, {}, false};
    Parts parts = conjuncts(select.where);
    CARILLON_TRY(out.key, named_item(parts, schema, parameters));
    if (parts.empty()) {
        return fail(Errc::invalid,
                    "EXISTS() must contain a single item read with additional condition");
    }
    CARILLON_TRY(out.condition, present(parts, schema, parameters));
    return out;
}

}  // namespace

Result<Write> plan_write(const Statement& statement,
                         const Parameters& parameters,
                         const TableSchema& schema) {
    if (const auto* insert = std::get_if<Insert>(&statement.body)) {
        return plan_insert(*insert, parameters, schema);
    }
    if (const auto* update = std::get_if<UpdateStatement>(&statement.body)) {
        return plan_update(*update, parameters, schema);
    }
    if (const auto* erase = std::get_if<DeleteStatement>(&statement.body)) {
        return plan_delete(*erase, parameters, schema);
    }
    if (const auto* exists = std::get_if<Exists>(&statement.body)) {
        return plan_check(exists->select, parameters, schema);
    }
    return fail(Errc::invalid, "A SELECT is not a write");
}

}  // namespace carillon::dynamo::partiql
