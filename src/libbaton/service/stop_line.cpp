// SPDX-License-Identifier: MIT
#include "libbaton/service/stop_line.hpp"

#include "base/error.hpp"
#include "libbaton/route/exposed.hpp"

#include <sys/socket.h>

#include <array>

namespace baton::engine {

struct Running {
    friend constexpr auto exposed(Running) noexcept;
};
template struct Expose<Running, &httplib::Server::svr_sock_, &httplib::Server::is_running_>;

namespace {

std::atomic<socket_t>& socket_of(httplib::Server& server) noexcept {
    return server.*std::get<0>(exposed(Running{}));
}

} // namespace

StopLine::StopLine(httplib::Server& server) : server_{server} {
    lay();
}

StopLine::~StopLine() {
    set_running(false);
    (void)Fd{socket_of(server_).exchange(INVALID_SOCKET)};
}

void StopLine::lay() {
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw errno_error("making a socket pair");
    end_.reset(ends[0]);
    socket_of(server_).store(ends[1]);
}

bool StopLine::take() {
    if (socket_of(server_).load() != INVALID_SOCKET) return false;
    lay();
    return true;
}

void StopLine::set_running(bool running) noexcept {
    (server_.*std::get<1>(exposed(Running{}))).store(running);
}

} // namespace baton::engine
