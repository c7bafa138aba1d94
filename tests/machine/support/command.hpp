// SPDX-License-Identifier: MIT
// Runs programs and returns their exit status, standard output and standard error, separately.
#pragma once

#include "base/fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace machine {

struct Finished {
    int status = 0; ///< the exit status; 128 + N after signal N
    std::string out;
    std::string err;

    /// For messages of assertions.
    [[nodiscard]] std::string text() const;
};

/// A program that runs meanwhile. The destructor kills it.
class Process {
  public:
    /// The program is looked up in PATH. Standard input is empty.
    explicit Process(const std::vector<std::string>& argv);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] bool ended() const;
    void kill(int signal) const;
    /// Waits for its end. When that takes longer than `limit`: kills it and fails the test.
    Finished wait(std::chrono::milliseconds limit = std::chrono::seconds{60});

  private:
    [[nodiscard]] bool ended_within(std::chrono::milliseconds limit) const;
    void reap();

    std::string name_;
    baton::Fd out_;
    baton::Fd err_;
    baton::Fd pidfd_;
    pid_t pid_ = -1;
    int status_ = 0;
};

/// Runs a program to its end.
Finished run(const std::vector<std::string>& argv, std::chrono::milliseconds limit = std::chrono::seconds{60});

/// The same for what a person would type, in sh.
Finished shell(const std::string& command, std::chrono::milliseconds limit = std::chrono::seconds{60});

} // namespace machine
