// SPDX-License-Identifier: MIT
#include "base/lock.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace baton {

namespace {

Fd open_lock(const std::filesystem::path& path) {
    // flock(2) writes nothing: the serving release must stay up even on a disk that the kernel has made read-only.
    if (Fd fd{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)}) return fd;
    return open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
}

} // namespace

std::optional<Lock> Lock::try_take(const std::filesystem::path& path) {
    Fd fd = open_lock(path);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return Lock{std::move(fd)};
    if (errno == EWOULDBLOCK) return std::nullopt;
    throw errno_error(fmt::format("locking {}", quote(path.native())));
}

Lock Lock::take(const std::filesystem::path& path) {
    Fd fd = open_lock(path);
    while (::flock(fd.get(), LOCK_EX) < 0)
        if (errno != EINTR) throw errno_error(fmt::format("locking {}", quote(path.native())));
    return Lock{std::move(fd)};
}

} // namespace baton
