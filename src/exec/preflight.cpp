// SPDX-License-Identifier: MIT
#include "exec/preflight.hpp"

#include "base/fd.hpp"
#include "base/receive_fds.hpp"
#include "base/socket_name.hpp"
#include "exec/sockets.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace baton {
namespace {

constexpr timeval k_patience{90, 0}; // with a deploy that is busy; if it dies, the connection ends
// Once, on systemd 257 under load, baton took this process for another's.
constexpr int k_most_tries = 10;
constexpr std::chrono::milliseconds k_between_tries{100};

std::string failure(const char* doing, const std::string& path) {
    return std::string{doing} + " '" + path + "': " + std::strerror(errno);
}

/// A socket of the same kind that nobody connects to, for one that baton does not know: Sockets= of a drop-in.
Fd stand_in_for(int fd) {
    int domain = 0;
    int type = 0;
    socklen_t size = sizeof domain;
    if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 ||
        ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
        return Fd{::open("/dev/null", O_RDWR | O_CLOEXEC)}; // a FIFO, a file
    Fd socket{::socket(domain, type | SOCK_CLOEXEC, 0)};
    sockaddr_storage name{};
    name.ss_family = static_cast<sa_family_t>(domain);
    if (domain == AF_INET) reinterpret_cast<sockaddr_in*>(&name)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (domain == AF_INET6) reinterpret_cast<sockaddr_in6*>(&name)->sin6_addr = in6addr_loopback;
    const socklen_t length = domain == AF_UNIX ? sizeof(sa_family_t) : sizeof(sockaddr_in6); // autobind, unix(7)
    (void)::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), length);
    if (type != SOCK_DGRAM) (void)::listen(socket.get(), 1);
    return socket;
}

} // namespace

std::string take_preflight_sockets() {
    const char* const value = std::getenv("BATON_PREFLIGHT_SOCKET");
    if (value == nullptr) return {};
    const std::string path = value;
    (void)::unsetenv("BATON_PREFLIGHT_SOCKET"); // the program has no use for it
    const char* const counted = std::getenv("LISTEN_FDS");
    const auto passed = counted == nullptr ? 0 : std::strtol(counted, nullptr, 10);
    const auto address = unix_address(path);
    if (!address) return "connecting to '" + path + "': its name is too long";
    std::vector<Fd> sockets;
    for (int tries = 1; sockets.empty(); ++tries) {
        const Fd baton{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        if (!baton) return std::string{"making a unix socket (RestrictAddressFamilies=?): "} + std::strerror(errno);
        (void)::setsockopt(baton.get(), SOL_SOCKET, SO_RCVTIMEO, &k_patience, sizeof k_patience);
        if (::connect(baton.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) < 0)
            return failure("connecting to", path);
        sockets = receive_fds(baton.get());
        if (!sockets.empty()) break;
        if (errno != ECONNRESET || tries == k_most_tries) return failure("receiving sockets from", path);
        std::this_thread::sleep_for(k_between_tries);
    }
    for (int fd = k_first_passed + static_cast<int>(sockets.size()); fd < k_first_passed + passed; ++fd)
        if (auto other = stand_in_for(fd)) sockets.push_back(std::move(other));
    for (auto& socket : sockets) // out of the way of the numbers that they get
        socket.reset(::fcntl(socket.get(), F_DUPFD_CLOEXEC, k_first_passed + static_cast<int>(sockets.size())));
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) // StandardInput=socket
        if (is_listening(stream)) (void)::dup2(sockets.front().get(), stream);
    for (std::size_t i = 0; i < sockets.size(); ++i)
        if (::dup2(sockets[i].get(), k_first_passed + static_cast<int>(i)) < 0)
            return failure("taking a socket from", path);
    (void)::setenv("BATON_PREFLIGHT", "1", 1);
    return {};
}

} // namespace baton
