// SPDX-License-Identifier: MIT
// The line that a rejected program lacks, by its language.
#include "deploy/tell/socket_advice.hpp"

#include "scratch.hpp"

#include <doctest/doctest.h>

namespace baton::deploy {

TEST_CASE("the advice is that of the interpreter, of what a shell script starts, or of the program's name") {
    const test::Scratch scratch;
    const auto advice = [&](const std::string& text) { return socket_advice(scratch.write("program", text)); };
    CHECK(advice("#!/usr/bin/python3\n") == "in Python: socket.socket(fileno=3)");
    CHECK(advice("#!/usr/bin/env -S python3.11 -u\n") == "in Python: socket.socket(fileno=3)");
    CHECK(advice("#!/usr/bin/env node\n") == "in Node: server.listen({fd: 3})");
    CHECK(advice("#!/usr/bin/ruby\n") == "in Ruby: TCPServer.for_fd(3)");
    CHECK(advice("#!/bin/sh\nexec node server.js\n") == "in Node: server.listen({fd: 3})");
    CHECK(advice("#!/bin/sh\nexec npm start\n") == "in Node: server.listen({fd: 3})");
    CHECK(advice("#!/bin/sh\nexec venv/bin/gunicorn app:app\n") == "gunicorn takes it from LISTEN_FDS without --bind");
    CHECK(advice("#!/bin/sh\nexec java -jar shop.jar\n").starts_with("in Java: "));
    CHECK(advice("#!/bin/sh\nexec ./shop\n") == "it is descriptor 3, sd_listen_fds(3)");
    CHECK(advice("#!/bin/sh\n# runs on every node\nexec ./shop # not node\n").starts_with("it is"));
    CHECK(advice("#!/bin/sh\nexec bundle exec rails\n").starts_with("it is"));
    CHECK(socket_advice(scratch.write("venv/uvicorn", "#!/venv/bin/python3\n")) == "uvicorn takes it with --fd 3");
    CHECK(advice("\x7f"
                 "ELF") == "it is descriptor 3, sd_listen_fds(3)");
    CHECK(socket_advice(scratch.write("python3", "")) == "in Python: socket.socket(fileno=3)");
    CHECK(socket_advice(scratch / "missing") == "it is descriptor 3, sd_listen_fds(3)");
}

} // namespace baton::deploy
