// SPDX-License-Identifier: MIT
#include "deploy/guard.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace baton::deploy {
namespace {

/// From here on only calls of signal-safety(7).
[[noreturn]] void wait_and_recover(int alive, sd::Scope scope, const char* command, const char* site) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
        (void)::signal(signal, SIG_IGN); // a signal that ends the parent must not end this
    constexpr int k_first = 3;
    if (::dup2(alive, k_first) < 0) ::_exit(1);
    // Whoever reads our output pipe (a terminal, a CI job) sees it end with the parent. The journal has what we say
    // from now on.
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; null >= 0 && fd < k_first; ++fd)
        (void)::dup2(null, fd);
    (void)::close_range(k_first + 1, ~0U, 0); // such as the connection to systemd
    char byte = 0;
    ssize_t n = 0;
    do
        n = ::read(k_first, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n == 1) ::_exit(0);
    (void)::close(k_first);
    if (scope == sd::Scope::user)
        (void)::execl("/proc/self/exe", "baton", "--user", command, site, nullptr);
    else
        (void)::execl("/proc/self/exe", "baton", command, site, nullptr);
    ::_exit(1);
}

} // namespace

Guard::Guard(sd::Scope scope, const char* command, const std::string& site) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) return;
    const Fd read_end{ends[0]};
    alive_.reset(ends[1]);
    child_ = ::fork();
    if (child_ != 0) return;
    alive_.reset(); // otherwise the child never sees the end
    wait_and_recover(read_end.get(), scope, command, site.c_str());
}

Guard::~Guard() {
    if (child_ <= 0) return;
    if (::write(alive_.get(), "x", 1) < 0) alive_.reset(); // then the child clears up, which does no harm
    (void)::waitpid(child_, nullptr, 0);
}

} // namespace baton::deploy
