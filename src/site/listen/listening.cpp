// SPDX-License-Identifier: MIT
#include "site/listen/listening.hpp"

#include "base/fd.hpp"
#include "base/socket_name.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace baton::site {
namespace {

using Host = std::array<std::uint32_t, 4>; // as the kernel keeps it

constexpr Host k_every{};

Host bytes_of(const Address& address) {
    Host host{};
    const int family = address.family == Address::Family::ipv4 ? AF_INET : AF_INET6;
    if (!address.host.empty()) ::inet_pton(family, address.host.c_str(), host.data());
    return host;
}

bool is_path_listened_on(const std::string& path, bool connect) {
    struct stat st = {};
    if (::lstat(path.c_str(), &st) < 0 || !S_ISSOCK(st.st_mode)) return false;
    if (!connect) return true;
    const auto address = unix_address(path);
    const Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    // Only a refusal counts against it: otherwise its queue may be full, or we may lack the permission.
    return !address || !fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 ||
           errno != ECONNREFUSED;
}

} // namespace

Listening Listening::now() {
    Listening listening;
    listening.ports_ = tcp_listeners();
    listening.has_v6_ = ::access("/proc/net/tcp6", F_OK) == 0;
    return listening;
}

bool Listening::on(const Address& address, bool connect) const {
    if (address.family == Address::Family::unix_path) return is_path_listened_on(address.host, connect);
    const auto host = bytes_of(address);
    const bool is_v6 = address.family != Address::Family::ipv4;
    return std::any_of(ports_.begin(), ports_.end(), [&](const TcpListener& entry) {
        if (entry.port != address.port) return false;
        if (entry.host == k_every) return true;
        return entry.is_v6 == is_v6 && entry.host == host;
    });
}

std::vector<std::string> Listening::of(uid_t user) const {
    std::vector<std::string> addresses;
    for (const auto& entry : ports_) {
        if (entry.user != user) continue;
        std::array<char, INET6_ADDRSTRLEN> host{};
        (void)::inet_ntop(entry.is_v6 ? AF_INET6 : AF_INET, entry.host.data(), host.data(), host.size());
        addresses.push_back(entry.is_v6 ? fmt::format("[{}]:{}", host.data(), entry.port)
                                        : fmt::format("{}:{}", host.data(), entry.port));
    }
    return addresses;
}

bool Listening::at(const Address& address) const {
    const auto host = bytes_of(address);
    const bool is_v6 = address.family != Address::Family::ipv4 && (has_v6_ || host != k_every);
    return std::any_of(ports_.begin(), ports_.end(), [&](const TcpListener& entry) {
        return entry.port == address.port && entry.is_v6 == is_v6 && entry.host == host;
    });
}

} // namespace baton::site
