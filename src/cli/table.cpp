// SPDX-License-Identifier: MIT
#include "cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::cli {

std::string Table::text() const {
    std::vector<std::size_t> widths(rows_.front().cells.size());
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.cells.size(); ++i)
            widths[i] = std::max(widths[i], row.cells[i].size());
    std::string text;
    for (const auto& [cells, column, colour] : rows_) {
        std::string line;
        for (std::size_t i = 0; i < cells.size(); ++i)
            line += "  " + painted(i == column ? colour : Colour::none, fmt::format("{:<{}}", cells[i], widths[i]));
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

} // namespace baton::cli
