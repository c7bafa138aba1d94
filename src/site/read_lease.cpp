// SPDX-License-Identifier: MIT
#include "site/read_lease.hpp"

#include <fcntl.h>

#include <cerrno>
#include <csignal>

namespace baton::site {

ReadLease::ReadLease(int fd) noexcept : fd_{fd}, state_{State::held} {
    std::signal(SIGIO, SIG_IGN);
    if (::fcntl(fd_, F_SETLEASE, F_RDLCK) == 0) return;
    state_ = errno == EAGAIN ? State::writer : State::unsupported;
}

ReadLease::~ReadLease() {
    if (state_ == State::held) (void)::fcntl(fd_, F_SETLEASE, F_UNLCK); // closing fd would do the same
}

bool ReadLease::broken() const noexcept {
    return state_ == State::held && ::fcntl(fd_, F_GETLEASE) != F_RDLCK;
}

} // namespace baton::site
