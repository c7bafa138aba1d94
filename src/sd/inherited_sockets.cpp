// SPDX-License-Identifier: MIT
#include "sd/inherited_sockets.hpp"

#include "base/error.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace baton::sd {
namespace {

constexpr int k_first_fd = 3; // SD_LISTEN_FDS_START, sd_listen_fds(3)

/// The variable's text, which is unset: nobody after us shall see it.
std::optional<std::string> take_variable(const char* name) {
    const char* const text = std::getenv(name);
    if (text == nullptr) return {};
    std::string value{text};
    (void)::unsetenv(name);
    return value;
}

int number_in(const char* variable, const std::string& text) {
    int number = -1;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || number < 0)
        throw Error{std::string{"reading $"} + variable + ": '" + text + "': not a number"};
    return number;
}

std::vector<std::string> split_names(std::string_view text) {
    std::vector<std::string> names;
    while (true) {
        const auto colon = text.find(':');
        names.emplace_back(text.substr(0, colon));
        if (colon == std::string_view::npos) return names;
        text.remove_prefix(colon + 1);
    }
}

int socket_option(int fd, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

InheritedSocket adopt(int raw, std::string name) {
    Fd fd{raw};
    if (::fcntl(raw, F_SETFD, FD_CLOEXEC) != 0)
        throw errno_error("taking the socket '" + name + "' (descriptor " + std::to_string(raw) + ")");
    if (const auto why = why_not_a_listener(raw); !why.empty())
        throw Error{"taking the socket '" + name + "' (descriptor " + std::to_string(raw) + "): it is " + why +
                        "; a listening TCP or unix stream socket is needed",
                    ErrorKind::config, "see ListenStream= and Accept=no in systemd.socket(5)"};
    return {std::move(fd), std::move(name)};
}

} // namespace

std::string why_not_a_listener(int fd) {
    const int type = socket_option(fd, SO_TYPE);
    if (type < 0) return "no socket";
    if (type == SOCK_DGRAM) return "a datagram socket";
    if (type != SOCK_STREAM) return "not a stream socket";
    const int domain = socket_option(fd, SO_DOMAIN);
    if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX) return "of an unknown address family";
    if (socket_option(fd, SO_ACCEPTCONN) == 1) return {};
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const bool connected = ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
    return connected ? "a connected socket" : "a socket that does not listen";
}

std::vector<InheritedSocket> take_inherited_sockets() {
    const auto pid = take_variable("LISTEN_PID");
    const auto count = take_variable("LISTEN_FDS");
    const auto names = take_variable("LISTEN_FDNAMES");
    if (!pid || !count || number_in("LISTEN_PID", *pid) != ::getpid()) return {};

    const int total = number_in("LISTEN_FDS", *count);
    const auto name_list = split_names(names.value_or(""));
    std::vector<InheritedSocket> sockets;
    for (int i = 0; i < total; ++i) {
        const auto index = static_cast<std::size_t>(i);
        const bool named = index < name_list.size() && !name_list[index].empty();
        sockets.push_back(adopt(k_first_fd + i, named ? name_list[index] : "unknown"));
    }
    return sockets;
}

} // namespace baton::sd
