// SPDX-License-Identifier: MIT
// Runs a program and kills it with SIGKILL as it enters its Nth system call, before the kernel has carried that out:
//   kill-at-syscall N PROGRAM [ARGUMENT...]
// It counts only calls with effects that other processes, or the disk, can see: a kill anywhere between two of them has
// the same effect. Exits with status 0 after the kill, with the call's number on stderr; with 100 when the program
// ended before.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr int k_killed = 0;
constexpr int k_had_ended = 100;
constexpr int k_broken = 2;

constexpr std::array k_visible{
    SYS_write,    SYS_pwrite64,  SYS_writev,    SYS_sendto,          SYS_sendmsg,    SYS_sendmmsg,  SYS_connect,
    SYS_openat2,  SYS_ftruncate, SYS_fallocate, SYS_copy_file_range, SYS_sendfile,   SYS_ioctl,     SYS_rename,
    SYS_renameat, SYS_renameat2, SYS_link,      SYS_linkat,          SYS_symlink,    SYS_symlinkat, SYS_unlink,
    SYS_unlinkat, SYS_mkdir,     SYS_mkdirat,   SYS_rmdir,           SYS_fchmod,     SYS_fchmodat,  SYS_utimensat,
    SYS_flock,    SYS_fsync,     SYS_syncfs,    SYS_shutdown,        SYS_exit_group,
};

/// What only reads is seen by nobody; and close(2) is what the kill does as well.
bool is_visible(const __ptrace_syscall_info& info) {
    const auto number = static_cast<long>(info.entry.nr);
    if (number == SYS_openat) return (info.entry.args[2] & O_ACCMODE) != O_RDONLY;
    if (number == SYS_fcntl) return info.entry.args[1] == F_SETLEASE;
    return std::find(k_visible.begin(), k_visible.end(), number) != k_visible.end();
}

[[noreturn]] void become(char** argv) {
    (void)::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    (void)::execvp(argv[0], argv);
    std::perror(argv[0]);
    std::_Exit(k_broken);
}

/// Lets the program run to its next stop; false when it has ended instead.
bool go_on(pid_t pid, int signal, int& status) {
    (void)::ptrace(PTRACE_SYSCALL, pid, nullptr, signal);
    return ::waitpid(pid, &status, 0) == pid && WIFSTOPPED(status);
}

int kill_at(pid_t pid, int nth) {
    int status = 0;
    (void)::waitpid(pid, &status, 0); // the stop that execve(2) makes
    (void)::ptrace(PTRACE_SETOPTIONS, pid, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    int signal = 0;
    for (int count = 0; go_on(pid, signal, status);) {
        const bool at_call = WSTOPSIG(status) == (SIGTRAP | 0x80);
        signal = at_call || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        __ptrace_syscall_info info{};
        if (!at_call || ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0) continue;
        const auto number = static_cast<long>(info.entry.nr);
        if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !is_visible(info) || ++count < nth) continue;
        (void)::kill(pid, SIGKILL);
        (void)::waitpid(pid, &status, 0);
        (void)std::fprintf(stderr, "killed entering system call %ld\n", number);
        return k_killed;
    }
    return k_had_ended;
}

} // namespace

int main(int argc, char** argv) {
    const int nth = argc > 1 ? std::atoi(argv[1]) : 0;
    if (nth < 1 || argc < 3) {
        (void)std::fputs("usage: kill-at-syscall N PROGRAM [ARGUMENT...]\n", stderr);
        return k_broken;
    }
    const auto pid = ::fork();
    if (pid == 0) become(argv + 2);
    return kill_at(pid, nth);
}
