// SPDX-License-Identifier: MIT
#include "base/socket_name.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace baton {
namespace {

template <typename Raw>
Raw copied(const sockaddr* address, socklen_t size) {
    Raw raw{};
    std::memcpy(&raw, address, std::min<std::size_t>(size, sizeof raw));
    return raw;
}

std::string numeric(int family, const void* host) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return ::inet_ntop(family, host, text.data(), text.size()) == nullptr ? "" : text.data();
}

std::string name_of(const sockaddr_in& address) {
    return numeric(AF_INET, &address.sin_addr) + ":" + std::to_string(ntohs(address.sin_port));
}

std::string name_of(const sockaddr_in6& address) {
    const auto port = std::to_string(ntohs(address.sin6_port));
    return IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr) ? port
                                                       : "[" + numeric(AF_INET6, &address.sin6_addr) + "]:" + port;
}

std::string name_of(const sockaddr_un& address, socklen_t size) {
    const auto longest = static_cast<std::size_t>(size) - offsetof(sockaddr_un, sun_path);
    return {address.sun_path, ::strnlen(address.sun_path, std::min(longest, sizeof address.sun_path))};
}

} // namespace

AddressParts split_address(std::string_view text) noexcept {
    if (text.starts_with('/')) return {.path = text, .host = {}, .port = {}};
    const auto colon = text.rfind(':');
    if (colon == text.npos) return {.path = {}, .host = {}, .port = text};
    auto host = text.substr(0, colon);
    const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (is_bracketed) host = host.substr(1, host.size() - 2);
    return {.path = {}, .host = host, .is_bracketed = is_bracketed, .port = text.substr(colon + 1)};
}

std::string socket_name(const sockaddr* address, socklen_t size) {
    switch (address->sa_family) {
    case AF_INET:
        return name_of(copied<sockaddr_in>(address, size));
    case AF_INET6:
        return name_of(copied<sockaddr_in6>(address, size));
    case AF_UNIX:
        return size > offsetof(sockaddr_un, sun_path) ? name_of(copied<sockaddr_un>(address, size), size) : "";
    default:
        return {};
    }
}

std::string socket_name(int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    return ::getsockname(fd, raw, &size) == 0 ? socket_name(raw, size) : std::string{};
}

bool is_listening(int fd) {
    int does = 0;
    socklen_t size = sizeof does;
    return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &does, &size) == 0 && does != 0;
}

std::optional<sockaddr_un> unix_address(std::string_view path) noexcept {
    sockaddr_un address{};
    if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt; // its NUL needs a byte
    address.sun_family = AF_UNIX;
    (void)path.copy(address.sun_path, path.size());
    return address;
}

} // namespace baton
