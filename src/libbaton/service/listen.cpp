// SPDX-License-Identifier: MIT
#include "libbaton/service/listen.hpp"

#include "base/error.hpp"
#include "base/number.hpp"
#include "base/socket_name.hpp"
#include "libbaton/io/log.hpp"
#include "libbaton/route/httplib_settings.hpp"
#include "libbaton/route/server_state.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace baton::service {
namespace {

constexpr int k_backlog = 4096; // the kernel lowers it to net.core.somaxconn, which is 4096 too; listen(2)

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

[[noreturn]] void reject(const std::string& text, const char* why) {
    throw Error{"listening on '" + text + "': " + why, error_kind::config,
                "give \"8080\", \"127.0.0.1:8080\", \"[::1]:8080\" or \"/run/shop/http.sock\""};
}

template <class Raw>
Address wrap(const Raw& raw) {
    Address address;
    std::memcpy(&address.storage, &raw, sizeof raw);
    address.size = sizeof raw;
    return address;
}

Address address_of_path(const std::string& path) {
    const auto raw = unix_address(path);
    if (!raw) reject(path, "the path is too long for a unix socket");
    return wrap(*raw);
}

Address internet_address(const std::string& text) {
    const auto parts = split_address(text);
    const auto number = parse_number<std::uint16_t>(parts.port);
    if (!number) reject(text, "the port is not a number from 0 to 65535");
    const auto port = *number;
    const std::string host{parts.host.value_or("")};

    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) return wrap(v4);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    if (!host.empty() && ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) reject(text, "not an IP address");
    return wrap(v6); // without a host: the wildcard, which also accepts IPv4
}

engine::Listener listen_at(const Address& address, const std::string& name,
                           const std::function<void(int)>& prepare = {}) {
    Fd fd{::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const int on = 1;
    const int off = 0;
    if (fd) {
        (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        if (prepare) prepare(fd.get());
    }
    const auto* const raw = reinterpret_cast<const sockaddr*>(&address.storage);
    if (!fd || ::bind(fd.get(), raw, address.size) != 0 || ::listen(fd.get(), k_backlog) != 0)
        throw errno_error("listening on '" + name + "'");
    return {std::move(fd), name, engine::Audience::everyone, engine::Origin::own};
}

bool is_answered(const std::string& path) {
    const auto address = address_of_path(path);
    const Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const auto* const raw = reinterpret_cast<const sockaddr*>(&address.storage);
    return fd && (::connect(fd.get(), raw, address.size) == 0 || errno == EAGAIN); // EAGAIN: its queue is full
}

/// Removes a socket file that a dead process left; does not remove anything else at the path.
void remove_stale_socket(const std::string& path) {
    struct stat found = {};
    if (::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode) && !is_answered(path))
        (void)::unlink(path.c_str());
}

} // namespace

engine::Listener bind_to(const std::string& address, const std::function<void(int)>& prepare) {
    if (address.empty()) reject(address, "it is empty");
    if (address.front() != '/') return listen_at(internet_address(address), address, prepare);
    remove_stale_socket(address);
    return listen_at(address_of_path(address), address, prepare);
}

engine::Listener adopt_bound(Fd socket, const std::string& name) {
    const int flags = ::fcntl(socket.get(), F_GETFL);
    if (::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0 || ::listen(socket.get(), k_backlog) != 0)
        throw errno_error("listening on " + name);
    return {std::move(socket), name, engine::Audience::everyone, engine::Origin::own};
}

std::vector<engine::Listener> passed_listeners(const httplib::Server& server, const Claim& claim) {
    static std::atomic<int> servers{0}; // servers that have their sockets
    auto& passed = PassedSockets::of_process();
    const int alive = engine::Counted::alive.load();
    std::vector<engine::Listener> listeners;
    for (auto& socket : passed.take(claim, alive))
        listeners.push_back({std::move(socket.fd), std::move(socket.name)});
    if (const auto left = passed.left(); ++servers == alive && !left.empty())
        engine::log(engine::Level::warning, "listening: systemd passed " + left +
                                                ", which no server in this process takes: name one in "
                                                "Options::socket_name, or by the address in listen()");
    if (!listeners.empty() && engine::socket_options(server))
        engine::log(
            engine::Level::warning,
            "listening: set_socket_options() applies only to sockets that libbaton makes; those that systemd passed "
            "have the options of their .socket unit");
    return listeners;
}

std::string socket_name_of(const std::string& address) noexcept try {
    const auto found =
        !address.empty() && address.front() == '/' ? address_of_path(address) : internet_address(address);
    return socket_name(reinterpret_cast<const sockaddr*>(&found.storage), found.size);
} catch (const std::exception&) {
    return {};
}

int port_of(int socket) noexcept {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -1;
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return -1;
    sockaddr_in port{}; // sockaddr_in6 has the port at the same place
    std::memcpy(&port, &address, sizeof port);
    return ntohs(port.sin_port);
}

engine::Listener bind_private(const std::string& path) {
    remove_stale_socket(path);
    const auto before = ::umask(0177);
    struct Restore {
        mode_t mask;
        ~Restore() { (void)::umask(mask); }
    } const restore{before};
    auto listener = listen_at(address_of_path(path), path);
    listener.audience = engine::Audience::host;
    return listener;
}

} // namespace baton::service
