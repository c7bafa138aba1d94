// SPDX-License-Identifier: MIT
// How a program takes the socket that systemd passes, in its own language: the line to write.
#pragma once

#include <filesystem>
#include <string>

namespace baton::deploy {

/// "in Node: server.listen({fd: 3})". By the interpreter of a script, what a shell script starts, or what the program's
/// linker left in it; in general words if none of them tells.
[[nodiscard]] std::string socket_advice(const std::filesystem::path& program);

} // namespace baton::deploy
