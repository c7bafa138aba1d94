// SPDX-License-Identifier: MIT
#include "deploy/units/preflight_sockets.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/socket_name.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace baton::deploy {
namespace fs = std::filesystem;
namespace {

using Family = site::Address::Family;

constexpr int k_backlog = 16;

union AnyName {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un path;
};

Fd stream_socket(int family) {
    return Fd{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

/// A free port of `host`, an address of the loopback interface. On failure, none with errno set.
Fd listen_on_loopback(int family, const char* host) {
    AnyName name{};
    auto fd = stream_socket(family);
    socklen_t size = sizeof name.v4;
    name.any.sa_family = static_cast<sa_family_t>(family);
    const int off = 0;
    if (family == AF_INET6) {
        size = sizeof name.v6;
        (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        (void)::inet_pton(family, host, &name.v6.sin6_addr);
    } else {
        (void)::inet_pton(family, host, &name.v4.sin_addr);
    }
    if (!fd || ::bind(fd.get(), &name.any, size) < 0 || ::listen(fd.get(), k_backlog) < 0) return Fd{};
    return fd;
}

Fd listen_on_path(const fs::path& path) {
    errno = ENAMETOOLONG;
    const auto address = unix_address(path.native());
    if (!address) return Fd{};
    auto fd = stream_socket(AF_UNIX);
    const bool listens = fd && ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 &&
                         ::chmod(path.c_str(), 0666) == 0 && ::listen(fd.get(), k_backlog) == 0;
    return listens ? std::move(fd) : Fd{};
}

/// A socket of every address is an IPv6 one, where the host has IPv6.
Fd listen_like(const site::Address& address, const fs::path& path) {
    if (address.family == Family::unix_path) return listen_on_path(path);
    Fd fd;
    if (address.family != Family::ipv4) fd = listen_on_loopback(AF_INET6, "::1");
    if (!fd && address.family != Family::ipv4) fd = listen_on_loopback(AF_INET6, "::ffff:127.0.0.1"); // no ::1
    if (!fd && address.family != Family::ipv6) fd = listen_on_loopback(AF_INET, "127.0.0.1");
    return fd;
}

/// One byte, and the descriptors; unix(7) SCM_RIGHTS.
bool send(int to, const std::vector<int>& fds) {
    char byte = 0;
    iovec data{&byte, 1};
    std::vector<char> control(CMSG_SPACE(fds.size() * sizeof(int)));
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* const part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(part), fds.data(), fds.size() * sizeof(int));
    return ::sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

} // namespace

PreflightSockets::PreflightSockets(const Paths& paths, std::string_view site,
                                   const std::vector<site::NamedAddress>& like)
    : directory_{paths.runtime / "baton" / site / "preflight"}, path_{directory_ / "ask"} {
    const auto fail = [&](std::string_view what) {
        const int error_number = errno;
        std::error_code ignored;
        fs::remove_all(directory_, ignored);
        return errno_error(fmt::format("making {} for a preflight of {}", what, quote(site)), error_number);
    };
    std::error_code error; // of a killed deploy; the next step says what is wrong
    fs::remove_all(directory_, error);
    fs::create_directories(directory_.parent_path(), error);
    if (::mkdir(directory_.c_str(), 0755) < 0 || ::chmod(directory_.c_str(), 0755) < 0)
        throw fail(quote(directory_.native()));
    // Nobody else may search it: the site's own sockets may be closed to others.
    const auto sockets = directory_ / "sockets";
    if (::mkdir(sockets.c_str(), 0700) < 0) throw fail(quote(sockets.native()));
    for (const auto& [name, address] : like) {
        auto fd = listen_like(address, sockets / fmt::format("{}.sock", sockets_.size()));
        if (!fd) throw fail(fmt::format("a socket like {}", quote(address.text())));
        sockets_.push_back({name, std::move(fd)});
    }
    asked_ = listen_on_path(path_);
    if (!asked_ || ::fcntl(asked_.get(), F_SETFL, O_NONBLOCK) < 0) throw fail(quote(path_.native()));
}

PreflightSockets::~PreflightSockets() {
    std::error_code error; // the next preflight removes it
    fs::remove_all(directory_, error);
}

std::optional<pid_t> PreflightSockets::give_to(const std::function<bool(pid_t)>& may_have_them) {
    std::vector<int> fds;
    for (const auto& socket : sockets_)
        fds.push_back(socket.fd.get());
    std::optional<pid_t> turned_away;
    for (;;) {
        const Fd asks{::accept4(asked_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
        if (!asks) return turned_away;
        ucred peer{};
        socklen_t size = sizeof peer;
        const bool is_it =
            ::getsockopt(asks.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && may_have_them(peer.pid);
        if (is_it && send(asks.get(), fds))
            user_ = peer.uid;
        else if (!std::exchange(has_turned_away_, true))
            turned_away = peer.pid;
    }
}

bool is_process_of(sd::Scope scope, std::string_view unit, pid_t pid) {
    constexpr std::string_view k_of_users = "/user@"; // where users name the groups
    const auto groups = groups_of(pid);
    const auto name = fmt::format("/{}", unit);
    if ((groups.find(k_of_users) != groups.npos) != (scope == sd::Scope::user)) return false;
    for (auto at = groups.find(name); at != groups.npos; at = groups.find(name, at + 1))
        if (const auto end = at + name.size(); end == groups.size() || groups[end] == '\n' || groups[end] == '/')
            return true;
    return false;
}

std::string groups_of(pid_t pid) try {
    constexpr std::size_t k_most_bytes = 64UL * 1024;
    return read_file(fmt::format("/proc/{}/cgroup", pid), k_most_bytes).value_or("");
} catch (const Error&) {
    return {};
}

Fd connect_to_listener(int listener, std::chrono::milliseconds limit) {
    AnyName name{};
    socklen_t size = sizeof name;
    if (::getsockname(listener, &name.any, &size) < 0) return Fd{};
    Fd fd{::socket(name.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (fd && ::connect(fd.get(), &name.any, size) < 0) {
        if (errno == EISCONN) return fd;
        const bool is_on_its_way = errno == EINPROGRESS || errno == EALREADY || errno == EAGAIN || errno == EINTR;
        if (!is_on_its_way || std::chrono::steady_clock::now() >= deadline) return Fd{};
        pollfd wanted{fd.get(), POLLOUT, 0};
        (void)::poll(&wanted, 1, 1);
    }
    return fd;
}

bool has_waiting_connection(int listener) {
    pollfd wanted{listener, POLLIN, 0};
    return ::poll(&wanted, 1, 0) > 0;
}

} // namespace baton::deploy
