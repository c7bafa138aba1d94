// SPDX-License-Identifier: MIT
// An owned file descriptor: closed exactly once, never copied. Pass borrowed descriptors as int.
#pragma once

#include <unistd.h>

#include <utility>

namespace baton {

class Fd {
  public:
    Fd() noexcept = default;
    /// Takes ownership of `raw`; a negative number means "none".
    explicit Fd(int raw) noexcept : fd_{raw} {}
    Fd(Fd&& other) noexcept : fd_{other.release()} {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
    /// Gives up the descriptor; the caller closes it.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    void reset(int raw = -1) noexcept {
        if (fd_ >= 0) (void)::close(fd_); // close(2): the descriptor is gone even after EINTR
        fd_ = raw;
    }

  private:
    int fd_ = -1;
};

} // namespace baton
