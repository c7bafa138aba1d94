// SPDX-License-Identifier: MIT
#include "libbaton/io/wakeup.hpp"

#include "base/error.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace baton::engine {

Wakeup::Wakeup() : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (!fd_) throw errno_error("making an eventfd");
}

void Wakeup::wake(int descriptor) noexcept {
    const int saved = errno;
    const std::uint64_t one = 1;
    (void)!::write(descriptor, &one, sizeof one);
    errno = saved;
}

void Wakeup::wait(Milliseconds patience, int other) const noexcept {
    std::array<pollfd, 2> wanted{pollfd{.fd = fd_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = other, .events = POLLIN, .revents = 0}}; // poll(2) skips -1
    constexpr Milliseconds k_most = std::chrono::hours{1};                             // poll(2) takes an int
    (void)::poll(wanted.data(), wanted.size(), static_cast<int>(std::clamp(patience, Milliseconds{0}, k_most).count()));
    std::uint64_t count = 0;
    (void)!::read(fd_.get(), &count, sizeof count);
}

} // namespace baton::engine
