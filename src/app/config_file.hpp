// carillon.toml as texts of settings. Apart from config.cpp because it alone knows TOML.

#pragma once

#include "app/config.hpp"

#include <string>
#include <string_view>

namespace carillon::app {

/// The entries of a TOML document: texts, whole numbers, booleans, and lists of texts (joined by
/// commas). `invalid` names file and line.
[[nodiscard]] Result<FileTexts> read_toml(std::string_view document, const std::string& name);

/// The file's entries. With `required` false, a missing file is one without entries.
[[nodiscard]] Result<FileTexts> read_config_file(const std::string& path, bool required);

}  // namespace carillon::app
