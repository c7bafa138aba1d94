// SPDX-License-Identifier: MIT
#include "site/listen/address.hpp"

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/number.hpp"
#include "base/socket_name.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace baton::site {
namespace {

constexpr std::size_t k_longest_path = sizeof(sockaddr_un::sun_path) - 1; // unix(7): 108 with its NUL

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
    throw Error{fmt::format("found {} ({}), expected a port \"8080\", \"127.0.0.1:8080\", \"[::1]:8080\" or "
                            "\"/run/shop/http.sock\"",
                            quote(text), why),
                error_kind::config};
}

std::uint16_t parse_port(std::string_view digits, std::string_view whole) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) refuse(whole, "not a port number");
    const auto port = parse_number<std::uint16_t>(digits, 1);
    if (!port) refuse(whole, "ports go from 1 to 65535");
    return *port;
}

Address parse_path(std::string_view text) {
    if (text.size() > k_longest_path)
        refuse(text, fmt::format("the path of a unix socket has at most {} bytes", k_longest_path));
    if (text.back() == '\\') refuse(text, "a backslash at the end, which joins lines of a unit file");
    const bool has_blank = text.find(' ') != text.npos; // other white space is a control character
    if (has_blank || printable(text) != text) refuse(text, "white space or control character in a path");
    return {Address::Family::unix_path, std::string{text}, 0};
}

Address numeric(Address::Family family, std::string_view host, std::uint16_t port, std::string_view whole) {
    const int af = family == Address::Family::ipv4 ? AF_INET : AF_INET6;
    in6_addr ignored{};
    if (host.find('\0') != host.npos || ::inet_pton(af, std::string{host}.c_str(), &ignored) != 1)
        refuse(whole, af == AF_INET ? "not a numeric IPv4 address" : "not a numeric IPv6 address");
    return {family, std::string{host}, port};
}

union AnySockaddr {
    sockaddr any;
    sockaddr_in in4;
    sockaddr_in6 in6;
    sockaddr_un un;
};

socklen_t fill(const Address& address, AnySockaddr& out) {
    std::memset(&out, 0, sizeof out);
    switch (address.family) {
    case Address::Family::ipv4:
        out.in4.sin_family = AF_INET;
        out.in4.sin_port = htons(address.port);
        ::inet_pton(AF_INET, address.host.c_str(), &out.in4.sin_addr);
        return sizeof out.in4;
    case Address::Family::any:
    case Address::Family::ipv6:
        out.in6.sin6_family = AF_INET6;
        out.in6.sin6_port = htons(address.port);
        if (!address.host.empty()) ::inet_pton(AF_INET6, address.host.c_str(), &out.in6.sin6_addr);
        return sizeof out.in6;
    case Address::Family::unix_path:
        out.un.sun_family = AF_UNIX;
        std::memcpy(out.un.sun_path, address.host.c_str(), address.host.size());
        return sizeof out.un;
    }
    return 0;
}

bool is_every_host(const Address& address) {
    return address.family == Address::Family::any || (address.family == Address::Family::ipv6 && address.host == "::");
}

/// Whether `address` is a wildcard that covers addresses of `family`.
bool takes_in(const Address& address, Address::Family family) {
    return is_every_host(address) || (address.host == "0.0.0.0" && family != Address::Family::ipv6);
}

/// A unix socket's path is taken if somebody answers there; PID 1 removes a stale socket itself.
void probe_path(const Address& address, const std::string& doing) {
    AnySockaddr name{};
    const auto length = fill(address, name);
    struct stat st = {};
    const bool there = ::lstat(address.host.c_str(), &st) == 0;
    if (there && !S_ISSOCK(st.st_mode))
        throw errno_error(doing, EEXIST); // connect(2) reports that nobody listens on the file
    const Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd) throw errno_error(doing);
    const bool answered = ::connect(fd.get(), &name.any, length) == 0;
    if (answered || errno == EAGAIN) throw errno_error(doing, EADDRINUSE); // EAGAIN: its queue is full
    if (errno != ENOENT && errno != ECONNREFUSED) throw errno_error(doing);
}

} // namespace

std::string Address::text() const {
    switch (family) {
    case Family::any:
        return fmt::format("{}", port);
    case Family::ipv4:
        return fmt::format("{}:{}", host, port);
    case Family::ipv6:
        return fmt::format("[{}]:{}", host, port);
    case Family::unix_path:
        return host;
    }
    return {};
}

std::string Address::socket_name() const {
    AnySockaddr name{};
    const auto size = fill(*this, name);
    return baton::socket_name(&name.any, size);
}

bool overlap(const Address& a, const Address& b) {
    if (a.port != b.port) return false;
    return a.socket_name() == b.socket_name() || (a.port != 0 && (takes_in(a, b.family) || takes_in(b, a.family)));
}

bool are_mixed(const std::vector<Address>& one, const std::vector<Address>& other) {
    return std::any_of(one.begin(), one.end(), [&](const Address& a) {
        return std::any_of(other.begin(), other.end(),
                           [&](const Address& b) { return overlap(a, b) && a.socket_name() != b.socket_name(); });
    });
}

Address carrier(const Address& address, const IsHeld& is_held) {
    if (address.family == Address::Family::unix_path || is_every_host(address) || is_held(address)) return address;
    const Address all{Address::Family::any, {}, address.port};
    const Address all_ipv4{Address::Family::ipv4, "0.0.0.0", address.port};
    if (is_held(all)) return all;
    return address.family == Address::Family::ipv4 && is_held(all_ipv4) ? all_ipv4 : address;
}

std::vector<Address> carriers(const std::vector<Address>& addresses, const IsHeld& is_held) {
    std::vector<Address> found;
    for (const auto& address : addresses)
        if (const auto by = carrier(address, is_held); std::none_of(
                found.begin(), found.end(), [&](const Address& it) { return it.socket_name() == by.socket_name(); }))
            found.push_back(by);
    return found;
}

Address parse_address(std::string_view text) {
    if (text.empty()) refuse(text, "empty");
    const auto [path, host, is_bracketed, port_text] = split_address(text);
    if (!path.empty()) return parse_path(path);
    const auto port = parse_port(port_text, text);
    if (!host) return {Address::Family::any, {}, port};
    return numeric(is_bracketed ? Address::Family::ipv6 : Address::Family::ipv4, *host, port, text);
}

void probe_bind(const Address& address) {
    const auto doing = fmt::format("listening on {}", quote(address.text()));
    if (address.family == Address::Family::unix_path) return probe_path(address, doing);
    AnySockaddr name{};
    auto length = fill(address, name);
    Fd fd{::socket(name.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!fd && errno == EAFNOSUPPORT && address.family == Address::Family::any) { // ipv6.disable=1
        length = fill({Address::Family::ipv4, "0.0.0.0", address.port}, name);
        fd = Fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    }
    const int on = 1;
    // "::" means both, because of BindIPv6Only=both in the socket units; an IPv4-mapped address cannot be bound.
    const int v6only = address.family == Address::Family::ipv6 && address.host != "::" ? 1 : 0;
    const bool bound = fd && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                       (name.any.sa_family != AF_INET6 ||
                        ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only) == 0) &&
                       ::bind(fd.get(), &name.any, length) == 0 && ::listen(fd.get(), 1) == 0;
    if (!bound && errno == EINVAL) // an IPv4-mapped address, or a link-local address without a link
        throw Error{doing + ": no socket can have this address", error_kind::config};
    if (!bound) throw errno_error(doing);
}

} // namespace baton::site
