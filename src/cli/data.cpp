#include "cli/data.hpp"

#include <fstream>
#include <istream>
#include <iterator>

namespace carillon::cli {
namespace {

Result<std::string> read_all(std::string_view option, std::istream& in, const std::string& name) {
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (in.bad()) return invalid(std::string(option), "cannot read " + name);
    return text;
}

}  // namespace

Result<std::string> read_data(std::string_view option, const std::string& text, std::istream& in) {
    if (text == "-") return read_all(option, in, "standard input");
    if (!text.starts_with('@')) return text;
    const std::string name = text.substr(1);
    std::ifstream file(name, std::ios::binary);
    if (!file) return invalid(std::string(option), "cannot open the file " + name);
    return read_all(option, file, name);
}

}  // namespace carillon::cli
