// SPDX-License-Identifier: MIT
// baton::run(): a server with the sockets that systemd passed, else on its own address, until it is told to leave.
#include "base/error.hpp"
#include "libbaton/engine/log.hpp"
#include "libbaton/service/listen.hpp"
#include "libbaton/service/service.hpp"
#include "sd/inherited_sockets.hpp"

#include <baton/server.hpp>

#include <unistd.h>

#include <cstdlib>

namespace baton {
namespace {

std::vector<engine::Listener> find_listeners(const Options& options) {
    std::vector<engine::Listener> listeners;
    for (auto& socket : sd::take_inherited_sockets())
        listeners.push_back({std::move(socket.fd), std::move(socket.name)});
    if (listeners.empty()) {
        if (options.address.empty())
            throw Error{"listening: systemd passed no socket, and Options::address is empty", ErrorKind::config};
        listeners.push_back(service::bind_to(options.address));
    }
    if (const char* const path = std::getenv("BATON_PRIVATE_SOCKET"); path != nullptr && *path != '\0')
        listeners.push_back(service::bind_private(path));
    return listeners;
}

} // namespace

bool Server::listen(const std::string& host, int port, int /*socket_flags*/) {
    auto name = host == "localhost" ? std::string{"127.0.0.1"} : host;
    if (name.find(':') != std::string::npos) name = "[" + name + "]";
    return run(*this, {.address = name + ":" + std::to_string(port)}) == 0;
}

int run(Server& server, const Options& options) {
    try {
        service::Service service{server, options};
        service::Signals signals{service.wakeup().descriptor()};
        service.run(find_listeners(options), &signals);
        return 0;
    } catch (const std::exception& error) {
        engine::log(engine::Level::error, error.what());
        return 1;
    }
}

} // namespace baton
