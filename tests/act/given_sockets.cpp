// SPDX-License-Identifier: MIT
#include "given_sockets.hpp"

#include "base/receive_fds.hpp"
#include "base/socket_name.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

namespace act {

using baton::Fd;
namespace {

constexpr int k_look_again_ms = 5; // whether the program was killed

bool is_readable(int fd) {
    pollfd wanted{fd, POLLIN, 0};
    return ::poll(&wanted, 1, k_look_again_ms) > 0;
}

} // namespace

GivenSockets::GivenSockets(std::filesystem::path path, Program program)
    : thread_{[this, path = std::move(path), program] { run(path, program); }} {}

GivenSockets::~GivenSockets() {
    stops_ = true;
    thread_.join();
}

void GivenSockets::run(const std::filesystem::path& path, Program program) {
    const auto address = baton::unix_address(path.native());
    const Fd asks{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!address || ::connect(asks.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) < 0) return;
    while (!is_readable(asks.get()))
        if (stops_) return;
    const auto sockets = baton::receive_fds(asks.get());
    have_come_ = !sockets.empty();
    if (program == Program::accepts) return accept_on(sockets);
    while (!stops_) // it keeps them
        (void)::poll(nullptr, 0, k_look_again_ms);
}

void GivenSockets::accept_on(const std::vector<Fd>& sockets) const {
    for (const auto& socket : sockets)
        (void)::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    while (!stops_)
        for (const auto& socket : sockets)
            if (is_readable(socket.get())) (void)Fd{::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)};
}

} // namespace act
