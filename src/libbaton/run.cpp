// SPDX-License-Identifier: MIT
// baton::run(): a server with the sockets that systemd passed, else on its own address, until it is told to leave.
#include "base/error.hpp"
#include "libbaton/engine/httplib_settings.hpp"
#include "libbaton/engine/log.hpp"
#include "libbaton/engine/server_access.hpp"
#include "libbaton/listening.hpp"
#include "libbaton/service/listen.hpp"
#include "libbaton/service/service.hpp"

#include <baton/server.hpp>

#include <cstdlib>

namespace baton {
namespace {

std::vector<engine::Listener> find_listeners(Server& server, const Options& options) {
    auto listeners = std::move(engine::ServerAccess::state(server).bound);
    if (listeners.empty()) listeners = service::passed_listeners(server);
    if (listeners.empty()) {
        if (options.address.empty())
            throw Error{"listening: systemd passed no socket, and Options::address is empty", ErrorKind::config};
        listeners.push_back(service::bind_to(options.address, engine::socket_options(server)));
    }
    if (const char* const path = std::getenv("BATON_PRIVATE_SOCKET"); path != nullptr && *path != '\0')
        listeners.push_back(service::bind_private(path));
    return listeners;
}

} // namespace

int run(Server& server, const Options& options) {
    try {
        listening::take_task_queue(server);
        service::Service service{server, options};
        service::Signals signals{service.wakeup().descriptor()};
        service.run(find_listeners(server, options), &signals);
        return 0;
    } catch (const Error& error) {
        engine::log(engine::Level::error, error.what());
        if (!error.hint().empty()) engine::log(engine::Level::error, "hint: " + error.hint());
    } catch (const std::exception& error) {
        engine::log(engine::Level::error, error.what());
    }
    return 1;
}

} // namespace baton
