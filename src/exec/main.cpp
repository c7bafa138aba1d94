// SPDX-License-Identifier: MIT
// baton-exec: becomes the program of a release. The unit file is the same for every release and cannot name the
// program, so the environment does: BATON_ARGV has percent-encoded words separated by spaces, the first of them a path
// in BATON_DIRECTORY; baton writes it into releases/N/env. baton-exec does not run a release that is neither live nor
// being deployed: anyone who restarts all services of a host means those that serve.
#include "base/exec_status.hpp"
#include "base/fd.hpp"
#include "base/interpreter.hpp"
#include "base/percent.hpp"
#include "base/socket_name.hpp"
#include "exec/preflight.hpp"
#include "exec/sockets.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int k_exit_exec = 203;               // EXIT_EXEC, systemd.exec(5) "Process exit codes"
constexpr int k_exit_not_run = EX_UNAVAILABLE; // sysexits(3); RestartPreventExitStatus= of SITE@.service

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// The option of what a user's own manager is asked with; it sets this variable, systemd.exec(5).
const char* for_user() {
    return std::getenv("MANAGERPID") == nullptr ? "" : " --user";
}

/// Whether a running deploy starts this release: BATON_HOLD is the deploy's process.
bool is_being_deployed() {
    const auto baton = static_cast<pid_t>(std::strtol(variable("BATON_HOLD").c_str(), nullptr, 10));
    return baton > 0 && (::kill(baton, 0) == 0 || errno != ESRCH);
}

/// BATON_LIVE is the link to the live release. If it cannot be read, as in a unit with its own root, the start is
/// allowed.
bool is_to_run() {
    std::error_code error;
    const auto live = std::filesystem::read_symlink(variable("BATON_LIVE"), error).filename();
    return error || live == variable("BATON_RELEASE") || is_being_deployed();
}

/// Release units have Sockets=, so a missing socket means that systemd has lost it. sd_listen_fds(3)
bool lacks_socket() {
    return !variable("BATON_PRIVATE_SOCKET").empty() && std::strtol(variable("LISTEN_FDS").c_str(), nullptr, 10) < 1;
}

/// Reports that from here on the exit status is the program's, though systemd uses the same statuses if it cannot set
/// up a service. sd_notify(3), without libsystemd, which would delay every start.
void say_started() {
    const auto path = variable("NOTIFY_SOCKET");
    sockaddr_un name{};
    if (path.empty() || path.size() >= sizeof name.sun_path) return;
    name.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), name.sun_path);
    if (name.sun_path[0] == '@') name.sun_path[0] = '\0';
    const baton::Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const auto text = "STATUS=" + std::string{baton::k_started_status};
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    (void)::sendto(socket.get(), text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&name),
                   size);
}

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

std::string reason(const char* program, int error_number) {
    if (error_number == ENOENT)
        if (const auto script = baton::script_line_of(program))
            if (auto fault = baton::script_fault(*script); !fault.empty()) return fault;
    switch (error_number) {
    case ENOEXEC:
        return "it is not a program that this machine can run (no ELF file for its architecture, no '#!' line)";
    case ENOENT:
        return "it, or the loader that it needs, does not exist here";
    case EACCES:
        return "this user may not execute it, or may not search a directory in its path";
    default:
        return std::strerror(error_number);
    }
}

} // namespace

int main() {
    if (!is_to_run()) {
        (void)std::fprintf(stderr, "baton-exec: release %s of %s is not live, and is not run: baton%s status %s\n",
                           variable("BATON_RELEASE").c_str(), variable("BATON_SITE").c_str(), for_user(),
                           variable("BATON_SITE").c_str());
        return k_exit_not_run;
    }
    const bool has_none = lacks_socket();
    const auto [missing, unfiltered] = baton::arrange_sockets();
    if (has_none || !missing.empty()) {
        (void)std::fprintf(stderr, "baton-exec: systemd passed no listening socket%s%s: systemctl%s restart %s\n",
                           has_none ? "" : " for ", has_none ? "" : missing.c_str(), for_user(),
                           variable("BATON_SITE").c_str());
        return baton::k_exit_no_socket;
    }
    // For baton-listen@, which sets it before the switch counts as done; a release finds it set.
    if (!unfiltered.empty() && variable("BATON_PRIVATE_SOCKET") == "-") {
        (void)std::fprintf(stderr,
                           "baton-exec: the filter of the socket %s cannot be set: systemctl%s stop %s, then start\n",
                           unfiltered.c_str(), for_user(), variable("BATON_SITE").c_str());
        return baton::k_exit_no_socket;
    }
    if (const auto why = baton::take_preflight_sockets(); !why.empty()) {
        (void)std::fprintf(stderr,
                           "baton-exec: taking the sockets of the preflight: %s; without a preflight: \"Preflight\": "
                           "false in watch.conf\n",
                           why.c_str());
        return baton::k_exit_no_preflight;
    }
    if (variable("BATON_STANDARD_INPUT") == "socket") (void)::dup2(baton::k_first_passed, STDIN_FILENO);
    const char* encoded = std::getenv("BATON_ARGV");
    auto arguments = words(encoded == nullptr ? "" : encoded);
    if (arguments.empty()) {
        (void)std::fputs("baton-exec: $BATON_ARGV names no program; baton's release units set it\n", stderr);
        return k_exit_exec;
    }
    if (const auto directory = variable("BATON_DIRECTORY"); !directory.empty()) // an older baton's has the whole path
        arguments.front() = std::filesystem::path{directory} / arguments.front();
    (void)::unsetenv("BATON_ARGV"); // the program's children must not inherit these
    (void)::unsetenv("BATON_DIRECTORY");
    (void)::unsetenv("BATON_STANDARD_INPUT");
    std::vector<char*> argv;
    for (auto& argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    say_started();
    (void)::execv(argv[0], argv.data());
    (void)std::fprintf(stderr, "baton-exec: executing '%s': %s\n", argv[0], reason(argv[0], errno).c_str());
    return k_exit_exec;
}
