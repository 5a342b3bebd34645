#include "dynamo/expression/path.hpp"

#include <algorithm>

namespace carillon::dynamo {
namespace {

bool is_index(const PathStep& step) {
    return step.index >= 0;
}

}  // namespace

const Value* resolve(const Item& item, const Path& path) {
    if (path.empty() || is_index(path.front())) return nullptr;
    const Value* value = item.find(path.front().name);
    for (std::size_t i = 1; i < path.size() && value != nullptr; ++i) {
        const PathStep& step = path[i];
        if (is_index(step)) {
            const List* list = value->list();
            const auto index = static_cast<std::size_t>(step.index);
            value = list != nullptr && index < list->size() ? &(*list)[index] : nullptr;
        } else {
            const Map* map = value->map();
            value = map != nullptr ? map->find(step.name) : nullptr;
        }
    }
    return value;
}

std::string path_text(const Path& path) {
    std::string text = "[";
    for (const PathStep& step : path) {
        if (text.size() > 1) text += ", ";
        text += is_index(step) ? '[' + std::to_string(step.index) + ']' : step.name;
    }
    text += ']';
    return text;
}

PathClash clash(const Path& one, const Path& two) {
    const std::size_t common = std::min(one.size(), two.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (is_index(one[i]) != is_index(two[i])) return PathClash::conflict;
        if (one[i] != two[i]) return PathClash::none;
    }
    return PathClash::overlap;
}

std::string clash_text(PathClash kind, const Path& one, const Path& two) {
    std::string text = "Two document paths ";
    text += kind == PathClash::overlap ? "overlap" : "conflict";
    text += " with each other; must remove or rewrite one of these paths; path one: ";
    text += path_text(one);
    text += ", path two: ";
    text += path_text(two);
    return text;
}

std::string first_clash(const std::vector<const Path*>& paths) {
    std::string conflict;
    for (std::size_t second = 1; second < paths.size(); ++second) {
        for (std::size_t first = 0; first < second; ++first) {
            const PathClash kind = clash(*paths[first], *paths[second]);
            if (kind == PathClash::overlap) return clash_text(kind, *paths[first], *paths[second]);
            if (kind == PathClash::conflict && conflict.empty()) {
                conflict = clash_text(kind, *paths[first], *paths[second]);
            }
        }
    }
    return conflict;
}

}  // namespace carillon::dynamo
