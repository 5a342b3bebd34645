#include "cli/item_input.hpp"

#include "core/json.hpp"
#include "core/text.hpp"

#include <fstream>
#include <istream>
#include <utility>

namespace carillon::cli {

Result<std::vector<std::string>> item_texts(const std::string& argument, std::istream& in) {
    std::vector<std::string> out;
    const auto lines = [&out](std::istream& stream) {
        std::string line;
        while (std::getline(stream, line)) {
            if (!trim(line).empty()) out.push_back(line);
        }
    };
    if (argument == "-") {
        lines(in);
    } else if (argument.starts_with('@')) {
        std::ifstream file(argument.substr(1));
        if (!file) return fail(Errc::not_found, "cannot read " + argument.substr(1));
        lines(file);
    } else {
        out.push_back(argument);
        return out;
    }
    // One item may be written over several lines; several stand on a line each.
    if (!out.empty() && !parse_json(out.front())) {
        std::string whole;
        for (const std::string& line : out) whole.append(line).append("\n");
        out.assign(1, std::move(whole));
    }
    return out;
}

}  // namespace carillon::cli
