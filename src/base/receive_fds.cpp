// SPDX-License-Identifier: MIT
#include "base/receive_fds.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace baton {

std::vector<Fd> receive_fds(int from) {
    char byte = 0;
    iovec data{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(k_most_received_fds * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    std::vector<Fd> received;
    ssize_t n = 0;
    do
        n = ::recvmsg(from, &message, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n == 0) errno = ECONNRESET;
    if (n <= 0) return received;
    for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const auto count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        std::vector<int> numbers(count);
        std::memcpy(numbers.data(), CMSG_DATA(part), count * sizeof(int));
        for (const int fd : numbers)
            received.emplace_back(fd);
    }
    if (received.empty()) errno = EBADMSG;
    return received;
}

} // namespace baton
