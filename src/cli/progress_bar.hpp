// A bar that fills on a terminal's standard error while work goes on.

#pragma once

#include "runtime/clock.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace carillon::cli {

/// `[#########-----------] 45%  900 of 2000  312/s`, with `note` behind it. Without a total: what
/// is done, and how fast.
[[nodiscard]] std::string bar_text(std::int64_t done,
                                   std::int64_t total,
                                   double per_second,
                                   std::string_view note);

class ProgressBar {
public:
    /// `shown`: whether somebody watches; otherwise nothing is written.
    ProgressBar(std::ostream& err, const runtime::Clock& clock, bool shown)
        : err_(err), clock_(clock), shown_(shown), began_(clock.ticks()) {}

    /// At most ten times a second.
    void update(std::int64_t done, std::int64_t total, std::string_view note);
    /// Takes the bar away.
    void clear();

private:
    std::ostream& err_;
    const runtime::Clock& clock_;
    bool shown_;
    std::int64_t began_;
    std::int64_t drawn_at_ = 0;
    bool drawn_ = false;
};

}  // namespace carillon::cli
