// The little of XML that STS's answers need.

#pragma once

#include <string>
#include <string_view>

namespace carillon::aws {

/// The text of the first element of that name, its entities resolved; empty when there is none.
[[nodiscard]] std::string xml_text(std::string_view document, std::string_view element);

}  // namespace carillon::aws
