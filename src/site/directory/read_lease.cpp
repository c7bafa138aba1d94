// SPDX-License-Identifier: MIT
#include "site/directory/read_lease.hpp"

#include "site/directory/network_file_system.hpp"

#include <fcntl.h>
#include <sys/vfs.h>

#include <cerrno>
#include <csignal>

namespace baton::site {
ReadLease::ReadLease(int fd) noexcept : fd_{fd}, state_{State::held} {
    std::signal(SIGIO, SIG_IGN);
    const int error_number = ::fcntl(fd_, F_SETLEASE, F_RDLCK) == 0 ? 0 : errno;
    struct statfs file_system = {};
    const auto type = ::fstatfs(fd_, &file_system) == 0 ? file_system.f_type : 0;
    state_ = state_of(error_number, static_cast<long>(type));
    if (error_number == 0 && state_ != State::held) (void)::fcntl(fd_, F_SETLEASE, F_UNLCK);
}

ReadLease::State ReadLease::state_of(int error_number, long file_system) noexcept {
    // Leases on this host do not see remote writers.
    if (!network_file_system(file_system).empty()) return State::unsupported;
    if (error_number == 0) return State::held;
    return error_number == EAGAIN ? State::writer : State::unsupported;
}

bool ReadLease::may_be_written(const struct stat& now) const noexcept {
    if (state_ != State::unsupported) return state_ == State::writer;
    using namespace std::chrono;
    const auto changed = seconds{now.st_ctim.tv_sec} + nanoseconds{now.st_ctim.tv_nsec};
    const auto age = system_clock::now().time_since_epoch() - changed;
    // A server's clock may be ahead of ours: a time far in the future proves nothing.
    return age < k_quiet_without_leases && age > -k_quiet_without_leases;
}

ReadLease::~ReadLease() {
    if (state_ == State::held) (void)::fcntl(fd_, F_SETLEASE, F_UNLCK); // closing fd would do the same
}

bool ReadLease::broken() const noexcept {
    return state_ == State::held && ::fcntl(fd_, F_GETLEASE) != F_RDLCK;
}

} // namespace baton::site
