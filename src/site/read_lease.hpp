// SPDX-License-Identifier: MIT
// A read lease, fcntl(2) F_SETLEASE: an exact answer to "is anybody still writing this file?", and afterwards to
// "has anybody begun to?". While it is held, a writer's open(2) waits for us (at most /proc/sys/fs/lease-break-time).
#pragma once

namespace baton::site {

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
    /// True when somebody has opened the file for writing since the lease was taken: what was read is tainted.
    [[nodiscard]] bool broken() const noexcept;

  private:
    int fd_;
    State state_;
};

} // namespace baton::site
