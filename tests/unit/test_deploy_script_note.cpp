// SPDX-License-Identifier: MIT
// What is said about a script whose release did not start.
#include "deploy/tell/script_note.hpp"

#include "scratch.hpp"

#include <doctest/doctest.h>

namespace baton::deploy {
namespace {

std::string note_of(std::string_view text) {
    const test::Scratch scratch;
    return script_note(scratch.write("program", text));
}

TEST_CASE("a shell script that starts its program as a child is told the word that it lacks") {
    for (const auto* const text : {"#!/bin/sh\nnode server.js\n", "#!/usr/bin/env bash\n./execute\nnpm start\n",
                                   "#!/bin/dash -e\n./my-exec\n", "#!/bin/bash\n/usr/bin/exec.d/x\n"}) {
        CAPTURE(text);
        CHECK(note_of(text).find("write exec before the program") != std::string::npos);
    }
}

TEST_CASE("nothing is said of what execs, of another language's script, or of a program") {
    for (const auto* const text : {"#!/bin/sh\nexec node server.js\n", "#!/bin/sh\ntrue && exec ./x",
                                   "#!/bin/sh\n(exec ./x)", "#!/usr/bin/env python3\nprint()\n",
                                   "\x7F"
                                   "ELF",
                                   ""}) {
        CAPTURE(text);
        CHECK(note_of(text).empty());
    }
}

TEST_CASE("a carriage return in the line of the interpreter is seen, also where env is what fails") {
    CHECK(note_of("#!/usr/bin/env node\r\n").find("'/usr/bin/env node\\r', with a carriage return") !=
          std::string::npos);
}

} // namespace
} // namespace baton::deploy
