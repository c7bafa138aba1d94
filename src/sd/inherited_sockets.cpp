// SPDX-License-Identifier: MIT
#include "sd/inherited_sockets.hpp"

#include "base/error.hpp"

#include <systemd/sd-daemon.h>

#include <sys/socket.h>

#include <cstdlib>

namespace baton::sd {
namespace {

int socket_option(int fd, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

InheritedSocket adopt(int raw, std::string name) {
    Fd fd{raw};
    if (const auto why = why_not_a_listener(raw); !why.empty())
        throw Error{"taking the socket '" + name + "' (descriptor " + std::to_string(raw) + "): it is " + why +
                        "; a listening TCP or unix stream socket is needed",
                    error_kind::config, "see ListenStream= and Accept=no in systemd.socket(5)"};
    return {std::move(fd), std::move(name)};
}

/// A vector allocated by sd_listen_fds_with_names(3).
class Names {
  public:
    Names() = default;
    Names(const Names&) = delete;
    Names& operator=(const Names&) = delete;
    ~Names() {
        for (char** name = raw_; name != nullptr && *name != nullptr; ++name)
            std::free(*name);
        std::free(raw_);
    }
    char*** out() { return &raw_; }
    [[nodiscard]] std::string at(int index) const { return raw_[index]; }

  private:
    char** raw_ = nullptr;
};

} // namespace

std::string why_not_a_listener(int fd) {
    const int type = socket_option(fd, SO_TYPE);
    if (type < 0) return "not a socket";
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
    constexpr int k_unset_environment = 1;
    Names names;
    const int count = sd_listen_fds_with_names(k_unset_environment, names.out()); // also makes them close-on-exec
    if (count < 0) throw errno_error("taking the sockets that systemd passed", -count);
    std::vector<InheritedSocket> sockets;
    for (int i = 0; i < count; ++i)
        sockets.push_back(adopt(SD_LISTEN_FDS_START + i, names.at(i).empty() ? "unknown" : names.at(i)));
    return sockets;
}

} // namespace baton::sd
