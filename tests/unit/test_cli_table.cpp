// SPDX-License-Identifier: MIT
// Columns for people: as wide as their widest cell, nothing at the ends of lines.
#include "cli/table.hpp"

#include <doctest/doctest.h>

namespace baton::cli {
namespace {

TEST_CASE("columns are as wide as their widest cell, header included") {
    Table table{{"RELEASE", "VER", "DETAIL"}};
    table.add({"8", "1.2.3-long", "x"});
    table.add({"12345678", "1", ""});
    CHECK(table.text() == "  RELEASE   VER         DETAIL\n"
                          "  8         1.2.3-long  x\n"
                          "  12345678  1\n");
}

TEST_CASE("a table without rows is its header, an empty row an empty line") {
    Table table{{"A", "B"}};
    CHECK(table.text() == "  A  B\n");
    table.add({"", ""});
    CHECK(table.text() == "  A  B\n\n");
}

TEST_CASE("cells with letters of several bytes stand in line") {
    Table table{{"VER", "X"}};
    table.add({"\xC3\xA4\xC3\xB6\xC3\xBC", "1"}); // three letters, six bytes
    table.add({"abcdef", "2"});
    CHECK(table.text() == "  VER     X\n"
                          "  \xC3\xA4\xC3\xB6\xC3\xBC     1\n"
                          "  abcdef  2\n");
}

} // namespace
} // namespace baton::cli
