#include "cli/progress_bar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace carillon::cli {
namespace {

constexpr std::int64_t cells = 24;
constexpr std::int64_t pause_ns = 100'000'000;

}  // namespace

std::string bar_text(std::int64_t done,
                     std::int64_t total,
                     double per_second,
                     std::string_view note) {
    std::string text;
    if (total > 0) {
        // Records that came in meanwhile make it longer.
        const std::int64_t whole = std::max(total, done);
        const std::int64_t full = done * cells / whole;
        text = fmt::format("[{}{}] {:3}%  {} of {}",
                           std::string(static_cast<std::size_t>(full), '#'),
                           std::string(static_cast<std::size_t>(cells - full), '-'),
                           done * 100 / whole,
                           done,
                           whole);
    } else {
        text = fmt::format("{} done", done);
    }
    text += fmt::format("  {:.0f}/s", per_second);
    if (!note.empty()) text.append("  ").append(note);
    return text;
}

void ProgressBar::update(std::int64_t done, std::int64_t total, std::string_view note) {
    if (!shown_) return;
    const std::int64_t now = clock_.ticks();
    if (drawn_ && now - drawn_at_ < pause_ns) return;
    drawn_at_ = now;
    drawn_ = true;
    const double seconds = std::max(1e-3, static_cast<double>(now - began_) * 1e-9);
    // To the line's beginning, and what is left of the last bar away.
    err_ << "\r\x1b[K" << bar_text(done, total, static_cast<double>(done) / seconds, note)
         << std::flush;
}

void ProgressBar::clear() {
    if (drawn_) err_ << "\r\x1b[K" << std::flush;
    drawn_ = false;
}

}  // namespace carillon::cli
