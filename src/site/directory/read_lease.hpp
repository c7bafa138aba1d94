// SPDX-License-Identifier: MIT
// A read lease, fcntl(2) F_SETLEASE: answers exactly "is anybody still writing this file?", and afterwards "has anybody
// begun to?". While we hold it, a writer's open(2) waits for us (at most /proc/sys/fs/lease-break-time).
#pragma once

#include <sys/stat.h>

#include <chrono>

namespace baton::site {

/// Without leases, a file counts as finished if nothing has changed it for this time: NFS shows another host's writes
/// after acregmin at the latest, 3 s, nfs(5).
constexpr std::chrono::seconds k_quiet_without_leases{4};

class ReadLease {
  public:
    enum class State {
        held,        ///< nobody has the file open for writing
        writer,      ///< somebody has the file open for writing
        unsupported, ///< this file system has no leases, or we may not take one: compare sizes and times instead
    };

    /// Takes the lease on `fd`, which the caller still owns and which must be open for reading only. From then on SIGIO
    /// is ignored: the kernel sends it when a lease is broken, and its default action ends the process.
    explicit ReadLease(int fd) noexcept;
    ~ReadLease();
    ReadLease(const ReadLease&) = delete;
    ReadLease& operator=(const ReadLease&) = delete;

    [[nodiscard]] State state() const noexcept { return state_; }
    /// The meaning of F_SETLEASE's result: `error_number` is 0 if it gave a lease, `file_system` is the f_type of
    /// fstatfs(2). A network file system returns EAGAIN without a delegation, even if nobody writes, and gives leases
    /// that writers on other hosts do not break: neither result proves anything.
    [[nodiscard]] static State state_of(int error_number, long file_system) noexcept;
    /// Whether somebody has the file open for writing; or, without leases, whether its last change is younger than
    /// k_quiet_without_leases. `now` is its status, read after taking the lease.
    [[nodiscard]] bool may_be_written(const struct stat& now) const noexcept;
    /// True if somebody has opened the file for writing since the lease was taken: the data read is then unreliable.
    [[nodiscard]] bool broken() const noexcept;

  private:
    int fd_;
    State state_;
};

} // namespace baton::site
