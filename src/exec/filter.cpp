// SPDX-License-Identifier: MIT
#include "exec/filter.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

namespace baton {
namespace {

constexpr std::uint32_t k_all = 0xFFFFFFFF; // of the packet
constexpr std::uint32_t k_none = 0;
constexpr auto k_ip_header = static_cast<std::uint32_t>(SKF_NET_OFF); // where loads count from

/// A family's header: where the destination is in it, RFC 791 and RFC 8200.
struct Family {
    int family;
    std::uint32_t version;
    std::uint32_t destination;
    std::size_t words; ///< of an address
};
constexpr Family k_v4{AF_INET, 4, 16, 1};
constexpr Family k_v6{AF_INET6, 6, 24, 4};

sock_filter load(int size, std::uint32_t from) {
    return BPF_STMT(static_cast<std::uint16_t>(BPF_LD | size | BPF_ABS), k_ip_header + from);
}

/// Goes on where it is `value`, else `away` instructions further.
sock_filter go_on_if(std::uint32_t value, std::size_t away) {
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, static_cast<std::uint8_t>(away));
}

/// What passes packets for `host`, and leaves the others to what follows. False when it is no address.
bool add(std::vector<sock_filter>& program, const std::string& host) {
    const auto& [family, version, destination, all_words] = host.find(':') == host.npos ? k_v4 : k_v6;
    std::array<std::uint32_t, 4> address{};
    if (::inet_pton(family, host.c_str(), address.data()) != 1) return false;
    const std::size_t words = address == std::array<std::uint32_t, 4>{} ? 0 : all_words;
    program.push_back(load(BPF_B, 0));
    program.push_back(BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4)); // the version is the upper half of the first byte
    program.push_back(go_on_if(version, 2 * words + 1));
    for (std::size_t i = 0; i < words; ++i) {
        program.push_back(load(BPF_W, destination + static_cast<std::uint32_t>(4 * i)));
        program.push_back(go_on_if(ntohl(address.at(i)), 2 * (words - 1 - i) + 1));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, k_all));
    return true;
}

bool detach(int fd) {
    const int ignored = 0;
    return ::setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored) == 0 || errno == ENOENT;
}

} // namespace

bool set_filter(int fd, const std::vector<std::string_view>& hosts) {
    if (hosts.empty()) return detach(fd);
    std::vector<sock_filter> program;
    for (const auto host : hosts)
        if (!add(program, std::string{host})) {
            errno = EINVAL;
            return false;
        }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, k_none));
    const sock_fprog whole{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
    return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole) == 0;
}

} // namespace baton
