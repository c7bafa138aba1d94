// SPDX-License-Identifier: MIT
// A table in columns, for people.
#pragma once

#include <string>
#include <vector>

namespace baton::cli {

class Table {
  public:
    explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
    /// Adds a row with as many cells as the header.
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    /// Indented by two; each column is as wide as its widest cell; no white space at the ends of lines.
    [[nodiscard]] std::string text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

} // namespace baton::cli
