// Rows under headings, aligned whatever script the text is written in.

#pragma once

#include "cli/console.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace carillon::cli {

struct Cell {
    std::string text;  ///< Made printable by the table.
    Style style = Style::plain;
};

class Table {
public:
    explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

    /// As many cells as headings.
    void add(std::vector<Cell> row);

    [[nodiscard]] bool empty() const { return rows_.empty(); }

    /// The last column is cut where the line would be longer than `width` (0: no limit).
    [[nodiscard]] std::string render(bool colours, std::size_t width) const;

private:
    std::vector<std::string> headings_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace carillon::cli
