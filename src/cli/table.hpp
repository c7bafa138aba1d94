// SPDX-License-Identifier: MIT
// Columns for people.
#pragma once

#include <string>
#include <vector>

namespace baton::cli {

class Table {
  public:
    explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
    /// As many cells as the header has.
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    /// Indented by two, columns as wide as their widest cell, no white space at the ends of lines.
    [[nodiscard]] std::string text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

} // namespace baton::cli
