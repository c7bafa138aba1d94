// SPDX-License-Identifier: MIT
#include "support/command.hpp"

#include <doctest/doctest.h>

#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <system_error>

extern "C" { // glibc 2.36 has forgotten it: sourceware bug 29473
#include <sys/pidfd.h>
}

namespace machine {
namespace {

baton::Fd memory_file() {
    // A file and not a pipe: nobody has to read while the program runs.
    return baton::Fd{::memfd_create("output", MFD_CLOEXEC)};
}

std::string content(int fd) {
    std::string text;
    std::array<char, 65536> buffer{};
    for (off_t at = 0;;) {
        const auto n = ::pread(fd, buffer.data(), buffer.size(), at);
        if (n <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(n));
        at += n;
    }
}

/// Actions and attributes of posix_spawn(3): the child gets default signals and these three descriptors.
class Spawn {
  public:
    Spawn(int out, int err) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    }
    ~Spawn() { ::posix_spawn_file_actions_destroy(&actions_); }
    Spawn(const Spawn&) = delete;
    Spawn& operator=(const Spawn&) = delete;

    pid_t start(const std::vector<std::string>& arguments) {
        std::vector<char*> argv;
        for (const auto& argument : arguments)
            argv.push_back(const_cast<char*>(argument.c_str()));
        argv.push_back(nullptr);
        pid_t pid = -1;
        const int error = ::posix_spawnp(&pid, argv[0], &actions_, nullptr, argv.data(), environ);
        if (error != 0) throw std::system_error{error, std::generic_category(), "starting " + arguments[0]};
        return pid;
    }

  private:
    posix_spawn_file_actions_t actions_{};
};

} // namespace

std::string Finished::text() const {
    return "status " + std::to_string(status) + "\n" + out + err;
}

Process::Process(const std::vector<std::string>& argv) : out_{memory_file()}, err_{memory_file()} {
    for (const auto& argument : argv)
        name_ += argument + " ";
    pid_ = Spawn{out_.get(), err_.get()}.start(argv);
    pidfd_ = baton::Fd{::pidfd_open(pid_, 0)};
}

Process::~Process() {
    kill(SIGKILL);
    reap();
}

bool Process::ended_within(std::chrono::milliseconds limit) const {
    pollfd end{pidfd_.get(), POLLIN, 0};
    return ::poll(&end, 1, static_cast<int>(limit.count())) == 1;
}

bool Process::ended() const {
    return pid_ < 0 || ended_within(std::chrono::milliseconds{0});
}

void Process::kill(int signal) const {
    if (pid_ > 0) (void)::pidfd_send_signal(pidfd_.get(), signal, nullptr, 0);
}

void Process::reap() {
    if (pid_ < 0) return;
    int status = 0;
    (void)::waitpid(pid_, &status, 0);
    pid_ = -1;
    status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Finished Process::wait(std::chrono::milliseconds limit) {
    const bool in_time = pid_ < 0 || ended_within(limit);
    if (!in_time) kill(SIGKILL);
    reap();
    Finished finished{status_, content(out_.get()), content(err_.get())};
    if (!in_time) FAIL("still running after " << limit.count() << " ms: " << name_ << "\n" << finished.text());
    return finished;
}

Finished run(const std::vector<std::string>& argv, std::chrono::milliseconds limit) {
    return Process{argv}.wait(limit);
}

Finished shell(const std::string& command, std::chrono::milliseconds limit) {
    return run({"sh", "-ec", command}, limit);
}

} // namespace machine
