// SPDX-License-Identifier: MIT
// A read lease, fcntl(2) F_SETLEASE: an exact answer to "is anybody still writing this file?", and afterwards to
// "has anybody begun to?". While it is held, a writer's open(2) waits for us (at most /proc/sys/fs/lease-break-time).
#pragma once

#include <sys/stat.h>

#include <chrono>

namespace baton::site {

/// Where no lease says whether a file is still being written, it counts as finished when nothing has changed it for so
/// long: NFS shows another host's writes after acregmin at the latest, 3 s, nfs(5).
constexpr std::chrono::seconds k_quiet_without_leases{4};

class ReadLease {
  public:
    enum class State {
        held,        ///< nobody has the file open for writing
        writer,      ///< somebody has
        unsupported, ///< this file system has no leases, or we may not take one: compare sizes and times instead
    };

    /// Takes the lease on `fd`, which stays the caller's and must be open for reading only. SIGIO is ignored from then
    /// on: the kernel sends it when a lease is broken, and its default action ends the process.
    explicit ReadLease(int fd) noexcept;
    ~ReadLease();
    ReadLease(const ReadLease&) = delete;
    ReadLease& operator=(const ReadLease&) = delete;

    [[nodiscard]] State state() const noexcept { return state_; }
    /// What the answer of F_SETLEASE means: `error_number` is 0 when it gave one, `file_system` the f_type of
    /// fstatfs(2). A file system of the network says EAGAIN for want of a delegation though nobody writes, and gives
    /// leases that other hosts' writers do not break: neither says anything.
    [[nodiscard]] static State state_of(int error_number, long file_system) noexcept;
    /// Somebody has the file open for writing; or, where there are no leases, its change is younger than
    /// k_quiet_without_leases. `now` is its status, taken after the lease.
    [[nodiscard]] bool may_be_written(const struct stat& now) const noexcept;
    /// True when somebody has opened the file for writing since the lease was taken: what was read is tainted.
    [[nodiscard]] bool broken() const noexcept;

  private:
    int fd_;
    State state_;
};

} // namespace baton::site
