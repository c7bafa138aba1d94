// SPDX-License-Identifier: MIT
// The '#!' line of a script as the kernel reads it, and what is said of a line that cannot work.
#include "base/interpreter.hpp"

#include "scratch.hpp"

#include <doctest/doctest.h>

namespace baton {
namespace {

using test::Scratch;

std::string read(const Scratch& scratch, std::string_view content) {
    const auto line = script_line_of(scratch.write("script", content));
    return line ? "[" + line->interpreter + "][" + line->argument + "]" : "none";
}

TEST_CASE("the interpreter and its one argument are read as execve(2) reads them") {
    const Scratch scratch;
    CHECK(read(scratch, "#!/bin/sh\necho\n") == "[/bin/sh][]");
    CHECK(read(scratch, "#! \t/usr/bin/env  node --x  \n") == "[/usr/bin/env][node --x]");
    CHECK(read(scratch, "#!/bin/sh") == "[/bin/sh][]");
    CHECK(read(scratch, "#!/bin/sh\r\necho\r\n") == "[/bin/sh\r][]");
    CHECK(read(scratch, "#!/usr/bin/env node\r\n") == "[/usr/bin/env][node\r]");
    CHECK(read(scratch, "#!\n") == "[][]");
    CHECK(read(scratch, "#!") == "[][]");
    CHECK(read(scratch, "#") == "none");
    CHECK(read(scratch, "") == "none");
    CHECK(read(scratch, "\x7F"
                        "ELF") == "none");
    CHECK(read(scratch, "#!/" + std::string(1000, 'x')).size() == 256 - 2 + 4); // the kernel reads no more
    CHECK_FALSE(script_line_of(scratch / "missing"));
    CHECK_FALSE(script_line_of(scratch.path()));
}

TEST_CASE("a line that names what is not there says so, with a carriage return made visible") {
    CHECK(script_fault({"/bin/sh", ""}).empty());
    CHECK(script_fault({"/bin/sh", "-e"}).empty());
    CHECK(script_fault({"relative/sh", ""}).empty());
    CHECK(script_fault({"", ""}) == "its '#!' line names no interpreter");
    CHECK(script_fault({"/nowhere/py\x1b[2J", ""}) ==
          "the interpreter '/nowhere/py\\x1b[2J' in its '#!' line does not exist here");
    CHECK(script_fault({"/bin/sh\r", ""}) ==
          "its '#!' line names '/bin/sh\\r', with a carriage return at its end, as Windows ends lines; "
          "sed -i 's/\\r$//' FILE removes them");
    CHECK(script_fault({"/usr/bin/env", "node\r"}).starts_with("its '#!' line names '/usr/bin/env node\\r', with"));
}

} // namespace
} // namespace baton
