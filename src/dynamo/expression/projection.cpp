// Projections: parse, and copy the parts of an item that they name.

#include "dynamo/expression/parser.hpp"
#include "dynamo/expression/path.hpp"

#include <algorithm>
#include <optional>

namespace carillon::dynamo {
namespace {

/// All paths as one tree, so that an item is walked once and the parts of one map or list come out
/// together. A node without children takes the whole value.
struct Part {
    PathStep step{};
    std::vector<Part> children{};
};

bool step_less(const PathStep& left, const PathStep& right) {
    return left.index != right.index ? left.index < right.index : left.name < right.name;
}

void add_path(std::vector<Part>& parts, const Path& path) {
    std::vector<Part>* level = &parts;
    for (const PathStep& step : path) {
        auto at = std::ranges::lower_bound(*level, step, step_less, &Part::step);
        if (at == level->end() || at->step != step) at = level->insert(at, Part{step});
        level = &at->children;
    }
}

std::optional<Value> project(const Value& value, const std::vector<Part>& parts);

std::optional<Map> project_map(const Map& map, const std::vector<Part>& parts) {
    Map result;
    for (const Part& part : parts) {
        const Value* found = part.step.index < 0 ? map.find(part.step.name) : nullptr;
        if (found == nullptr) continue;
        if (auto value = project(*found, part.children)) {
            result.append(part.step.name, *std::move(value));
        }
    }
    return result.empty() ? std::nullopt : std::optional(std::move(result));
}

std::optional<List> project_list(const List& list, const std::vector<Part>& parts) {
    List result;
    for (const Part& part : parts) {
        if (part.step.index < 0) continue;
        const auto index = static_cast<std::size_t>(part.step.index);
        if (index >= list.size()) break;
        if (auto value = project(list[index], part.children)) {
            result.push_back(*std::move(value));
        }
    }
    return result.empty() ? std::nullopt : std::optional(std::move(result));
}

std::optional<Value> project(const Value& value, const std::vector<Part>& parts) {
    if (parts.empty()) return value;
    if (const Map* map = value.map()) {
        if (auto part = project_map(*map, parts)) return Value(*std::move(part));
    } else if (const List* list = value.list()) {
        if (auto part = project_list(*list, parts)) return Value(*std::move(part));
    }
    return std::nullopt;
}

struct ParsedProjection {
    std::vector<Path> paths{};
    std::vector<Part> parts{};
    UsedPlaceholders used{};
};

class ProjectionParser final : Parser {
public:
    ProjectionParser(std::string_view text, const ExpressionNames& names)
        : Parser(text, names, {}) {}

    Result<ParsedProjection> parse() {
        ParsedProjection parsed;
        bool read = true;
        do {
            read = path(parsed.paths.emplace_back());
        } while (read && accept_symbol(","));
        if (read && !at_end()) syntax_error();
        check_paths(parsed.paths);
        CARILLON_TRY_VOID(finish());
        parsed.used = take_used();
        return parsed;
    }

private:
    void check_paths(const std::vector<Path>& paths) {
        std::vector<const Path*> pointers;
        pointers.reserve(paths.size());
        for (const Path& path : paths) pointers.push_back(&path);
        if (std::string text = first_clash(pointers); !text.empty()) {
            note(Rule::paths, std::move(text));
        }
    }
};

}  // namespace

struct Projection::Parsed {
    ParsedProjection content{};
};

Result<Projection> Projection::parse(std::string_view text, const ExpressionNames& names) {
    CARILLON_TRY_VOID(Parser::check_size(text));
    CARILLON_TRY(ParsedProjection parsed, ProjectionParser(text, names).parse());
    for (const Path& path : parsed.paths) add_path(parsed.parts, path);
    Projection projection;
    projection.parsed_ = std::make_shared<const Parsed>(Parsed{std::move(parsed)});
    return projection;
}

Projection Projection::of_attributes(std::vector<std::string> names) {
    ParsedProjection parsed;
    for (std::string& name : names) {
        Path path;
        path.push_back({std::move(name)});
        add_path(parsed.parts, path);
        parsed.paths.push_back(std::move(path));
    }
    Projection projection;
    projection.parsed_ = std::make_shared<const Parsed>(Parsed{std::move(parsed)});
    return projection;
}

Item Projection::apply(const Item& item) const {
    return project_map(item, parsed_->content.parts).value_or(Item());
}

const std::vector<std::string>& Projection::used_names() const {
    return parsed_->content.used.names;
}

const std::vector<Path>& Projection::paths() const {
    return parsed_->content.paths;
}

}  // namespace carillon::dynamo
