#include "cli/table.hpp"

#include "core/check.hpp"

#include <algorithm>
#include <utility>

namespace carillon::cli {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t last_column_min = 8;

}  // namespace

void Table::add(std::vector<Cell> row) {
    CARILLON_CHECK(row.size() == headings_.size());
    for (Cell& cell : row) cell.text = printable(cell.text);
    rows_.push_back(std::move(row));
}

std::string Table::render(bool colours, std::size_t width) const {
    std::vector<std::size_t> widths;
    std::size_t before_last = 0;
    for (std::size_t column = 0; column < headings_.size(); ++column) {
        std::size_t widest = display_width(headings_[column]);
        for (const auto& row : rows_) {
            widest = std::max(widest, display_width(row[column].text));
        }
        widths.push_back(widest);
        if (column + 1 < headings_.size()) before_last += widest + gap;
    }
    if (width != 0 && !widths.empty()) {
        const std::size_t left = width > before_last ? width - before_last : 0;
        widths.back() = std::min(widths.back(), std::max(left, last_column_min));
    }

    std::string out;
    const auto line = [&](const auto& cell_at) {
        for (std::size_t column = 0; column < headings_.size(); ++column) {
            const Cell cell = cell_at(column);
            const bool last = column + 1 == headings_.size();
            const std::string text = last ? fit(cell.text, widths[column]) : cell.text;
            out += paint(text, cell.style, colours);
            if (!last) out.append(widths[column] - display_width(text) + gap, ' ');
        }
        // Nothing after the last visible character: lines are compared and copied.
        while (out.ends_with(' ')) out.pop_back();
        out += '\n';
    };
    line([&](std::size_t column) { return Cell{headings_[column], Style::dim}; });
    for (const auto& row : rows_) {
        line([&](std::size_t column) { return row[column]; });
    }
    return out;
}

}  // namespace carillon::cli
