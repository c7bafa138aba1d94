// SPDX-License-Identifier: MIT
#include "libbaton/io/peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace baton::engine {
namespace {

template <class Address>
Address as(const sockaddr_storage& storage) noexcept {
    Address address{};
    std::memcpy(&address, &storage, sizeof address);
    return address;
}

/// A unix socket has no useful address: it is "unix", with port 0 until describe_process().
void describe(const sockaddr_storage& storage, std::string& address, int& port) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (storage.ss_family == AF_INET) {
        const auto v4 = as<sockaddr_in>(storage);
        (void)::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        port = ntohs(v4.sin_port);
    } else if (storage.ss_family == AF_INET6) {
        const auto v6 = as<sockaddr_in6>(storage);
        const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
        if (mapped)
            (void)::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
        else
            (void)::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
        port = ntohs(v6.sin6_port);
    }
    address = text[0] != '\0' ? text.data() : "unix";
}

/// As in httplib, a unix socket has the peer's process id instead of a port; unix(7), SO_PEERCRED.
void describe_process(int socket, const sockaddr_storage& storage, Peer& peer) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (storage.ss_family == AF_UNIX && ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0)
        peer.remote_port = credentials.pid;
}

} // namespace

Peer find_peer(int socket) {
    Peer peer;
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    (void)::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size);
    describe(address, peer.remote_address, peer.remote_port);
    describe_process(socket, address, peer);
    address = {};
    size = sizeof address;
    (void)::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    describe(address, peer.local_address, peer.local_port);
    return peer;
}

} // namespace baton::engine
