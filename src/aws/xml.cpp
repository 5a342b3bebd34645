#include "aws/xml.hpp"

#include <array>
#include <utility>

namespace carillon::aws {

std::string xml_text(std::string_view document, std::string_view element) {
    const std::string open = "<" + std::string(element) + ">";
    const std::string close = "</" + std::string(element) + ">";
    const std::size_t begin = document.find(open);
    if (begin == std::string_view::npos) return {};
    std::string_view raw = document.substr(begin + open.size());
    const std::size_t end = raw.find(close);
    if (end == std::string_view::npos) return {};
    raw = raw.substr(0, end);
    static constexpr std::array<std::pair<std::string_view, char>, 5> entities{
        {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
    std::string text;
    while (!raw.empty()) {
        bool resolved = false;
        for (const auto& [entity, character] : entities) {
            if (!raw.starts_with(entity)) continue;
            text += character;
            raw.remove_prefix(entity.size());
            resolved = true;
            break;
        }
        if (resolved) continue;
        text += raw.front();
        raw.remove_prefix(1);
    }
    return text;
}

}  // namespace carillon::aws
