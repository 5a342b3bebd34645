#include "app/config_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <iterator>
#include <toml++/toml.h>
#include <utility>

namespace carillon::app {
namespace {

Result<std::string> scalar_text(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
    if (const auto truth = node.value_exact<bool>()) return std::string(*truth ? "true" : "false");
    return fail(Errc::invalid, "must be a text, a whole number, true or false, or a list of texts");
}

Result<std::string> text_of(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (list == nullptr) return scalar_text(node);
    std::string joined;
    for (const toml::node& each : *list) {
        CARILLON_TRY(const std::string text, scalar_text(each));
        if (!joined.empty()) joined += ',';
        joined += text;
    }
    return joined;
}

/// Patterns of types and the publishers' URLs, as the setting `events` has them.
constexpr std::string_view events_section = "events";

Result<std::string> events_text(const toml::table& table, const std::string& name) {
    std::string joined;
    for (const auto& [key, node] : table) {
        const auto url = node.value_exact<std::string>();
        if (!url || url->contains(' ') || key.str().contains(' ')) {
            return fail(Errc::invalid,
                        fmt::format("{}:{}: {}: must be a publisher's URL",
                                    name,
                                    key.source().begin.line,
                                    key.str()));
        }
        joined += fmt::format("{}{}={}", joined.empty() ? "" : " ", key.str(), *url);
    }
    return joined;
}

/// Sections of layers by their names, as the setting `layers` has them.
constexpr std::string_view layers_section = "layers";

Result<std::string> layers_text(const toml::table& table, const std::string& name) {
    std::string joined;
    for (const auto& [layer, node] : table) {
        const toml::table* inner = node.as_table();
        if (inner == nullptr) {
            return fail(Errc::invalid,
                        fmt::format("{}:{}: {}: must be a section [layers.{}]",
                                    name,
                                    layer.source().begin.line,
                                    layer.str(),
                                    layer.str()));
        }
        joined += fmt::format("{}{}", joined.empty() ? "" : "; ", layer.str());
        for (const auto& [key, value] : *inner) {
            auto text = text_of(value);
            if (text && (text->contains(' ') || text->contains(';'))) {
                text = fail(Errc::invalid, "must not hold spaces or semicolons");
            }
            if (!text) {
                return fail(Errc::invalid,
                            fmt::format("{}:{}: {}.{}: {}",
                                        name,
                                        key.source().begin.line,
                                        layer.str(),
                                        key.str(),
                                        text.error().message));
            }
            joined += fmt::format(" {}={}", key.str(), *text);
        }
    }
    return joined;
}

/// The section of the endpoint. Its keys become `dynamodb-port` and so on.
constexpr std::string_view section = "dynamodb";

Result<> read_entries(const toml::table& table, std::string_view prefix, FileTexts& file) {
    for (const auto& [key, node] : table) {
        const auto line = static_cast<std::size_t>(key.source().begin.line);
        if (const toml::table* inner = node.as_table(); inner != nullptr) {
            if (prefix.empty() && key.str() == section) {
                CARILLON_TRY_VOID(read_entries(*inner, "dynamodb-", file));
                continue;
            }
            if (prefix.empty() && key.str() == events_section) {
                CARILLON_TRY(std::string text, events_text(*inner, file.name));
                file.entries.push_back({"events", std::move(text), line});
                continue;
            }
            if (prefix.empty() && key.str() == layers_section) {
                CARILLON_TRY(std::string text, layers_text(*inner, file.name));
                file.entries.push_back({"layers", std::move(text), line});
                continue;
            }
            return fail(Errc::invalid,
                        fmt::format("{}:{}: unknown section [{}]: settings are written without "
                                    "sections, except those of [{}], [events] and [layers.NAME]",
                                    file.name,
                                    line,
                                    key.str(),
                                    section));
        }
        auto text = text_of(node);
        if (!text) {
            return fail(
                Errc::invalid,
                fmt::format("{}:{}: {}: {}", file.name, line, key.str(), text.error().message));
        }
        file.entries.push_back({std::string(prefix).append(key.str()), *std::move(text), line});
    }
    return {};
}

Result<FileTexts> read_table(const toml::table& table, const std::string& name) {
    FileTexts file{.name = name};
    CARILLON_TRY_VOID(read_entries(table, {}, file));
    // Mistakes are told from top to bottom.
    std::ranges::sort(file.entries, {}, &FileEntry::line);
    return file;
}

}  // namespace

Result<FileTexts> read_toml(std::string_view document, const std::string& name) {
    try {
        return read_table(toml::parse(document, name), name);
    } catch (const toml::parse_error& error) {
        return fail(Errc::invalid,
                    fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
    } catch (const std::exception& error) {
        return fail(Errc::internal, fmt::format("{}: {}", name, error.what()));
    }
}

Result<FileTexts> read_config_file(const std::string& path, bool required) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        if (!required) return FileTexts{};
        return fail(Errc::invalid, "cannot open the configuration file " + path);
    }
    const std::string document{std::istreambuf_iterator<char>(file),
                               std::istreambuf_iterator<char>()};
    if (file.bad()) return fail(Errc::invalid, "cannot read the configuration file " + path);
    return read_toml(document, path);
}

}  // namespace carillon::app
