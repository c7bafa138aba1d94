// SPDX-License-Identifier: MIT
#include "site/listen/tcp_listeners.hpp"

#include "base/fd.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

namespace baton::site {
namespace {

constexpr unsigned k_listen = 0x0A; // TCP_LISTEN of <netinet/tcp.h>

bool ask(int fd, int family) {
    struct {
        nlmsghdr header;
        inet_diag_req_v2 question;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.question.sdiag_family = static_cast<std::uint8_t>(family);
    request.question.sdiag_protocol = IPPROTO_TCP;
    request.question.idiag_states = 1U << k_listen;
    return ::send(fd, &request, sizeof request, 0) == sizeof request;
}

TcpListener listener_of(const inet_diag_msg& message) {
    TcpListener listener;
    std::copy(std::begin(message.id.idiag_src), std::end(message.id.idiag_src), listener.host.begin());
    listener.port = ntohs(message.id.idiag_sport);
    listener.is_v6 = message.idiag_family == AF_INET6;
    listener.user = message.idiag_uid;
    return listener;
}

enum class Answer { more, whole, none };

/// Takes what one datagram says; netlink(7).
Answer take(const char* data, std::size_t size, std::vector<TcpListener>& listeners) {
    while (size >= sizeof(nlmsghdr)) {
        nlmsghdr header{};
        std::memcpy(&header, data, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > size) return Answer::none;
        if (header.nlmsg_type == NLMSG_DONE) return Answer::whole;
        inet_diag_msg message{};
        if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || header.nlmsg_len < NLMSG_LENGTH(sizeof message))
            return Answer::none;
        std::memcpy(&message, data + NLMSG_HDRLEN, sizeof message);
        listeners.push_back(listener_of(message));
        const auto step = std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), size);
        data += step;
        size -= step;
    }
    return Answer::more;
}

Answer receive(int fd, std::vector<TcpListener>& listeners) {
    std::array<char, 32768> buffer; // as much as the kernel puts into one datagram
    const auto n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) return Answer::more;
    return n <= 0 ? Answer::none : take(buffer.data(), static_cast<std::size_t>(n), listeners);
}

void read_proc(const char* path, bool is_v6, std::vector<TcpListener>& listeners) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line); // the heading
    while (std::getline(file, line)) {
        TcpListener listener;
        listener.is_v6 = is_v6;
        auto& host = listener.host;
        unsigned port = 0;
        unsigned state = 0;
        const int found = is_v6 ? std::sscanf(line.c_str(), "%*u: %8x%8x%8x%8x:%4x %*[0-9A-F]:%*x %2x %*s %*s %*s %u",
                                              &host[0], &host[1], &host[2], &host[3], &port, &state, &listener.user) -
                                      3
                                : std::sscanf(line.c_str(), "%*u: %8x:%4x %*[0-9A-F]:%*x %2x %*s %*s %*s %u", &host[0],
                                              &port, &state, &listener.user);
        if (found != 4 || state != k_listen) return; // the kernel lists listening sockets first
        listener.port = static_cast<std::uint16_t>(port);
        listeners.push_back(listener);
    }
}

} // namespace

std::optional<std::vector<TcpListener>> listeners_by_sock_diag() {
    std::vector<TcpListener> listeners;
    for (const int family : {AF_INET, AF_INET6}) {
        // One for each question: nothing of an earlier answer is left.
        const Fd fd{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
        auto answer = fd && ask(fd.get(), family) ? Answer::more : Answer::none;
        while (answer == Answer::more)
            answer = receive(fd.get(), listeners);
        if (answer == Answer::none) return std::nullopt;
    }
    return listeners;
}

std::vector<TcpListener> listeners_in_proc() {
    std::vector<TcpListener> listeners;
    read_proc("/proc/net/tcp", false, listeners);
    read_proc("/proc/net/tcp6", true, listeners);
    return listeners;
}

std::vector<TcpListener> tcp_listeners() {
    auto listeners = listeners_by_sock_diag();
    return listeners ? std::move(*listeners) : listeners_in_proc();
}

} // namespace baton::site
