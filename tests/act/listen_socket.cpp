// SPDX-License-Identifier: MIT
#include "listen_socket.hpp"

#include "deploy/units/drop_in.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace act {

using baton::Fd;
using Family = baton::site::Address::Family;
namespace {

union Name {
    sockaddr any;
    sockaddr_in ipv4;
    sockaddr_in6 ipv6;
};

/// %I: the inverse of systemd-escape(1).
std::string unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_code = text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x';
        if (!is_code) {
            plain += text[i] == '-' ? '/' : text[i];
            continue;
        }
        plain += static_cast<char>(std::strtol(std::string{text.substr(i + 2, 2)}.c_str(), nullptr, 16));
        i += 3;
    }
    return plain;
}

Name name_of(const baton::site::Address& address) {
    Name name{};
    if (address.family == Family::ipv4) {
        name.ipv4.sin_family = AF_INET;
        name.ipv4.sin_port = htons(address.port);
        (void)::inet_pton(AF_INET, address.host.c_str(), &name.ipv4.sin_addr);
    } else {
        name.ipv6.sin6_family = AF_INET6;
        name.ipv6.sin6_port = htons(address.port);
        if (!address.host.empty()) (void)::inet_pton(AF_INET6, address.host.c_str(), &name.ipv6.sin6_addr);
    }
    return name;
}

} // namespace

baton::site::Address listener_address(const baton::deploy::Paths& paths, const std::string& unit) {
    const auto at = unit.find('@');
    if (at != unit.npos) return baton::site::parse_address(unescape(unit.substr(at + 1, unit.rfind('.') - at - 1)));
    const auto drop_in = baton::deploy::read_drop_in(paths.units / (unit + ".d") / "zz-baton.conf");
    return baton::site::parse_address(*drop_in.find("ListenStream"));
}

Fd listening_socket(const baton::site::Address& address) {
    const auto name = name_of(address);
    Fd fd{::socket(name.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const int yes = 1;
    const int no = 0;
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no); // BindIPv6Only=both
    const socklen_t size = name.any.sa_family == AF_INET ? sizeof name.ipv4 : sizeof name.ipv6;
    const bool listens = ::bind(fd.get(), &name.any, size) == 0 && ::listen(fd.get(), SOMAXCONN) == 0;
    return listens ? std::move(fd) : Fd{};
}

std::string unused_port() {
    constexpr int k_first = 10'000; // to 29,999: below ip_local_port_range, from which clients get theirs
    constexpr int k_count = 20'000;
    static int next = ::getpid() * 97; // another program of these tests may run
    for (;;) {
        const auto port = std::to_string(k_first + ++next % k_count);
        if (listening_socket(baton::site::parse_address(port))) return port;
    }
}

} // namespace act
