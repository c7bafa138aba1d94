// SPDX-License-Identifier: MIT
// A program on a terminal of its own, as a person sits at it: pty(7).
#pragma once

#include "base/fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace machine {

class OnTerminal {
  public:
    /// `variables`: "NAME=VALUE", in addition to TERM=xterm. The terminal has 24 rows of 100 columns.
    explicit OnTerminal(const std::vector<std::string>& argv, const std::vector<std::string>& variables = {});
    ~OnTerminal();
    OnTerminal(const OnTerminal&) = delete;
    OnTerminal& operator=(const OnTerminal&) = delete;

    /// All that it has written so far.
    [[nodiscard]] std::string seen() const;
    /// Fails the test if `text` does not come.
    void wait_for(const std::string& text) const;
    /// What a person types: "\x03" is Ctrl-C.
    void type(const std::string& keys) const;
    /// Its exit status, 128 + N after signal N. Fails the test if it does not end.
    int wait(std::chrono::milliseconds limit = std::chrono::seconds{60});

  private:
    void read_on();

    baton::Fd master_;
    baton::Fd pidfd_;
    pid_t pid_ = -1;
    mutable std::mutex mutex_;
    std::string seen_;
    std::thread reader_;
};

} // namespace machine
