// SPDX-License-Identifier: MIT
// A disk that is full, for this process alone: its files cannot grow beyond a limit.
#pragma once

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <csignal>

namespace act {

class FullDisk {
  public:
    /// setrlimit(2) RLIMIT_FSIZE
    explicit FullDisk(rlim_t largest_file_bytes = 0) {
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        const rlimit small{.rlim_cur = largest_file_bytes, .rlim_max = before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    }
    ~FullDisk() {
        (void)::setrlimit(RLIMIT_FSIZE, &before_);
        (void)std::signal(SIGXFSZ, action_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

  private:
    rlimit before_{};
    void (*action_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

} // namespace act
