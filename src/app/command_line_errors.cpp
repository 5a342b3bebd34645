#include "app/command_line_errors.hpp"

#include "cli/console.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace carillon::app {
namespace {

std::string names_of(const CLI::App& family) {
    std::string names;
    for (const CLI::App* one : family.get_subcommands([](const CLI::App*) { return true; })) {
        names += names.empty() ? "" : ", ";
        names += one->get_name();
    }
    return names;
}

/// The first word that no command took.
std::string unknown_word(const CLI::App& root) {
    for (const std::string& word : root.remaining(true)) {
        if (!word.starts_with('-')) return word;
    }
    return {};
}

}  // namespace

std::string failure_text(const CLI::App* root, const CLI::Error& error) {
    const CLI::App* meant = root;
    std::string path = root->get_name().empty() ? "carillon" : root->get_name();
    while (!meant->get_subcommands().empty()) {
        meant = meant->get_subcommands().front();
        path += " " + meant->get_name();
    }
    std::string text = error.what();
    const bool takes_rule = path.ends_with(" cron") || path.ends_with(" schedule add");
    if (takes_rule && dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        text += "; a rule of several words stands in quotes: '0 9 * * MON-FRI'";
    }
    const std::string names = names_of(*meant);
    if (!names.empty()) {
        const std::string word = unknown_word(*root);
        text = word.empty() ? path + " needs one of: " + names
                            : "there is no '" + path + " " + word + "'; there are: " + names;
    }
    return "error: " + cli::printable(text) + "\nsee " + path + " --help\n";
}

}  // namespace carillon::app
