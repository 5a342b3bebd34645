#include "dynamo/expression/path.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace carillon::dynamo {
namespace {

bool is_index(const PathStep& step) {
    return step.index >= 0;
}

/// Names before indexes, so that the two kinds of steps below one place lie apart.
struct PathLess {
    bool operator()(const Path* left, const Path* right) const {
        return std::ranges::lexicographical_compare(
            *left, *right, [](const PathStep& one, const PathStep& two) {
                return one.index != two.index ? one.index < two.index : one.name < two.name;
            });
    }
};

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
    // In sorted order a path stands next to the ones it clashes with, as long as nothing before it
    // clashed: so hostile text of very many paths costs no more than sorting them.
    std::set<const Path*, PathLess> before;
    std::string conflict;
    for (std::size_t second = 0; second < paths.size(); ++second) {
        const Path& path = *paths[second];
        const auto after = before.lower_bound(&path);
        PathClash kind = after != before.end() ? clash(**after, path) : PathClash::none;
        if (kind != PathClash::overlap && after != before.begin()) {
            kind = std::max(kind, clash(**std::prev(after), path));
        }
        before.insert(after, &path);
        if (kind == PathClash::none || (kind == PathClash::conflict && !conflict.empty())) continue;
        const auto first = std::ranges::find_if(
            paths, [&, kind](const Path* other) { return clash(*other, path) == kind; });
        std::string text = clash_text(kind, **first, path);
        if (kind == PathClash::overlap) return text;
        conflict = std::move(text);
    }
    return conflict;
}

}  // namespace carillon::dynamo
