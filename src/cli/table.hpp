// SPDX-License-Identifier: MIT
// A table in columns, for people.
#pragma once

#include "cli/colour.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace baton::cli {

class Table {
  public:
    explicit Table(std::vector<std::string> header) { add(std::move(header)); }
    /// Adds a row with as many cells as the header; the cell `column` has that colour.
    void add(std::vector<std::string> row, std::size_t column = 0, Colour colour = Colour::none) {
        rows_.push_back({std::move(row), column, colour});
    }
    /// Indented by two; each column is as wide as its widest cell; no white space at the ends of lines.
    [[nodiscard]] std::string text() const;

  private:
    struct Row {
        std::vector<std::string> cells;
        std::size_t column;
        Colour colour;
    };
    std::vector<Row> rows_;
};

} // namespace baton::cli
