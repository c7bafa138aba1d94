// SPDX-License-Identifier: MIT
#include "traced.hpp"

#include <doctest/doctest.h>

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace baton::test {
namespace {

constexpr int k_system_call_stop = SIGTRAP | 0x80; // PTRACE_O_TRACESYSGOOD

[[noreturn]] void run_body(const std::function<int()>& body) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) < 0) ::_exit(126);
    (void)::raise(SIGSTOP);
    ::_exit(body());
}

/// Lets the child go on to its next stop; its wait(2) status.
int resume(pid_t child, int signal) {
    int status = 0;
    REQUIRE(::ptrace(PTRACE_SYSCALL, child, nullptr, static_cast<long>(signal)) == 0);
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

/// The system call that the child is about to make; none at a call's end.
bool at_entry(pid_t child, SystemCall& call) {
    __ptrace_syscall_info info{};
    REQUIRE(::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0);
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return false;
    call.number = info.entry.nr;
    for (std::size_t i = 0; i < call.arguments.size(); ++i)
        call.arguments[i] = info.entry.args[i];
    return true;
}

} // namespace

int run_stopped_at(Stop stop, const std::function<bool(const SystemCall&)>& chosen,
                   const std::function<void()>& meanwhile, const std::function<int()>& body) {
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) run_body(body);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE_MESSAGE(WIFSTOPPED(status), "ptrace(2) is not allowed here");
    REQUIRE(::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0);
    bool done = false;
    for (int signal = 0;;) {
        status = resume(child, signal);
        if (!WIFSTOPPED(status)) break;
        signal = WSTOPSIG(status) == k_system_call_stop ? 0 : WSTOPSIG(status);
        SystemCall call{};
        if (done || signal != 0 || !at_entry(child, call) || !chosen(call)) continue;
        if (stop == Stop::after) REQUIRE(WIFSTOPPED(resume(child, 0)));
        meanwhile();
        done = true;
    }
    CHECK_MESSAGE(done, "the system call to stop at was never made");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace baton::test
