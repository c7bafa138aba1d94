// SPDX-License-Identifier: MIT
// What a Server keeps between the calls that set it up and the run: routes, hooks, callbacks.
#pragma once

#include "libbaton/engine/route_table.hpp"
#include "libbaton/engine/wakeup.hpp"

#include <httplib.h>

#include <atomic>
#include <functional>
#include <vector>

namespace baton::engine {

struct ServerState {
    RouteTable routes;
    httplib::Server::HandlerWithResponse pre_routing;
    httplib::Server::Handler post_routing;
    httplib::Server::Handler file_request;
    httplib::Server::ExceptionHandler exception;
    httplib::Logger logger;
    httplib::Headers default_headers;
    bool error_handler_set = false;
    bool expect_handler_set = false;
    bool serves_files = false; ///< httplib looks for a file before it looks for a route

    std::vector<std::function<void()>> drain_callbacks;
    std::vector<std::function<void()>> reload_callbacks;
    std::atomic<bool> draining{false};
    std::atomic<bool> drain_asked{false};
    Wakeup wakeup; ///< of the thread in run(); here, because drain() may be called before it and after it
};

} // namespace baton::engine
