// SPDX-License-Identifier: MIT
#include "libbaton/route/server_access.hpp"

#include "libbaton/route/exposed.hpp"

#include <baton/server.hpp>

#include <sys/stat.h>

#include <algorithm>

namespace baton::engine {

struct Mounts {
    friend constexpr auto exposed(Mounts) noexcept;
};
template struct Expose<Mounts, &httplib::Server::base_dirs_>;

using SetUp = std::function<void(httplib::Request&)>;

ServerState& ServerAccess::state(Server& server) noexcept {
    return *server.state_;
}

/// 0.11 does not take addresses, 0.18 and later do. A template, so only the existing call is compiled.
template <class Self>
bool ServerAccess::call(Self& server, httplib::Stream& stream, const SetUp& set_up) {
    bool closed = false;         // Exchange::finish_head decides what really happens
    constexpr bool close = true; // avoids its Keep-Alive field
    if constexpr (requires { server.process_request(stream, close, closed, set_up); }) {
        return server.process_request(stream, close, closed, set_up);
    } else {
        std::string remote;
        std::string local;
        int remote_port = 0;
        int local_port = 0;
        stream.get_remote_ip_and_port(remote, remote_port);
        stream.get_local_ip_and_port(local, local_port);
        return server.process_request(stream, remote, remote_port, local, local_port, close, closed, set_up);
    }
}

/// Like httplib's handle_file_request(), which then refuses some of these paths.
bool ServerAccess::may_be_file(const Server& server, const std::string& path) {
    const auto is_file = [](std::string name) {
        if (name.back() == '/') name += "index.html";
        struct stat found = {};
        return ::stat(name.c_str(), &found) == 0 && S_ISREG(found.st_mode);
    };
    const auto& mounts = server.*std::get<0>(exposed(Mounts{}));
    return std::any_of(mounts.begin(), mounts.end(), [&](const auto& mount) {
        return path.compare(0, mount.mount_point.size(), mount.mount_point) == 0 &&
               is_file(mount.base_dir + "/" + path.substr(mount.mount_point.size()));
    });
}

std::size_t ServerAccess::payload_limit(const Server& server) noexcept {
    return server.payload_max_length_;
}

Fd ServerAccess::take_socket(Server& server) noexcept {
    return Fd{server.svr_sock_.exchange(INVALID_SOCKET)};
}

void ServerAccess::give_socket(Server& server, Fd socket) noexcept {
    server.svr_sock_.store(socket.release());
}

bool ServerAccess::process(Server& server, httplib::Stream& stream, const SetUp& set_up) {
    return call(server, stream, set_up);
}

} // namespace baton::engine
