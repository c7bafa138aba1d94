// SPDX-License-Identifier: MIT
// baton-exec: becomes the program of a release. The unit file is the same for every release and cannot name it, so the
// environment does: BATON_ARGV, percent-encoded words separated by spaces; baton writes it into releases/N/env.
#include "base/percent.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

constexpr int k_exit_exec = 203; // EXIT_EXEC, systemd.exec(5) "Process exit codes"

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> decoded;
    while (!text.empty()) {
        const auto space = text.find(' ');
        const auto word = baton::percent_decode(text.substr(0, space));
        if (!word) return {};
        decoded.push_back(*word);
        text.remove_prefix(space == text.npos ? text.size() : space + 1);
    }
    return decoded;
}

const char* reason(int error_number) {
    switch (error_number) {
    case ENOEXEC:
        return "it is no program this machine can run (no ELF file for its architecture, no '#!' line)";
    case ENOENT:
        return "it, or the interpreter it names, does not exist here";
    case EACCES:
        return "this user may not execute it, or something on the way to it";
    default:
        return std::strerror(error_number);
    }
}

} // namespace

int main() {
    const char* encoded = std::getenv("BATON_ARGV");
    auto arguments = words(encoded == nullptr ? "" : encoded);
    if (arguments.empty()) {
        (void)std::fputs("baton-exec: $BATON_ARGV names no program; baton's release units set it\n", stderr);
        return k_exit_exec;
    }
    (void)::unsetenv("BATON_ARGV"); // the program's children are none of ours
    std::vector<char*> argv;
    for (auto& argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    (void)::execv(argv[0], argv.data());
    (void)std::fprintf(stderr, "baton-exec: executing '%s': %s\n", argv[0], reason(errno));
    return k_exit_exec;
}
