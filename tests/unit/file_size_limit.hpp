// SPDX-License-Identifier: MIT
// A disk that is full, for this process alone: its files cannot grow beyond a limit.
#pragma once

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <csignal>

namespace baton::test {

/// RLIMIT_FSIZE for the life of the object: a write beyond it fails with EFBIG, as on a full disk with ENOSPC.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) : old_handler_{std::signal(SIGXFSZ, SIG_IGN)} {
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        const rlimit limit{bytes, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    ~FileSizeLimit() {
        (void)::setrlimit(RLIMIT_FSIZE, &before_);
        (void)std::signal(SIGXFSZ, old_handler_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

  private:
    rlimit before_{};
    void (*old_handler_)(int);
};

} // namespace baton::test
