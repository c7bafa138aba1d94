// SPDX-License-Identifier: MIT
#include "sd/notify.hpp"

#include "base/fd.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace baton::sd {
namespace {

/// The address in $NOTIFY_SOCKET: a path, or "@name" in the abstract namespace. Length 0: none that we can use.
socklen_t notify_address(sockaddr_un& address) noexcept {
    const char* const name = std::getenv("NOTIFY_SOCKET");
    if (name == nullptr || (name[0] != '/' && name[0] != '@')) return 0;
    const std::size_t length = std::strlen(name);
    if (length < 2 || length >= sizeof address.sun_path) return 0;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name, length);
    if (name[0] == '@') address.sun_path[0] = '\0';
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
}

template <class Number> std::optional<Number> environment_number(const char* name) noexcept {
    const char* const text = std::getenv(name);
    if (text == nullptr) return {};
    const char* const end = text + std::strlen(text);
    Number number{};
    const auto [stop, error] = std::from_chars(text, end, number);
    if (error != std::errc{} || stop != end) return {};
    return number;
}

} // namespace

Notified notify(std::string_view state) noexcept {
    sockaddr_un address{};
    const socklen_t length = notify_address(address);
    if (length == 0) return Notified::nobody;
    const Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!socket) return Notified::not_sent;
    const timeval patience{.tv_sec = 2, .tv_usec = 0};
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ssize_t sent = -1;
    do {
        sent = ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                        reinterpret_cast<const sockaddr*>(&address), length);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? Notified::not_sent : Notified::sent;
}

std::optional<std::chrono::microseconds> watchdog_interval() noexcept {
    const auto owner = environment_number<pid_t>("WATCHDOG_PID");
    if (std::getenv("WATCHDOG_PID") != nullptr && owner != ::getpid()) return {};
    const auto microseconds = environment_number<long long>("WATCHDOG_USEC");
    if (!microseconds || *microseconds <= 0) return {};
    return std::chrono::microseconds{*microseconds};
}

} // namespace baton::sd
