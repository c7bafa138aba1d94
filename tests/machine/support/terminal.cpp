// SPDX-License-Identifier: MIT
#include "support/terminal.hpp"

#include "support/wait.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

extern "C" { // glibc 2.36 has forgotten it: sourceware bug 29473
#include <sys/pidfd.h>
}

namespace machine {
namespace {

/// In the child.
[[noreturn]] void become(const char* terminal, const std::vector<std::string>& words,
                         const std::vector<std::string>& variables) {
    (void)::setsid();
    const int fd = ::open(terminal, O_RDWR); // and so its controlling terminal
    for (int standard = 0; standard <= STDERR_FILENO; ++standard)
        (void)::dup2(fd, standard);
    (void)::setenv("TERM", "xterm", 1);
    for (const auto& variable : variables) {
        const auto at = variable.find('=');
        (void)::setenv(variable.substr(0, at).c_str(), variable.substr(at + 1).c_str(), 1);
    }
    std::vector<char*> argv;
    for (const auto& word : words)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    (void)::execvp(argv[0], argv.data());
    ::_exit(127);
}

} // namespace

OnTerminal::OnTerminal(const std::vector<std::string>& argv, const std::vector<std::string>& variables)
    : master_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)} {
    REQUIRE(master_);
    REQUIRE(::grantpt(master_.get()) == 0);
    REQUIRE(::unlockpt(master_.get()) == 0);
    std::array<char, 64> name{};
    REQUIRE(::ptsname_r(master_.get(), name.data(), name.size()) == 0);
    const winsize size{24, 100, 0, 0};
    REQUIRE(::ioctl(master_.get(), TIOCSWINSZ, &size) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) become(name.data(), argv, variables);
    pidfd_ = baton::Fd{::pidfd_open(pid_, 0)};
    reader_ = std::thread{[this] { read_on(); }};
}

OnTerminal::~OnTerminal() {
    if (pid_ > 0) {
        (void)::pidfd_send_signal(pidfd_.get(), SIGKILL, nullptr, 0);
        (void)::waitpid(pid_, nullptr, 0);
    }
    if (reader_.joinable()) reader_.join();
}

/// Until everybody has closed the other side.
void OnTerminal::read_on() {
    std::array<char, 4096> buffer{};
    for (;;) {
        pollfd readable{master_.get(), POLLIN, 0};
        if (::poll(&readable, 1, 100) == 0) continue;
        const auto n = ::read(master_.get(), buffer.data(), buffer.size());
        if (n <= 0) return; // EIO: the other side is closed
        const std::lock_guard lock{mutex_};
        seen_.append(buffer.data(), static_cast<std::size_t>(n));
    }
}

std::string OnTerminal::seen() const {
    const std::lock_guard lock{mutex_};
    return seen_;
}

void OnTerminal::wait_for(const std::string& text) const {
    const auto deadline = std::chrono::steady_clock::now() + k_patience;
    while (seen().find(text) == std::string::npos) {
        if (std::chrono::steady_clock::now() > deadline) FAIL("not on the terminal: " << text << "\n" << seen());
        std::this_thread::sleep_for(5ms);
    }
}

void OnTerminal::type(const std::string& keys) const {
    REQUIRE(::write(master_.get(), keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
}

int OnTerminal::wait(std::chrono::milliseconds limit) {
    pollfd end{pidfd_.get(), POLLIN, 0};
    if (::poll(&end, 1, static_cast<int>(limit.count())) != 1)
        FAIL("still running after " << limit.count() << " ms\n" << seen());
    int status = 0;
    (void)::waitpid(pid_, &status, 0);
    pid_ = -1;
    reader_.join(); // it reads on until everybody has closed the other side
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace machine
